"""Our quizzes as QTI 1.2 in a zip, as classic quizzes of Canvas take it.

    imsmanifest.xml
    quiz_ID/quiz_ID.xml            the questions
    quiz_ID/assessment_meta.xml    Canvas's settings
    web_resources/…                pictures

The ids of questions and choices are the ids of ours, so a second import changes what the first one made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from quizzes.formats.base import Exported, Loss, Source, in_order
from quizzes.formats.foreign_xml import Element, tostring, unwritable
from quizzes.formats.foreign_zip import packed
from quizzes.formats.html import to_html, to_plain
from quizzes.formats.lost import lost, told
from quizzes.formats.numbers import computed, decimal, ends, shown
from quizzes.formats.pictures import by_path, is_here, missing, plain, readdressed
from quizzes.formats.pictures import shown as shown_pictures
from quizzes.formats.remarks import LeftOut, explanation
from quizzes.schema import (
    Choice,
    Keep,
    Matching,
    Multi,
    Numeric,
    Ordering,
    Question,
    Quiz,
    QuizFile,
    Short,
    Single,
    TrueFalse,
    texts,
)

CARRIES = {
    "title", "time_limit", "attempts", "shuffle", "scoring", "points", "explain", "source", "media", "ids",
    "choice feedback", "feedback", "extra", "rule",
}  # fmt: skip
FILE_BASE = "$IMS-CC-FILEBASE$/"
RESOURCES = "web_resources/"
TRUTHS = (("true", "True"), ("false", "False"))
KEEPS: dict[Keep, str] = {"best": "keep_highest", "latest": "keep_latest", "mean": "keep_average"}
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
_PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
_KINDS_OF_FEEDBACK = ("general", "correct", "general_incorrect")  # X_fb means these in Canvas
_TYPES = {
    "single": "multiple_choice_question",
    "multi": "multiple_answers_question",
    "true_false": "true_false_question",
    "numeric": "numerical_question",
    "short": "short_answer_question",
    "matching": "matching_question",
}


def write(source: Source) -> Exported:
    source = by_path(source)
    file = source.file
    losses = [*lost(file, CARRIES), *_of_quiz(file)]
    name = f"quiz_{file.quiz.id}"
    items: list[Element] = []
    points = 0.0
    for question in in_order(file):
        try:
            items.append(_Writer(source, question, losses).item(f"{name}.{question.id}"))
            points += question.points
        except LeftOut as reason:
            losses.append(Loss(question.id, f"left out: {reason}"))
    pictures = shown_pictures(in_order(file), source.media)
    files = {
        "imsmanifest.xml": tostring(_manifest(file.quiz, name, pictures)),
        f"{name}/{name}.xml": tostring(_assessment(file.quiz, name, items)),
        f"{name}/assessment_meta.xml": tostring(_settings(file.quiz, name, points)),
        **{f"{RESOURCES}{picture}": source.media[picture] for picture in pictures},
    }
    return Exported(packed(files), told(losses))


def _of_quiz(file: QuizFile) -> Iterator[Loss]:
    quiz = file.quiz
    if file.sections:
        yield Loss("", "sections are not carried, only the order of their questions")
    if quiz.shuffle.questions:
        yield Loss("", "that questions are shuffled is not carried")
    if quiz.scoring.floor:
        yield Loss("", "that wrong choices can cost points is not carried")
    if quiz.attempts.keep not in KEEPS:
        yield Loss("", "Canvas does not keep the first of several attempts, but the best")
    if quiz.time_limit is not None and quiz.time_limit % 60:
        yield Loss("", "the time limit is rounded up to minutes")


def _manifest(quiz: Quiz, name: str, pictures: Iterable[str]) -> Element:
    root = Element("manifest", {"identifier": f"manifest_{name}", "xmlns": _PACKAGE})
    metadata = root.add("metadata")
    metadata.add("schema", "IMS Content")
    metadata.add("schemaversion", "1.1.3")
    root.add("organizations")
    resources = root.add("resources")
    resource = resources.add("resource", identifier=name, type="imsqti_xmlv1p2")
    resource.add("file", href=f"{name}/{name}.xml")
    resource.add("dependency", identifierref=f"{name}_meta")
    meta = f"{name}/assessment_meta.xml"
    kind = "associatedcontent/imscc_xmlv1p1/learning-application-resource"
    resources.add("resource", identifier=f"{name}_meta", type=kind, href=meta).add("file", href=meta)
    for number, picture in enumerate(pictures, start=1):
        href = f"{RESOURCES}{picture}"
        one = resources.add("resource", identifier=f"{name}_file{number}", type="webcontent", href=href)
        one.add("file", href=href)
    return root


def _settings(quiz: Quiz, name: str, points: float) -> Element:
    root = Element("quiz", {"identifier": name, "xmlns": _CANVAS})
    limit = quiz.time_limit
    for tag, text in (
        ("title", quiz.title),
        ("description", ""),
        ("shuffle_answers", str(quiz.shuffle.choices).lower()),
        ("scoring_policy", KEEPS.get(quiz.attempts.keep, "keep_highest")),
        ("hide_results", ""),
        ("quiz_type", "practice_quiz" if quiz.mode == "practice" else "assignment"),
        ("points_possible", shown(points)),
        ("show_correct_answers", "true" if quiz.mode == "practice" else "false"),
        ("allowed_attempts", str(quiz.attempts.max or -1)),
        ("time_limit", "" if limit is None else str(-int(-limit // 60))),
    ):
        if text or tag != "time_limit":
            root.add(tag, text)
    return root


def _assessment(quiz: Quiz, name: str, items: list[Element]) -> Element:
    root = Element("questestinterop", {"xmlns": _QTI, "xmlns:xsi": _XSI})
    assessment = root.add("assessment", ident=name, title=quiz.title)
    _field(assessment.add("qtimetadata"), "cc_maxattempts", str(quiz.attempts.max or "unlimited"))
    assessment.add("section", ident="root_section").children += items
    return root


def _field(metadata: Element, label: str, entry: str) -> None:
    field = metadata.add("qtimetadatafield")
    field.add("fieldlabel", label)
    field.add("fieldentry", entry)


class _Writer:
    """One question on its way into an item."""

    def __init__(self, source: Source, question: Question, losses: list[Loss]) -> None:
        self.source, self.its, self.losses = source, question, losses
        self.said: list[tuple[str, str]] = []  # (ident, HTML) of what is said

    def item(self, ident: str) -> Element:
        """Raises LeftOut."""
        its = self.its
        if isinstance(its, Ordering):
            raise LeftOut("classic quizzes of Canvas have no questions of order")
        self.losses += missing(its, self.source.media)
        if any(unwritable(text) for _, text in texts(its)):
            self._lose("characters that XML cannot hold are replaced")
        if its.shuffle is not None:
            self._lose("whether its choices are shuffled is not carried")
        item = Element("item", {"ident": ident, "title": its.id})
        metadata = item.add("itemmetadata").add("qtimetadata")
        _field(metadata, "question_type", _TYPES[its.type])
        _field(metadata, "points_possible", shown(its.points))
        presentation = item.add("presentation")
        self._text(presentation, to_html(its.stem))
        processing = item.add("resprocessing")
        outcomes = processing.add("outcomes")
        outcomes.add("decvar", maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
        if general := explanation(its):
            other = processing.add("respcondition", **{"continue": "Yes"})
            other.add("conditionvar").add("other")
            other.add("displayfeedback", feedbacktype="Response", linkrefid="general_fb")
            self.said.append(("general_fb", general))
        self._answers(presentation, processing)
        for name, html in self.said:
            self._text(item.add("itemfeedback", ident=name).add("flow_mat"), html)
        return item

    def _lose(self, what: str) -> None:
        self.losses.append(Loss(self.its.id, what))

    def _text(self, parent: Element, html: str, kind: str = "text/html") -> None:
        def address(written: str) -> str | None:
            return FILE_BASE + plain(written) if is_here(written) else None

        parent.add("material").add("mattext", readdressed(html, address), texttype=kind)

    def _answers(self, presentation: Element, processing: Element) -> None:
        match self.its:
            case Single() | Multi() as its:
                self._choices(its, presentation, processing)
            case TrueFalse() as its:
                shown_choices = [
                    Choice(id=key, text=text, correct=its.answer is (key == "true"),
                           feedback="" if its.answer is (key == "true") else its.feedback)
                    for key, text in TRUTHS
                ]  # fmt: skip
                self._labels(presentation, shown_choices, "Single")
                self._chosen(processing, shown_choices)
                right = "true" if its.answer else "false"
                _right(processing).add("varequal", right, respident="response1")
            case Numeric() as its:
                value = computed(its.answer.expr)
                if value is None:
                    raise LeftOut("its answer is no number")
                self._typed(presentation, "Decimal")
                either = _right(processing).add("or")
                either.add("varequal", shown(value), respident="response1")
                low, high = ends(value, max(its.answer.abs_tol, its.answer.rel_tol * abs(value)))
                both = either.add("and")
                both.add("vargte", low, respident="response1")
                both.add("varlte", high, respident="response1")
            case Short() as its:
                if not its.answer.accept:
                    raise LeftOut("it lists no answers, only a pattern")
                self._typed(presentation)
                condition = _right(processing)
                for text in its.answer.accept:
                    condition.add("varequal", text, respident="response1")
            case Matching() as its:
                self._pairs(its, presentation, processing)

    def _labels(self, presentation: Element, choices: Iterable[Choice], cardinality: str) -> None:
        response = presentation.add("response_lid", ident="response1", rcardinality=cardinality)
        render = response.add("render_choice")
        for choice in choices:
            self._text(render.add("response_label", ident=choice.id), to_html(choice.text))

    def _typed(self, presentation: Element, kind: str = "") -> None:
        response = presentation.add("response_str", ident="response1", rcardinality="Single")
        render = response.add("render_fib", **({"fibtype": kind} if kind else {}))
        render.add("response_label", ident="answer1")

    def _chosen(self, processing: Element, choices: Iterable[Choice]) -> None:
        """What is said of each choice."""
        for choice in choices:
            if choice.feedback:
                condition = processing.add("respcondition", **{"continue": "Yes"})
                condition.add("conditionvar").add("varequal", choice.id, respident="response1")
                name = f"{choice.id}_fb" if choice.id not in _KINDS_OF_FEEDBACK else f"{choice.id}_choice_fb"
                condition.add("displayfeedback", feedbacktype="Response", linkrefid=name)
                self.said.append((name, to_html(choice.feedback)))

    def _choices(self, its: Single | Multi, presentation: Element, processing: Element) -> None:
        self._labels(presentation, its.choices, "Single" if isinstance(its, Single) else "Multiple")
        self._chosen(processing, its.choices)
        condition = _right(processing)
        if isinstance(its, Single):
            for choice in its.choices:
                if choice.correct:
                    condition.add("varequal", choice.id, respident="response1")
            return
        rule = its.scoring or self.source.file.quiz.scoring.multi
        if rule != "net":
            self._lose(f"the rule {rule!r} is not carried; in Canvas a wrong choice cancels a right one")
        every = condition.add("and")
        for choice in its.choices:
            parent = every if choice.correct else every.add("not")
            parent.add("varequal", choice.id, respident="response1")

    def _pairs(self, its: Matching, presentation: Element, processing: Element) -> None:
        rights = list(dict.fromkeys([pair.right for pair in its.pairs] + list(its.extra)))
        idents = {right: f"right{number}" for number, right in enumerate(rights, start=1)}
        if any(to_plain(right) != right for right in rights):
            self._lose("Canvas shows its right sides as plain text, with marks of code and mathematics")
        for pair in its.pairs:
            response = presentation.add("response_lid", ident=f"response_{pair.id}")
            self._text(response, to_html(pair.left))
            render = response.add("render_choice")
            for right, ident in idents.items():
                self._text(render.add("response_label", ident=ident), right, "text/plain")
            condition = processing.add("respcondition")
            equal = condition.add("conditionvar").add("varequal", idents[pair.right])
            equal.attributes["respident"] = f"response_{pair.id}"
            share = shown(decimal(round(100 / len(its.pairs), 2)))
            condition.add("setvar", share, varname="SCORE", action="Add")


def _right(processing: Element) -> Element:
    """The condition under which all points are given."""
    condition = processing.add("respcondition", **{"continue": "No"})
    found = condition.add("conditionvar")
    condition.add("setvar", "100", action="Set", varname="SCORE")
    return found
