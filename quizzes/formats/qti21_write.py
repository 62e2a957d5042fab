"""Our quizzes as a package of QTI 2.1 (https://www.imsglobal.org/question/, imsqti_v2p1.xsd).

    imsmanifest.xml      with tags, revisions and difficulties as LOM
    test.xml             sections, their order, the time limit
    items/ID.xml         a question each
    media/…              pictures

Items are written in quizzes.formats.qti21_item_write, their texts in quizzes.formats.qti21_flow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from quizzes.formats.base import Exported, Loss, Source, in_order
from quizzes.formats.foreign_xml import Element, tostring
from quizzes.formats.foreign_zip import packed
from quizzes.formats.ids import unique_id
from quizzes.formats.lost import lost, told
from quizzes.formats.numbers import shown
from quizzes.formats.pictures import by_path
from quizzes.formats.pictures import shown as shown_pictures
from quizzes.formats.qti21_flow import MEDIA, QUIZ, identifier
from quizzes.formats.qti21_item_write import ROOT, Writer
from quizzes.formats.remarks import LeftOut
from quizzes.schema import Question, QuizFile, Section

CARRIES = {
    "title", "lang", "time_limit", "shuffle", "scoring", "sections", "tags", "difficulty", "rev", "points",
    "explain", "source", "media", "ids", "pin", "rule", "choice feedback", "feedback", "unit", "traps",
    "rel_tol", "exact", "extra", "worth",
}  # fmt: skip
DIFFICULTIES = ("very easy", "easy", "medium", "difficult", "very difficult")
_PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
_LOM = "http://ltsc.ieee.org/xsd/LOM"


def write(source: Source) -> Exported:
    source = by_path(source)
    file = source.file
    losses = [*lost(file, CARRIES), *_of_quiz(file)]
    items: dict[str, Element] = {}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for question in in_order(file):
        try:
            item = Writer(source, question, losses).item()
        except LeftOut as reason:
            losses.append(Loss(question.id, f"left out: {reason}"))
            continue
        names[question.id] = f"items/{unique_id(question.id.casefold(), taken)}.xml"
        items[question.id] = item
    files = {
        "imsmanifest.xml": tostring(_manifest(source, names)),
        "test.xml": tostring(_test(file, names)),
        **{name: tostring(items[key]) for key, name in names.items()},
        **{
            f"{MEDIA}{picture}": source.media[picture]
            for picture in shown_pictures(in_order(file), source.media)
        },
    }
    return Exported(packed(files), told(losses))


def _of_quiz(file: QuizFile) -> Iterator[Loss]:
    if file.quiz.scoring.floor:
        yield Loss("", "that wrong choices can cost points is not carried")


def _manifest(source: Source, names: Mapping[str, str]) -> Element:
    quiz = source.file.quiz
    root = Element("manifest", {"identifier": f"manifest_{quiz.id}", "xmlns": _PACKAGE, "xmlns:lom": _LOM})
    metadata = root.add("metadata")
    metadata.add("schema", "QTIv2.1 Package")
    metadata.add("schemaversion", "1.0.0")
    root.add("organizations")
    resources = root.add("resources")
    test = resources.add("resource", identifier="test", type="imsqti_test_xmlv2p1", href="test.xml")
    test.add("file", href="test.xml")
    for question in in_order(source.file):
        if question.id not in names:
            continue
        name = f"item_{question.id}"
        test.add("dependency", identifierref=name)
        href = names[question.id]
        item = resources.add("resource", identifier=name, type="imsqti_item_xmlv2p1", href=href)
        if question.tags or question.rev != 1 or question.difficulty != 3:
            item.add("metadata").children.append(_lom(question))
        item.add("file", href=href)
        for picture in shown_pictures([question], source.media):
            item.add("file", href=f"{MEDIA}{picture}")
    return root


def _lom(question: Question) -> Element:
    root = Element("lom:lom")
    if question.tags:
        general = root.add("lom:general")
        for tag in question.tags:
            general.add("lom:keyword").add("lom:string", tag)
    if question.rev != 1:
        root.add("lom:lifeCycle").add("lom:version").add("lom:string", str(question.rev))
    if question.difficulty != 3:
        difficulty = root.add("lom:educational").add("lom:difficulty")
        difficulty.add("lom:source", "LOMv1.0")
        difficulty.add("lom:value", DIFFICULTIES[question.difficulty - 1])
    return root


def _test(file: QuizFile, names: Mapping[str, str]) -> Element:
    quiz = file.quiz
    root = Element("assessmentTest", {**ROOT, "identifier": f"{QUIZ}{quiz.id}", "title": quiz.title})
    root.attributes["toolName"] = "sorcery"
    root.add("outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    if quiz.time_limit is not None:
        root.add("timeLimits", maxTime=shown(quiz.time_limit))
    part = root.add("testPart", identifier="part.1", navigationMode="nonlinear", submissionMode="individual")
    sections = file.sections or (Section(use=tuple(names)),)
    for number, section in enumerate(sections, start=1):
        element = part.add("assessmentSection", identifier=f"section.{number}", title=section.title)
        element.attributes["visible"] = "true"
        if quiz.shuffle.questions:
            element.add("ordering", shuffle="true")
        for name in section.use:
            if name in names:
                element.add("assessmentItemRef", identifier=identifier(name), href=names[name])
    total = root.add("outcomeProcessing").add("setOutcomeValue", identifier="SCORE").add("sum")
    total.add("testVariables", variableIdentifier="SCORE")
    return root
