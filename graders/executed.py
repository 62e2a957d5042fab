"""A submission as it ran: its cells with the outputs they gave, as a notebook that staff may open.

The text of the cells is the student's, without HTML in Markdown; ids and metadata are those of our
released notebook, so nbgrader's formgrader finds its cells, and nothing a student wrote there does
anything. Outputs came from the student's process: only kinds that are known stay, each made harmless
(graders.untrusted).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from graders.intake import Cell
from graders.untrusted import for_html, for_markdown, for_terminal

MAX_OUTPUT_BYTES = 32 << 20  # of one submission, as its process sends them
NOT_KEPT = "[an output of a kind that is not kept]"
LEFT_OUT = "[outputs from here on are left out: the notebook gave more than is kept]\n"
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_IMAGES = ("image/png", "image/jpeg")


class _Output(msgspec.Struct):
    output_type: str
    name: str = "stdout"
    text: str = ""
    ename: str = ""
    evalue: str = ""
    traceback: list[str] = []
    data: dict[str, msgspec.Raw] = {}
    execution_count: int | None = None


_outputs = msgspec.json.Decoder(list[_Output])
_text = msgspec.json.Decoder(str)


def executed_notebook(
    released: Mapping[str, Any], cells: Sequence[Cell], outputs: Mapping[int, bytes | None]
) -> bytes:
    """nbformat 4.5 JSON of `cells` and their `outputs` (cell index -> nbformat outputs as JSON; None for
    what was not kept). `released` is the topic's notebook as built. Never raises for what outputs hold."""
    ours = {cell["id"]: cell for cell in released["cells"]}
    made = []
    for cell in cells:
        own = ours.pop(cell.id, None)  # a second cell of the same id is the student's
        node: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": own["id"] if own else f"own-{cell.index}",
            "metadata": own["metadata"] if own and own["cell_type"] == cell.kind else {},
            "source": for_markdown(cell.source) if cell.kind == "markdown" else cell.source,
        }
        if cell.kind == "raw":
            node["metadata"] = {"raw_mimetype": "text/plain"}  # or nbconvert puts it into its page as it is
        if cell.kind == "code":
            kept = outputs.get(cell.index, b"[]")
            node["outputs"] = [_stream("stderr", LEFT_OUT)] if kept is None else harmless(kept)
            node["execution_count"] = None
        made.append(node)
    about = {"nbformat": 4, "nbformat_minor": 5, "metadata": released["metadata"], "cells": made}
    return msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n"


def harmless(outputs: bytes) -> list[dict[str, Any]]:
    """Outputs of one cell, of which nothing stays that a browser or a terminal would obey."""
    try:
        found = _outputs.decode(outputs)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [_stream("stderr", "[the outputs of this cell cannot be read]\n")]
    return [made for output in found if (made := _harmless(output)) is not None]


def _harmless(output: _Output) -> dict[str, Any] | None:
    match output.output_type:
        case "stream":
            return _stream("stderr" if output.name == "stderr" else "stdout", output.text)
        case "error":
            return {
                "output_type": "error",
                "ename": for_terminal(output.ename),
                "evalue": for_terminal(output.evalue),
                "traceback": [for_terminal(line) for line in output.traceback],
            }
        case "display_data" | "execute_result":
            data = {
                kind: text for kind, raw in output.data.items() if (text := _shown(kind, raw)) is not None
            }
            # What shows a notebook expects something to show.
            data = data or {"text/plain": NOT_KEPT}
            made: dict[str, Any] = {"output_type": output.output_type, "data": data, "metadata": {}}
            if output.output_type == "execute_result":
                count = output.execution_count
                made["execution_count"] = count if count is not None and count >= 0 else None
            return made
    return None


def _shown(kind: str, raw: msgspec.Raw) -> str | None:
    try:
        text = _text.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if kind == "text/plain":
        return for_terminal(text)
    if kind == "text/html":
        return for_html(text)
    if kind in _IMAGES and _BASE64.fullmatch(text):
        return text
    return None


def _stream(name: str, text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": for_terminal(text)}
