"""Moodle's GIFT: its questions as ours. The syntax is in quizzes.formats.gift_syntax, the way back in
quizzes.formats.gift_write.

Weights of several choices become the rule that gives them. Wrong numbers with feedback become traps.
Right feedback and what is partly right have no place here: a Loss says so.
"""

from __future__ import annotations

import re
from decimal import Decimal
from html import escape

from quizzes.bank import WORTH_SLACK
from quizzes.formats import wildcards
from quizzes.formats.base import Imported
from quizzes.formats.build import Builder, choices, label
from quizzes.formats.categories import place
from quizzes.formats.gift_syntax import Answer, Words, Written, answers, questions, unescaped, words
from quizzes.formats.gift_write import write
from quizzes.formats.html import to_markdown
from quizzes.formats.ids import choice_ids
from quizzes.formats.text import fault
from quizzes.formats.weights import rule_of

__all__ = ["SUFFIXES", "TITLE", "read", "write"]

TITLE = "Moodle GIFT"
SUFFIXES = (".gift", ".txt")

_TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}
_TAG = re.compile(
    r"</?(?:a|b|br|code|div|em|font|h[1-6]|hr|i|img|li|math|ol|p|pre|s|span|strong|sub|sup|table|td|th|tr|tt|u|ul)"
    r"(?:\s[^<>]*)?/?>|<!--",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_ORDERING = re.compile(
    r">[ \t]*(?P<count>\d*)[ \t]*(?P<select>ALL|EXACT|RANDOM|REL|CONTIGUOUS|CONTIG)?[ \t]*"
    r"(?:HORIZONTAL|HORI|VERTICAL|VERT|[HV01])?[ \t]*"
    r"(?P<grading>(?:ALL_OR_NOTHING|ABS\w*|REL\w*|LONGEST\w*)?)[ \t]*"
    r"(?:SHOW|HIDE|TRUE|FALSE|YES|NO|[01])?[ \t]*(?:\n|$)"
)
_OURS = ("", "REL", "RELATIVE", "RELATIVE_NEXT_EXCLUDE_LAST")  # gradings that are ours


def read(data: bytes, name: str) -> Imported:
    """Raises FormatError with the line."""
    builder = Builder(name)
    placed: list[tuple[str, str]] = []
    for written in questions(data):
        before = len(builder.questions)
        _Reader(builder, written).take()
        placed += [(written.category, question.id) for question in builder.questions[before:]]
    place(builder, placed)
    return builder.done()


class _Reader:
    """One question on its way into `builder`."""

    def __init__(self, builder: Builder, written: Written) -> None:
        self.builder, self.written = builder, written
        self.stem = markdown(written.stem)
        self.title = written.id or written.title
        self.explain = markdown(written.general)

    def take(self) -> None:
        inside = None if self.written.answers is None else self.written.answers.strip()
        if inside is None:
            self._out("a text without answers (a description) is no question")
        elif not inside:
            self._out("an essay has no answer to be judged by")
        elif inside.startswith("#"):
            self._numeric()
        elif inside.startswith(">"):
            self._ordering()
        elif "~" in inside:
            self._choices()
        elif "=" in inside and "->" in inside:
            self._matching()
        elif inside.partition("#")[0].strip().upper() in _TRUTH:
            self._truth(inside)
        else:
            self._short(inside)

    def _out(self, what: str) -> None:
        self.builder.leave_out(self.title, self.stem, self.written.line, what)

    def _fields(self, kind: str) -> dict[str, object]:
        name = self.builder.name(self.title, self.stem)
        tags = list(dict.fromkeys(map(label, self.written.tags)))
        return {"id": name, "type": kind, "tags": tags, "stem": self.stem, "explain": self.explain}

    def _lose(self, fields: dict[str, object], what: str) -> None:
        self.builder.lose(str(fields["id"]), what)

    def _answers(self, inside: str | None = None, skip: int = 0) -> list[Answer]:
        text = self.written.answers if inside is None else inside
        return answers(text or "", self.written.lines[skip:], self.written.stem.format)

    def _told_right(self, fields: dict[str, object], feedback: str) -> None:
        """What is said of a right answer, which has a place here only in the explanation."""
        if not feedback or feedback == fields["explain"]:
            return
        if fields["explain"]:
            self._lose(fields, "feedback for the right answer is not carried, beside the explanation")
        else:
            fields["explain"] = feedback
            self._lose(fields, "feedback for the right answer becomes the explanation, shown to all")

    def _choices(self) -> None:
        found = self._answers()
        if len(found) < 2:
            raise fault(self.written.line, "one choice alone; write at least two")
        texts = [markdown(answer.words) for answer in found]
        said = [markdown(answer.feedback) for answer in found]
        weights = [
            (1.0 if answer.sign == "=" else 0.0) if answer.weight is None else answer.weight
            for answer in found
        ]
        if not any(weight > 0 for weight in weights):
            raise fault(
                self.written.line, "no right choice; begin it with = instead of ~, or a weight such as %50%"
            )
        full = [weight >= 1 for weight in weights]
        one = any(answer.sign == "=" and all_of_it for answer, all_of_it in zip(found, full, strict=True))
        if one and sum(full) == 1:
            fields = self._fields("single")
            partly = [None if weight in (0, 1) else weight for weight in weights]
            fields["choices"] = choices(texts, full, said, worth=partly)
            if any(weight < 0 for weight in weights):
                self._lose(fields, "a choice that costs points does so with a `floor` below 0 only")
        else:
            fields = self._fields("multi")
            if one and sum(full) > 1:
                self._lose(fields, "any one of its right choices would do; here all are asked for")
            rule = None if one else rule_of(weights)
            worth: list[float | None] = [None] * len(weights)
            if rule is None and not one:
                if abs(sum(weight for weight in weights if weight > 0) - 1) > WORTH_SLACK:
                    raise fault(self.written.line, "weights above 0 are to be 100 % together")
                rule, worth = "worth", [weight or None for weight in weights]
            fields["choices"] = choices(texts, [weight > 0 for weight in weights], said, worth=worth)
            fields["scoring"] = "" if rule in (None, "net") else rule
        self.builder.add(fields, self.written.line)

    def _truth(self, inside: str) -> None:
        said, *feedback = inside.split("#", 2)
        wrong, right = [*[markdown(words(text, self.written.stem.format)) for text in feedback], "", ""][:2]
        fields = self._fields("true_false")
        fields |= {"answer": _TRUTH[said.strip().upper()], "feedback": wrong}
        self._told_right(fields, right)
        self.builder.add(fields, self.written.line)

    def _short(self, inside: str) -> None:
        if not inside.startswith("="):  # a single answer may come without it
            inside = f"={inside}"
        fields = self._fields("short")
        found = self._answers(inside)
        right = [answer for answer in found if answer.weight is None or answer.weight >= 1]
        if not right:
            raise fault(self.written.line, "no answer is worth all of the points")
        if any(0 < answer.weight < 1 for answer in found if answer.weight is not None):
            self._lose(fields, "answers that are partly right are not accepted")
        if any(answer.feedback.text for answer in found if answer not in right):
            self._lose(fields, "feedback for wrong answers is not carried")
        self._told_right(
            fields, "\n\n".join(dict.fromkeys(filter(None, (markdown(a.feedback) for a in right))))
        )
        accept = [answer.words.text for answer in right]
        wild = [text for text in accept if wildcards.is_wild(text)]
        answer: dict[str, object] = {
            "accept": [wildcards.literal(text) for text in accept if text not in wild]
        }
        if wild:
            answer["pattern"] = wildcards.pattern(wild, exact=False)
        self.builder.add({**fields, "answer": answer}, self.written.line)

    def _matching(self) -> None:
        fields = self._fields("matching")
        pairs: list[tuple[str, str]] = []
        extra: list[str] = []
        for answer in self._answers():
            left, arrow, right = answer.words.text.partition("->")
            if not arrow:
                raise fault(answer.line, f"{left.strip()[:40]!r} has no -> and a right side")
            if not right.strip():
                raise fault(answer.line, "nothing after ->")
            side = markdown(Words(left.strip(), answer.words.format))
            if side:
                pairs.append((side, right.strip()))
            else:
                extra.append(right.strip())
            if answer.feedback.text:
                self._lose(fields, "feedback for a pair is not carried")
        if len(pairs) < 2:
            raise fault(self.written.line, "matching needs at least two pairs")
        lefts = [left for left, _ in pairs]
        if len(set(lefts)) < len(lefts):
            self._lose(fields, "of pairs with the same left side only the first is carried")
            pairs = [pair for index, pair in enumerate(pairs) if pair[0] not in lefts[:index]]
        rights = {right for _, right in pairs}
        ids = choice_ids(len(pairs))
        fields["pairs"] = [
            {"id": key, "left": left, "right": right} for key, (left, right) in zip(ids, pairs, strict=True)
        ]
        fields["extra"] = [text for text in dict.fromkeys(extra) if text not in rights]
        self.builder.add(fields, self.written.line)

    def _ordering(self) -> None:
        inside = (self.written.answers or "").strip()
        found = _ORDERING.match(inside)
        if found is None:
            raise fault(self.written.line, "an ordering question begins with > and how many items are shown")
        rows = [line.strip() for line in unescaped(inside[found.end() :]).split("\n")]
        items = [to_markdown(row) for row in rows if row]
        if len(items) < 2:
            raise fault(self.written.line, "an ordering question needs at least two items, each on its line")
        fields = self._fields("ordering")
        if found["count"] and int(found["count"]) < len(items) and found["select"] not in ("ALL", "EXACT"):
            self._lose(fields, "it shows some of its items; here it shows all")
        if found["grading"] not in _OURS:
            self._lose(fields, "it counts by neighbours that are kept, and not as it did")
        ids = choice_ids(len(items))
        fields["items"] = [{"id": key, "text": text} for key, text in zip(ids, items, strict=True)]
        self.builder.add(fields, self.written.line)

    def _numeric(self) -> None:
        inside = (self.written.answers or "").lstrip()
        skip = (self.written.answers or "").count("\n") - inside.count("\n")
        inside, tilde, wrong = inside[1:].partition("~")
        if not inside.lstrip().startswith("="):
            inside = f"={inside}"
        fields = self._fields("numeric")
        found: list[tuple[Decimal, Decimal, float, str]] = []
        for answer in self._answers(inside, skip):
            weight = 1.0 if answer.weight is None else answer.weight
            feedback = markdown(answer.feedback)
            if answer.words.text == "*":
                wrong = wrong or ("#" + feedback if feedback else "")
                continue
            value, tolerance = _interval(answer)
            found.append((value, tolerance, weight, feedback))
        full = [one for one in found if one[2] >= 1]
        if not full:
            raise fault(self.written.line, "no number is worth all of the points")
        value, tolerance, _, told = full[0]
        fields["answer"] = {"expr": _shown(value), "abs_tol": float(tolerance)}
        if len(full) > 1:
            self._lose(fields, f"of several right numbers only {_shown(value)} is carried")
        if any(0 < one[2] < 1 for one in found):
            self._lose(fields, "numbers that are partly right count as wrong")
        self._told_right(fields, told)
        others = [one for one in found if one[2] < 1 and one[3]]
        if any(one[1] != tolerance for one in others):
            self._lose(fields, "feedback for wrong numbers is given within the tolerance of the right one")
        fields["traps"] = [{"expr": _shown(one[0]), "feedback": one[3]} for one in others]
        if tilde or wrong:
            self._lose(fields, "feedback for every wrong number is not carried")
        self.builder.add(fields, self.written.line)


def _interval(answer: Answer) -> tuple[Decimal, Decimal]:
    """Value and tolerance of `5`, `5:0.1` or `4.9..5.1`."""
    text = answer.words.text
    low, dots, high = text.partition("..")
    first, colon, second = text.partition(":")
    if dots:
        ends = _number(low, answer), _number(high, answer)
        if ends[0] > ends[1]:
            raise fault(answer.line, f"{text!r} ends below where it begins")
        return (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2
    if colon:
        tolerance = _number(second, answer)
        if tolerance < 0:
            raise fault(answer.line, f"{text!r} has a tolerance below 0")
        return _number(first, answer), tolerance
    return _number(text, answer), Decimal(0)


def _number(text: str, answer: Answer) -> Decimal:
    if len(text) <= 60 and _NUMBER.fullmatch(text.strip()) and abs(float(text)) < 1e300:
        return Decimal(text.strip())
    raise fault(answer.line, f"{text.strip()[:40]!r} is no number; write 5, 5:0.1 or 4.9..5.1")


def _shown(value: Decimal) -> str:
    """As an expression: 5, 0.25, 1e-07."""
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def markdown(said: Words) -> str:
    """A text of any of GIFT's formats as Markdown."""
    match said.format:
        case "markdown":
            return said.text
        case "html":
            return to_markdown(said.text)
        case "moodle" if _TAG.search(said.text):
            return to_markdown(said.text)
    plain = said.text
    if said.format == "plain" or not _ENTITY.search(plain):
        plain = escape(plain, quote=False)
    else:
        plain = plain.replace("<", "&lt;")
    return to_markdown("".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", plain)))
