"""What grading by a topic needs, as one value that goes to another machine: its tests, hidden ones too.

Both ends are trusted, and so is what lies between. The master and other topics stay where they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from graders.course import Topic
from graders.errors import AuthorError, InternalError
from graders.grader import Graded
from graders.records import Result, Tier
from graders.work import Work, work_of


@dataclass(frozen=True, slots=True)
class Parcel:
    """`files` are by their path below the topic's root; a folder has None for its content. `digest` and
    `modules` are those of the Work it was made of."""

    topic: Topic
    tier: Tier
    digest: str
    modules: tuple[str, ...]
    files: Mapping[str, bytes | None] = field(repr=False)  # no test in a log


def pack(work: Work) -> Parcel:
    """Raises InternalError for work that is not of one of our topics."""
    topic = work.subject
    if not isinstance(topic, Topic):
        raise InternalError(f"{topic.id} cannot be graded on other machines")
    files = {path.relative_to(topic.root).as_posix(): content for path, content in _contents(topic)}
    return Parcel(topic, work.policy.tier, work.digest, work.modules, files)


def _contents(topic: Topic) -> Iterator[tuple[Path, bytes | None]]:
    yield topic.notebook, topic.notebook.read_bytes()
    for folder in topic.material:
        if folder.is_dir():
            yield folder, None
        for path in sorted(folder.rglob("*")):
            if "__pycache__" not in path.parts:
                if path.is_dir():
                    yield path, None
                elif path.is_file():
                    yield path, path.read_bytes()


def unpack(parcel: Parcel, root: Path) -> Work:
    """The work, with its files in the new folder `root`. Other users can come to the data and to nothing
    else; they cannot list what is around it.

    Raises InternalError when it is not what was packed.
    """
    topic = replace(parcel.topic, root=root)
    root.mkdir(mode=0o700)
    for name, content in parcel.files.items():
        path = root / name
        if content is None:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(content)
    if topic.data.is_dir():
        for path in (root, root / "assignments", topic.folder):
            path.chmod(0o711)
        for path in (topic.data, *topic.data.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    work = replace(work_of(topic, parcel.tier), modules=parcel.modules)
    if work.digest != parcel.digest:
        raise InternalError(f"the tests of {topic.id} are not those that were sent")
    return work


@dataclass(frozen=True, slots=True)
class Moved:
    """What is said of files that were unpacked `here`, said of where they were packed, `there`."""

    here: Path
    there: Path

    def graded(self, graded: Graded) -> Graded:
        here, there = (msgspec.json.encode(str(path))[1:-1] for path in (self.here, self.there))
        result = msgspec.json.encode(graded.result)
        if here not in result and here not in graded.notebook:
            return graded
        moved = msgspec.json.decode(result.replace(here, there), type=Result)
        notebook = graded.notebook.replace(here, there)
        if notebook:
            moved = replace(moved, notebook_sha256=hashlib.sha256(notebook).hexdigest())
        return Graded(moved, notebook)

    def fault(self, error: AuthorError) -> AuthorError:
        here, there = str(self.here), str(self.there)
        return AuthorError(
            [
                replace(
                    problem,
                    file=Path(str(problem.file).replace(here, there)),
                    message=problem.message.replace(here, there),
                    mend=problem.mend.replace(here, there),
                )
                for problem in error.problems
            ]
        )
