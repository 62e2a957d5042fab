"""An untrusted file becomes the cells of a notebook, or is rejected with a reason its student can act on.

Only three things of a notebook are read: the order of its cells, their type and their source.
Outputs, metadata and execution counts are ignored, so nothing a student writes there can matter.

A zip or tar file stands for the one notebook in it. Nothing is ever unpacked to a disk, and names
in it are only looked at, so paths, links and devices in an archive lead nowhere.

Runs in the submission's own box before any of its code (graders.engine.inside): what a file does to
a parser is then bounded by the limits its code would have had.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, TypeVar

from graders.cells import checked_question, checks_in
from graders.errors import Rejected

MAX_BYTES = 64 << 20
MAX_UNPACKED = 4 * MAX_BYTES  # of a tar file, all its members together
MAX_MEMBERS = 10_000
MAX_CELLS = 5_000
MAX_SOURCE = 1 << 20
MAX_CHECKS = 100  # that the metadata of one cell ask for
SUFFIXES = (".ipynb", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

Member = TypeVar("Member", zipfile.ZipInfo, tarfile.TarInfo)

_UNPACKERS: dict[bytes, Callable[[io.BytesIO], io.BufferedIOBase]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `kind` is code, markdown or raw; `id` is empty for notebooks before nbformat 4.5;
    `checks` is the question whose check cell it is.

    `names` and `ignored` are for topics made for Otter (graders.rules): every name checked in the cell or,
    by its metadata, after it; whether its metadata say that it is not run."""

    index: int
    kind: str
    source: str
    id: str = ""
    checks: str | None = None
    names: tuple[str, ...] = ()
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Notebook:
    """What is read of a file handed in. `name` is the assignment it says it is for, where Otter wrote that."""

    cells: tuple[Cell, ...]
    name: str = ""


def read_notebook(data: bytes, topic: str = "") -> tuple[Cell, ...]:
    """The cells of `read_document`."""
    return read_document(data, topic).cells


def read_document(data: bytes, topic: str = "") -> Notebook:
    """Reads nbformat 4 JSON in UTF-8 (a byte-order mark is fine) or UTF-16, bare or in an archive.

    Of several notebooks in an archive the one named TOPIC.ipynb is meant. Raises Rejected.
    """
    check_size(len(data))
    try:
        notebook = _parse(_unpacked(data, topic))
    except MemoryError:
        raise Rejected("the file needs more memory to be read than a notebook may use") from None
    if type(notebook) is not dict or type(notebook.get("cells")) is not list:
        if type(notebook) is dict and "worksheets" in notebook:
            raise Rejected(
                "the notebook is of an old format (nbformat 3). Open it in Jupyter and save it again"
            )
        raise Rejected("the file is JSON, but no notebook: it has no list of cells")
    cells = notebook["cells"]
    if len(cells) > MAX_CELLS:
        raise Rejected(f"the notebook has {len(cells):,} cells; at most {MAX_CELLS:,} are accepted")
    name = _otter(notebook).get("assignment_name", "")
    read = tuple(_cell(index, cell) for index, cell in enumerate(cells))
    return Notebook(read, _text(name[:200]) if type(name) is str else "")


def check_size(size: int) -> None:
    """Raises Rejected for a file of more bytes than are read."""
    if size > MAX_BYTES:
        raise Rejected(
            f"the file has {size >> 20} MiB; at most {MAX_BYTES >> 20} are accepted. Clear its outputs and save it again"
        )


def _unpacked(data: bytes, topic: str) -> bytes:
    if data[:4] in (b"PK\3\4", b"PK\5\6"):
        return _from_zip(data, topic)
    for magic, unpack in _UNPACKERS.items():
        if data.startswith(magic):
            with _unpacking():
                data = _at_most(unpack(io.BytesIO(data)), MAX_UNPACKED)
            break
    return _from_tar(data, topic) if data[257:262] == b"ustar" else data


@contextlib.contextmanager
def _unpacking() -> Iterator[None]:
    """Around what Python's readers of archives do, who raise more than errors of their own kinds:
    IndexError and the like where they take a field for granted."""
    try:
        yield
    except (Rejected, MemoryError):
        raise
    except (NotImplementedError, RuntimeError):
        raise Rejected(
            "the archive is encrypted or packed in an unusual way. Submit the .ipynb file itself"
        ) from None
    except Exception:
        raise Rejected("the archive is damaged. Submit the .ipynb file itself") from None


def _from_zip(data: bytes, topic: str) -> bytes:
    with _unpacking():
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = {
            info: info.filename
            for info in archive.infolist()
            if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16)
        }
    chosen = _the_notebook(members, topic)
    with _unpacking():
        return _at_most(archive.open(chosen), MAX_BYTES)


