"""A quiz file read whole: its questions, its sections, and every fault of it with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders.errors import AuthorError, Problem, UsageError
from graders.strict_yaml import Document, Location, read, suggest
from quizzes.expressions import ExpressionError, names
from quizzes.schema import (
    Drawn,
    Filter,
    Matching,
    Multi,
    Ordering,
    Question,
    Quiz,
    QuizFile,
    Section,
    Short,
    Single,
    expressions,
    needed,
    texts,
)

BANKS = Path("quizzes", "banks")
WORTH_SLACK = 0.01  # three thirds of 0.333 are 1

Fault = tuple[Location, str, str]  # a place in a question, what is wrong there, and the mend


@dataclass(frozen=True, slots=True)
class Bank:
    """One quiz. `questions` holds its own and those of the banks it names, by id; `own` are the ids that
    stand in its file, in order."""

    path: Path
    quiz: Quiz
    sections: tuple[Section, ...]
    questions: Mapping[str, Question]
    own: tuple[str, ...]
    document: Document = field(repr=False)

    def place(self, question: str, *rest: str | int) -> Location:
        """Where a part of one of its own questions stands in the document."""
        return ("questions", self.own.index(question), *rest)

    def candidates(self, section: Section) -> list[str]:
        """Ids of the questions a section may draw from, in their order."""
        chosen = section.source or Filter()
        return [name for name, question in self.questions.items() if _passes(chosen, question)]


def _passes(chosen: Filter, question: Question) -> bool:
    least, most = chosen.difficulty
    return (
        least <= question.difficulty <= most
        and (not chosen.tags or not set(chosen.tags).isdisjoint(question.tags))
        and (not chosen.types or question.type in chosen.types)
    )


def read_bank(path: Path) -> Bank:
    """The quiz in a file. Raises AuthorError with every fault, UsageError when there is no such file."""
    if not path.is_file():
        raise UsageError(f"{path}: no such quiz file")
    document = read(path)
    written = document.into(QuizFile)
    faults = list(_faults(document, written))
    questions: dict[str, Question] = {}
    for name in written.banks:
        questions |= _others(document, written, name, faults)
    questions |= {question.id: question for question in written.questions}
    own = tuple(question.id for question in written.questions)
    sections = written.sections or (Section(use=own),)
    bank = Bank(path, written.quiz, sections, questions, own, document)
    if not faults:  # else a pool may be small for a reason already told
        faults += _of_sections(bank, written)
    if faults:
        raise AuthorError(sorted(faults, key=lambda fault: (str(fault.file), fault.line, fault.column)))
    return bank


def find_banks(root: Path) -> dict[str, Path]:
    """The quiz files of a course by name, from its quizzes/banks."""
    return {path.stem: path for path in sorted((root / BANKS).glob("*.yaml"))}


def _others(document: Document, written: QuizFile, name: str, faults: list[Problem]) -> dict[str, Question]:
    place: Location = ("banks", written.banks.index(name))
    path = document.path.with_name(f"{name}.yaml")
    if name == written.quiz.id or path == document.path:
        faults.append(document.problem(place, "a quiz that uses itself", "remove it"))
        return {}
    if not path.is_file():
        near = suggest(name, (other.stem for other in document.path.parent.glob("*.yaml")))
        faults.append(document.problem(place, f"no bank {name!r} beside this file", near))
        return {}
    other = read(path).into(QuizFile)
    return {question.id: question for question in other.questions}


def _faults(document: Document, written: QuizFile) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, question in enumerate(written.questions):
        place: Location = ("questions", index)
        line = document.marks[place][0]
        if question.id in seen:
            message = f"a second question {question.id!r} (first in line {seen[question.id]})"
            yield document.problem((*place, "id"), message, "rename one")
        seen.setdefault(question.id, line)
        for inner, message, mend in faults_of(question, written.quiz.scoring.multi):
            yield document.problem((*place, *inner), message, mend)
        yield from _of_parameters(document, place, question)


def faults_of(question: Question, rule: str) -> Iterator[Fault]:
    """What is wrong with a question by itself, beside its parameters; `rule` is the quiz's for several
    right choices."""
    match question:
        case Single():
            yield from _repeated("choices", [choice.id for choice in question.choices])
            right = [choice.id for choice in question.choices if choice.correct]
            if len(right) != 1:
                said = f"{len(right)} right choices ({', '.join(right)})" if right else "no right choice"
                mend = "make it multi, or leave one" if right else "mark one with correct: true"
                yield ("choices",), f"single, but {said}", mend
            yield from _of_worth(question)
        case Multi():
            yield from _repeated("choices", [choice.id for choice in question.choices])
            if not any(choice.correct for choice in question.choices):
                yield ("choices",), "no right choice", "mark one with correct: true"
            yield from _of_worths(question, question.scoring or rule)
        case Short():
            answer = question.answer
            if not answer.accept and answer.pattern is None:
                yield ("answer",), "accepts nothing", "add `accept` or `pattern`"
        case Matching():
            yield from _repeated("pairs", [pair.id for pair in question.pairs])
            lefts = [pair.left for pair in question.pairs]
            for index, left in enumerate(lefts):
                if left in lefts[:index]:
                    yield ("pairs", index, "left"), f"a second left side {left!r}", "reword one"
            for index, extra in enumerate(question.extra):
                if extra in [pair.right for pair in question.pairs]:
                    message = f"{extra!r} is a right side, and belongs to a pair"
                    yield ("extra", index), message, "remove it"
        case Ordering():
            yield from _repeated("items", [item.id for item in question.items])


def _repeated(part: str, ids: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(ids):
        if name in ids[:index]:
            yield (part, index, "id"), f"a second {name!r}", "rename one"


def _of_worth(question: Single) -> Iterator[Fault]:
    for index, choice in enumerate(question.choices):
        if choice.worth is not None and choice.correct:
            yield ("choices", index, "worth"), "the right choice is worth 1", "remove it"
        elif choice.worth == 1:
            yield (
                ("choices", index, "worth"),
                "a wrong choice is worth as much as the right one",
                "write less",
            )


def _of_worths(question: Multi, rule: str) -> Iterator[Fault]:
    for index, choice in enumerate(question.choices):
        if rule != "worth":
            if choice.worth is not None:
                message = f"a worth, but choices count by {rule!r}"
                yield ("choices", index, "worth"), message, "remove it, or add scoring: worth"
        elif choice.correct and (choice.worth or 0) <= 0:
            yield ("choices", index), "a right choice that brings nothing", "write a worth above 0"
        elif not choice.correct and (choice.worth or 0) > 0:
            yield ("choices", index, "worth"), "a wrong choice that brings points", "mark it correct: true"
    total = sum(choice.worth or 0 for choice in question.choices if choice.correct)
    if rule == "worth" and abs(total - 1) > WORTH_SLACK:
        yield ("choices",), f"the right choices are worth {total:.4g} together", "make it 1"


def _of_parameters(document: Document, place: Location, question: Question) -> Iterator[Problem]:
    known: set[str] = set()
    for name, drawn in question.params.items():
        here = (*place, "params", name)
        yield from (document.problem(here, message, mend) for message, mend in _of_drawn(drawn, known))
        known.add(name)
    for inner, text in expressions(question):
        yield from _unknown(document, (*place, *inner), lambda text=text: names(text), known)
    for inner, text in texts(question):
        yield from _unknown(document, (*place, *inner), lambda text=text: needed(text), known)


def _unknown(document: Document, place: Location, find: Any, known: set[str]) -> Iterator[Problem]:
    try:
        missing = sorted(find() - known)
    except ExpressionError as error:
        yield document.problem(place, str(error), "mend the expression")
        return
    for name in missing:
        mend = suggest(name, known) or f"add it to params: {name}: {{int: [1, 5]}}"
        yield document.problem(place, f"no parameter {name!r}", mend)


def _of_drawn(drawn: Drawn, known: set[str]) -> Iterator[tuple[str, str]]:
    ways = [drawn.int_ is not None, drawn.float_ is not None, bool(drawn.choice), drawn.is_ is not None]
    if sum(ways) != 1:
        yield "a parameter has one of int, float, choice and is", "leave one"
        return
    if drawn.step is not None and drawn.float_ is None:
        yield "a step without float", "remove it"
    for ends in (drawn.int_, drawn.float_):
        if ends is not None and not ends[0] < ends[1]:
            yield (
                f"an interval from {ends[0]} to {ends[1]} has nothing to choose from",
                "write the smaller end first",
            )
    if drawn.is_ is not None:
        for name in sorted(names(drawn.is_) - known):
            yield f"no parameter {name!r} above this one", "order them so that it comes first"


def _of_sections(bank: Bank, written: QuizFile) -> Iterator[Problem]:
    document = bank.document
    used: dict[str, int] = {}
    for index, section in enumerate(written.sections):
        place: Location = ("sections", index)
        if bool(section.use) == (section.draw is not None):
            yield document.problem(place, "a section has `use` or `draw`", "leave one of the two")
        if section.source is not None and section.draw is None:
            yield document.problem(place, "`from` without `draw`", "say how many: draw: 3")
        for at, name in enumerate(section.use):
            if name not in bank.questions:
                here = (*place, "use", at)
                yield document.problem(here, f"no question {name!r}", suggest(name, bank.questions))
            elif name in used:
                yield document.problem((*place, "use", at), f"{name!r} is asked twice", "remove one")
            used[name] = index
    for index, section in enumerate(written.sections):
        if section.draw is None:
            continue
        pool = [name for name in bank.candidates(section) if name not in used]
        if len(pool) < section.draw:
            message = f"draws {section.draw} of {len(pool)} questions"
            yield document.problem(
                ("sections", index, "draw"), message, "draw fewer, or let more through `from`"
            )
    if not written.sections and not written.questions:
        yield document.problem((), "no questions", "write some, or sections that draw from banks")
