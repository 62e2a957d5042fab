"""Authored YAML, read strictly: what was written is what is meant, and every fault is told at once.

Scalars resolve by the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema):
`no` and `12:30:45` are text, `3e-4` is a number, `010` is ten. Mapping keys are always text, as
written. Duplicate keys, anchors, aliases, tags and second documents are faults; so is nesting
deeper than MAX_DEPTH or a file larger than MAX_BYTES, so that no file costs more than its size.

    document = read(path)                    # values, and where each was written
    settings = document.into(Settings)       # a pydantic model, or AuthorError with every problem
    settings = load(path, Settings)          # both at once

Models are validated as strict JSON: "4" is no number, 4 is no text, and a list fills a tuple.
"""

from __future__ import annotations

import difflib
import gc
import json
import re
import reprlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from graders.errors import AuthorError, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

    M = TypeVar("M", bound=BaseModel)

MAX_BYTES = 8 << 20
MAX_DEPTH = 40

Location = tuple[str | int, ...]  # keys and indices from the top of the document
Mark = tuple[int, int]  # line and column, from 1

# In this order: every pattern is tried on the whole of a plain scalar, else it is text.
_CORE_SCHEMA: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"(?:~|null|Null|NULL)?"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text[2:], 16)),
    (re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)"), lambda text: float(text.replace(".", ""))),
    (re.compile(r"\.(?:nan|NaN|NAN)"), lambda text: float("nan")),
)
_NUMERIC = frozenset("+-.0123456789")  # what numbers begin with
_LONGEST_WORD = len("false")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def resolve(text: str) -> Any:
    """The value of a plain (unquoted) scalar. Raises ValueError on an integer too long to read."""
    if text[:1] not in _NUMERIC and len(text) > _LONGEST_WORD:  # as most are
        return text
    for pattern, convert in _CORE_SCHEMA:
        if pattern.fullmatch(text):
            return convert(text)
    return text


