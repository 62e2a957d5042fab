"""A quiz file as a person would write it: keys in the usual order, what is the default left out, short
things on one line, long texts folded, quotes only where YAML needs them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from graders.strict_yaml import resolve
from quizzes.schema import Drawn, QuizFile

WIDTH = 110
FOLDED = 72  # characters from which a text is folded rather than put on its key's line

# In this order; what is not here comes after, as the schema has it.
_ORDER = (
    "schema", "quiz", "banks", "sections", "questions",
    "id", "rev", "type", "title", "tags", "difficulty", "points", "scoring", "shuffle", "params", "where",
    "stem", "text", "left", "right", "choices", "pairs", "extra", "items", "answer", "traps", "expr",
    "correct", "worth", "feedback", "pin", "hint", "explain", "source",
)  # fmt: skip
_RANK = {name: rank for rank, name in enumerate(_ORDER)}
# One of theirs a line, however short.
_LISTED = {"choices", "pairs", "items", "traps", "params", "sections", "questions"}
_PLAIN_START = re.compile(r"[\w($\\/.+^<=~]")
_FLOW_ENDS = re.compile(r"[,\[\]{}]")
# What no plain or quoted scalar may hold as it is: control characters, line ends beside \n, half surrogates.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


class _Expression(str):
    """A text that may stand as a number."""


def to_yaml(file: QuizFile) -> str:
    """Text from which quizzes.bank reads an equal file."""
    data = _data(file)
    lines: list[str] = []
    for key, value in data.items():
        block = list(_entry(key, value, 0))
        if lines and (key in _LISTED or len(block) > 1):
            lines.append("")
        lines += block
    return "\n".join(lines) + "\n"


def _data(model: BaseModel) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if not field.is_required() and value == field.get_default(call_default_factory=True):
            continue
        key = field.alias or name
        if key == "time_limit":
            found[key] = _duration(value)
        elif key in ("expr", "where", "is"):
            found[key] = _Expression(value)
        else:
            found[key] = _plain(value, keep_floats=isinstance(model, Drawn))
    return dict(sorted(found.items(), key=lambda pair: _RANK.get(pair[0], len(_RANK))))


def _plain(value: Any, *, keep_floats: bool = False) -> Any:
    match value:
        case BaseModel():
            return _data(value)
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner, keep_floats=keep_floats) for inner in value]
        case float() if not keep_floats and value.is_integer() and abs(value) < 1e15:
            return int(value)
    return value


def _duration(seconds: float) -> str:
    """1h30m, 90s, 0.5s."""
    if not seconds.is_integer():
        return f"{Decimal(repr(seconds)):f}s"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if number]
    return "".join(parts) or "0s"


def _entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """The lines of a key and its value, the first one indented as well."""
    start = " " * indent + key + ":"
    if isinstance(value, str):
        yield from _text(start, value, indent + 2)
    elif isinstance(value, dict | list):
        flow = None if key in _LISTED else _flow(value)
        if flow is not None and len(start) + 1 + len(flow) <= WIDTH:
            yield f"{start} {flow}"
        else:
            yield start
            yield from _block(key, value, indent + 2)
    else:
        yield f"{start} {_number(value)}"


def _block(key: str, value: Any, indent: int) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _entry(name, inner, indent)
        return
    for index, item in enumerate(value):
        if key == "questions" and index:
            yield ""
        yield from _item(key, item, indent)


def _item(key: str, item: Any, indent: int) -> Iterator[str]:
    start = " " * indent + "-"
    if isinstance(item, str):
        yield from _text(start, item, indent + 2)
        return
    flow = None if key == "questions" else _flow(item)
    if flow is not None and len(start) + 1 + len(flow) <= WIDTH:
        yield f"{start} {flow}"
    elif isinstance(item, dict):
        lines = [line for name, inner in item.items() for line in _entry(name, inner, indent + 2)]
        yield start + lines[0][indent + 1 :]
        yield from lines[1:]
    else:
        yield f"{start} {_number(item)}"


def _flow(value: Any) -> str | None:
    """On one line; None when a text in it needs several."""
    match value:
        case dict():
            parts = []
            for key, inner in value.items():
                flow = _flow(inner)
                if flow is None or key in _LISTED:
                    return None
                parts.append(f"{key}: {flow}")
            return "{" + ", ".join(parts) + "}"
        case list():
            flows = [_flow(inner) for inner in value]
            return None if None in flows else f"[{', '.join(str(flow) for flow in flows)}]"
        case str():
            return None if "\n" in value or len(value) > WIDTH else _scalar(value, flow=True)
    return _number(value)


def _number(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
    return repr(value)


def _text(start: str, text: str, indent: int) -> Iterator[str]:
    """A text after its key or dash, on that line or below it."""
    if _literal_fits(text):
        hint = "2" if text.lstrip("\n").startswith(" ") or text.startswith("\n") else ""
        if hint:
            yield f"{start} {_quoted(text)}"
            return
        yield f"{start} |{'' if text.endswith(chr(10)) else '-'}"
        yield from (" " * indent + line if line else "" for line in text.removesuffix("\n").split("\n"))
    elif _folds(text) and len(start) + len(text) > FOLDED:
        lines = textwrap.wrap(
            text, WIDTH - indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
        )
        if len(lines) > 1 or len(start) + len(text) > WIDTH - 4:
            yield f"{start} >-"
            yield from (" " * indent + line for line in lines)
        else:
            yield f"{start} {_scalar(text)}"
    else:
        yield f"{start} {_scalar(text)}"


def _literal_fits(text: str) -> bool:
    """Several lines that stand below their key as they are."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and not _UNPRINTABLE.search(text)
        and not text.endswith("\n\n")
        and text.strip("\n") != ""
        and not any(line != line.rstrip() for line in lines)
    )


def _folds(text: str) -> bool:
    """One line that can be broken at each of its blanks and comes back the same."""
    return (
        not _UNPRINTABLE.search(text)
        and not re.search(r"[\n\t\r\f\v]|  ", text)
        and text == text.strip()
        and not isinstance(text, _Expression)
        and " " in text
    )


def _scalar(text: str, *, flow: bool = False) -> str:
    if isinstance(text, _Expression) and _means(text):
        return str(text)
    if "\n" in text or "\t" in text or _UNPRINTABLE.search(text):
        return _quoted(text)
    return text if _bare(text, flow=flow) else "'" + text.replace("'", "''") + "'"


def _means(text: str) -> bool:
    """Whether a number written so is the expression `text`."""
    try:
        value = resolve(text)
    except ValueError:
        return False
    return isinstance(value, int | float) and not isinstance(value, bool) and str(value) == text


def _bare(text: str, *, flow: bool) -> bool:
    if not _PLAIN_START.match(text) or text != text.strip() or text.startswith("..."):
        return False
    if ": " in text or " #" in text or text.endswith(":") or (flow and _FLOW_ENDS.search(text)):
        return False
    if flow and ":" in text:  # some readers of YAML take it for a key
        return False
    try:
        return isinstance(resolve(text), str)
    except ValueError:
        return False


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'
