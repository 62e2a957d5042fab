r"""Our questions as Moodle XML: texts in HTML, mathematics as \( … \), pictures in the file itself.

A question's id is its name and its idnumber; the quiz and its sections are categories. Several right
choices have the fractions that their rule comes down to.
"""

from __future__ import annotations

import base64
import re

from quizzes.formats.base import Exported, Loss, Source
from quizzes.formats.categories import placed
from quizzes.formats.foreign_xml import Element, tostring, unwritable
from quizzes.formats.html import to_html
from quizzes.formats.lost import lost, told
from quizzes.formats.numbers import computed, decimal, shown
from quizzes.formats.pictures import by_path, missing, plain, readdressed
from quizzes.formats.remarks import explanation
from quizzes.formats.weights import known, weights_of
from quizzes.schema import Matching, Multi, Numeric, Ordering, Question, Short, Single, TrueFalse, texts

CARRIES = {
    "title", "sections", "scoring", "shuffle", "tags", "points", "hint", "explain", "source", "media",
    "choice feedback", "feedback", "rule", "unit", "traps", "exact", "extra", "worth",
}  # fmt: skip
_TYPES = {
    "single": "multichoice",
    "multi": "multichoice",
    "true_false": "truefalse",
    "numeric": "numerical",
    "short": "shortanswer",
    "matching": "matching",
    "ordering": "ordering",
}
_SHUFFLED = ("single", "multi", "matching")


def write(source: Source) -> Exported:
    source = by_path(source)
    losses = [*lost(source.file, CARRIES), *_of_quiz(source)]
    root = Element("quiz")
    for category, questions in placed(source.file):
        element = root.add("question", type="category")
        element.add("category").add("text", category)
        for question in questions:
            if (element_of := _Writer(source, question, losses).question()) is not None:
                root.children.append(element_of)
    return Exported(tostring(root), told(losses))


def _of_quiz(source: Source) -> list[Loss]:
    found = []
    if source.file.quiz.shuffle.questions:
        found.append(Loss("", "that questions are shuffled is not carried"))
    if source.file.quiz.scoring.floor:
        found.append(Loss("", "that wrong choices can cost points is not carried"))
    return found


