"""An untrusted notebook file becomes a Submission, or is rejected with a reason its student can act on.

Only three things of a notebook are read: the order of its cells, their type and their source.
Outputs, metadata and execution counts are ignored, so nothing a student writes there can matter.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from graders.errors import Rejected

MAX_BYTES = 64 << 20
MAX_CELLS = 5_000
MAX_SOURCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `kind` is code, markdown or raw; `id` is empty for notebooks before nbformat 4.5."""

    index: int
    kind: str
    source: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A notebook that can be graded. `sha256` is of the file's bytes, hexadecimal."""

    student: str
    file: str
    sha256: str
    cells: tuple[Cell, ...]


def read_submission(student: str, file: str, data: bytes) -> Submission:
    """Reads nbformat 4 JSON in UTF-8 (a byte-order mark is fine) or UTF-16. Raises Rejected."""
    if len(data) > MAX_BYTES:
        raise Rejected(
            f"the file has {len(data) >> 20} MiB; at most {MAX_BYTES >> 20} are accepted. Clear its outputs and save it again"
        )
    notebook = _parse(data)
    if type(notebook) is not dict or type(notebook.get("cells")) is not list:
        if type(notebook) is dict and "worksheets" in notebook:
            raise Rejected(
                "the notebook is of an old format (nbformat 3). Open it in Jupyter and save it again"
            )
        raise Rejected("the file is JSON, but no notebook: it has no list of cells")
    cells = notebook["cells"]
    if len(cells) > MAX_CELLS:
        raise Rejected(f"the notebook has {len(cells):,} cells; at most {MAX_CELLS:,} are accepted")
    read = tuple(_cell(index, cell) for index, cell in enumerate(cells))
    return Submission(student, file, hashlib.sha256(data).hexdigest(), read)


def _parse(data: bytes) -> Any:
    if not data.strip(b"\0 \t\r\n"):
        raise Rejected("the file is empty. Save the notebook and submit it again")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return json.loads(data.decode(encoding), parse_constant=lambda name: None)
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
    source = source.encode("utf-8", "replace").decode()
    return Cell(index, kind, source, identity if type(identity) is str else "")
