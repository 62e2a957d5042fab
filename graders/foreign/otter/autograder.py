"""An Otter autograder, read: what `otter generate` makes, as a zip file or unpacked.

    tests/q1.py               a test file a question, in either of otter's formats
    otter_config.json         how it is run and counted
    files/                    what a notebook finds in its working folder
    environment.yml           what it would be run with; nothing of it is installed
    setup.sh, run_autograder  never run

The folder `otter assign` makes beside it (`dist/autograder`, or `dist` itself) will do too: it holds the zip
file and the solution. The test files are programs and will run as whoever grades, as they do in otter; the
archive itself is looked at with suspicion: bounded, and no name in it leads out of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from graders.errors import Rejected, UsageError
from graders.rules import Rules
from graders.sources import Source, open_source, shown
from graders.store import portable_name
from graders.untrusted import on_one_line, printable

MAX_FILES = 10_000
MAX_UNPACKED = 256 << 20  # of all files together
MAX_QUESTIONS = 1_000
CONFIG = "otter_config.json"
ENVIRONMENTS = ("environment.yml", "environment.yaml", "requirements.txt")
_AUTOGRADER = re.compile(r"(.*?)[-_]?autograder(?:[-_].*)?", re.IGNORECASE)
_SLUG = re.compile(r"[^A-Za-z0-9_-]+")

# What an option of otter_config.json means here. `None`: it changes no points, and nothing is said.
_OPTIONS: dict[str, str | None] = {
    "assignment_name": None, "seed": None, "seed_variable": None, "points_possible": None,
    "score_threshold": None, "lang": None, "zips": None, "debug": None, "autograder_dir": None,
    "miniconda_path": None, "logo": None, "print_summary": None, "print_score": None, "log_level": None,
    "show_stdout": None, "show_all_public": None, "force_public_test_summary": None,
    "submit_blank_pdf_on_export_failure": None, "use_submission_pdf": None, "pdf_via_html": None,
    "warn_missing_pdf": None, "filtering": None, "pagebreaks": None,
    "show_hidden": None, "serialized_variables": None, "grade_from_log": None,
    "pdf": "no PDF is made", "token": "nothing is uploaded to Gradescope", "course_id": None,
    "assignment_id": None, "plugins": "plugins are not run; points they would change are as without them",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Autograder:
    """What was read. `tests` by question id; `files` by path below the working folder; `notes` say what was
    not taken over, a sentence each; `numpy` is the major version it was made for, 0 where nothing says."""

    name: str
    tests: Mapping[str, bytes]
    files: Mapping[str, bytes]
    rules: Rules
    requirements: tuple[str, ...]
    notes: tuple[str, ...]
    numpy: int
    solution: Path | None = None


def read_autograder(path: Path) -> Autograder:
    """Raises UsageError for what is no autograder, or asks for what cannot be had here."""
    path, solution = _within_dist(path)
    with open_source(path) as source:
        files = _files(source)
    root = _root(path, files)
    files = {name.removeprefix(root): data for name, data in files.items() if name.startswith(root)}
    if not any(name.startswith("tests/") for name in files):
        files |= {f"tests/{name}": data for name, data in files.items() if name.endswith(".py")}
    tests, names = _tests(path, files)
    rules, notes = _rules(path, files.get(CONFIG))
    asked = [line for name in ENVIRONMENTS for line in _requirements(files.get(name, b""))]
    return Autograder(
        name=_name(path),
        tests=tests,
        files={
            name.removeprefix("files/"): data for name, data in files.items() if name.startswith("files/")
        },
        rules=replace(rules, names=names),
        requirements=tuple(dict.fromkeys(asked)),
        notes=tuple(notes),
        numpy=made_for_numpy(asked, tests.values()),
        solution=solution,
    )


def _within_dist(path: Path) -> tuple[Path, Path | None]:
    """The autograder itself, and the solution beside it, where `otter assign` wrote both."""
    if not path.is_dir():
        return path, None
    folder = path / "autograder" if (path / "autograder").is_dir() else path
    zips = [found for found in sorted(folder.glob("*.zip")) if _AUTOGRADER.fullmatch(found.stem)]
    if not zips:
        return folder, None
    if len(zips) > 1:
        names = ", ".join(printable(Path(found.name)) for found in zips)
        raise UsageError(f"{printable(folder)} holds several autograders: {names}. Name one of them")
    notebooks = sorted(folder.glob("*.ipynb"))
    return zips[0], notebooks[0] if len(notebooks) == 1 else None


def _name(path: Path) -> str:
    """A topic's id, from what the file is called."""
    stem = path.name.removesuffix(".zip")
    found = _AUTOGRADER.fullmatch(stem)
    name = found[1] if found else stem
    name = name or path.resolve().parent.name
    slug = _SLUG.sub("_", name).strip("_-")[:40]
    return slug if slug and portable_name(slug) and slug[0].isalnum() else "otter"


def _files(source: Source) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    folded: dict[str, str] = {}
    left = MAX_UNPACKED
    if len(source.entries) > MAX_FILES:
        raise UsageError(f"{printable(source.path)} holds more than {MAX_FILES:,} files")
    for entry in source.entries:
        name = "/".join(entry.parts)
        if "__pycache__" in entry.parts:
            continue
        if not entry.fault and not all(portable_name(part) for part in entry.parts):
            raise UsageError(f"{printable(source.path)}: {shown(name)} is no name that every system can have")
        try:
            found[name] = source.read(entry)
        except Rejected as reason:
            raise UsageError(f"{printable(source.path)}: {shown(name)}: {reason}") from None
        if folded.setdefault(name.casefold(), name) != name or len(folded) < len(found):
            raise UsageError(f"{printable(source.path)}: {shown(name)} is in it twice")
        left -= len(found[name])
        if left < 0:
            raise UsageError(f"{printable(source.path)} unpacks to more than {MAX_UNPACKED >> 20} MiB")
    return found


