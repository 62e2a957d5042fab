"""Which formats there are, and which one a file is of. A format's module is imported on use only."""

from __future__ import annotations

import importlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from quizzes.formats.base import MAX_BYTES, Exported, FormatError, Imported, Source
from quizzes.formats.text import decoded

HEAD = 1 << 16  # bytes within which a file says what it is


class Format(Protocol):
    TITLE: str
    SUFFIXES: tuple[str, ...]
    read: Callable[[bytes, str], Imported] | None
    write: Callable[[Source], Exported]


@dataclass(frozen=True, slots=True)
class Entry:
    """`reads` is False for what is only written."""

    module: str
    reads: bool = True

    def load(self) -> Format:
        return cast(Format, importlib.import_module(f"quizzes.formats.{self.module}"))


FORMATS = {
    "gift": Entry("gift"),
    "moodle-xml": Entry("moodle_xml"),
    "aiken": Entry("aiken"),
    "qti12": Entry("qti12"),
    "qti21": Entry("qti21"),
    "csv": Entry("csv"),
    "text2qti": Entry("text2qti"),
    "anki": Entry("anki", reads=False),
}
# Signs of a format of plain text, all of which must be there.
_SIGNS = {
    "aiken": (r"^[ \t]*ANSWER:[ \t]*[A-Za-z][ \t]*$", r"^[ \t]*A[.)]\s"),
    "text2qti": (
        r"^\d+\.[ \t]+\S",
        r"^(?:\*?[A-Za-z]\)[ \t]|\[[ *]?\][ \t]|=[ \t]+[-+.\[\d]|\*[ \t]|_{3,}[ \t]*$|\^{3,}[ \t]*$)",
    ),
    "gift": (r"(?<!\\)\{",),
}
_ROOTS = (
    (rb"<quiz[\s>]", "moodle-xml"),
    (rb"<(?:\w+:)?questestinterop[\s>]", "qti12"),
    (rb"<(?:\w+:)?assessment(?:Item|Test)[\s>]", "qti21"),
)
_RESOURCES = ((rb"imsqti_xmlv1p|imscc_xmlv1p\d/assessment", "qti12"), (rb"imsqti_\w+_xmlv2p", "qti21"))


def known(name: str) -> Entry:
    """Raises FormatError with all there are."""
    if name not in FORMATS:
        raise FormatError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]


def detect(data: bytes, path: Path) -> str:
    """The name of the format a file is of, by its suffix and what is in it. Raises FormatError when neither
    tells."""
    found: str | None = None
    match path.suffix.lower():
        case ".gift":
            return "gift"
        case ".csv":
            return "csv"
        case ".apkg":
            raise FormatError("decks of Anki are written, not read")
        case ".zip" | ".imscc":
            found = _archive(data)
        case ".xml":
            found = _markup(data)
        case _:
            found = _archive(data) if data.startswith(b"PK\x03\x04") else _markup(data) or _text(data)
    if found is None:
        names = ", ".join(name for name, entry in FORMATS.items() if entry.reads)
        raise FormatError(f"of which format it is cannot be told; say --format ({names})")
    return found


def _markup(data: bytes) -> str | None:
    head = data[:HEAD].replace(b"\0", b"")  # of UTF-16, every second byte
    head = re.sub(rb"<!--.*?-->", b"", head, flags=re.DOTALL)
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe").lstrip().startswith(b"<"):
        return None
    return next((name for sign, name in _ROOTS if re.search(sign, head)), None)


def _archive(data: bytes) -> str | None:
    if len(data) > MAX_BYTES:
        raise FormatError(f"larger than {MAX_BYTES >> 20} MiB; split it")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist()[:1000] if name.lower().endswith(".xml")]
            manifests = [name for name in names if name.rpartition("/")[2] == "imsmanifest.xml"]
            for name in manifests[:1]:
                head = _start(archive, name, 16 * HEAD)
                for sign, found in _RESOURCES:
                    if re.search(sign, head):
                        return found
            for name in names[:20]:
                if found_root := _markup(_start(archive, name, HEAD)):
                    return found_root
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError) as error:
        raise FormatError(f"no zip archive that can be read: {error}") from None
    return None


def _start(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    with archive.open(name) as file:
        return file.read(size)


def _text(data: bytes) -> str | None:
    """The one format whose signs are there; when they are there of more, the one that can be read."""
    text = decoded(data)
    able = [
        name for name, signs in _SIGNS.items() if all(re.search(sign, text, re.MULTILINE) for sign in signs)
    ]
    return able[0] if len(able) == 1 else next((name for name in able if _reads(name, data)), None)


def _reads(name: str, data: bytes) -> bool:
    read = FORMATS[name].load().read
    try:
        return read is not None and bool(read(data, "quiz").file.questions)
    except FormatError:
        return False
