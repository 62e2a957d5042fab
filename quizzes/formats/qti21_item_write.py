"""One question as an item of QTI 2.1.

How answers count is written out in the item's response processing: SCORE, of MAXSCORE, and in FEEDBACK what
is to be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from quizzes.formats.base import Loss, Source
from quizzes.formats.foreign_xml import Element, unwritable
from quizzes.formats.html import to_html
from quizzes.formats.numbers import computed, decimal, figures, shown
from quizzes.formats.pictures import missing
from quizzes.formats.qti21_flow import EXPLANATION, TRAP, UNIT, Flow, identifier
from quizzes.formats.remarks import LeftOut, explanation
from quizzes.formats.weights import weights_of
from quizzes.schema import (
    Choice,
    Matching,
    Multi,
    Numeric,
    Ordering,
    Question,
    Short,
    Single,
    TrueFalse,
    texts,
)

_QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
ROOT = {
    "xmlns": _QTI,
    "xmlns:xsi": _XSI,
    "xsi:schemaLocation": f"{_QTI} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd",
}
_SHUFFLED = ("single", "multi", "matching")


class Writer:
    """One question on its way into an item."""

    def __init__(self, source: Source, question: Question, losses: list[Loss]) -> None:
        self.source, self.quiz, self.its, self.losses = source, source.file.quiz, question, losses
        self.flow = Flow()
        self.response = Element("responseDeclaration", {"identifier": "RESPONSE"})
        self.body = Element("itemBody")
        self.processing = Element("responseProcessing")
        self.said: list[tuple[str, str]] = []  # (identifier, HTML)

    def item(self) -> Element:
        """Raises LeftOut."""
        its = self.its
        self._checked()
        attributes = {"identifier": identifier(its.id), "title": its.id, "xml:lang": self.quiz.lang}
        root = Element("assessmentItem", {**ROOT, **attributes})
        root.attributes |= {"adaptive": "false", "timeDependent": "false", "toolName": "sorcery"}
        self.body.children += self.flow.blocks(to_html(its.stem))
        self._answers()
        if general := explanation(its):
            self.said.append((EXPLANATION, general))
        root.children.append(self.response)
        _outcome(root, "SCORE", "0")
        _outcome(root, "MAXSCORE", shown(its.points))
        if self.said:
            root.add(
                "outcomeDeclaration", identifier="FEEDBACK", cardinality="multiple", baseType="identifier"
            )
            self._shown()
        root.children += [self.body, self.processing]
        for name, html in self.said:
            feedback = root.add(
                "modalFeedback", outcomeIdentifier="FEEDBACK", identifier=name, showHide="show"
            )
            self.flow.into(feedback, html)
        for what in dict.fromkeys(self.flow.lost):
            self._lose(what)
        return root

    def _checked(self) -> None:
        its = self.its
        self.losses += missing(its, self.source.media)
        if any(unwritable(text) for _, text in texts(its)):
            self._lose("characters that XML cannot hold are replaced")
        if its.shuffle is not None and its.type not in _SHUFFLED:
            self._lose("whether its choices are shuffled is not carried")

    def _lose(self, what: str) -> None:
        self.losses.append(Loss(self.its.id, what))

    def _declare(self, cardinality: str, kind: str, right: Iterable[str]) -> None:
        self.response.attributes |= {"cardinality": cardinality, "baseType": kind}
        correct = self.response.add("correctResponse")
        for value in right:
            correct.add("value", value)

    def _mapped(self, weights: Iterable[tuple[str, float]], **attributes: str) -> None:
        """SCORE as the sum of what each part of the response is worth, as shares of all points."""
        points = self.its.points
        mapping = self.response.add("mapping", lowerBound="0", upperBound=shown(points), defaultValue="0")
        for key, weight in weights:
            mapping.add(
                "mapEntry", mapKey=key, mappedValue=figures(decimal(weight) * decimal(points)), **attributes
            )
        score = self.processing.add("setOutcomeValue", identifier="SCORE")
        score.add("mapResponse", identifier="RESPONSE")

    def _matched(self) -> None:
        """MAXSCORE for the right response, else nothing."""
        condition = self.processing.add("responseCondition").add("responseIf")
        match = condition.add("match")
        match.add("variable", identifier="RESPONSE")
        match.add("correct", identifier="RESPONSE")
        _all_points(condition)

    def _shown(self) -> None:
        """FEEDBACK: the choices that were taken, and what is always said."""
        both = self.processing.add("setOutcomeValue", identifier="FEEDBACK").add("multiple")
        if isinstance(self.its, Numeric):
            both.add("variable", identifier="FEEDBACK")
        elif isinstance(self.its, Single | Multi | TrueFalse):
            both.add("variable", identifier="RESPONSE")
        if any(name == EXPLANATION for name, _ in self.said):
            both.add("baseValue", EXPLANATION, baseType="identifier")

    def _interaction(self, name: str, **attributes: str) -> Element:
        return self.body.add(name, responseIdentifier="RESPONSE", **attributes)

    def _is_shuffled(self) -> str:
        its = self.its.shuffle
        return "true" if (its if its is not None else self.quiz.shuffle.choices) else "false"

    def _answers(self) -> None:
        match self.its:
            case Single() as its:
                right = [identifier(choice.id) for choice in its.choices if choice.correct]
                self._declare("single", "identifier", right)
                self._choices(its.choices, self._is_shuffled(), "1")
                worth = [(identifier(choice.id), choice.worth) for choice in its.choices]
                if any(share is not None for _, share in worth):
                    self._mapped([(key, 1.0 if key in right else share or 0.0) for key, share in worth])
                else:
                    self._matched()
            case Multi() as its:
                self._several(its)
            case TrueFalse() as its:
                self._declare("single", "identifier", ["true" if its.answer else "false"])
                self._choices(
                    [
                        Choice(id=key, text=key.title(), feedback=its.feedback if wrong else "")
                        for key, wrong in (("true", not its.answer), ("false", its.answer))
                    ],
                    "false",
                    "1",
                )
                self._matched()
            case Numeric() as its:
                self._numeric(its)
            case Short() as its:
                self._short(its)
            case Matching() as its:
                self._pairs(its)
            case Ordering() as its:
                self._lose("it counts only when the whole order is right")
                self._declare("ordered", "identifier", [identifier(item.id) for item in its.items])
                interaction = self._interaction("orderInteraction", shuffle="true")
                for item in its.items:
                    choice = interaction.add("simpleChoice", identifier=identifier(item.id))
                    self.flow.into(choice, to_html(item.text))
                self._matched()

    def _choices(self, choices: Sequence[Choice], shuffle: str, most: str) -> None:
        interaction = self._interaction("choiceInteraction", shuffle=shuffle, maxChoices=most)
        stays = _fixed(choices)
        for choice in choices:
            element = interaction.add("simpleChoice", identifier=identifier(choice.id))
            if choice.id in stays:
                element.attributes["fixed"] = "true"
            elif choice.pin is not None:
                self._lose("a choice that stays at an end, and is not written there, is shuffled")
            self.flow.into(element, to_html(choice.text))
            if choice.feedback:
                self.said.append((identifier(choice.id), to_html(choice.feedback)))

    def _several(self, its: Multi) -> None:
        rule = its.scoring or self.quiz.scoring.multi
        right = [choice.correct for choice in its.choices]
        keys = [identifier(choice.id) for choice in its.choices]
        self._declare(
            "multiple", "identifier", [key for key, is_right in zip(keys, right, strict=True) if is_right]
        )
        self._choices(its.choices, self._is_shuffled(), "0")
        if rule == "all":
            self._matched()
            return
        weights = weights_of(rule, right)
        if rule == "worth":
            weights = [choice.worth or 0.0 for choice in its.choices]
        elif weights is None:
            self._lose(f"the rule {rule!r} is no sum of weights; it counts by `net`")
        self._mapped(zip(keys, weights or weights_of("net", right) or [], strict=True))

    def _numeric(self, its: Numeric) -> None:
        value = computed(its.answer.expr)
        if value is None:
            raise LeftOut("its answer is no number")
        self._declare("single", "float", [shown(value)])
        paragraph = self.body.add("p")
        paragraph.close = True
        paragraph.add("textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="12")
        if its.answer.unit:
            paragraph.children[0].tail = " "
            paragraph.add("span", its.answer.unit, **{"class": UNIT})
        condition = self.processing.add("responseCondition")
        branch = condition.add("responseIf")
        answer = its.answer
        both = answer.abs_tol > 0 and answer.rel_tol > 0
        either = branch.add("or") if both else branch
        if answer.abs_tol or not answer.rel_tol:
            _equal(either, "absolute", decimal(answer.abs_tol)).add("correct", identifier="RESPONSE")
        if answer.rel_tol:
            _equal(either, "relative", decimal(answer.rel_tol) * 100).add("correct", identifier="RESPONSE")
        _all_points(branch)
        width = decimal(max(answer.abs_tol, answer.rel_tol * abs(value)))
        for number, trap in enumerate(its.traps, start=1):
            wrong = computed(trap.expr)
            if wrong is None:
                self._lose("feedback for a wrong number is not carried: it is none")
                continue
            branch = condition.add("responseElseIf")
            _equal(branch, "absolute", width).add("baseValue", shown(wrong), baseType="float")
            name = f"{TRAP}{number}"
            shows = branch.add("setOutcomeValue", identifier="FEEDBACK").add("multiple")
            shows.add("baseValue", name, baseType="identifier")
            self.said.append((name, to_html(trap.feedback)))

    def _short(self, its: Short) -> None:
        accept = its.answer.accept
        if not accept:
            raise LeftOut("it lists no answers, only a pattern")
        self._declare("single", "string", accept[:1])
        paragraph = self.body.add("p")
        length = str(max(map(len, accept)))
        paragraph.add("textEntryInteraction", responseIdentifier="RESPONSE", expectedLength=length)
        exact = "true" if its.answer.exact else "false"
        self._mapped([(text, 1.0) for text in dict.fromkeys(accept)], caseSensitive=exact)

    def _pairs(self, its: Matching) -> None:
        rights = list(dict.fromkeys([pair.right for pair in its.pairs] + list(its.extra)))
        keys = {right: f"right.{number}" for number, right in enumerate(rights, start=1)}
        pairs = [f"{identifier(pair.id)} {keys[pair.right]}" for pair in its.pairs]
        self._declare("multiple", "directedPair", pairs)
        count = str(len(its.pairs))
        interaction = self._interaction(
            "matchInteraction", shuffle=self._is_shuffled(), maxAssociations=count
        )
        sources = interaction.add("simpleMatchSet")
        for pair in its.pairs:
            choice = sources.add("simpleAssociableChoice", identifier=identifier(pair.id), matchMax="1")
            self.flow.into(choice, to_html(pair.left))
        targets = interaction.add("simpleMatchSet")
        for right, key in keys.items():
            choice = targets.add("simpleAssociableChoice", identifier=key, matchMax="0")
            self.flow.into(choice, to_html(right))
        self._mapped([(pair, 1 / len(pairs)) for pair in pairs])


def _equal(parent: Element, mode: str, width: Decimal) -> Element:
    """A comparison of the response with what is added to it."""
    equal = parent.add("equal", toleranceMode=mode if width else "exact")
    if width:
        equal.attributes["tolerance"] = f"{width:f} {width:f}"
    equal.add("variable", identifier="RESPONSE")
    return equal


def _fixed(choices: Sequence[Choice]) -> set[str]:
    """Ids of choices that stay at the end at which they are written."""
    found: set[str] = set()
    for order, end in ((choices, "first"), (list(reversed(choices)), "last")):
        for choice in order:
            if choice.pin != end:
                break
            found.add(choice.id)
    return found


def _outcome(root: Element, name: str, value: str) -> None:
    outcome = root.add("outcomeDeclaration", identifier=name, cardinality="single", baseType="float")
    outcome.add("defaultValue").add("value", value)


def _all_points(branch: Element) -> None:
    branch.add("setOutcomeValue", identifier="SCORE").add("variable", identifier="MAXSCORE")
