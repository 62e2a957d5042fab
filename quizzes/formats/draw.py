"""A bank's questions with their parameters drawn, for programs that know none."""

from __future__ import annotations

import hashlib
import random

from graders.errors import UsageError
from quizzes.bank import Bank
from quizzes.expressions import ExpressionError, Number, evaluate
from quizzes.formats.base import Loss
from quizzes.formats.ids import unique_id
from quizzes.items import draw, filled
from quizzes.schema import (
    Choice,
    Matching,
    Multi,
    Numeric,
    NumericAnswer,
    OrderedItem,
    Ordering,
    Pair,
    Question,
    QuizFile,
    Section,
    Single,
    Trap,
    TrueFalse,
)

MAX_VARIANTS = 1000


def drawn(bank: Bank, seed: int, variants: int = 1) -> tuple[QuizFile, tuple[Loss, ...]]:
    """The questions of a bank that its sections can ask, as questions without parameters, the same for the
    same seed: `variants` of each that has some, with ids NAME-1 and on. Texts come without blanks at
    their ends. Raises UsageError when a question has no values.
    """
    if not 1 <= variants <= MAX_VARIANTS:
        raise UsageError(f"{variants} variants; ask for 1 to {MAX_VARIANTS}")
    losses: list[Loss] = []
    questions: list[Question] = []
    taken = set(bank.questions)
    became: dict[str, tuple[str, ...]] = {}
    for name in _asked(bank):
        question = bank.questions[name]
        try:
            made = _made(question, seed, variants, taken)
        except ExpressionError as error:
            raise UsageError(f"{bank.path}: {name}: {error} (sorcery quiz lint {bank.path})") from None
        became[name] = tuple(one.id for one in made)
        questions += made
        if question.params:
            kinds = "one set of values" if variants == 1 else f"{variants} sets of values, a question each"
            losses.append(Loss(name, f"its parameters are drawn: {kinds}"))
    sections: list[Section] = []
    placed = {name for section in bank.sections for name in section.use}
    for section in bank.document.into(QuizFile).sections:
        names = list(section.use)
        if section.draw is not None:
            losses.append(Loss("", f"section {section.title!r} does not draw: it has all it could draw from"))
            names = [name for name in bank.candidates(section) if name not in placed]
            placed.update(names)
        use = tuple(one for name in names for one in became[name])
        if use:
            sections.append(Section(title=section.title, use=use))
    file = QuizFile(schema=1, quiz=bank.quiz, sections=tuple(sections), questions=tuple(questions))
    return file, tuple(losses)


def _asked(bank: Bank) -> list[str]:
    """Ids of the questions that the sections use or can draw, in the order of the bank."""
    wanted: set[str] = set()
    for section in bank.sections:
        wanted.update(section.use if section.draw is None else bank.candidates(section))
    return [name for name in bank.questions if name in wanted]


def _made(question: Question, seed: int, variants: int, taken: set[str]) -> list[Question]:
    if not question.params:
        return [_fixed(question, {}, question.id)]
    made: list[Question] = []
    seen: set[tuple[tuple[str, Number], ...]] = set()
    for number in range(1, variants + 1):
        digest = hashlib.sha256(f"{seed}:{question.id}:{number}".encode()).digest()
        chance = random.Random(int.from_bytes(digest[:8], "big"))
        for _ in range(20):  # the same values twice are no second question, where there are others
            values = draw(question, chance)
            if tuple(values.items()) not in seen:
                break
        seen.add(tuple(values.items()))
        name = question.id if variants == 1 else unique_id(f"{question.id}-{number}", taken)
        made.append(_fixed(question, values, name))
    return made


def _fixed(question: Question, values: dict[str, Number], name: str) -> Question:
    def text(raw: str) -> str:
        return filled(raw, values).strip()

    changes: dict[str, object] = {
        "id": name, "params": {}, "where": None,
        "stem": text(question.stem), "hint": text(question.hint), "explain": text(question.explain),
        "source": question.source.strip(),
    }  # fmt: skip
    match question:
        case Single() | Multi():
            changes["choices"] = tuple(
                Choice.model_validate(
                    {**dict(choice), "text": text(choice.text), "feedback": text(choice.feedback)}
                )
                for choice in question.choices
            )
        case TrueFalse():
            changes["feedback"] = text(question.feedback)
        case Numeric():
            answer = question.answer
            changes["answer"] = NumericAnswer.model_validate(
                {**dict(answer), "expr": _value(answer.expr, values)}
            )
            changes["traps"] = tuple(
                Trap(expr=_value(trap.expr, values), feedback=text(trap.feedback)) for trap in question.traps
            )
        case Matching():
            changes["pairs"] = tuple(
                Pair(id=pair.id, left=text(pair.left), right=text(pair.right)) for pair in question.pairs
            )
            rights = {text(pair.right) for pair in question.pairs}
            extra = dict.fromkeys(text(raw) for raw in question.extra)
            changes["extra"] = tuple(one for one in extra if one not in rights)
        case Ordering():
            changes["items"] = tuple(OrderedItem(id=item.id, text=text(item.text)) for item in question.items)
    return type(question).model_validate({**dict(question), **changes})


def _value(expression: str, values: dict[str, Number]) -> str:
    found = evaluate(expression, values)
    return str(int(found)) if float(found).is_integer() and abs(found) < 1e15 else repr(float(found))
