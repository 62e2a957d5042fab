"""What a quiz file may hold. `sorcery quiz schema` prints it as JSON Schema, for editors to complete by.

    schema: 1
    quiz: {id: optimisation, title: Optimisation, mode: practice}
    sections:
      - {title: Warm-up, use: [sgd-noise]}
      - {title: Pool, draw: 3, from: {tags: [lr], difficulty: [2, 4]}}
    questions:
      - id: sgd-noise
        type: multi
        stem: Halving the batch size of plain SGD at a fixed step usually…
        choices:
          - {id: var, text: raises the variance of the gradient estimate, correct: true}
          - {id: bias, text: makes the estimate biased, feedback: It stays unbiased.}
        explain: Fewer samples a step make it cheaper and noisier.
        source: Bottou, Curtis and Nocedal 2018

A file without `sections` asks all of its questions in order. Texts are Markdown with $…$ for
mathematics; `<<w>>` or `<<0.1*w:.2f>>` in one stands for the value of an expression in the
question's parameters.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from graders.course import Duration
from quizzes.expressions import ExpressionError, names, parsed

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,30}")

Kind = Literal["single", "multi", "true_false", "numeric", "short", "matching", "ordering"]
Mode = Literal["practice", "deferred", "graded"]
# How several right choices count; formulas in quizzes.score.
MultiRule = Literal[
    "all", "net", "coverage", "each", "worth",
    "exams_false", "exams_false2", "exams_true", "exams_all", "exams_none",
]  # fmt: skip
Keep = Literal["best", "latest", "first", "mean"]
Pin = Literal["first", "last"]


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is no id; use letters, digits, - and _, at most 64")
    return text


def _parameter(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a parameter; use letters, digits and _")
    return text


def _expression(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("write a number, or an expression such as w - 0.1*g")
    text = str(value)
    try:
        parsed(text)
    except ExpressionError as error:
        raise ValueError(str(error)) from None
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    return text


Id = Annotated[str, AfterValidator(_id)]
Parameter = Annotated[str, AfterValidator(_parameter)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Expression = Annotated[
    str,
    BeforeValidator(_expression),
    WithJsonSchema({"type": ["string", "number"], "examples": ["w - 0.1*g"]}),
]
Pattern = Annotated[str, AfterValidator(_pattern), Field(max_length=500)]
Tolerance = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Difficulty = Annotated[int, Field(ge=1, le=5)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Attempts(Entry):
    max: Annotated[int, Field(ge=1)] | None = None
    keep: Keep = "best"


class Shuffle(Entry):
    questions: bool = False
    choices: bool = True


class Scoring(Entry):
    """`multi`: how several right choices count. `floor`: the least a question can bring, as a share of its
    points; below 0, wrong choices cost."""

    multi: MultiRule = "net"
    floor: Annotated[float, Field(ge=-1, le=0)] = 0.0


class Quiz(Entry):
    id: Id
    title: Label
    lang: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")] = "en"
    mode: Mode = "practice"
    time_limit: Duration | None = None
    attempts: Attempts = Attempts()
    shuffle: Shuffle = Shuffle()
    scoring: Scoring = Scoring()
    points: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


class Filter(Entry):
    """Questions that have one of `tags`, a difficulty within [least, most], and one of `types`; an empty
    list lets all through."""

    tags: tuple[Label, ...] = ()
    difficulty: tuple[Difficulty, Difficulty] = (1, 5)
    types: tuple[Kind, ...] = ()


class Section(Entry):
    """Questions by id (`use`), or `draw` of those that `from` lets through."""

    title: Label = "Questions"
    use: tuple[Id, ...] = ()
    draw: Annotated[int, Field(ge=1)] | None = None
    source: Filter | None = Field(default=None, alias="from")


class Drawn(Entry):
    """Where a parameter's value comes from: `int: [2, 5]` (both ends may come), `choice: [0.5, 1.5]`,
    `float: [0, 1]` in steps of `step`, or `is: 2*w`, an expression in the parameters above it."""

    int_: tuple[int, int] | None = Field(default=None, alias="int")
    float_: tuple[Finite, Finite] | None = Field(default=None, alias="float")
    step: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    choice: tuple[int | Finite, ...] = ()
    is_: Expression | None = Field(default=None, alias="is")


class Choice(Entry):
    """`feedback` is shown with it once the question is answered, chosen or not. `pin` keeps it at an end
    when choices are shuffled. `worth` is the share of the points for choosing it: of one that is not the
    right one, in a single question; of each, where a multi question counts by `worth`."""

    id: Id
    text: Text
    correct: bool = False
    worth: Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)] | None = None
    feedback: str = ""
    pin: Pin | None = None


class Pair(Entry):
    id: Id
    left: Text
    right: Text


class OrderedItem(Entry):
    id: Id
    text: Text


class NumericAnswer(Entry):
    """Right within abs_tol or within rel_tol times the value, whichever is wider."""

    expr: Expression
    abs_tol: Tolerance = 0.0
    rel_tol: Tolerance = 0.0
    unit: str = ""


class Trap(Entry):
    """A wrong value that people come to, and what to tell them."""

    expr: Expression
    feedback: Text


class ShortAnswer(Entry):
    """Any of `accept`, compared without regard to case, accents, punctuation at the ends and blanks (with
    `exact`, letter by letter), or what `pattern` matches whole."""

    accept: tuple[Text, ...] = ()
    pattern: Pattern | None = None
    exact: bool = False


class _Question(Entry):
    id: Id
    rev: Annotated[int, Field(ge=1)] = 1
    stem: Text
    tags: tuple[Label, ...] = ()
    difficulty: Difficulty = 3
    points: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    params: dict[Parameter, Drawn] = {}
    where: Expression | None = None
    hint: str = ""
    explain: str = ""
    source: str = ""
    shuffle: bool | None = None


class Single(_Question):
    type: Literal["single"]
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=26)]


class Multi(_Question):
    type: Literal["multi"]
    choices: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=26)]
    scoring: MultiRule | None = None


class TrueFalse(_Question):
    type: Literal["true_false"]
    answer: bool
    feedback: str = ""


class Numeric(_Question):
    type: Literal["numeric"]
    answer: NumericAnswer
    traps: tuple[Trap, ...] = ()


class Short(_Question):
    type: Literal["short"]
    answer: ShortAnswer


class Matching(_Question):
    """`extra` are right sides that belong to nothing."""

    type: Literal["matching"]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=2, max_length=26)]
    extra: tuple[Text, ...] = ()


class Ordering(_Question):
    """`items` in their right order."""

    type: Literal["ordering"]
    items: Annotated[tuple[OrderedItem, ...], Field(min_length=2, max_length=26)]


Question = Annotated[
    Single | Multi | TrueFalse | Numeric | Short | Matching | Ordering, Field(discriminator="type")
]


class QuizFile(Entry):
    """`banks` names other quiz files, by id, whose questions can be used too."""

    version: Literal[1] = Field(alias="schema")
    quiz: Quiz
    banks: tuple[Id, ...] = ()
    sections: tuple[Section, ...] = ()
    questions: tuple[Question, ...] = ()


PLACEHOLDER = re.compile(r"<<(.+?)(?::([-+ #0-9,.]*[bdeEfFgGnoxX%]?))?>>")


def texts(question: Question) -> list[tuple[tuple[str | int, ...], str]]:
    """Every text of a question that people see, with where it stands."""
    found: list[tuple[tuple[str | int, ...], str]] = [
        (("stem",), question.stem), (("explain",), question.explain), (("hint",), question.hint),
    ]  # fmt: skip
    match question:
        case Single() | Multi():
            for index, choice in enumerate(question.choices):
                found.append((("choices", index, "text"), choice.text))
                found.append((("choices", index, "feedback"), choice.feedback))
        case TrueFalse():
            found.append((("feedback",), question.feedback))
        case Numeric():
            found += [
                (("traps", index, "feedback"), trap.feedback) for index, trap in enumerate(question.traps)
            ]
        case Matching():
            for index, pair in enumerate(question.pairs):
                found += [(("pairs", index, side), getattr(pair, side)) for side in ("left", "right")]
            found += [(("extra", index), text) for index, text in enumerate(question.extra)]
        case Ordering():
            found += [(("items", index, "text"), item.text) for index, item in enumerate(question.items)]
    return [(place, text) for place, text in found if text]


def expressions(question: Question) -> list[tuple[tuple[str | int, ...], str]]:
    """Every expression of a question outside its texts, with where it stands."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    if question.where is not None:
        found.append((("where",), question.where))
    if isinstance(question, Numeric):
        found.append((("answer", "expr"), question.answer.expr))
        found += [(("traps", index, "expr"), trap.expr) for index, trap in enumerate(question.traps)]
    return found


def needed(text: str) -> frozenset[str]:
    """The parameters that a text's placeholders need. Raises ExpressionError."""
    return frozenset().union(*(names(found[1]) for found in PLACEHOLDER.finditer(text)))
