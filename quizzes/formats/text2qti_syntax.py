"""The syntax of text2qti: a file to its parts, and the parts to questions in groups.

A part is a mark at the start of a line, a blank and a text, which goes on in lines indented as far as its
start, with empty lines between. `%` begins a comment, COMMENT and END_COMMENT enclose one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from quizzes.formats.text import fault

SMALLEST = 1e-4  # text2qti takes no number whose interval ends nearer to 0

# Mark -> kind. Of those with a text, after a blank:
_MARKS = {
    "question": r"\d+\.",
    "right": r"\*[a-zA-Z]\)",
    "wrong": r"[a-zA-Z]\)",
    "also_right": r"\[\*\]",
    "also_wrong": r"\[ ?\]",
    "short": r"\*",
    "feedback": r"\.\.\.",
    "if_right": r"\+",
    "if_wrong": r"-",
    "solution": r"!",
    "number": r"=",
    "title": r"[Tt]itle:",
    "points": r"[Pp]oints:",
    "text_title": r"[Tt]ext [Tt]itle:",
    "text": r"[Tt]ext:",
    "quiz_title": r"[Qq]uiz [Tt]itle:",
    "description": r"[Qq]uiz description:",
    "pick": r"[Pp]ick:",
    "solutions_pick": r"[Ss]olutions pick:",
    "points_each": r"[Pp]oints per question:",
    "option": r"(?:[Ss]huffle answers|[Ss]how correct answers|[Oo]ne question at a time|[Cc]an't go back"
    r"|[Ff]eedback is solution|[Ss]olutions sample groups|[Ss]olutions randomize groups):",
}
_ALONE = {
    "essay": r"___+",
    "upload": r"\^\^\^+",
    "group": "GROUP",
    "end": "END_GROUP",
    "code": r"```+\s*\S.*",
}
_PART = re.compile("|".join(f"(?P<{kind}>{mark})[ \t]+(?=\\S)" for kind, mark in _MARKS.items()))
_ONLY = re.compile("|".join(f"(?P<{kind}>{mark})\\s*$" for kind, mark in _ALONE.items()))
_ONE_LINE = {"points", "pick", "solutions_pick", "points_each", "number", "short", "option"}
_TITLES = {"title", "text_title", "quiz_title"}
_CHOICE = {
    "right": ("single", True), "wrong": ("single", False),
    "also_right": ("multi", True), "also_wrong": ("multi", False), "short": ("short", True),
}  # fmt: skip
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """`mark` is as written."""

    kind: str
    mark: str
    text: str
    line: int


@dataclass(slots=True)
class Written:
    """A question. `kind` is single, multi, short, number, essay or upload."""

    stem: Part
    title: str = ""
    points: float = 1.0
    kind: str = ""
    choices: list[Part] = field(default_factory=list)
    marked: list[bool] = field(default_factory=list)
    said: list[Part | None] = field(default_factory=list)
    feedback: Part | None = None
    right: Part | None = None
    wrong: Part | None = None
    solution: Part | None = None

    @property
    def line(self) -> int:
        return self.stem.line


@dataclass(slots=True)
class Group:
    """Questions of which `pick` are asked; all of them, where it has no `tag`."""

    tag: str = ""
    pick: int = 1
    points: float | None = None
    questions: list[Written] = field(default_factory=list)
    line: int = 0

    @property
    def title(self) -> str:
        return self.tag.replace("-", " ").capitalize()


@dataclass(slots=True)
class Quiz:
    title: str = ""
    shuffled: bool = False
    groups: list[Group] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)


def parts(text: str) -> Iterator[Part]:
    """Raises FormatError, with the line, for what is no part."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line, number = lines[at], at + 1
        if found := _ONLY.match(line):
            at += 1
            if found.lastgroup == "code":
                at = _after_code(lines, at, line)
            yield Part(str(found.lastgroup), found[0].strip(), "", number)
        elif found := _PART.match(line):
            kind = str(found.lastgroup)
            body, at = _body(lines, at, found.end(), kind)
            yield Part(kind, found[0].strip(), body, number)
        elif line.startswith("%") or not line.strip():
            at += 1
        elif line.startswith("COMMENT"):
            at = _after_comment(lines, at)
        elif re.match(rf"(?:{'|'.join(_MARKS.values())})[ \t]*$", line):
            raise fault(number, f"nothing after {line.strip()!r}")
        elif found := re.match("|".join(_MARKS.values()), line):
            raise fault(number, f"no blank after {found[0]!r}")
        else:
            raise fault(number, f"{line.strip()[:40]!r} is neither a part nor indented as one's text")