def suggest(name: str, known: Iterable[str]) -> str:
    """`did you mean 'limits'?` when one of `known` is near `name`, else the empty string."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"did you mean {near[0]!r}?" if near else ""


@dataclass(frozen=True, slots=True)
class Document:
    """The value of a YAML file and where its parts stand in it."""

    path: Path
    value: Any
    marks: dict[Location, Mark] = field(repr=False)
    key_marks: dict[Location, Mark] = field(repr=False)

    def problem(self, location: Location, message: str, mend: str = "", *, key: bool = False) -> Problem:
        """A Problem at the value that `location` leads to; at its key, with `key`."""
        marks = self.key_marks if key and location in self.key_marks else self.marks
        line, column = marks.get(location, (0, 0))
        return Problem(self.path, line, message, mend, column)

    def into(self, model: type[M]) -> M:
        """The document as a `model`. Raises AuthorError with every problem pydantic finds."""
        from pydantic import ValidationError

        try:
            return model.model_validate_json(json.dumps(self.value), strict=True)
        except ValidationError as error:
            faults = error.errors(include_url=False)
            problems = [self._explain(fault, model) for fault in faults if not _echoes(fault, faults)]
        raise AuthorError(sorted(dict.fromkeys(problems), key=_position))

    def _explain(self, fault: Any, model: type[BaseModel]) -> Problem:
        kind, location = fault["type"], self._locate(fault["loc"])
        if kind == "extra_forbidden":
            mend = suggest(str(location[-1]), _known_keys(model, fault["loc"][:-1]))
            return self.problem(location, f"unknown key {location[-1]!r}", mend or "remove it", key=True)
        if kind == "missing":
            return self.problem(location, f"missing key {fault['loc'][-1]!r}", f"add `{fault['loc'][-1]}:`")
        message = str(fault["msg"]).removeprefix("Value error, ")
        if not isinstance(fault["input"], dict | list) and kind != "value_error":
            message += f", got {reprlib.repr(fault['input'])}"
        name = ".".join(map(str, location))
        return self.problem(location, f"{name}: {message}" if name else message)

    def _locate(self, parts: Sequence[str | int]) -> Location:
        # Pydantic mixes names of union members into the path. Of the ways to leave out what leads
        # nowhere, the one that leads deepest is meant.
        reached: dict[Location, Any] = {(): self.value}
        for part in parts:
            for location, value in list(reached.items()):
                if isinstance(value, dict) and str(part) in value:
                    reached[(*location, str(part))] = value[str(part)]
                elif isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
                    reached[(*location, part)] = value[part]
        return max(reached, key=len)


def load(path: Path, model: type[M]) -> M:
    """The file as a `model`. Raises AuthorError with every problem, in file order."""
    return read(path).into(model)


def read(path: Path) -> Document:
    """Values and marks of one file. Raises AuthorError with every problem, in file order."""
    text = authored_text(path)
    composer = _Composer(path)
    collecting = gc.isenabled()
    gc.disable()  # a large file is many small objects, and none of them garbage
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except _TooDeep:
        pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "nesting depth" in (error.problem or ""):  # libyaml has a bound of its own since PyYAML 6.0.4
            composer.too_deep(mark)
        else:
            composer.report(mark, f"not valid YAML: {error.problem}")
    except yaml.YAMLError as error:
        composer.problems.append(Problem(path, 0, "not valid YAML: " + " ".join(str(error).split())))
    finally:
        if collecting:
            gc.enable()
    if not composer.problems and composer.value is None:
        composer.problems.append(Problem(path, 0, "is empty"))
    if composer.problems:
        raise AuthorError(sorted(composer.problems, key=_position))
    return Document(path, composer.value, composer.marks, composer.key_marks)


def authored_text(path: Path, mend: str = "save it as UTF-8") -> str:
    """A file of at most MAX_BYTES in UTF-8, with or without a byte-order mark. Raises AuthorError; `mend`
    is told of one in another encoding."""
    try:
        size = path.stat().st_size
        body = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise AuthorError([Problem(path, 0, f"cannot be read: {error.strerror}")]) from None
    if size > MAX_BYTES:
        raise AuthorError([Problem(path, 0, f"is larger than {MAX_BYTES >> 20} MiB", "split it")])
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise AuthorError([Problem(path, line, "is not UTF-8", mend)]) from None


class _TooDeep(Exception):
    """Leaves the event loop; its problem is already noted."""


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    value: dict[str, Any] | list[Any]
    location: Location
    key: str | None = None  # a key that waits for its value
    counted: bool = True  # False inside what is left out: a repeated key's value, a collection as a key


class _Composer:
    """Builds the value from parser events, without recursion, so that depth is ours to bound."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.value: Any = None
        self.marks: dict[Location, Mark] = {}
        self.key_marks: dict[Location, Mark] = {}
        self.problems: list[Problem] = []
        self._stack: list[_Open] = []
        self._documents = 0

    def report(self, mark: Any, message: str, mend: str = "") -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        self.problems.append(Problem(self.path, line, message, mend, column))

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.CollectionEndEvent):
            self._stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self.report(event.start_mark, "a second document begins", "keep one document a file")
        elif isinstance(event, yaml.AliasEvent):
            self.report(event.start_mark, f"alias *{event.anchor} is not read", "write the value out")
            self._place(None, event, plain="*")
        elif isinstance(event, yaml.NodeEvent):
            if event.anchor:
                self.report(event.start_mark, f"anchor &{event.anchor} is not read", "write values out")
            tag = getattr(event, "tag", None)
            if tag is not None:
                self.report(event.start_mark, f"tag {tag} is not read", "remove it, or quote the text")
            self._node(event)

    def _node(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._place(self._scalar(event), event, plain=event.value)
            return
        if len(self._stack) >= MAX_DEPTH:
            self.too_deep(event.start_mark)
            raise _TooDeep
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        location, counted = self._place(value, event, plain=None)
        self._stack.append(_Open(value, location, counted=counted))

    def too_deep(self, mark: Any) -> None:
        self.report(mark, f"nested more than {MAX_DEPTH} deep", "flatten it")

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        if not event.value.isascii() and _SURROGATE.search(event.value):
            self.report(event.start_mark, "half a surrogate pair is no text", "write the character itself")
            return ""
        if event.style:  # quoted, or a block of text
            return event.value
        try:
            return resolve(event.value)
        except ValueError:
            self.report(event.start_mark, "a number of that length is not read", "quote it if it is text")
            return None

    def _place(self, value: Any, event: yaml.NodeEvent, *, plain: str | None) -> tuple[Location, bool]:
        """Puts `value` where it belongs; `plain` is its text when it may be a key."""
        start: Any = event.start_mark
        mark = (start.line + 1, start.column + 1)
        if not self._stack:
            if self._documents == 1:
                self.value, self.marks[()] = value, mark
            return (), self._documents == 1
        parent = self._stack[-1]
        if isinstance(parent.value, list):
            location: Location = (*parent.location, len(parent.value))
            parent.value.append(value)
        elif parent.key is None:
            parent.key = self._key(parent, event, mark, plain)
            return parent.location, False
        else:
            location = (*parent.location, parent.key)
            repeated = parent.key in parent.value or parent.key == ""
            parent.key = None
            if repeated:
                return location, False
            parent.value[str(location[-1])] = value
        if parent.counted:
            self.marks[location] = mark
        return location, parent.counted

    def _key(self, parent: _Open, event: yaml.NodeEvent, mark: Mark, plain: str | None) -> str:
        if not plain:
            what = "a list or mapping" if plain is None else "nothing"
            self.report(event.start_mark, f"{what} is no key", "write a word")
            return ""
        location = (*parent.location, plain)
        if plain in parent.value:
            first = self.key_marks.get(location) if parent.counted else None
            where = f" (first in line {first[0]})" if first else ""
            self.report(event.start_mark, f"duplicate key {plain!r}{where}", "keep one")
        elif parent.counted:
            self.key_marks[location] = mark
        return plain


def _echoes(fault: Any, faults: Sequence[Any]) -> bool:
    # Pydantic counts only the valid items of a list, so one bad item also makes it "too short".
    path = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > len(path) and other["loc"][: len(path)] == path for other in faults
    )


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _known_keys(model: type[BaseModel], parts: Sequence[str | int]) -> set[str]:
    """The keys `model` knows at the place a validation error's `parts` lead to."""
    from pydantic.errors import PydanticInvalidForJsonSchema

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a default no schema can show hides no key
            top = model.model_json_schema()
    except PydanticInvalidForJsonSchema:
        return set()
    definitions = top.get("$defs", {})

    def members(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "$ref" in schema:
            yield from members(definitions[schema["$ref"].rpartition("/")[2]])
            return
        yield schema
        for group in ("anyOf", "oneOf", "allOf"):
            for member in schema.get(group, ()):
                yield from members(member)

    def step(schema: dict[str, Any], part: str | int) -> Any:
        if isinstance(part, int):
            return schema.get("items")
        tagged = schema.get("discriminator", {}).get("mapping", {}).get(part)
        if tagged:
            return {"$ref": tagged}
        return schema.get("properties", {}).get(part) or schema.get("additionalProperties")

    here = list(members(top))
    for part in parts:
        found = [after for schema in here if isinstance(after := step(schema, part), dict)]
        if found:
            here = [member for schema in found for member in members(schema)]
    return {name for schema in here for name in schema.get("properties", {})}
