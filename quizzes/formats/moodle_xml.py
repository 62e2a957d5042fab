"""Moodle XML (https://docs.moodle.org/en/Moodle_XML_format): its questions as ours; the way back is in
quizzes.formats.moodle_write.

Fractions of several choices become the rule that gives them. Wrong numbers with feedback become traps.
What has no place here is told, and questions of other types are left out.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from decimal import Decimal

from quizzes.formats import wildcards
from quizzes.formats.base import MAX_MEDIA, FormatError, Imported
from quizzes.formats.build import Builder, choices, label
from quizzes.formats.categories import place
from quizzes.formats.foreign_xml import Element, parse
from quizzes.formats.gift import markdown
from quizzes.formats.gift_syntax import Words
from quizzes.formats.html import to_html
from quizzes.formats.ids import choice_ids
from quizzes.formats.moodle_write import write
from quizzes.formats.numbers import number, shown
from quizzes.formats.pictures import Album, readdressed
from quizzes.formats.remarks import LeftOut, counted, explained, told_right

__all__ = ["SUFFIXES", "TITLE", "read", "write"]

TITLE = "Moodle XML"
SUFFIXES = (".xml",)

PLUGIN_FILE = "@@PLUGINFILE@@/"
_FORMATS = {"html": "html", "moodle_auto_format": "moodle", "plain_text": "plain", "markdown": "markdown"}
_FORMULA = "its formula has parameters in Moodle's own syntax; write it with `params`"
_GAPS = "a text with several gaps is several questions"
_DRAGGED = "what is dragged onto a text or an image has no place here"
_LEFT_OUT = {
    "essay": "an essay has no answer to be judged by",
    "description": "a text without answers is no question",
    **dict.fromkeys(("cloze", "multianswer", "gapselect"), _GAPS),
    **dict.fromkeys(("calculated", "calculatedsimple", "calculatedmulti"), _FORMULA),
    **dict.fromkeys(("ddwtos", "ddimageortext", "ddmarker"), _DRAGGED),
    **dict.fromkeys(("random", "randomsamatch"), "questions drawn from others have no place here"),
}
_TYPES = {
    "multichoice": "choices",
    "multichoiceset": "choices",
    "truefalse": "truth",
    "shortanswer": "short",
    "numerical": "numeric",
    "matching": "matching",
    "match": "matching",
    "ddmatch": "matching",
    "ordering": "ordering",
}
_OUR_GRADING = ("", "RELATIVE_NEXT_EXCLUDE_LAST", "1")
_AS_A_WHOLE = {
    "correctfeedback": ("a right", "Your answer is correct."),
    "partiallycorrectfeedback": ("a partly right", "Your answer is partially correct."),
    "incorrectfeedback": ("a wrong", "Your answer is incorrect."),
}
_PENALTIES = (0.0, 0.1, 1 / 3, 1.0)  # what Moodle writes by itself


def read(data: bytes, name: str) -> Imported:
    """Raises FormatError with the line."""
    root = parse(data)
    if root.name != "quiz":
        raise FormatError(f"line {root.line}: <{root.name[:40]}> where Moodle XML has <quiz>")
    builder, album = Builder(name), Album()
    builder.media = album.media
    placed: list[tuple[str, str]] = []
    category = ""
    for element in root.all("question"):
        if element.get("type") == "category":
            category = element.said("category")
            continue
        before = len(builder.questions)
        _Reader(builder, album, element).take()
        placed += [(category, question.id) for question in builder.questions[before:]]
    place(builder, placed)
    _shuffled(builder, root)
    return builder.done()


def _shuffled(builder: Builder, root: Element) -> None:
    """When no question is shuffled, that is the quiz's way."""
    said = [question.said("shuffleanswers").lower() for question in root.all("question")]
    said = [value for value in said if value]
    if said and all(value in ("0", "false") for value in said):
        builder.settings["shuffle"] = {"choices": False}
        builder.questions[:] = [
            question.model_copy(update={"shuffle": None}) for question in builder.questions
        ]


