"""What a format of XML can carry comes back as it was; what it cannot is told; what is broken is a
FormatError."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes.bank import read_bank
from quizzes.formats.base import Loss, Source
from quizzes.formats.draw import drawn
from quizzes.formats.html import to_html, to_markdown
from quizzes.formats.ids import choice_ids
from quizzes.formats.weights import rule_of, weights_of
from quizzes.items import instantiate
from quizzes.schema import Multi, Question, QuizFile

BANKS = sorted((Path(__file__).parents[3] / "quizzes" / "banks").glob("*.yaml"))
NAMES = ["moodle_xml", "qti12", "qti21"]
PIECES = [
    "plain words", "x < y & z > 2", "**bold** and *slanted*", "`code <b>` here", r"$\frac{a}{b} < c$", "naïve 日本 ½",
    "two\n\nparagraphs", "- a list\n- of two", "```python\nif x < 1:\n    y = \"&amp;\"\n```", "1. first\n2. second",
    "| a | b |\n| --- | --- |\n| 1 | 2 |", "~~struck~~ out", "a [link](https://example.org/?a=1&b=2)",
    r"5 \* 3 \* 2", "> quoted", r"costs \$5 and \$6", "![a picture](img/one.png)", "a ]]> b", "tab\\\nbroken line",
]  # fmt: skip
PLAIN = ["a right side", "x < y & z", "日本", "(64, 28, 28)", 'it\'s "so"', "1569"]
PICTURE = b"\x89PNG\r\n\x1a\n and what follows"


def load(name: str) -> ModuleType:
    return importlib.import_module(f"quizzes.formats.{name}")


texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=2).map(
    lambda parts: to_markdown(to_html("\n\n".join(parts)))
)
inlines = st.sampled_from([piece for piece in PIECES if "\n" not in piece]).map(
    lambda text: to_markdown(to_html(text))
)
tags = st.lists(st.sampled_from(["sgd", "two words", "ümlaut", "a&b"]), unique=True, max_size=2)
amounts = st.sampled_from([0.0, 0.1, 0.001, 2.0, 1e-9])
values = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-1e9, 1e9, allow_subnormal=False)
    .filter(lambda value: value == 0 or abs(value) > 1e-12)
    .map(lambda value: str(int(value)) if value.is_integer() else repr(value)),
)


@st.composite
def questions(draw: Any, name: str, kind: str, number: int) -> dict[str, Any]:
    """A question of what the format carries, as it stands in YAML."""

    def maybe(strategy: Any, *formats: str) -> Any:
        return draw(st.just("") | strategy) if name in formats else ""

    ids = draw(
        st.lists(st.sampled_from(["var", "b-2", "8", "general", "X_y", "true"]), min_size=4, unique=True)
    )
    parts = ids if name != "moodle_xml" else choice_ids(len(ids))
    question: dict[str, Any] = {
        "id": f"{draw(st.sampled_from(['q', 'Lr_step', '7']))}-{number}",
        "type": kind,
        "stem": draw(texts),
        "points": draw(st.sampled_from([1.0, 2.5, 0.1])),
        "explain": draw(st.just("") | texts),
        "source": draw(st.sampled_from(["", 'Bottou & Curtis 2018, "SGD" <1>', "two\nlines"])),
        "hint": maybe(texts, "moodle_xml"),
        "tags": draw(tags) if name != "qti12" else [],
        "difficulty": draw(st.integers(1, 5)) if name == "qti21" else 3,
        "rev": draw(st.integers(1, 3)) if name == "qti21" else 1,
    }
    match kind:
        case "single" | "multi":
            count = draw(st.integers(2, len(parts)))
            shown = draw(st.lists(inlines, min_size=count, max_size=count))
            right = draw(st.integers(0, count - 1))
            more = (
                draw(st.lists(st.booleans(), min_size=count, max_size=count))
                if kind == "multi"
                else [False] * count
            )
            question["choices"] = [
                {
                    "id": key,
                    "text": text,
                    "correct": index == right or also,
                    "feedback": draw(st.just("") | texts),
                }
                for index, (key, text, also) in enumerate(zip(parts, shown, more, strict=False))
            ]
            if name != "qti12" and draw(st.booleans()):
                worth(question)
            elif kind == "multi" and name != "qti12":
                rules = ["exams_none", "exams_all", "exams_false2", "", *(["all"] if name == "qti21" else [])]
                question["scoring"] = draw(st.sampled_from(rules))
            if name == "qti21" and draw(st.booleans()):
                question["choices"][-1]["pin"] = "last"
        case "true_false":
            question |= {"answer": draw(st.booleans()), "feedback": draw(st.just("") | texts)}
        case "numeric":
            question["answer"] = {
                "expr": draw(values),
                "abs_tol": draw(amounts),
                "unit": maybe(st.just("m/s"), "moodle_xml", "qti21"),
            }
            if name == "qti21":
                question["answer"]["rel_tol"] = draw(st.sampled_from([0.0, 0.006, 0.1]))
            if name != "qti12":
                question["traps"] = [
                    {"expr": draw(values), "feedback": draw(texts)} for _ in range(draw(st.integers(0, 2)))
                ]
        case "short":
            accept = draw(
                st.lists(
                    st.sampled_from(["one", "2*3", "a <b> &", "½", "two words"]),
                    min_size=1,
                    max_size=3,
                    unique=True,
                )
            )
            question["answer"] = {"accept": accept, "exact": name != "qti12" and draw(st.booleans())}
        case "matching":
            sides = draw(st.lists(inlines, min_size=2, max_size=4, unique=True))
            rights = inlines if name == "qti21" else st.sampled_from(PLAIN)
            pairs = [
                {"id": key, "left": left, "right": draw(rights)}
                for key, left in zip(parts, sides, strict=False)
            ]
            used = {pair["right"] for pair in pairs}
            extra = [text for text in draw(st.lists(rights, unique=True, max_size=2)) if text not in used]
            question |= {"pairs": pairs, "extra": extra}
        case "ordering":
            question["items"] = [
                {"id": key, "text": text}
                for key, text in zip(parts, draw(st.lists(inlines, min_size=2, max_size=4)), strict=False)
            ]
    return {key: value for key, value in question.items() if value != ""}


def worth(question: dict[str, Any]) -> None:
    """Shares of the points for choices, such that no rule gives them."""
    wrong = [choice for choice in question["choices"] if not choice["correct"]]
    for choice in wrong[:1]:
        choice["worth"] = -0.3 if question["type"] == "multi" else 0.6
    if question["type"] == "multi":
        right = [choice for choice in question["choices"] if choice["correct"]]
        for choice in right:
            choice["worth"] = 0.125 if choice is not right[0] else 1 - 0.125 * (len(right) - 1)
        question["scoring"] = "worth"


KINDS = ["single", "multi", "true_false", "numeric", "short", "matching", "ordering"]


@st.composite
def files(draw: Any, name: str) -> Source:
    kinds = draw(st.lists(st.sampled_from(KINDS if name != "qti12" else KINDS[:-1]), min_size=1, max_size=4))
    made = [draw(questions(name, kind, number)) for number, kind in enumerate(kinds)]
    quiz: dict[str, Any] = {"id": draw(st.sampled_from(["sgd", "2024-quiz"])), "title": "Noise & <steps>"}
    quiz["shuffle"] = {"choices": True, "questions": name == "qti21" and draw(st.booleans())}
    if name != "moodle_xml":
        quiz["time_limit"] = draw(st.sampled_from([None, "20m", "3600s"]))
    if name == "qti12":
        quiz["attempts"] = {
            "max": draw(st.sampled_from([None, 2])),
            "keep": draw(st.sampled_from(["best", "mean"])),
        }
    if name == "qti21":
        quiz["lang"] = draw(st.sampled_from(["en", "de"]))
    sections = []
    if name != "qti12" and len(made) > 1 and draw(st.booleans()):
        sections = [
            {"title": "Warm-up / I", "use": [made[0]["id"]]}, {"title": "Rest", "use": [one["id"] for one in made[1:]]},
        ]  # fmt: skip
    file = QuizFile.model_validate({"schema": 1, "quiz": quiz, "sections": sections, "questions": made})
    shows = b"img/one.png" in file.model_dump_json().encode()
    return Source(file, {"img/one.png": PICTURE} if shows else {})


def canonical(question: Question) -> Question:
    """With the first of those rules that come to the same for it, and keep 'last' only where it stays last."""
    if isinstance(question, Multi) and question.scoring not in (None, "all", "worth"):
        rule = rule_of(weights_of(question.scoring, [choice.correct for choice in question.choices]) or [])
        return question.model_copy(update={"scoring": None if rule == "net" else rule})
    return question


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_what_a_format_carries_comes_back(name: str, data: Any) -> None:
    source = data.draw(files(name))
    form = load(name)
    exported = form.write(source)
    told = [loss for loss in exported.losses if "its right sides as plain text" not in loss.what]
    assert [
        loss
        for loss in told
        if "only when the whole order" not in loss.what and "nearest grade" not in loss.what
    ] == []
    imported = form.read(exported.data, source.file.quiz.id)
    wanted = source.file.model_copy(update={"questions": tuple(map(canonical, source.file.questions))})
    assert (
        imported.file.model_copy(update={"questions": tuple(map(canonical, imported.file.questions))})
        == wanted
    )
    assert dict(imported.media) == dict(source.media)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", BANKS, ids=lambda path: path.stem)
def test_the_shipped_banks_come_back_but_for_what_is_told(name: str, path: Path) -> None:
    file, _ = drawn(read_bank(path), seed=1)
    form = load(name)
    exported = form.write(Source(file))
    imported = form.read(exported.data, file.quiz.id)
    there = {question.id: question for question in imported.file.questions}
    assert imported.file.quiz.title == file.quiz.title
    for question in file.questions:
        told = [loss.what for loss in exported.losses if loss.question == question.id]
        if any(what.startswith("left out") for what in told):
            assert question.id not in there
            continue
        for part in differing(question, there[question.id]):
            assert any(sign in what for what in told for sign in SIGNS[part]), (question.id, part)
        assert judged(question) == judged(there[question.id]), question.id


# A part of a question -> words by which its loss is told.
SIGNS = {
    "rev": ["revision"], "tags": ["tags"], "difficulty": ["difficulty"], "hint": ["hint"], "traps": ["feedback for wrong numbers"],
    "answer": ["relative tolerance", "upper and lower case"],
}  # fmt: skip


def differing(one: Question, other: Question) -> list[str]:
    """Parts in which two questions differ, but for the ids of choices and what says the same in Markdown."""
    return [
        part for part, value in one.model_dump().items() if normal(value) != normal(other.model_dump()[part])
    ]


def normal(value: Any) -> Any:
    match value:
        case dict():
            return {
                key: normal(inner)
                for key, inner in value.items()
                if key != "id" or not {"text", "left"} & set(value)
            }
        case list() | tuple():
            return [normal(inner) for inner in value]
        case str() if value:
            return to_markdown(to_html(value))
    return value


def judged(question: Question) -> Any:
    """What is right, by places instead of ids."""
    _, key = instantiate(question, {})
    judge = key.judge
    match question.type:
        case "single" | "multi":
            return [choice.correct for choice in question.choices]
        case "numeric":
            return judge.value, pytest.approx(judge.tolerance)
        case "short":
            return judge.accept
        case "matching":
            return [normal(pair.right) for pair in question.pairs]
        case "ordering":
            return [normal(part.text) for part in question.items]
    return judge.right


@pytest.mark.parametrize("name", NAMES)
def test_the_same_quiz_gives_the_same_bytes(name: str) -> None:
    file, _ = drawn(read_bank(BANKS[0]), seed=1)
    assert load(name).write(Source(file)).data == load(name).write(Source(file)).data


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_picture_and_what_xml_cannot_hold_are_told(name: str) -> None:
    question = {"id": "q", "type": "true_false", "answer": True, "stem": "bell \x07 ![here](no.png)"}
    file = QuizFile.model_validate({"schema": 1, "quiz": {"id": "z", "title": "Z"}, "questions": [question]})
    exported = load(name).write(Source(file))
    assert set(exported.losses) == {
        Loss("q", "the image no.png is missing"), Loss("q", "characters that XML cannot hold are replaced"),
    }  # fmt: skip
    (again,) = load(name).read(exported.data, "z").file.questions
    assert again.stem == "bell \N{REPLACEMENT CHARACTER} ![here](no.png)"