def _body(lines: list[str], at: int, start: int, kind: str) -> tuple[str, int]:
    """The text of a part, and the line after it."""
    found = [lines[at][start:].strip()]
    at += 1
    if kind in _ONE_LINE:
        return found[0], at
    # After a word with a colon, the first line below says how far the text is indented.
    indent = (
        None if kind in (*_TITLES, "text", "description") else " " * len(lines[at - 1][:start].expandtabs(4))
    )
    while at < len(lines):
        line = lines[at].expandtabs(4)
        if not line.strip():
            if kind in _TITLES:
                break
            found.append("")
        else:
            if indent is None and line.startswith("  "):
                indent = " " * (len(line) - len(line.lstrip(" ")))
            if indent is None or not line.startswith(indent):
                break
            found.append(line[len(indent) :].rstrip())
        at += 1
    while not found[-1]:
        found.pop()
        at -= 1
    return "\n".join(found), at


def _after_comment(lines: list[str], at: int) -> int:
    number = at + 1
    if lines[at].strip() != "COMMENT":
        raise fault(number, "something after COMMENT")
    for end in range(at + 1, len(lines)):
        if lines[end].startswith("END_COMMENT"):
            return end + 1
    raise fault(number, "a COMMENT that no END_COMMENT ends")


def _after_code(lines: list[str], at: int, start: str) -> int:
    fence = "`" * (len(start) - len(start.lstrip("`")))
    for end in range(at, len(lines)):
        if lines[end].rstrip() == fence:
            return end + 1
    raise fault(at, "code that no fence ends")


def quiz(found: Iterable[Part]) -> Quiz:
    """Raises FormatError, with the line, for parts in the wrong place."""
    made = Quiz()
    current: Written | None = None
    group: Group | None = None
    title, points = "", 1.0
    for part in found:
        match part.kind:
            case "quiz_title":
                made.title = part.text
            case "description":
                made.losses.append("the description of the quiz is not carried")
            case "option":
                _option(made, part)
            case "text" | "text_title":
                made.losses.append(f"a text between questions (line {part.line}) is not carried")
            case "code":
                made.losses.append(
                    f"code that makes questions (line {part.line}) is not run: they are missing"
                )
            case "title":
                title = part.text
            case "points":
                points = _above_zero(part)
            case "group":
                if group:
                    raise fault(part.line, "a group in a group")
                group = Group(f"group-{sum(bool(one.tag) for one in made.groups) + 1}", line=part.line)
                made.groups.append(group)
            case "end":
                if group is None:
                    raise fault(part.line, "END_GROUP without GROUP")
                if len(group.questions) < group.pick:
                    raise fault(group.line, f"picks {group.pick} of {len(group.questions)} questions")
                group = None
            case "pick" | "points_each" | "solutions_pick":
                if group is None or group.questions:
                    raise fault(part.line, f"{part.mark} belongs at the start of a group")
                _of_group(group, part)
            case "question":
                if group is None and (not made.groups or made.groups[-1].tag):
                    made.groups.append(Group())
                home = made.groups[-1]
                current = Written(part, title, points if home.points is None else home.points)
                home.questions.append(current)
                title, points = "", 1.0
            case _:
                if current is None or title:
                    raise fault(part.line, f"{part.mark} without a question above it")
                _extend(current, part)
    if group is not None:
        raise fault(group.line, "a GROUP that no END_GROUP ends")
    for one in made.groups:
        for question in one.questions:
            _check(question)
    return made