class _Writer:
    """One question on its way into XML."""

    def __init__(self, source: Source, question: Question, losses: list[Loss]) -> None:
        self.quiz, self.media = source.file.quiz, source.media
        self.its, self.losses = question, losses
        self.element = Element("question", {"type": _TYPES[question.type]})

    def question(self) -> Element | None:
        """None when it is left out."""
        its = self.its
        self.losses += missing(its, self.media)
        if any(unwritable(text) for _, text in texts(its)):
            self._lose("characters that XML cannot hold are replaced")
        if its.shuffle is not None and its.type not in _SHUFFLED:
            self._lose("whether its choices are shuffled is not carried")
        self.element.add("name").add("text", its.id)
        self._rich(self.element, "questiontext", to_html(its.stem))
        self._rich(self.element, "generalfeedback", explanation(its))
        self.element.add("defaultgrade", shown(its.points))
        self.element.add("penalty", "0.3333333")
        self.element.add("hidden", "0")
        self.element.add("idnumber", its.id)
        if not self._answers():
            return None
        if its.hint:
            self._rich(self.element, "hint", to_html(its.hint))
        if its.tags:
            tags = self.element.add("tags")
            for tag in its.tags:
                tags.add("tag").add("text", tag)
        return self.element

    def _lose(self, what: str) -> None:
        self.losses.append(Loss(self.its.id, what))

    def _rich(self, parent: Element, name: str, html: str, **attributes: str) -> Element:
        """An element with a text in HTML, and the pictures that the text shows."""
        element = parent.add(name, **attributes, format="html")
        shows: list[str] = []

        def address(written: str) -> str | None:
            path = plain(written)
            if path not in self.media:
                return None
            shows.append(path)
            return f"@@PLUGINFILE@@/{path}"

        element.add("text", readdressed(html, address))
        for picture in dict.fromkeys(shows):
            folder, _, last = picture.rpartition("/")
            data = base64.b64encode(self.media[picture]).decode()
            path = f"/{folder}/" if folder else "/"
            element.add("file", data, name=last, path=path, encoding="base64")
        return element

    def _answer(self, html: str, fraction: str, feedback: str) -> None:
        answer = self._rich(self.element, "answer", html, fraction=fraction)
        self._rich(answer, "feedback", to_html(feedback) if feedback else "")

    def _plain(self, text: str, fraction: str, feedback: str = "") -> Element:
        answer = self.element.add("answer", fraction=fraction, format="moodle_auto_format")
        answer.add("text", text)
        self._rich(answer, "feedback", to_html(feedback) if feedback else "")
        return answer

    def _shuffled(self) -> None:
        its = self.its
        shuffled = its.shuffle if its.shuffle is not None else self.quiz.shuffle.choices
        self.element.add("shuffleanswers", "true" if shuffled else "false")

    def _answers(self) -> bool:
        """Whether it can be written."""
        match self.its:
            case Single() | Multi() as its:
                self._choices(its)
            case TrueFalse() as its:
                for text, truth in (("true", True), ("false", False)):
                    right = its.answer is truth
                    self._plain(text, "100" if right else "0", "" if right else its.feedback)
            case Numeric() as its:
                return self._numeric(its)
            case Short() as its:
                return self._short(its)
            case Matching() as its:
                self._matching(its)
            case Ordering() as its:
                for tag, text in (
                    ("layouttype", "VERTICAL"), ("selecttype", "ALL"), ("selectcount", "0"),
                    ("gradingtype", "RELATIVE_NEXT_EXCLUDE_LAST"), ("showgrading", "SHOW"),
                    ("numberingstyle", "none"), ("shownumcorrect", "1"),
                ):  # fmt: skip
                    self.element.add(tag, text)
                for number, item in enumerate(its.items, start=1):
                    self._answer(to_html(item.text), str(number), "")
        return True

    def _choices(self, its: Single | Multi) -> None:
        self.element.add("single", "true" if isinstance(its, Single) else "false")
        self._shuffled()
        self.element.add("answernumbering", "abc")
        weights = [1.0 if choice.correct else choice.worth or 0.0 for choice in its.choices]
        if isinstance(its, Multi):
            weights = self._weights(its)
        if not all(map(known, weights)):
            self._lose("Moodle may not take its weights; let it match them to the nearest grade")
        for choice, weight in zip(its.choices, weights, strict=True):
            percent = f"{100 * weight:.5f}".rstrip("0").rstrip(".")
            self._answer(to_html(choice.text), "0" if percent == "-0" else percent, choice.feedback)

    def _weights(self, its: Multi) -> list[float]:
        rule = its.scoring or self.quiz.scoring.multi
        if rule == "worth":
            return [choice.worth or 0.0 for choice in its.choices]
        right = [choice.correct for choice in its.choices]
        weights = weights_of(rule, right)
        if weights is None:
            self._lose(f"the rule {rule!r} is no sum of weights; it counts by `net`")
        return weights or weights_of("net", right) or []

    def _numeric(self, its: Numeric) -> bool:
        value = computed(its.answer.expr)
        if value is None:
            self._lose("left out: its answer is no number")
            return False
        tolerance = shown(decimal(max(its.answer.abs_tol, its.answer.rel_tol * abs(value))))
        self._plain(shown(value), "100").add("tolerance", tolerance)
        for trap in its.traps:
            wrong = computed(trap.expr)
            if wrong is None:
                self._lose("feedback for a wrong number is not carried: it is none")
            else:
                self._plain(shown(wrong), "0", trap.feedback).add("tolerance", tolerance)
        if its.answer.unit:
            unit = self.element.add("units").add("unit")
            unit.add("multiplier", "1")
            unit.add("unit_name", its.answer.unit)
        # 0 and 0: a unit may be typed, and need not be; 3: there is none.
        for tag, text in (
            ("unitgradingtype", "0"), ("unitpenalty", "0.1"), ("showunits", "0" if its.answer.unit else "3"),
            ("unitsleft", "0"),
        ):  # fmt: skip
            self.element.add(tag, text)
        return True

    def _short(self, its: Short) -> bool:
        if not its.answer.accept:
            self._lose("left out: it lists no answers, only a pattern")
            return False
        self.element.add("usecase", "1" if its.answer.exact else "0")
        for text in its.answer.accept:
            self._plain(text.replace("*", r"\*"), "100")  # * alone stands for anything
        return True

    def _matching(self, its: Matching) -> None:
        if any(re.search(r"[$`*_]", pair.right) for pair in its.pairs):
            self._lose("Moodle shows its right sides as plain text, with marks of code and mathematics")
        self._shuffled()
        for pair in its.pairs:
            self._rich(self.element, "subquestion", to_html(pair.left)).add("answer").add("text", pair.right)
        for text in its.extra:
            self._rich(self.element, "subquestion", "").add("answer").add("text", text)
