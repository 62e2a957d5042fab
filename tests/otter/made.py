"""Autograders and notebooks for Otter, written for the tests: each option of its that decides points."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEAD = "from otter.test_files import test_case\n\nOK_FORMAT = False\n\n"


def exceptions(name: str, body: str, points: Any = None, **more: Any) -> str:
    """A test file of exception format."""
    options = "".join(f"{option} = {value!r}\n" for option, value in more.items())
    return f"{HEAD}name = {name!r}\npoints = {points!r}\n{options}\n{body}"


def doctests(name: str, *cases: Mapping[str, Any], points: Any = None, **more: Any) -> str:
    """A test file of OK format, a case a mapping of what it says."""
    suite = {"cases": [{"hidden": False, "locked": False, **case} for case in cases]}
    suite |= {"scored": True, "setup": "", "teardown": "", "type": "doctest"}
    return f"OK_FORMAT = True\n\ntest = { ({'name': name, 'points': points, **more, 'suites': [suite]})!r}\n"


def case(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, **more}


def autograder(
    path: Path,
    tests: Mapping[str, str],
    config: Mapping[str, Any] | None = None,
    files: Mapping[str, str] | None = None,
    environment: str = "",
) -> Path:
    """A zip file as `otter generate` makes it, without what builds its container."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run_autograder", "#!/bin/bash\n")
        for name, text in tests.items():
            archive.writestr(f"tests/{name}.py", text)
        for name, text in (files or {}).items():
            archive.writestr(f"files/{name}", text)
        archive.writestr("otter_config.json", json.dumps(config or {}))
        archive.writestr(
            "environment.yml",
            environment or "name: otter-env\nchannels: [conda-forge]\ndependencies:\n- python=3.13\n- pip\n",
        )
    return path


def code(source: str, **metadata: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": "code", "metadata": metadata, "source": source}
    return {**made, "outputs": [], "execution_count": None}


def text(source: str, **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def check(question: str, grader: str = "grader") -> dict[str, Any]:
    return code(f"{grader}.check({question!r})")


START = code('import otter\ngrader = otter.Notebook("hw.ipynb")')


def notebook(path: Path, *cells: dict[str, Any], **about: Any) -> Path:
    numbered = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, **({"otter": about} if about else {})}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": numbered}))
    return path
