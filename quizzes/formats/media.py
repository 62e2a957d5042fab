"""The files that texts show: out of a course's folder into an export, and out of an import into one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from graders.errors import UsageError
from graders.store import portable_name
from quizzes.formats.base import MAX_BYTES, MAX_MEDIA, FormatError, Loss
from quizzes.formats.build import images
from quizzes.schema import QuizFile

_TARGET = re.compile(r"\]\(<?([^)>\s]+)>?")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def placed(file: QuizFile, media: Mapping[str, bytes], folder: str) -> tuple[QuizFile, dict[str, bytes]]:
    """The same quiz with its files in `folder`, beside it, under names that any system takes. Raises
    FormatError when one of them is too large."""
    moved: dict[str, str] = {}
    found: dict[str, bytes] = {}
    for path, data in media.items():
        if len(data) > MAX_MEDIA:
            raise FormatError(f"{PurePosixPath(path).name} is larger than {MAX_MEDIA >> 20} MiB")
        name = _UNSAFE.sub("-", PurePosixPath(path).name).strip("-.")[-80:] or "file"
        stem, dot, suffix = name.rpartition(".")
        number = 1
        while f"{folder}/{name}".lower() in {one.lower() for one in found} or not portable_name(name):
            number += 1
            name = f"{stem or suffix}-{number}{dot}{suffix if stem else ''}".strip(".")
        moved[path] = f"{folder}/{name}"
        found[moved[path]] = data
    if all(before == after for before, after in moved.items()):
        return file, found

    def mended(value: Any) -> Any:
        match value:
            case dict():
                return {key: mended(inner) for key, inner in value.items()}
            case list():
                return [mended(inner) for inner in value]
            case str():
                return _TARGET.sub(lambda match: f"]({moved.get(match[1], match[1])}", value)
        return value

    dumped = file.model_dump(mode="json", by_alias=True)
    questions = mended(dumped["questions"])
    return QuizFile.model_validate({**dict(file), "schema": 1, "questions": questions}), found


def gathered(file: QuizFile, folder: Path) -> tuple[dict[str, bytes], tuple[Loss, ...]]:
    """The files that the texts of a quiz in `folder` show. Of those that are not there, or lie outside,
    a Loss. Raises UsageError when they are too large."""
    found: dict[str, bytes] = {}
    losses: list[Loss] = []
    root = folder.resolve()
    for question in file.questions:
        for name in images(question):
            if name in found:
                continue
            try:
                path = (folder / unquote(name)).resolve()
                if not path.is_relative_to(root) or not path.is_file():
                    raise OSError
                if path.stat().st_size > MAX_MEDIA:
                    raise UsageError(f"{path} is larger than {MAX_MEDIA >> 20} MiB")
                found[name] = path.read_bytes()
            except (OSError, ValueError):
                losses.append(Loss(question.id, f"the image {name} is not there"))
            if sum(map(len, found.values())) > MAX_BYTES:
                raise UsageError(f"its images are larger than {MAX_BYTES >> 20} MiB together")
    return found, tuple(losses)
