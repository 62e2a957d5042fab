"""The published shape of a result file.

python -m graders.schema > graders/result.schema.json
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

import msgspec

from graders.records import Result


def result_schema() -> bytes:
    """JSON Schema (2020-12) of a `Result`, formatted; the same bytes every time."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A graded submission, as `sorcery grade` writes it",
        **_plain(msgspec.json.schema(Result)),
    }
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"


def _plain(node: Any) -> Any:
    """Without what depends on msgspec's version: how docstrings are indented, whether `{}` is a default."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _plain(value) for key, value in node.items() if (key, value) != ("default", {})}
    if isinstance(text := plain.get("description"), str):
        plain["description"] = inspect.cleandoc(text)
    return plain


if __name__ == "__main__":
    sys.stdout.buffer.write(result_schema())