def _option(made: Quiz, part: Part) -> None:
    name, value = part.mark.rstrip(":").lower(), part.text.lower()
    if value not in ("true", "false"):
        raise fault(part.line, f"{part.mark} is true or false, and not {part.text[:40]!r}")
    usual = "true" if name == "show correct answers" else "false"
    if name == "shuffle answers":
        made.shuffled = value == "true"
    elif value != usual:
        made.losses.append(f"the option {name!r} is not carried")


def _of_group(group: Group, part: Part) -> None:
    if part.kind == "points_each":
        group.points = _above_zero(part)
    elif not re.fullmatch(r"[1-9]\d{0,5}", part.text):
        raise fault(part.line, f"{part.text[:40]!r} is no number of questions")
    elif part.kind == "pick":
        group.pick = int(part.text)


def _above_zero(part: Part) -> float:
    if len(part.text) > 60 or not _NUMBER.fullmatch(part.text) or not 0 < float(part.text) < 1e6:
        raise fault(part.line, f"{part.text[:40]!r} is no number of points")
    return float(part.text)


def _extend(question: Written, part: Part) -> None:
    if part.kind in _CHOICE:
        kind, right = _CHOICE[part.kind]
        if question.kind not in ("", kind):
            raise fault(part.line, f"{part.mark} in a question of another kind")
        question.kind = kind
        question.choices.append(part)
        question.marked.append(right)
        question.said.append(None)
    elif part.kind in ("number", "essay", "upload"):
        if question.kind:
            raise fault(part.line, f"{part.mark} after an answer")
        question.kind = part.kind
        question.choices.append(part)
        question.said.append(None)
    elif part.kind == "feedback" and question.kind in ("single", "multi"):
        if question.said[-1] is not None:
            raise fault(part.line, "a second feedback for one choice")
        question.said[-1] = part
    else:
        if question.kind:
            raise fault(part.line, f"{part.mark} after the answers; it belongs below the question")
        name = {"feedback": "feedback", "if_right": "right", "if_wrong": "wrong", "solution": "solution"}[
            part.kind
        ]
        if getattr(question, name) is not None:
            raise fault(part.line, f"a second {part.mark}")
        setattr(question, name, part)


def _check(question: Written) -> None:
    if not question.kind:
        raise fault(question.line, "a question without an answer")
    if question.kind in ("single", "multi"):
        right = sum(question.marked)
        if len(question.choices) < 2:
            raise fault(question.line, "one choice alone; write at least two")
        if right == 0:
            raise fault(question.line, "no right choice; mark one with *")
        if question.kind == "single" and right > 1:
            raise fault(question.line, "several right choices; write [*] and [ ] before all of them")


def interval(part: Part) -> dict[str, object]:
    """A number as it stands in YAML: of `1024`, `1.5 +- 0.1`, `1.5 +- 2%` or `[1, 2]`."""
    text = part.text
    if text.startswith("[") and text.endswith("]") and text.count(",") == 1:
        low, high = (_number(end, part) for end in text[1:-1].split(","))
        if low > high:
            raise fault(part.line, f"{text!r} ends below where it begins")
        return {"expr": _shown((low + high) / 2), "abs_tol": float((high - low) / 2)}
    value, sign, margin = text.partition("+-")
    found: dict[str, object] = {"expr": _shown(_number(value, part))}
    if sign:
        width = _number(margin.strip().removesuffix("%"), part)
        if width < 0:
            raise fault(part.line, "a margin below 0")
        share = margin.strip().endswith("%")
        found["rel_tol" if share else "abs_tol"] = float(width / 100 if share else width)
    elif not re.fullmatch(r"[-+]?\d+", value.strip()):
        raise fault(part.line, f"{value.strip()[:40]!r} needs a margin, such as +- 0.01, unless it is whole")
    return found


def _number(text: str, part: Part) -> Decimal:
    text = text.strip()
    if len(text) > 60 or not _NUMBER.fullmatch(text) or abs(float(text)) > 1e300:
        raise fault(part.line, f"{text[:40]!r} is no number; write 5, 5 +- 0.1 or [4.9, 5.1]")
    return Decimal(text)


def _shown(value: Decimal) -> str:
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
