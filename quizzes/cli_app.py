"""What the commands of `sorcery quiz` have in common."""

from __future__ import annotations

from pathlib import Path

import typer

from graders.cli.output import short
from graders.errors import UsageError

app = typer.Typer(help="Quizzes: write them, take them, score them.", no_args_is_help=True)


def state() -> Path:
    """Where attempts are kept: with the course, else here."""
    from graders.course import STATE_FOLDER, find_course

    try:
        return find_course().state
    except UsageError:
        return Path(STATE_FOLDER)


def files(names: list[str]) -> list[Path]:
    """Quiz files by name or path; all banks of the course when there are no names."""
    from graders.course import find_course
    from graders.strict_yaml import suggest
    from quizzes.bank import BANKS, find_banks

    paths = [Path(name) for name in names]
    if names and all(path.suffix == ".yaml" for path in paths):
        return paths
    root = find_course().root
    banks = find_banks(root)
    if not banks:
        raise UsageError(f"no quizzes in {short(root / BANKS)}")
    found = []
    for name, path in zip(names, paths, strict=True):
        if path.suffix == ".yaml":
            found.append(path)
        elif name in banks:
            found.append(banks[name])
        else:
            mend = suggest(name, banks)
            listed = ", ".join(banks)
            raise UsageError(f"no quiz {name!r}{'; ' if mend else ''}{mend} (quizzes: {listed})")
    return found or list(banks.values())
