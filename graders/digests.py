"""What decides a result, as digests: the same digest, the same result."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from graders import __version__, rules
from graders.assignment import Assignment
from graders.course import Topic
from graders.records import Limits


def result_key(submission: str, tests: str, limits: Limits) -> str:
    """SHA-256 of what decides a result: submission, tests, limits and engine."""
    parts = [submission, tests, msgspec.json.encode(limits).decode(), __version__]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Digests:
    """SHA-256, hexadecimal, of what decides a topic's results beside submission, limits and engine: each
    question's own test files, and what is common to all."""

    common: str
    questions: Mapping[str, str]

    @property
    def whole(self) -> str:
        return hashlib.sha256(msgspec.json.encode([self.common, sorted(self.questions.items())])).hexdigest()


def digests(topic: Topic, assignment: Assignment) -> Digests:
    """Of the topic's tests and data, and what its released notebook, which `assignment` is, asks for."""
    folders = (topic.public_tests, topic.hidden_tests)
    own = {
        folder / f"{question.id}.py": question.id for folder in folders for question in assignment.questions
    }
    if rules.in_folder(topic.hidden_tests):
        own = {}
    asked = (assignment.questions, assignment.manual, sorted(assignment.cell_ids))
    common = hashlib.sha256(msgspec.json.encode(asked))
    questions = {question.id: hashlib.sha256() for question in assignment.questions}
    for path, head, body in material_files(*topic.material):
        digest = questions[own[path]] if path in own else common
        digest.update(head + body)
    return Digests(common.hexdigest(), {name: digest.hexdigest() for name, digest in questions.items()})


def tests_digest(*folders: Path) -> str:
    """SHA-256, hexadecimal, over the names and bytes of all files below the folders: of a topic's public
    tests, its hidden ones, and the data that they and the notebook read."""
    digest = hashlib.sha256()
    for _, head, body in material_files(*folders):
        digest.update(head + body)
    return digest.hexdigest()


def material_files(*folders: Path) -> Iterator[tuple[Path, bytes, bytes]]:
    """Every file below the folders, in a fixed order: where it lies, a line that says so in a digest, and
    its bytes."""
    for number, folder in enumerate(folders):
        for path in sorted(folder.rglob("*")):
            if "__pycache__" in path.parts or not path.is_file():
                continue
            body = path.read_bytes()
            yield path, f"{number} {path.relative_to(folder).as_posix()} {len(body)}\n".encode(), body
