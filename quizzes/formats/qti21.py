"""QTI 2.1 (and 2.2): a package with a test and items, or a single item; as ours. One item is read in
quizzes.formats.qti21_item, the way back is in quizzes.formats.qti21_write.

Sections of which some questions are selected become sections that draw, by a tag.
"""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

from quizzes.formats.base import FormatError, Imported
from quizzes.formats.build import Builder, label
from quizzes.formats.foreign_xml import Element, parse
from quizzes.formats.ids import unique_id
from quizzes.formats.numbers import duration, number
from quizzes.formats.package import Package, distinct, hrefs, package
from quizzes.formats.pictures import Album
from quizzes.formats.qti21_flow import QUIZ
from quizzes.formats.qti21_item import Reader
from quizzes.formats.qti21_write import DIFFICULTIES, write

__all__ = ["SUFFIXES", "TITLE", "read", "write"]

TITLE = "QTI 2.1"
SUFFIXES = (".zip", ".xml")

_TEST = re.compile(r"imsqti_(?:test|assessment)_xmlv2p\d")
_ITEM = re.compile(r"imsqti_(?:item|apipitem)_xmlv2p\d")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
MAX_DEPTH = 20  # of sections


def read(data: bytes, name: str) -> Imported:
    """Raises FormatError with the line."""
    builder = Builder(name)
    if not data.startswith(b"PK"):
        root = parse(data)
        if root.name == "assessmentTest":
            raise FormatError("the questions of a test are in other files: read the zip of all of them")
        reader = _Test(builder, Package({}))
        reader.item("", root, {})
        return _done(builder, reader)
    reader = _Test(builder, package(data))
    reader.take()
    return _done(builder, reader)


def _done(builder: Builder, reader: _Test) -> Imported:
    languages = {language for language in reader.languages if _LANGUAGE.fullmatch(language)}
    if len(languages) == 1 and languages != {"en"}:
        builder.settings["lang"] = languages.pop()
    elif len(languages) > 1:
        builder.lose("", "that its questions are in several languages is not carried")
    shuffled = set(reader.items.shuffled)
    if shuffled == {False}:
        builder.settings.setdefault("shuffle", {})["choices"] = False
        builder.questions[:] = [one.model_copy(update={"shuffle": None}) for one in builder.questions]
    if [(one["title"], "draw" in one) for one in builder.sections] == [("Questions", False)]:
        builder.sections.clear()
    return builder.done()


