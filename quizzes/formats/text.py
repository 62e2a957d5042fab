"""Text that nobody vouches for, as lines; and a place in it, for messages."""

from __future__ import annotations

import codecs

from quizzes.formats.base import MAX_BYTES, FormatError

MAX_LINES = 2_000_000


def decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 with its mark, with every kind of line end as one. Raises FormatError."""
    if len(data) > MAX_BYTES:
        raise FormatError(f"larger than {MAX_BYTES >> 20} MiB; split it")
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(f"line {line}: is not UTF-8; save it as UTF-8") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (at := text.find("\0")) >= 0:
        raise fault(text.count("\n", 0, at) + 1, "a NUL byte: this is no text")
    if text.count("\n") > MAX_LINES:
        raise FormatError(f"more than {MAX_LINES} lines; split it")
    return text


def fault(line: int, message: str) -> FormatError:
    return FormatError(f"line {line}: {message}")
