"""The files that texts show: out of a course's folder into an export, and out of an import into one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter

from graders.errors import UsageError
from graders.store import portable_name
from quizzes.formats.base import MAX_BYTES, MAX_MEDIA, FormatError, Loss
from quizzes.schema import Question, QuizFile, texts

_IMAGE = re.compile(r"(!\[[^\]]*\]\()(?:<([^<>\n]+)>|([^()<>\s]+))")
_ELSEWHERE = ("http:", "https:", "data:", "//")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def images(question: Question) -> list[str]:
    """Files that the texts of a question show, as they are named there."""
    names = (found[2] or found[3] for _, text in texts(question) for found in _IMAGE.finditer(text))
    return list(dict.fromkeys(name for name in names if not name.lower().startswith(_ELSEWHERE)))


def placed(file: QuizFile, media: Mapping[str, bytes], folder: str) -> tuple[QuizFile, dict[str, bytes]]:
    """The same quiz with its files in `folder`, beside it, under names that any system takes. Raises
    FormatError when one of them is too large."""
    moved: dict[str, str] = {}
    for path, data in media.items():
        if len(data) > MAX_MEDIA:
            raise FormatError(f"{PurePosixPath(path).name} is larger than {MAX_MEDIA >> 20} MiB")
        moved[path] = next(name for name in _names(path, folder) if name not in moved.values())

    def mended(value: Any) -> Any:
        match value:
            case dict():
                return {key: mended(inner) for key, inner in value.items()}
            case list():
                return [mended(inner) for inner in value]
            case str():
                return _IMAGE.sub(lambda found: found[1] + _moved(found[2] or found[3], moved, found), value)
        return value

    adapter = TypeAdapter(tuple[Question, ...])
    questions = adapter.validate_python(
        mended(adapter.dump_python(file.questions, mode="json", by_alias=True))
    )
    found = {moved[path]: data for path, data in media.items()}
    return file.model_copy(update={"questions": questions}), found


def _moved(name: str, moved: Mapping[str, str], found: re.Match[str]) -> str:
    return moved.get(name) or moved.get(unquote(name)) or found[0].removeprefix(found[1])


def _names(path: str, folder: str) -> Iterator[str]:
    """Where a file may go, the first wish first; the same for upper and lower case."""
    name = _UNSAFE.sub("-", PurePosixPath(path).name).strip("-.")[-80:].lower() or "file"
    if portable_name(name):
        yield f"{folder}/{name}"
    stem, dot, suffix = name.partition(".")
    for number in range(2, 100_000):
        yield f"{folder}/{stem}-{number}{dot}{suffix}"


def gathered(file: QuizFile, folder: Path) -> tuple[dict[str, bytes], tuple[Loss, ...]]:
    """The files that the texts of a quiz in `folder` show. Of those that are not there, or lie outside,
    a Loss. Raises UsageError when they are too large."""
    found: dict[str, bytes] = {}
    losses: list[Loss] = []
    for question in file.questions:
        for name in images(question):
            data = found.get(name) or _inside(folder, unquote(name))
            if data is None:
                losses.append(Loss(question.id, f"the image {name} is not there"))
            else:
                found[name] = data
            _check_size(found.values())
    return found, tuple(losses)


def _check_size(files: Collection[bytes]) -> None:
    if sum(map(len, files)) > MAX_BYTES:
        raise UsageError(f"its images are larger than {MAX_BYTES >> 20} MiB together")


def _inside(folder: Path, name: str) -> bytes | None:
    """A file below `folder`, links followed; None when there is none."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
        if path.stat().st_size > MAX_MEDIA:
            raise UsageError(f"{path} is larger than {MAX_MEDIA >> 20} MiB")
        return path.read_bytes()
    except (OSError, ValueError):
        return None
