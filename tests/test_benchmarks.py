"""The benchmarks' one command, at its least: it runs, and its tables can be read. Its figures are nobody's."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "tests/benchmarks"
STAGES = ["intake", "fork", "isolation", "cells", "snapshots", "tests", "end", "write"]


@pytest.fixture(autouse=True)
def _beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def measured(*arguments: str) -> str:
    command = [sys.executable, str(BENCHMARKS / "table.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_least_of_every_section_can_be_measured_and_shown() -> None:
    from shown import as_markdown, as_text

    found = json.loads(measured("--small", "--load", "trivial", "--json"))
    heading = found.pop("measured")
    assert {section: len(rows) for section, rows in found.items()} == {
        "engine": 6,
        "peers": 2,
        "stages": 8,
        "start": 1,
        "memory": len(found["memory"]),
    }
    assert [row["stage"] for row in found["stages"]] == STAGES
    assert all(0 < row["p50 ms"] <= row["p90 ms"] <= row["p99 ms"] for row in found["stages"])
    assert {row["jobs"] for row in found["engine"]} == {1, 2}
    assert all(row["cpu"] > 0 and row["wall"] > 0 for row in found["engine"])
    assert found["start"][0]["batch s"] > 0
    if os.geteuid() == 0:  # nobody else may look into workers
        assert len(found["memory"]) == 8
    assert "command" in {row["of"] for row in found["memory"]}

    cells = [row.strip("|").split("|") for row in as_markdown(found, heading).splitlines()[2:]]
    assert {len(row) for row in cells} == {3}
    assert as_text(found, heading).count("\n\n") == 12  # a title and a table a section, and the last


def test_each_load_earns_everything_by_its_own_tests(tmp_path: Path) -> None:
    """The light ones are tried here; the third is the shipped topic, which tests of its own prove."""
    from bare import Bare, Request
    from loads import pandas

    load = pandas(tmp_path / "course")
    assert load.submission(1) != load.submission(2)
    wrong = [cell.replace("2 * x", "3 * x").replace("nlargest", "nsmallest") for cell in load.cells]
    with Bare(load.course, load.topic_id, ("pandas",)) as process:
        process.send(Request([load.cells], tests=True))
        assert process.answer()["cpu"] > 0
        process.send(Request([wrong], tests=True))
        with pytest.raises(SystemExit):
            process.answer()


def test_the_readmes_table_is_one_that_the_command_writes() -> None:
    from table import BEGIN, END, rewritten

    readme = (ROOT / "README.md").read_text()
    changed = rewritten(readme, "| a |\n")
    assert f"{BEGIN}\n| a |\n{END}" in changed
    table = readme.partition(BEGIN)[2].partition(END)[0]
    assert table.startswith("\nMeasured on 20")
    assert "| trivial | pandas | cnn | target |" in table
    assert changed == readme.replace(table, "\n| a |\n")
    for broken in ("", BEGIN, f"{END}{BEGIN}", readme + BEGIN):
        with pytest.raises(SystemExit):
            rewritten(broken, "")
