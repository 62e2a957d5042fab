"""QTI 1.2 as Canvas exports it from classic quizzes, and as text2qti and Common Cartridges have it.

A zip with imsmanifest.xml is read by its manifest, and so are its pictures; a single XML file with
<questestinterop> is read too. Groups of which some questions are drawn become sections that draw, by a tag.
How one question is read is in quizzes.formats.qti12_item, the way back in quizzes.formats.qti12_write.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from quizzes.formats.base import FormatError, Imported
from quizzes.formats.build import Builder, label
from quizzes.formats.foreign_xml import Element, parse
from quizzes.formats.ids import unique_id
from quizzes.formats.numbers import duration, number
from quizzes.formats.package import Package, distinct, hrefs, package
from quizzes.formats.pictures import Album
from quizzes.formats.qti12_item import Reader
from quizzes.formats.qti12_write import KEEPS, write

__all__ = ["SUFFIXES", "TITLE", "read", "write"]

TITLE = "QTI 1.2 (Canvas)"
SUFFIXES = (".zip", ".imscc", ".xml")

_OURS = "quiz_"


def read(data: bytes, name: str) -> Imported:
    """Raises FormatError with the line."""
    builder, album = Builder(name), Album()
    builder.media = album.media
    if not data.startswith(b"PK"):
        _take(builder, Package({}, {}), album, "", parse(data))
        return _done(builder)
    files = package(data)
    quizzes = list(_quizzes(files))
    if not quizzes:
        raise FormatError("no quiz in QTI 1.2 in this archive")
    for number_of, (file, resource) in enumerate(quizzes):
        before = len(builder.sections)
        _take(builder, files, album, file, files.parsed(file))
        meta = _meta(files, resource)
        if number_of == 0 and meta is not None:
            _settings(builder, meta)
        if len(quizzes) > 1:
            title = label(meta.said("title")) if meta is not None else ""
            for section in builder.sections[before:]:
                section["title"] = title or section["title"]
    if len(quizzes) > 1:
        builder.lose("", f"it holds {len(quizzes)} quizzes, which become sections of one")
    return _done(builder)


def _done(builder: Builder) -> Imported:
    if all(section["title"] == "Questions" for section in builder.sections):
        builder.sections.clear()
    return builder.done()


def _quizzes(files: Package) -> Iterator[tuple[str, Element | None]]:
    """The files with questions, with their resources."""
    if not files.resources:
        for name in files.files:
            if name.endswith(".xml") and b"questestinterop" in files.files[name][:4096]:
                yield name, None
        return
    for key, resource in files.resources.items():
        kind = resource.get("type")
        if kind.startswith("imsqti_xmlv1p2") or (kind.startswith("imscc_xmlv1p") and "/assessment" in kind):
            whole = f"non_cc_assessments/{key}.xml.qti"  # what Canvas keeps beside a cartridge's own
            names = [name for name in hrefs(resource) if name.endswith(".xml")]
            if whole in files.files:
                yield whole, resource
            elif names:
                yield names[0], resource


def _meta(files: Package, resource: Element | None) -> Element | None:
    for dependency in resource.all("dependency") if resource is not None else ():
        other = files.resources.get(dependency.get("identifierref"))
        for name in hrefs(other) if other is not None else ():
            if posixpath.basename(name) == "assessment_meta.xml":
                return files.parsed(name)
    return None


def _take(builder: Builder, files: Package, album: Album, file: str, root: Element) -> None:
    """Questions of one file, in sections."""
    if root.name != "questestinterop":
        raise FormatError(f"line {root.line}: <{root.name[:40]}> where QTI 1.2 has <questestinterop>")
    for top in root.children:
        ident = top.get("ident")
        ours = ident.removeprefix(_OURS) if ident.startswith(_OURS) else ""
        if top.name == "assessment" and not builder.questions:
            builder.title = label(top.get("title")) or builder.title
            builder.id = unique_id(ours or builder.id, set())
        reader = Reader(builder, album, files.files, posixpath.dirname(file), ident if ours else "")
        if top.name == "item":
            reader.take(top)
        elif top.name in ("assessment", "section", "objectbank"):
            _sections(builder, reader, top, "")


def _sections(builder: Builder, reader: Reader, element: Element, tag: str) -> None:
    """The items of a section, and then of those within it."""
    names: list[str] = []

    def close() -> None:
        if names and not tag:
            builder.sections.append({"title": "Questions", "use": list(names)})
            names.clear()

    for child in element.children:
        if child.name == "item":
            if name := reader.take(child, tag):
                names.append(name)
        elif child.name == "section":
            close()
            _section(builder, reader, child, tag)
    close()
    if tag and names:
        pick = number(element.said("selection_ordering", "selection", "selection_number"))
        wanted = int(pick) if pick is not None and 1 <= pick <= len(names) else len(names)
        if pick is not None and pick > len(names):
            builder.lose(
                "", f"{tag} picks {wanted} instead of {pick} questions, as others are not there or left out"
            )
        builder.sections.append({"title": tag, "draw": wanted, "from": {"tags": [tag]}})


def _section(builder: Builder, reader: Reader, element: Element, tag: str) -> None:
    title = label(element.get("title"))
    selection = element.first("selection_ordering", "selection")
    if selection is not None and selection.first("sourcebank_ref") is not None:
        builder.lose("", f"{title or 'a group'} draws from a bank of questions that is not in the file")
    if selection is None or not selection.said("selection_number"):
        _sections(builder, reader, element, tag)
        return
    group = distinct(title or "Group", {section["title"] for section in builder.sections})
    reader.points = number(selection.said("selection_extension", "points_per_item"))
    _sections(builder, reader, element, group)
    reader.points = None


def _settings(builder: Builder, meta: Element) -> None:
    """What Canvas keeps beside the questions."""
    builder.title = label(meta.said("title")) or builder.title
    attempts: dict[str, object] = {}
    most = number(meta.said("allowed_attempts"))
    if most is not None and most >= 1:
        attempts["max"] = int(most)
    for keep, said in KEEPS.items():
        if meta.said("scoring_policy") == said and keep != "best":
            attempts["keep"] = keep
    if attempts:
        builder.settings["attempts"] = attempts
    limit = number(meta.said("time_limit"))
    if limit is not None and (seconds := duration(limit * 60)):
        builder.settings["time_limit"] = seconds
    if meta.said("shuffle_answers") == "false":
        builder.settings["shuffle"] = {"choices": False}
    if meta.said("quiz_type") not in ("", "practice_quiz"):
        builder.lose("", "that it counts for a grade is not carried; say so with `mode: graded`")
    if meta.said("description"):
        builder.lose("", "the description of the quiz is not carried")
    for tag, what in (
        ("access_code", "its access code"), ("ip_filter", "from which addresses it may be taken"),
        ("one_question_at_a_time", "that questions come one at a time"),
        ("cant_go_back", "that nobody can go back"),
    ):  # fmt: skip
        if meta.said(tag) not in ("", "false"):
            builder.lose("", f"{what} is not carried")
