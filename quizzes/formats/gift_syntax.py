r"""The syntax of GIFT (https://docs.moodle.org/en/GIFT_format): a file to its questions, as they are written.

A question is a run of lines up to an empty one; an empty line within braces is let pass where Moodle
would not. `//` begins a comment at the start of a line, and `[id:…]` and `[tag:…]` in comments belong
to the question that follows. The first braces hold the answers: with text after them, the question has
a blank there. `\~ \= \# \{ \} \: \n \\` are the characters themselves and a new line; before another
character a backslash is a backslash, as in Moodle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from quizzes.formats.text import decoded, fault

FORMATS = ("html", "moodle", "plain", "markdown")
BLANK = "_____"
MAX_ANSWERS = 1000

_ESCAPED = {
    ":": "\ufdd0",
    "#": "\ufdd1",
    "=": "\ufdd2",
    "{": "\ufdd3",
    "}": "\ufdd4",
    "~": "\ufdd5",
    "n": "\ufdd6",
}
_STANDS_FOR = {code: "\n" if char == "n" else char for char, code in _ESCAPED.items()}
_BACKSLASH = "\ufdd7"
_CODES = re.compile("[\ufdd0-\ufdd7]")
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d*)?)%")
_NOTE = re.compile(r"\[(id|tag):((?:\\.|[^\]\\])*)\]")


@dataclass(frozen=True, slots=True)
class Words:
    """A text and its format, one of FORMATS."""

    text: str
    format: str = "moodle"


@dataclass(frozen=True, slots=True)
class Answer:
    """`weight` is its share of the points; None where none is written. `sign` is the = or ~ before it."""

    sign: str
    weight: float | None
    words: Words
    feedback: Words
    line: int


@dataclass(frozen=True, slots=True)
class Written:
    """One question. `answers` is the whole between the braces, with escapes still in it; None when there
    are no braces."""

    line: int
    title: str
    stem: Words
    answers: str | None
    lines: tuple[int, ...]  # of each line of `answers`
    general: Words
    raw: str = ""
    category: str = ""
    id: str = ""
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Block:
    lines: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def questions(data: bytes) -> Iterator[Written]:
    """Raises FormatError, with the line, for what is no GIFT."""
    text = decoded(data)
    if found := _CODES.search(text):
        raise fault(text.count("\n", 0, found.start()) + 1, "a character that no text may hold")
    category = ""
    for block in _blocks(text):
        (line, first), *_ = block.lines
        if first.lstrip().startswith("$CATEGORY:"):
            category = unescaped(_marked(first.lstrip()[len("$CATEGORY:") :])).strip()
            continue
        yield _question(block, category, line)


def _blocks(text: str) -> Iterator[_Block]:
    block, depth, opened, split = _Block(), 0, 0, False
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip()
        if bare.startswith("//"):
            block.notes += _NOTE.findall(bare)
            continue
        if not bare and depth == 0:
            if block.lines:
                yield block
                block = _Block()
            continue
        if bare.startswith("$CATEGORY:") and not block.lines:
            block.lines.append((number, line))
            yield block
            block = _Block()
            continue
        split = depth > 0 and (split or not bare)
        if split and bare.startswith("::"):
            raise fault(opened, "a { that no } closes before the next question")
        block.lines.append((number, line))
        for mark in re.findall(r"[{}]", _marked(line)):
            depth += 1 if mark == "{" else -1
            opened = number if mark == "{" and depth == 1 else opened
            if depth < 0:
                raise fault(number, "a } without {; write \\} for the character itself")
            if depth > 1 and split:
                raise fault(opened, "a { that no } closes before the next question")
            if depth > 1:
                raise fault(number, "a { inside of { }; write \\{ for the character itself")
    if depth:
        raise fault(opened, "a { that no } closes")
    if block.lines:
        yield block


def _question(block: _Block, category: str, line: int) -> Written:
    raw = "\n".join(text for _, text in block.lines)
    text = _marked(raw)

    def at(position: int) -> int:
        return block.lines[text.count("\n", 0, position)][0]

    names, tags = _noted(block)
    title, start = "", 0
    if text.lstrip().startswith("::"):
        begin = text.index("::") + 2
        end = text.find("::", begin)
        if end < 0:
            raise fault(line, "a title that begins with :: and does not end with ::")
        title, start = " ".join(unescaped(text[begin:end]).split()), end + 2
    opened = text.find("{", start)
    if opened < 0:
        if "{" in text:
            raise fault(line, "a { in a title; write \\{")
        return Written(line, title, words(text[start:]), None, (), Words(""), raw, category, names, tags)
    closed = text.index("}", opened)
    if (second := text.find("{", closed)) >= 0:
        raise fault(at(second), "a second { in one question; write \\{ for the character itself")
    before, inside, after = text[start:opened], text[opened + 1 : closed], text[closed + 1 :]
    stem = words(before + BLANK + after if after.strip() else before)
    said, mark, general = inside.rpartition("####")
    if not mark:
        said, general = inside, ""
    first = text.count("\n", 0, opened)
    lines = tuple(number for number, _ in block.lines[first : first + inside.count("\n") + 1])
    return Written(line, title, stem, said, lines, words(general, stem.format), raw, category, names, tags)


def _noted(block: _Block) -> tuple[str, tuple[str, ...]]:
    plain = [(kind, re.sub(r"\\(.)", r"\1", value).strip()) for kind, value in block.notes]
    ids = [value for kind, value in plain if kind == "id" and value]
    tags = dict.fromkeys(value for kind, value in plain if kind == "tag" and value)
    return ids[-1] if ids else "", tuple(tags)


def answers(inside: str, lines: Sequence[int], default: str) -> list[Answer]:
    """What is between the braces of a question with = and ~, in order. Raises FormatError."""
    marks = list(re.finditer(r"[=~]", inside))
    head = inside[: marks[0].start()] if marks else inside
    if head.strip():
        raise fault(lines[0], f"{unescaped(head).strip()[:40]!r} before the first = or ~")
    if len(marks) > MAX_ANSWERS:
        raise fault(lines[0], f"more than {MAX_ANSWERS} answers")
    ends = [mark.start() for mark in marks[1:]] + [len(inside)]
    found: list[Answer] = []
    for mark, end in zip(marks, ends, strict=True):
        sign, text = mark[0], inside[mark.end() : end]
        here = lines[inside.count("\n", 0, mark.start())]
        if sign == "=" and found and _pending(found[-1]):  # "~=" is "="
            found.pop()
        found.append(_answer(sign, text.strip(), here, default))
    for answer in found:
        if _pending(answer):
            raise fault(answer.line, f"nothing after {answer.sign}")
    return found


def _pending(answer: Answer) -> bool:
    return not answer.words.text


def _answer(sign: str, text: str, line: int, default: str) -> Answer:
    weight = None
    if text.startswith("%"):
        found = _WEIGHT.match(text)
        if found is None or abs(float(found[1])) > 100:
            raise fault(line, f"{text[:20]!r} begins with no weight from -100 to 100, such as %50%")
        weight, text = float(found[1]) / 100, text[found.end() :]
    said, _, feedback = text.partition("#")
    return Answer(sign, weight, words(said, default), words(feedback, default), line)


def words(text: str, default: str = "moodle") -> Words:
    """A text with its escapes undone, and the format that [html] or the like before it says."""
    text = text.strip()
    found = re.match(r"\[(\w+)\]", text)
    if found and found[1].lower() in FORMATS:
        return Words(unescaped(text[found.end() :]).strip(), found[1].lower())
    return Words(unescaped(text).strip(), default)


def _marked(text: str) -> str:
    """`text` with a code in place of each escaped character."""
    if "\\" not in text:
        return text
    return re.sub(r"\\(.)", _code, text)


def _code(found: re.Match[str]) -> str:
    return _BACKSLASH if found[1] == "\\" else _ESCAPED.get(found[1], found[0])


def unescaped(text: str) -> str:
    return _CODES.sub(lambda found: _STANDS_FOR.get(found[0], "\\"), text)


def escaped(text: str) -> str:
    """`text` such that it is read back as it is."""
    return re.sub(r"[\\#=~{}:]", lambda found: "\\" + found[0], text).replace("\n", r"\n")
