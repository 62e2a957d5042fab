"""The published shape of a result file.

python -m graders.schema > graders/result.schema.json
"""

from __future__ import annotations

import sys

import msgspec

from graders.records import Result


def result_schema() -> bytes:
    """JSON Schema (2020-12) of a `Result`, formatted; the same bytes every time."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A graded submission, as `sorcery grade` writes it",
        **msgspec.json.schema(Result),
    }
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(result_schema())