def _root(path: Path, files: Mapping[str, bytes]) -> str:
    """The folder that holds `tests/`, as a prefix of names."""
    places = {
        name[: match.start()] for name in files if (match := re.search(r"(?:^|(?<=/))tests/[^/]+\.py$", name))
    }
    if not places and any("/" not in name and b"OK_FORMAT" in data for name, data in files.items()):
        return ""  # the tests by themselves
    if not places:
        raise UsageError(
            f"{printable(path)} is no Otter autograder: no tests/*.py is in it. Make one with: otter generate"
        )
    return min(places, key=lambda place: (place.count("/"), place))


def _tests(path: Path, files: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Test files by question id, in otter's order, and the names of those whose id is another."""
    found: dict[str, bytes] = {}
    names: dict[str, str] = {}
    for name in sorted(files):
        place = PurePosixPath(name)
        if place.parent != PurePosixPath("tests") or place.suffix != ".py" or place.stem == "__init__":
            continue
        question = _SLUG.sub("_", place.stem)[:60]
        if question in found or not question.strip("_"):
            raise UsageError(f"{printable(path)}: two questions would both be {question!r}; rename one")
        if question != place.stem:
            names[question] = place.stem
        found[question] = files[name]
    if len(found) > MAX_QUESTIONS:
        raise UsageError(f"{printable(path)} has more than {MAX_QUESTIONS:,} questions")
    return found, names


def _rules(path: Path, config: bytes | None) -> tuple[Rules, list[str]]:
    where = f"{printable(path)}: {CONFIG}"
    try:
        said = json.loads(config.decode("utf-8-sig")) if config is not None else {}
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where} cannot be read: {on_one_line(str(error))}") from None
    if type(said) is not dict:
        raise UsageError(f"{where} is no mapping of options")
    if said.get("lang", "python") != "python":
        raise UsageError(f"{where}: assignments in {on_one_line(str(said['lang']))} cannot be graded here")
    if said.get("grade_from_log"):
        raise UsageError(
            f"{where}: grade_from_log runs what a student pickled, which is not done here; set it to false"
        )
    notes = []
    for name in said:
        meaning = _OPTIONS.get(name, "an option that is not known here") if said[name] else None
        if meaning:
            notes.append(f"{on_one_line(name)[:80]}: {meaning}")
    seed = _number(where, said, "seed", whole=True)
    return Rules(
        assignment_name=_text(where, said, "assignment_name"),
        seed=None if seed is None else int(seed),
        seed_variable=_identifier(where, _text(where, said, "seed_variable")),
        points_possible=_number(where, said, "points_possible"),
        score_threshold=_number(where, said, "score_threshold"),
    ), notes


def _number(where: str, said: Mapping[str, Any], name: str, *, whole: bool = False) -> float | None:
    value = said.get(name)
    if value is None:
        return None
    if type(value) not in ((int,) if whole else (int, float)) or not 0 <= value < 1 << 32:
        raise UsageError(f"{where}: {name} is {on_one_line(repr(value))[:80]}, which is no number it can be")
    return float(value) if not whole else value


def _text(where: str, said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if value is None:
        return ""
    if type(value) is not str or len(value) > 200:
        raise UsageError(f"{where}: {name} is no text of at most 200 characters")
    return value


def _identifier(where: str, name: str) -> str:
    if name and not name.isidentifier():
        raise UsageError(f"{where}: seed_variable is {on_one_line(name)!r}, which is no name of a variable")
    return name


def _requirements(data: bytes) -> Iterator[str]:
    """Lines that name a package, of a requirements file or an environment file alike."""
    for line in data[: 1 << 20].decode("utf-8", "replace").splitlines():
        text = line.strip().removeprefix("-").strip().strip("\"'")
        found = re.match(r"([A-Za-z][\w.-]*)\s*(?:\[[\w, -]*\])?\s*(?:[=<>~!]|$)", text)
        if found and found[1].lower() not in _GENERATED:
            yield text[:200]


# What `otter generate` itself writes into an environment, and words of the format.
_GENERATED = frozenset({"python", "pip", "jupyter_server", "otter-grader", "conda-forge", "defaults"})


_NUMPY = re.compile(r"numpy\s*(===|==|=|~=|<=|<|>=|>)\s*(\d+)(?:\.(\d+|\*))?", re.IGNORECASE)


def made_for_numpy(requirements: list[str], tests: Any) -> int:
    """1 or 2, by the environment's versions or by expected outputs that only numpy 2 prints; 0 where neither
    says. (Outputs of numpy 1 look like Python's own: that they are its shows only when something runs.)"""
    for line in requirements:
        if found := _NUMPY.match(line):
            sign, major = found[1], int(found[2])
            below = major - (sign == "<" and found[3] in (None, "0", "*"))
            if sign in ("<", "<=", "==", "===", "=", "~="):
                return 1 if below < 2 else 2
            if major >= 2:
                return 2
    return 2 if any(re.search(rb"^\s*np\.\w+\(", test, re.MULTILINE) for test in tests) else 0
