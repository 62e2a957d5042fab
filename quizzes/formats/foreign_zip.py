"""Zip archives that nobody vouches for, read into memory; and archives that are the same byte for byte.

Nothing is unpacked to the disk. Names are checked all the same: what is in an archive names files for whoever
reads it next. Sizes are counted as they come, since those an archive declares may be lies.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping

from quizzes.formats.base import MAX_BYTES, MAX_MEDIA, FormatError

MAX_MEMBERS = 25_000
MAX_UNPACKED = 4 * MAX_BYTES
# Text of the dullest kind packs to a hundredth; a bomb to a thousandth. Small members may be duller.
MAX_RATIO = 200
SMALL = 16 << 20
LONGEST_NAME = 500
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip archive can hold
_BLOCK = 1 << 16


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files of an archive by name. Raises FormatError."""
    if len(data) > MAX_BYTES:
        raise FormatError(f"larger than {MAX_BYTES >> 20} MiB; split it")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _files(archive)
    except (
        zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError,
        MemoryError, OverflowError,
    ) as error:  # fmt: skip
        raise FormatError(f"no zip archive that can be read: {error}") from None


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise FormatError(f"holds more than {MAX_MEMBERS} files")
    found: dict[str, bytes] = {}
    left = MAX_UNPACKED
    for member in members:
        _checked(member)
        if member.is_dir():
            continue
        if member.filename in found:
            raise FormatError(f"{_shown(member)}: holds two files of this name")
        found[member.filename] = _read(archive, member, left)
        left -= len(found[member.filename])
    return found


def _checked(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = name.rstrip("/").split("/")
    # orig_filename is what stands in the archive: Python cuts a name at a NUL, and turns \ on Windows.
    odd = "\\" in member.orig_filename or "\0" in member.orig_filename or not name.isprintable()
    if odd or len(name) > LONGEST_NAME or name.startswith("/") or ":" in parts[0]:
        raise FormatError(f"{_shown(member)}: no name for a file of a quiz")
    if any(part in ("", ".", "..") for part in parts):
        raise FormatError(f"{_shown(member)}: leads out of its folder")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise FormatError(f"{_shown(member)}: a link or a device, and no file")
    if member.flag_bits & 0x1:
        raise FormatError(f"{_shown(member)}: is encrypted")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> bytes:
    limit = min(left, MAX_BYTES)
    parts: list[bytes] = []
    size = 0
    with archive.open(member) as file:
        while block := file.read(_BLOCK):
            size += len(block)
            if size > limit:
                raise FormatError(f"{_shown(member)}: the archive unpacks to too much")
            if size > SMALL and size > MAX_RATIO * max(1, member.compress_size):
                raise FormatError(f"{_shown(member)}: packed so tightly that it can only be a bomb")
            parts.append(block)
    return b"".join(parts)


def _shown(member: zipfile.ZipInfo) -> str:
    return ascii(member.filename[:80])[1:-1]


def packed(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files, in order, the same for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # else the platform it was written on is told
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)
    return out.getvalue()


def media(files: Mapping[str, bytes], name: str) -> bytes | None:
    """A picture of an archive; None when there is none of that name, or it is too large."""
    data = files.get(name)
    return None if data is None or len(data) > MAX_MEDIA else data
