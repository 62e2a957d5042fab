"""A topic as a Gradescope autograder: this grader, the topic's tests, and the two scripts Gradescope runs.

    setup.sh                    installs what the grader needs, once
    run_autograder              grades /autograder/submission
    packages/graders/           the grader itself, as it is installed here
    course/assignments/         course.yaml, the topic's notebook, public tests and data
    course/graders/             its hidden tests; no solution

The formats are those of https://gradescope-autograders.readthedocs.io (2025).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import graders
from graders.assignment import read_assignment
from graders.course import Course, Topic
from graders.errors import UsageError

MAX_BYTES = 512 << 20
_EXECUTABLE = 0o100755 << 16

_SETUP = """#!/usr/bin/env bash
# Made by sorcery. Installs Python and what the grader needs, when Gradescope builds the container.
set -e
apt-get update
apt-get install -y libseccomp2
for version in 3.13 3.12 3.11; do
    if command -v python$version || apt-get install -y python$version python$version-venv; then
        apt-get install -y python$version-venv || true
        python$version -m venv /autograder/venv && break
    fi
done
/autograder/venv/bin/pip install --extra-index-url https://download.pytorch.org/whl/cpu \\
    -r /autograder/source/requirements.txt
# A path file: the processes of the grader begin without PYTHONPATH.
echo /autograder/source/packages > "$(/autograder/venv/bin/python -c \
    'import sysconfig; print(sysconfig.get_path("purelib"))')/sorcery.pth"
"""
_RUN = """#!/usr/bin/env bash
# Made by sorcery. Where submissions cannot be confined, nothing is graded, unless you set this to none:
# a student's code can then read the tests and write its own results.
export SORCERY_ISOLATION=
exec /autograder/venv/bin/python -m graders.foreign.gradescope_run /autograder {topic}
"""


def autograder_zip(course: Course, topic: Topic) -> bytes:
    """The same bytes for the same topic. Raises AuthorError for a topic that is not built, UsageError for one
    that is too large."""
    read_assignment(topic)
    made = io.BytesIO()
    left = MAX_BYTES
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("setup.sh", _SETUP), ("run_autograder", _RUN.format(topic=topic.id))):
            _add(archive, name, text.encode(), executable=True)
        _add(archive, "requirements.txt", ("\n".join(requirements()) + "\n").encode())
        for name, path in _files(course, topic):
            data = path.read_bytes()
            left -= len(data)
            if left < 0:
                raise UsageError(f"{topic.id} has more than {MAX_BYTES >> 20} MiB of files")
            _add(archive, name, data)
    return made.getvalue()


def _add(archive: zipfile.ZipFile, name: str, data: bytes, *, executable: bool = False) -> None:
    info = zipfile.ZipInfo(name)  # of 1980: equal files give equal bytes
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = _EXECUTABLE if executable else 0o100644 << 16
    archive.writestr(info, data)


def _files(course: Course, topic: Topic) -> Iterator[tuple[str, Path]]:
    package = Path(graders.__file__).parent
    own = {"hidden_tests", "__pycache__"}
    for path in sorted(package.rglob("*")):
        parts = path.relative_to(package).parts
        staff = parts[-1] in ("roster.csv", "extensions.yaml")
        if path.is_file() and not own.intersection(parts) and not staff:
            yield "packages/graders/" + "/".join(parts), path
    yield f"course/{course.file.relative_to(course.root).as_posix()}", course.file
    for folder in (topic.folder, topic.hidden_tests):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
                yield f"course/{path.relative_to(course.root).as_posix()}", path


def requirements() -> list[str]:
    """What the grader needs, as pip reads it; not what only its developers do."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        found = requires("sorcery") or []
    except PackageNotFoundError:
        raise UsageError(
            "sorcery is not installed, so what it needs is not known; run: pip install -e ."
        ) from None
    return [line for line in found if "extra ==" not in line]