class _Reader:
    """One question on its way into `builder`."""

    def __init__(self, builder: Builder, album: Album, element: Element) -> None:
        self.builder, self.album, self.element = builder, album, element
        self.kind = element.get("type")
        self.lost: list[str] = []  # told once it is known what the question is called
        self.stem = self.text(element.first("questiontext"))
        self.title = element.said("idnumber") or element.said("name")

    def take(self) -> None:
        read = _TYPES.get(self.kind)
        if read is None:
            self._out(_LEFT_OUT.get(self.kind, f"questions of type {self.kind!r} have no place here"))
            return
        try:
            answer = getattr(self, f"_{read}")()
        except LeftOut as reason:
            self._out(str(reason))
            return
        fields: dict[str, object] = {
            "id": self.builder.name(self.title, self.stem),
            "stem": self.stem,
            "tags": self._tags(),
            **self._common(),
            **answer,
        }
        told = str(fields.pop("told", ""))
        for what in dict.fromkeys(self.lost):
            self.builder.lose(str(fields["id"]), what)
        told_right(self.builder, fields, told)
        self.builder.add(fields, self.element.line)

    def text(self, element: Element | None) -> str:
        """A text with its pictures, as Markdown."""
        inside, form = self._written(element)
        return markdown(Words(inside, form)).strip() if inside else ""

    def _html(self, element: Element | None) -> str:
        inside, form = self._written(element)
        return inside if form == "html" or not inside else to_html(markdown(Words(inside, form)))

    def _written(self, element: Element | None) -> tuple[str, str]:
        """A text with its pictures, and its format."""
        if element is None:
            return "", "html"
        inside = element.said("text") if element.first("text") else element.text.strip()
        form = _FORMATS.get(element.get("format", "html"), "html")
        kept = self._files(element)

        def address(written: str) -> str | None:
            if not written.startswith(PLUGIN_FILE):
                return None
            path = written.removeprefix(PLUGIN_FILE).partition("?")[0]
            return kept.get(path) or self.album.add(path, None)

        return (readdressed(inside, address) if PLUGIN_FILE in inside else inside), form

    def _files(self, element: Element) -> dict[str, str]:
        """The pictures of a text by their address; what is none is told."""
        kept: dict[str, str] = {}
        for file in element.all("file"):
            path = f"{file.get('path', '/')}/{file.get('name')}".strip("/").replace("//", "/")
            try:
                data = base64.b64decode("".join(file.pieces()), validate=False)
            except (binascii.Error, ValueError):
                self._lose(f"the file {label(path)} is damaged")
                continue
            name = self.album.add(path, data) if 0 < len(data) <= MAX_MEDIA else None
            if name is None:
                self._lose(f"the file {label(path)} is no picture that a question can show")
            else:
                kept[path] = name
        return kept

    def _lose(self, what: str) -> None:
        self.lost.append(what)

    def _out(self, what: str) -> None:
        self.builder.leave_out(self.title, self.stem, self.element.line, what)

    def _tags(self) -> list[str]:
        found = self.element.first("tags")
        tags = [label(tag.said("text") or tag.text) for tag in found.all("tag")] if found else []
        return [tag for tag in dict.fromkeys(tags) if tag]

    def _common(self) -> dict[str, object]:
        element = self.element
        points = number(element.said("defaultgrade"))
        if points is not None and points <= 0:
            self._lose("it counts nothing there; here it counts 1 point")
        penalty = number(element.said("penalty"))
        if penalty is not None and all(abs(float(penalty) - known) > 1e-4 for known in _PENALTIES):
            self._lose(f"what a further try costs ({penalty.normalize():f}) is not carried")
        hints = [text for hint in element.all("hint") if (text := self.text(hint))]
        if len(hints) > 1:
            self._lose(f"of its {len(hints)} hints only the first is carried")
        for part, (which, usual) in _AS_A_WHOLE.items():
            said = self.text(element.first(part))
            if said and said != usual:
                self._lose(f"feedback for {which} answer as a whole is not carried")
        general = element.first("generalfeedback")
        fields: dict[str, object] = {"points": float(points) if points and points > 0 else 1.0}
        fields["hint"] = hints[0] if hints else ""
        fields |= explained(self._html(general))
        if element.said("shuffleanswers").lower() in ("0", "false"):
            fields["shuffle"] = False
        return fields

    def _answers(self) -> list[tuple[str, Decimal, str]]:
        """(text as it is written, fraction, feedback) of each answer."""
        found = []
        for answer in self.element.all("answer"):
            fraction = number(answer.get("fraction") or answer.said("fraction")) or Decimal(0)
            written = answer.said("text") if answer.first("text") else answer.text.strip()
            found.append((written, fraction, self.text(answer.first("feedback"))))
        return found

    def _choices(self) -> dict[str, object]:
        answers = self._answers()
        texts = [self.text(answer) for answer in self.element.all("answer")]
        weights = [float(fraction) / 100 for _, fraction, _ in answers]
        said = [feedback for _, _, feedback in answers]
        full = [weight > 0.999 for weight in weights]
        one = self.element.said("single").lower() not in ("false", "0") and self.kind == "multichoice"
        if not any(full if one else [weight > 0 for weight in weights]):
            raise LeftOut("no choice is right")
        if one and sum(full) == 1:
            if any(weight < 0 for weight in weights):
                self._lose("a choice that costs points does so with a `floor` below 0 only")
            worth = [None if right else weight or None for weight, right in zip(weights, full, strict=True)]
            return {"type": "single", "choices": choices(texts, full, said, worth)}
        if one:
            self._lose("any one of its right choices would do; here all are asked for")
            return {"type": "multi", "choices": choices(texts, full, said)}
        right = [weight > 0 for weight in weights]
        if self.kind == "multichoiceset":
            return {"type": "multi", "choices": choices(texts, right, said), "scoring": "all"}
        scoring, worth = counted(weights, self.lost)
        return {"type": "multi", "choices": choices(texts, right, said, worth), "scoring": scoring}

    def _truth(self) -> dict[str, object]:
        found = {text.lower(): (fraction, feedback) for text, fraction, feedback in self._answers()}
        right = [text for text, (fraction, _) in found.items() if fraction > 0]
        if set(found) != {"true", "false"} or len(right) != 1:
            raise LeftOut("not one of true and false is right")
        wrong = "false" if right[0] == "true" else "true"
        return {
            "type": "true_false",
            "answer": right[0] == "true",
            "feedback": found[wrong][1],
            "told": found[right[0]][1],
        }

    def _short(self) -> dict[str, object]:
        answers = self._answers()
        full = [(text, said) for text, fraction, said in answers if fraction >= 100]
        if not full:
            raise LeftOut("no answer is worth all of the points")
        if any(0 < fraction < 100 for _, fraction, _ in answers):
            self._lose("answers that are partly right are not accepted")
        if any(said for _, fraction, said in answers if fraction < 100):
            self._lose("feedback for wrong answers is not carried")
        exact = self.element.said("usecase") in ("1", "true")
        wild = [text for text, _ in full if wildcards.is_wild(text)]
        answer: dict[str, object] = {
            "accept": [wildcards.literal(text) for text, _ in full if text not in wild],
            "exact": exact,
        }
        if wild:
            answer["pattern"] = wildcards.pattern(wild, exact)
        return {"type": "short", "answer": answer, "told": _joined(said for _, said in full)}

    def _numeric(self) -> dict[str, object]:
        found: list[tuple[Decimal, Decimal, Decimal, str]] = []
        for element, (text, fraction, said) in zip(self.element.all("answer"), self._answers(), strict=True):
            value = number(text)
            tolerance = number(element.said("tolerance") or "0")
            if text.strip() == "*":
                if said:
                    self._lose("feedback for every wrong number is not carried")
                if fraction > 0:
                    self._lose("any number is worth something there, and here is not")
            elif value is None or tolerance is None:
                self._lose(f"an answer that is no number ({label(text)[:40]!r}) is not carried")
            else:
                found.append((value, abs(tolerance), fraction, said))
        full = [one for one in found if one[2] >= 100]
        if not full:
            raise LeftOut("no number is worth all of the points")
        value, tolerance, _, told = full[0]
        if len(full) > 1:
            self._lose(f"of several right numbers only {shown(value)} is carried")
        if any(0 < one[2] < 100 for one in found):
            self._lose("numbers that are partly right count as wrong")
        others = [one for one in found if one[2] < 100 and one[3]]
        if any(one[1] != tolerance for one in others):
            self._lose("feedback for wrong numbers is given within the tolerance of the right one")
        return {
            "type": "numeric",
            "answer": {"expr": shown(value), "abs_tol": float(tolerance), "unit": self._unit()},
            "traps": [{"expr": shown(one[0]), "feedback": one[3]} for one in others],
            "told": told,
        }

    def _unit(self) -> str:
        found = self.element.first("units")
        units = found.all("unit") if found else []
        if self.element.said("unitgradingtype") in ("1", "2"):
            self._lose("a missing or wrong unit costs nothing here")
        one = [unit for unit in units if number(unit.said("multiplier")) == 1] or units
        if len(units) > 1:
            self._lose("numbers in its other units are not converted")
        return label(one[0].said("unit_name")) if one else ""

    def _matching(self) -> dict[str, object]:
        pairs: dict[str, str] = {}
        extra: list[str] = []
        for sub in self.element.all("subquestion"):
            left, answer = self.text(sub), sub.first("answer")
            right = self.text(answer) if self.kind == "ddmatch" else sub.said("answer")
            if left and right and left not in pairs:
                pairs[left] = right
            elif left:
                self._lose(
                    "of pairs with the same left side only the first is carried"
                    if right
                    else "a left side without a right one is not carried"
                )
            elif right:
                extra.append(right)
        if len(pairs) < 2:
            raise LeftOut("matching needs at least two pairs")
        ids = choice_ids(len(pairs))
        rights = set(pairs.values())
        return {
            "type": "matching",
            "pairs": [
                {"id": key, "left": left, "right": right}
                for key, (left, right) in zip(ids, pairs.items(), strict=True)
            ],
            "extra": [text for text in dict.fromkeys(extra) if text not in rights],
        }

    def _ordering(self) -> dict[str, object]:
        if self.element.said("selecttype") not in ("", "ALL", "0"):
            self._lose("it shows some of its items; here it shows all")
        if self.element.said("gradingtype") not in _OUR_GRADING:
            self._lose("it counts by neighbours that are kept, and not as it did")
        items = [self.text(answer) for answer in self.element.all("answer")]
        ids = choice_ids(len(items))
        return {
            "type": "ordering",
            "items": [{"id": key, "text": text} for key, text in zip(ids, items, strict=True)],
        }


def _joined(said: Iterable[str]) -> str:
    return "\n\n".join(dict.fromkeys(text for text in said if text))
