"""The measurements as text: a table a section for the terminal, and the last one for the README too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Rows = Sequence[Mapping[str, Any]]

TITLES = {
    "engine": "Engine over bare execution of the same cells: CPU and wall time, a submission",
    "peers": "Whole commands, start-up included: seconds a submission, and how many times ours",
    "stages": "Stages of a submission, milliseconds by the wall clock, one job",
    "start": "From the start of `sorcery grade` to its first cell, over `import torch`: seconds",
    "memory": "Memory (PSS), MiB",
}
COMPARED = ("cells only, figures drawn", "cells only", "with tests, figures drawn")
ADDED = ("intake", "fork", "isolation", "snapshots", "end", "write")


def number(value: object) -> str:
    """To three significant digits; texts and counts as they are."""
    if not isinstance(value, float):
        return str(value)
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if abs(value) >= least:
            return f"{value:.{digits}f}"
    return f"{value:.3f}"


def as_text(found: Mapping[str, Rows], heading: str) -> str:
    """All sections, and the README's table last."""
    parts = [heading]
    for section, rows in found.items():
        if rows:
            table = [list(rows[0]), *([number(value) for value in row.values()] for row in rows)]
            parts.append("\n".join([TITLES[section], "", *_aligned(table)]))
    summary = [["", *_loads(found), "target"], *summarised(found)]
    return "\n\n".join([*parts, "\n".join(["In short, for 1 job / 2 jobs", "", *_aligned(summary)])]) + "\n"


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Texts to the left, as what they stand over or under is; what begins with a digit to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    right = [all(cell[:1].isdigit() for cell in column[1:] if cell) for column in zip(*table, strict=True)]
    for row in table:
        cells = zip(row, widths, right, strict=True)
        yield "  ".join(
            cell.rjust(width) if far else cell.ljust(width) for cell, width, far in cells
        ).rstrip()


def as_markdown(found: Mapping[str, Rows], heading: str) -> str:
    """The README's part, between its markers."""
    rows = [["1 job / 2 jobs", *_loads(found), "target"], *summarised(found)]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join([heading, "", *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _loads(found: Mapping[str, Rows]) -> list[str]:
    return list(dict.fromkeys(row["load"] for rows in found.values() for row in rows))


def summarised(found: Mapping[str, Rows]) -> list[list[str]]:
    """What, a figure for each load, the target: as the README has them."""

    def engine(bare: str, measure: str) -> dict[str, str]:
        picked: dict[str, list[str]] = {}
        for one in found["engine"]:
            if one["ours over bare"] == bare:
                picked.setdefault(one["load"], []).append(number(one[measure]))
        return {load: " / ".join(figures) for load, figures in picked.items()}

    def command(name: str) -> dict[str, str]:
        rows = [one for one in found["peers"] if one["command"].startswith(name)]
        return {one["load"]: f"{number(one['x 1 job'])} / {number(one['x 2 jobs'])}" for one in rows}

    def stages(*names: str) -> dict[str, str]:
        rows = [one for one in found["stages"] if one["stage"] in names]
        totals: dict[str, float] = {}
        for one in rows:
            totals[one["load"]] = totals.get(one["load"], 0.0) + one["p50 ms"]
        return {load: f"{number(total)} ms" for load, total in totals.items()}

    def memory(of: str) -> dict[str, str]:
        return {one["load"]: f"{number(one['MiB'])} MiB" for one in found["memory"] if one["of"] == of}

    start = {one["load"]: number(one["ratio"]) for one in found["start"]}
    batch = {one["load"]: str(one["submissions"]) for one in found["engine"]}
    rows = [
        ("submissions a batch", batch, ""),
        ("cells only, CPU over bare cells", engine(COMPARED[0], "cpu"), "≤ 1.15 (cnn)"),
        ("cells only, wall time over bare cells", engine(COMPARED[0], "wall"), ""),
        ("with tests, CPU over the same in one process", engine(COMPARED[2], "cpu"), ""),
        ("with tests, wall time over the same in one process", engine(COMPARED[2], "wall"), ""),
        ("times as fast as `otter run`", command("otter run, a command"), "≥ 60 (trivial)"),
        ("times as fast as otter's own code in one warm process", command("otter run, in one"), ""),
        ("times as fast as `nbgrader autograde`", command("nbgrader autograde, one"), ""),
        ("times as fast as two of them at once", command("nbgrader autograde, two"), "≥ 8 (trivial)"),
        ("added to cells and tests, median", stages(*ADDED), ""),
        ("start of a batch, over `import torch`", start, "≤ 1.5"),
        ("a worker beyond the student's data", memory("worker beyond the student's data"), "≤ 40 MB"),
    ]
    return [[what, *(of.get(load, "") for load in _loads(found)), target] for what, of, target in rows if of]