class _Test:
    """A package on its way into `builder`."""

    def __init__(self, builder: Builder, files: Package) -> None:
        self.builder, self.files = builder, files
        album = Album()
        builder.media = album.media
        self.items = Reader(builder, album, files.files)
        self.languages: set[str] = set()
        self._read: set[str] = set()
        self._described = {
            name: resource
            for resource in files.resources.values()
            if _ITEM.match(resource.get("type"))
            for name in hrefs(resource)[:1]
        }

    def take(self) -> None:
        tests = [one for one in self.files.resources.values() if _TEST.match(one.get("type"))]
        for test in tests:
            for name in hrefs(test)[:1]:
                self._test(posixpath.dirname(name), self.files.parsed(name))
        if len(tests) > 1:
            self.builder.lose("", f"it holds {len(tests)} tests, which become sections of one quiz")
        names = list(self._described)
        if not self.files.resources:  # a zip without a manifest
            names = [
                name
                for name, data in self.files.files.items()
                if name.endswith(".xml") and b"<assessmentItem" in data[:4096]
            ]
        left = [name for name in names if name not in self._read]
        if tests and left:
            self.builder.lose("", f"{len(left)} questions that its test does not ask are left out")
        elif not tests:
            for name in left:
                self.item(name, self.files.parsed(name), {})
            if not left:
                raise FormatError("no questions in QTI 2.1 in this archive")

    def _test(self, folder: str, root: Element) -> None:
        if root.name != "assessmentTest":
            raise FormatError(f"line {root.line}: <{root.name[:40]}> where a test has <assessmentTest>")
        self.builder.title = label(root.get("title")) or self.builder.title
        self.builder.id = unique_id(root.get("identifier").removeprefix(QUIZ) or self.builder.id, set())
        limit = next((one for one in root.every("timeLimits")), None)
        if limit is not None:
            most = number(limit.get("maxTime"))
            if limit not in root.children:
                self.builder.lose("", "a time limit of a part of the test is not carried")
            elif most is not None and (limit_of_all := duration(most)):
                self.builder.settings["time_limit"] = limit_of_all
            else:
                self.builder.lose("", "a time limit that is none is not carried")
        if any(root.every("preCondition", "branchRule")):
            self.builder.lose("", "that questions depend on earlier answers is not carried")
        if any(root.every("testFeedback", "rubricBlock")):
            self.builder.lose("", "texts of the test around its questions are not carried")
        shuffled = [one.get("shuffle") == "true" for one in root.every("ordering")]
        if any(shuffled):
            self.builder.settings["shuffle"] = {"questions": True}
        for part in root.all("testPart"):
            for section in part.all("assessmentSection"):
                self._section(folder, section, 0)

    def _section(self, folder: str, element: Element, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise FormatError(f"line {element.line}: sections are nested more than {MAX_DEPTH} deep")
        title = label(element.get("title")) or "Questions"
        selection = element.first("selection")
        wanted = number(selection.get("select")) if selection is not None else None
        tag = self._unique(title) if wanted is not None and wanted >= 1 else ""
        names: list[str] = []
        for child in element.children:
            if child.name == "assessmentItemRef":
                if name := self._reference(folder, child, tag):
                    names.append(name)
            elif child.name == "assessmentSection":
                self._flush(title, names)
                self._section(folder, child, depth + 1)
            elif child.name == "assessmentSectionRef":
                self.builder.lose("", f"section {title!r} has a part in another file, which is not read")
        if tag and names and wanted is not None:
            pick = min(int(wanted), len(names))
            if pick < wanted:
                self.builder.lose("", f"section {title!r} draws {pick} instead of {wanted} questions")
            self.builder.sections.append({"title": tag, "draw": pick, "from": {"tags": [tag]}})
        else:
            self._flush(title, names)

    def _flush(self, title: str, names: list[str]) -> None:
        if names:
            self.builder.sections.append({"title": title, "use": list(names)})
            names.clear()

    def _unique(self, title: str) -> str:
        """A tag that no section and no question before has."""
        taken = {section["title"] for section in self.builder.sections}
        return distinct(title, taken.union(*(question.tags for question in self.builder.questions)))

    def _reference(self, folder: str, reference: Element, tag: str) -> str:
        name = posixpath.normpath(posixpath.join(folder, unquote(reference.get("href"))))
        if name in self._read:
            self.builder.lose("", f"a question that is asked twice ({label(name)[:80]}) is carried once")
            return ""
        self._read.add(name)
        fields: dict[str, object] = {"tags": [tag]} if tag else {}
        if reference.first("weight") is not None:
            self.builder.lose("", f"the weight of a question in the test ({label(name)[:80]}) is not carried")
        return self.item(name, self.files.parsed(name), fields)

    def item(self, name: str, root: Element, fields: dict[str, object]) -> str:
        """The id of what is carried over; empty when it is left out."""
        if root.name != "assessmentItem":
            raise FormatError(
                f"{label(name)[:80]}: line {root.line}: <{root.name[:40]}> where an item has <assessmentItem>"
            )
        if root.get("lang"):
            self.languages.add(root.get("lang"))
        described = self._described.get(name)
        told = _described(described) if described is not None else {}
        if "tags" in fields and "tags" in told:
            told["tags"] = list(dict.fromkeys([*told["tags"], *fields.pop("tags")]))  # type: ignore[misc]
        return self.items.take(posixpath.dirname(name), root, told | fields)


def _described(resource: Element) -> dict[str, list[str] | int]:
    """Tags, revision and difficulty of a resource's metadata."""
    found: dict[str, list[str] | int] = {}
    tags = [
        label(text.said())
        for word in resource.every("keyword")
        for text in word.every("string", "langstring")
    ]
    if tags := [tag for tag in dict.fromkeys(tags) if tag]:
        found["tags"] = tags
    version = resource.first("metadata", "lom", "lifeCycle", "version")
    rev = number(version.said("string")) if version is not None else None
    if rev is not None and rev == int(rev) and 1 <= rev < 10**6:
        found["rev"] = int(rev)
    for difficulty in resource.every("difficulty"):
        for value in difficulty.every("value"):
            if value.said() in DIFFICULTIES:
                found["difficulty"] = DIFFICULTIES.index(value.said()) + 1
    return found