def _from_tar(data: bytes, topic: str) -> bytes:
    members: dict[tarfile.TarInfo, str] = {}
    with _unpacking():
        archive = tarfile.open(fileobj=io.BytesIO(data), mode="r:")  # noqa: SIM115  # of memory
        for info in archive:
            if info.isreg():
                members[info] = info.name
            if len(members) > MAX_MEMBERS:
                break
    chosen = _the_notebook(members, topic)
    with _unpacking():
        member = archive.extractfile(chosen)
        assert member is not None  # of a regular file
        return _at_most(member, MAX_BYTES)


def _the_notebook(members: dict[Member, str], topic: str) -> Member:
    if len(members) > MAX_MEMBERS:
        raise Rejected(f"the archive holds more than {MAX_MEMBERS:,} files. Submit the .ipynb file itself")
    notebooks = {member: name for member, name in members.items() if _is_notebook(PurePosixPath(name))}
    named = [member for member, name in notebooks.items() if PurePosixPath(name).stem == topic]
    found = named or list(notebooks)
    if not found:
        raise Rejected(f"the archive has no notebook (.ipynb) in it, but {listed(list(members.values()))}")
    if len(found) > 1:
        raise Rejected(
            f"the archive holds several notebooks: {listed([members[m] for m in found])}. Submit the one to be graded"
        )
    return found[0]


def _is_notebook(name: PurePosixPath) -> bool:
    copies = {"__MACOSX", ".ipynb_checkpoints"}  # left by other programs beside the real one
    return name.suffix == ".ipynb" and not name.name.startswith(".") and copies.isdisjoint(name.parts)


def listed(names: Sequence[str], most: int = 5) -> str:
    """Untrusted names on one line for a person to read: quoted, shortened, and not too many."""
    shown = ", ".join(ascii(name if len(name) <= 60 else f"{name[:57]}...") for name in names[:most])
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{shown}{more}" if names else "nothing"


def _at_most(file: IO[bytes] | io.BufferedIOBase, limit: int) -> bytes:
    with file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Rejected(
            f"the archive unpacks to more than {limit >> 20} MiB. Submit the .ipynb file itself, its outputs cleared"
        )
    return data


def _parse(data: bytes) -> Any:
    if not data.strip(b"\0 \t\r\n"):
        raise Rejected("the file is empty. Save the notebook and submit it again")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        # Numbers are only in what is ignored; an integer of a million digits would take long to read.
        return json.loads(data.decode(encoding), parse_constant=len, parse_int=len, parse_float=len)
    except UnicodeDecodeError:
        raise Rejected(
            "the file is not text in UTF-8, so it is no notebook. Submit the .ipynb file itself"
        ) from None
    except RecursionError:
        raise Rejected("the file is nested too deeply to be a notebook") from None
    except ValueError as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Rejected(
            f"the file is not a complete notebook{place}: it may have been cut off. Save it in Jupyter and submit again"
        ) from None


def _cell(index: int, cell: Any) -> Cell:
    where = f"cell {index + 1} of the notebook"
    if type(cell) is not dict:
        raise Rejected(f"{where} is damaged. Open the notebook in Jupyter and save it again")
    kind, source, identity = cell.get("cell_type"), cell.get("source", ""), cell.get("id", "")
    if kind not in ("code", "markdown", "raw"):
        raise Rejected(f"{where} is of no known type. Open the notebook in Jupyter and save it again")
    if type(source) is list and all(type(line) is str for line in source):
        source = "".join(source)
    if type(source) is not str:
        raise Rejected(
            f"{where} has a source that is no text. Open the notebook in Jupyter and save it again"
        )
    if len(source) > MAX_SOURCE:
        raise Rejected(f"{where} has {len(source):,} characters; at most {MAX_SOURCE:,} are accepted")
    # What cannot be encoded cannot be sent to be run.
    source = _text(source)
    identity = identity if type(identity) is str else ""
    own, tags = _otter(cell), _metadata(cell).get("tags")
    after = own.get("tests")
    after = after[:MAX_CHECKS] if type(after) is list else []
    names = [
        *(checks_in(source) if kind == "code" else ()),
        *(_text(n[:200]) for n in after if type(n) is str),
    ]
    ignored = own.get("ignore") is True or (type(tags) is list and "otter_ignore" in tags[:1000])
    checks = checked_question(source) if kind == "code" else None
    return Cell(index, kind, source, identity, checks, tuple(dict.fromkeys(names)), ignored)


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _metadata(thing: dict[str, Any]) -> dict[str, Any]:
    found = thing.get("metadata")
    return found if type(found) is dict else {}


def _otter(thing: dict[str, Any]) -> dict[str, Any]:
    found = _metadata(thing).get("otter")
    return found if type(found) is dict else {}
