"""Quizzes in other formats: what a format can carry comes back the same, and nothing foreign breaks in."""

import html
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graders.strict_yaml import read as read_yaml
from quizzes.bank import find_banks, read_bank
from quizzes.formats import aiken, csv, gift, text2qti
from quizzes.formats.base import FormatError, Source
from quizzes.formats.draw import drawn
from quizzes.formats.html import to_html, to_markdown
from quizzes.formats.ids import choice_ids, unique_id
from quizzes.formats.weights import rule_of, weights_of
from quizzes.formats.write_yaml import to_yaml
from quizzes.maths import MATHS
from quizzes.schema import PLACEHOLDER, QuizFile, texts

ROOT = Path(__file__).parents[2]
BANKS = find_banks(ROOT)
READERS = {"gift": gift, "aiken": aiken, "csv": csv, "text2qti": text2qti}


def read_back(text: str) -> QuizFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "q.yaml")
        path.write_text(text, encoding="utf-8")
        return read_bank(path).document.into(QuizFile)


# Texts that are Markdown as we write it, and hard for every format.

PIECES = st.one_of(
    st.text(alphabet="ab1 ,.:;=~#{}%-+*_|<>[]()\\'\"&!?/ü–\n", min_size=1, max_size=12),
    st.sampled_from(["`a_b`", "``a`b``", "**bold**", "*so*", "$x_1$", "$\\frac{1}{2}$", "$$a = b$$", " -> ", "A. ", "50% "]),
    st.sampled_from(["\n\n- a\n- b\n\n", "\n\n1. a\n2. b\n\n", "\n\n```python\nx = {1: '~'}\n\ny\n```\n\n", "![a](https://b/c.png)"]),
)  # fmt: skip


def _markdown(pieces: list[str]) -> str:
    return to_markdown(to_html("".join(pieces))).strip()


TEXTS = (
    st.lists(PIECES, min_size=1, max_size=4)
    .map(_markdown)
    .filter(lambda text: bool(text) and not PLACEHOLDER.search(text) and to_markdown(to_html(text)) == text)
)
LINES = (
    st.text(alphabet="ab1 ,.:;=~#{}%-+*_|<>[]()\\'\"&!?/ü–$`", min_size=1, max_size=15)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,12}", fullmatch=True)
MAYBE = st.one_of(st.just(""), TEXTS)
NUMBERS = st.one_of(
    st.integers(-10_000, 10_000).map(str),
    st.floats(-1e6, 1e6, allow_subnormal=False).filter(lambda x: not x.is_integer()).map(repr),
)
TOLERANCES = st.one_of(st.just(0.0), st.floats(0, 100).filter(lambda x: x == 0 or x > 1e-9))


def choices(
    draw: st.DrawFn, right: int | None, text: st.SearchStrategy[str], feedback: bool
) -> list[dict[str, Any]]:
    shown = draw(st.lists(text, min_size=2, max_size=5, unique_by=to_html))
    if right is None:
        marks = draw(st.lists(st.booleans(), min_size=len(shown), max_size=len(shown)).filter(any))
    else:
        marks = [index == right % len(shown) for index in range(len(shown))]
    said = [draw(MAYBE) if feedback else "" for _ in shown]
    parts = zip(choice_ids(len(shown)), shown, marks, said, strict=True)
    return [{"id": key, "text": one, "correct": mark, "feedback": tell} for key, one, mark, tell in parts]


RULES = ("exams_none", "exams_false", "exams_false2", "exams_all")
WORTHS = {1: [1], 2: [0.6, 0.4], 3: [0.5, 0.3, 0.2], 4: [0.4, 0.3, 0.2, 0.1], 5: [0.4, 0.3, 0.1, 0.1, 0.1]}


@st.composite
def questions(draw: st.DrawFn, kinds: tuple[str, ...], format_: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(kinds))
    rich = format_ in ("csv", "gift")
    found: dict[str, Any] = {"type": kind, "stem": draw(TEXTS)}
    if rich:
        found["tags"] = draw(st.lists(LINES, max_size=2, unique=True))
    if format_ != "gift" or kind != "ordering":
        found["explain"] = draw(MAYBE)
    if format_ == "csv":
        found["hint"] = draw(MAYBE)
        found["source"] = draw(st.one_of(st.just(""), LINES))
        found["difficulty"] = draw(st.integers(1, 5))
        found["points"] = draw(st.sampled_from([1, 2, 0.25, 1e-3]))
    if format_ == "text2qti":
        found["points"] = draw(st.sampled_from([1, 2, 0.5]))
    match kind:
        case "single":
            found["choices"] = choices(draw, draw(st.integers(0, 4)), TEXTS, feedback=True)
            for one in found["choices"]:
                if rich and not one["correct"]:
                    one["worth"] = draw(st.sampled_from([None, None, 0.5, -0.25]))
        case "multi":
            found["choices"] = choices(draw, None, TEXTS, feedback=True)
            if rich:
                found["scoring"] = draw(st.sampled_from([None, "worth", *RULES]))
            if found.get("scoring") == "worth":
                shares = iter(WORTHS[sum(one["correct"] for one in found["choices"])])
                for one in found["choices"]:
                    one["worth"] = next(shares) if one["correct"] else -0.1
            elif format_ == "gift":  # two rules may be the same weights
                right = [one["correct"] for one in found["choices"]]
                rule = rule_of(weights_of(found["scoring"] or "net", right) or [])
                found["scoring"] = None if rule == "net" else rule
        case "true_false":
            found |= {"answer": draw(st.booleans()), "feedback": draw(MAYBE)}
        case "numeric":
            found["answer"] = {"expr": draw(NUMBERS), "abs_tol": draw(TOLERANCES)}
            if format_ == "csv":
                found["answer"] |= {
                    "rel_tol": draw(TOLERANCES),
                    "unit": draw(st.sampled_from(["", "kg", "=m", "m;s"])),
                }
            if rich:
                traps = draw(st.lists(st.tuples(NUMBERS, TEXTS), max_size=2))
                found["traps"] = [{"expr": number, "feedback": text} for number, text in traps]
        case "short":
            accept = draw(st.lists(LINES, min_size=1, max_size=3, unique=True))
            assume(format_ != "gift" or not any("->" in text for text in accept))
            found["answer"] = {"accept": accept}
        case "matching":
            lefts = draw(st.lists(TEXTS, min_size=2, max_size=4, unique=True))
            rights = [draw(LINES) for _ in lefts]
            extra = draw(
                st.lists(LINES, max_size=2, unique=True).filter(lambda found: not set(found) & set(rights))
            )
            sides = zip(choice_ids(len(lefts)), lefts, rights, strict=True)
            found["pairs"] = [{"id": key, "left": left, "right": right} for key, left, right in sides]
            found["extra"] = extra
        case "ordering":
            items = draw(st.lists(TEXTS, min_size=2, max_size=4))
            found["items"] = [
                {"id": key, "text": text} for key, text in zip(choice_ids(len(items)), items, strict=True)
            ]
    assume(not any(PLACEHOLDER.search(text) for text in _strings(found)))
    return found


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _strings(one)]


@st.composite
def quiz_files(draw: st.DrawFn, kinds: tuple[str, ...], format_: str) -> QuizFile:
    found = draw(
        st.lists(
            questions(kinds, format_), min_size=1, max_size=3, unique_by=lambda one: to_html(one["stem"])
        )
    )
    ids = draw(st.lists(IDS, min_size=len(found), max_size=len(found), unique=True))
    named = [{"id": key, **question} for key, question in zip(ids, found, strict=True)]
    quiz: dict[str, Any] = {"id": "q", "title": "q" if format_ == "csv" else draw(LINES)}
    if format_ == "text2qti":
        quiz["shuffle"] = {"choices": draw(st.booleans())}
    file: dict[str, Any] = {"schema": 1, "quiz": quiz, "questions": named}
    if format_ == "gift" and len(named) > 1 and draw(st.booleans()):
        titles = draw(
            st.lists(LINES.filter(lambda text: text.strip("/")), min_size=2, max_size=2, unique=True)
        )
        file["sections"] = [{"title": titles[0], "use": ids[:1]}, {"title": titles[1], "use": ids[1:]}]
    return QuizFile.model_validate(file)


ALL = ("single", "multi", "true_false", "numeric", "short", "matching", "ordering")
FEW = ("single", "multi", "true_false", "numeric", "short")


@given(quiz_files(ALL, "gift"))
def test_gift_gives_back_what_it_can_carry(file: QuizFile) -> None:
    assert gift.read(gift.write(Source(file)).data, "q").file == file


@given(quiz_files(ALL, "csv"))
def test_a_table_gives_back_what_it_can_carry(file: QuizFile) -> None:
    written = csv.write(Source(file))
    assert not written.losses
    assert csv.read(written.data, "q").file == file


@given(quiz_files(FEW, "text2qti"))
def test_text2qti_gives_back_what_it_can_carry(file: QuizFile) -> None:
    written = text2qti.write(Source(file))
    out = {loss.question for loss in written.losses if loss.what.startswith("left out")}
    kept = tuple(question for question in file.questions if question.id not in out)
    assume(kept)
    assert text2qti.read(written.data, "q").file == file.model_copy(update={"questions": kept})


@given(
    st.lists(
        st.tuples(LINES, st.lists(LINES, min_size=2, max_size=5), st.integers(0, 4)), min_size=1, max_size=3
    )
)
def test_aiken_gives_back_plain_questions(rows: list[tuple[str, list[str], int]]) -> None:
    asked = [
        {
            "id": f"q{number}",
            "type": "single",
            "stem": to_markdown(html.escape(stem, quote=False)),
            "choices": [
                {
                    "id": key,
                    "text": to_markdown(html.escape(text, quote=False)),
                    "correct": index == right % len(shown),
                }
                for index, (key, text) in enumerate(zip(choice_ids(len(shown)), shown, strict=True))
            ],
        }
        for number, (stem, shown, right) in enumerate(rows)
    ]
    assume(not any(PLACEHOLDER.search(text) or MATHS.search(text) for text in _strings(asked)))
    file = QuizFile.model_validate({"schema": 1, "quiz": {"id": "q", "title": "q"}, "questions": asked})
    written = aiken.write(Source(file))
    out = {loss.question for loss in written.losses if loss.what.startswith("left out")}
    kept = [question for question in file.questions if question.id not in out]
    assume(kept)
    again = aiken.read(written.data, "q").file.questions
    assert [question.model_copy(update={"id": ""}) for question in again] == [
        question.model_copy(update={"id": ""}) for question in kept
    ]


def test_mathematics_comes_back_from_aiken_as_plain_text_and_that_is_told() -> None:
    lines = "One?\nA. 1\nB. \\[x^2\\]\nANSWER: A\n"
    file = aiken.read(lines.encode(), "q").file
    assert [choice.text for choice in file.questions[0].choices] == ["1", "$$x^2$$"]  # type: ignore[union-attr]
    written = aiken.write(Source(file))
    assert "formatting of its texts is not carried" in {loss.what for loss in written.losses}
    assert written.data.decode() == "One?\nA. 1\nB. x²\nANSWER: A\n"


ANY_TEXT = st.text(min_size=1, max_size=40)


@st.composite
def any_quiz(draw: st.DrawFn) -> QuizFile:
    """With parameters, sections that draw, and texts of any characters."""
    asked = draw(st.lists(questions(ALL, "csv"), min_size=1, max_size=2))
    ids = draw(st.lists(IDS, min_size=len(asked), max_size=len(asked), unique=True))
    text = ANY_TEXT.filter(lambda text: not PLACEHOLDER.search(text))
    for key, question in zip(ids, asked, strict=True):
        question |= {
            "id": key,
            "stem": draw(text),
            "hint": draw(text),
            "tags": ["t", draw(st.text(min_size=1, max_size=9))],
        }
        question["shuffle"] = draw(st.sampled_from([None, True, False]))
        question["rev"] = draw(st.integers(1, 9))
    asked.append(
        {
            "id": "with-parameters", "type": "numeric", "stem": "<<w:.2f>> and <<y>>", "tags": ["t"],
            "params": {
                "w": {"float": [0, draw(st.sampled_from([1, 2.5, 1e-3]))], "step": 0.001},
                "y": {"choice": draw(st.lists(st.floats(-9, 9) | st.integers(-9, 9), min_size=1, max_size=3))},
                "null": {"is": draw(st.sampled_from(["2*w", "3e-4", "1", "0.5", "-y", "w if y > 1 else 2"]))},
            },
            "where": "w != y", "answer": {"expr": draw(st.sampled_from(["w", "7", "1e5", "12", "1.50"]))},
        }
    )  # fmt: skip
    return QuizFile.model_validate(
        {
            "schema": 1,
            "quiz": {
                "id": "q", "title": draw(st.text(min_size=1, max_size=30)), "mode": "graded", "lang": "de",
                "time_limit": draw(st.sampled_from(["90s", "1h30m", "2h", "0.5s", "1m1s"])),
                "attempts": {"max": 2, "keep": "mean"}, "scoring": {"multi": "all", "floor": -0.5}, "points": 2.5,
            },
            "sections": [
                {"title": "First: of all", "use": ["with-parameters"]},
                {"title": "Pool", "draw": 1, "from": {"tags": ["t"], "difficulty": [1, 5]}},
            ],
            "questions": asked,
        }
    )  # fmt: skip


@given(any_quiz())
def test_yaml_gives_back_any_quiz(file: QuizFile) -> None:
    assert read_back(to_yaml(file)) == file


@pytest.mark.parametrize("name", BANKS)
def test_a_bank_written_anew_is_the_same(name: str) -> None:
    file = read_yaml(BANKS[name]).into(QuizFile)
    assert read_back(to_yaml(file)) == file


@pytest.mark.parametrize("name", BANKS)
def test_the_texts_of_a_bank_come_back_from_html(name: str) -> None:
    for question in read_yaml(BANKS[name]).into(QuizFile).questions:
        for _, text in texts(question):
            assert to_markdown(to_html(text)) == text.strip()


# What a loss says -> the fields of a question that may then differ.
SAID = {
    "revision number": "rev", "source": "source", "difficulty": "difficulty", "explanation": "explain", "hint": "hint", "tags": "tags",
    "feedback for wrong numbers": "traps", "relative tolerance": "answer", "upper and lower case": "answer",
    "feedback is not": "feedback", "formatting": "stem choices", "feedback of its choices": "choices",
    "choice stays at an end": "choices", "True and False": "type answer feedback choices",
}  # fmt: skip


@pytest.mark.parametrize("format_", READERS)
@pytest.mark.parametrize("name", BANKS)
def test_a_bank_comes_back_but_for_what_is_said(format_: str, name: str) -> None:
    file, _ = drawn(read_bank(BANKS[name]), seed=1)
    written = READERS[format_].write(Source(file))
    again = READERS[format_].read(written.data, file.quiz.id).file
    out = {loss.question for loss in written.losses if loss.what.startswith("left out")}
    kept = [question for question in file.questions if question.id not in out]
    assert len(again.questions) == len(kept) > 0
    for before, after in zip(kept, again.questions, strict=True):
        said = " ".join(loss.what for loss in written.losses if loss.question == before.id)
        spared = {"id"} if format_ == "aiken" else set()
        spared |= {field for sign, fields in SAID.items() if sign in said for field in fields.split()}
        assert _fields(before, spared) == _fields(after, spared), said


def _fields(question: Any, spared: set[str]) -> dict[str, Any]:
    found = {key: value for key, value in question.model_dump().items() if key not in spared}
    for key in ("choices", "pairs", "items"):
        for part in found.get(key, ()):
            part["id"] = ""
    return found


# Hostile files.

TOKENS = st.sampled_from(
    ["{", "}", "~", "=", "#", "####", "::", "->", "\n", "\n\n", "\r\n", "%50%", "%-100%", "\\", "//", "[html]", "<b>", "\\(", "a", "1", "..", ":",
     "$CATEGORY: a/b\n", "{T}", "{#1:2}", "\nA. a\nB. b\nANSWER: A\n", "\nANSWER: B\n", "\n1. q\n", "\n*a) x\nb) y\n", "\n[*] x\n[ ] y\n", "\n= 1 +- 2\n",
     "\nGROUP\n", "\nEND_GROUP\n", "\npick: 2\n", "\n...  f\n", "\n* s\n", "type,stem,answer\n", "\ntrue_false,a,true", '"', ",", ";", "\n```x\n", "<<a>>", "\x00", "\x0b", "\u2028"]
)  # fmt: skip


NOISE = st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode))


@cache
def sample(format_: str) -> str:
    """A question of each kind."""
    file, _ = drawn(read_bank(BANKS["cnn"]), seed=1)
    by_kind = {question.type: question for question in reversed(file.questions)}
    few = file.model_copy(update={"questions": tuple(by_kind.values())})
    return READERS[format_].write(Source(few)).data.decode("utf-8-sig")


@st.composite
def damaged(draw: st.DrawFn, format_: str) -> bytes:
    """A file that was whole, with parts taken out, put in, and doubled."""
    text = sample(format_)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 30))
        put = draw(st.one_of(st.just(""), st.just(2 * text[start:end]), TOKENS, st.text(max_size=4)))
        text = text[:start] + put + text[end:]
    return text.encode()


@pytest.mark.parametrize("format_", READERS)
@settings(max_examples=150)
@given(data=st.data())
def test_whatever_a_file_holds_it_becomes_a_quiz_or_a_fault(format_: str, data: st.DataObject) -> None:
    """A quiz that can be read as any other, at that."""
    tokens = st.lists(TOKENS, max_size=25).map(lambda parts: "".join(parts).encode())
    raw = data.draw(st.one_of(damaged(format_), damaged(format_), tokens, NOISE))
    try:
        found = READERS[format_].read(raw, "q")
    except FormatError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert read_back(to_yaml(found.file)) == found.file


LARGE = {
    "a million lines": b"\n" * 1_000_000 + b"Why?{T}",
    "a million open braces": b"{" * 1_000_000,
    "deep lists": b"Why?{=" + b"<ul><li>" * 50_000 + b"~b}",
    "one line of ten million": b"a" * 10_000_000,
    "a million answers": b"Why?{" + b"~a" * 1_000_000 + b"}",
    "a million stars": b"Why" + b"*" * 1_000_000 + b"?{T}",
}


@pytest.mark.parametrize("format_", READERS)
@pytest.mark.parametrize("name", LARGE)
def test_large_files_end_in_a_fault_or_a_quiz(format_: str, name: str) -> None:
    try:
        READERS[format_].read(LARGE[name], "q")
    except FormatError as error:
        assert str(error)  # noqa: PT017


@given(
    st.lists(
        st.one_of(st.text(max_size=90), st.sampled_from(["A title", "a-title", "A  Title!"])), max_size=8
    )
)
def test_ids_are_unique_and_ids(titles: list[str]) -> None:
    taken: set[str] = set()
    ids = [unique_id(title, taken) for title in titles]
    assert len(set(ids)) == len(ids)
    assert all(QuizFile.model_validate({"schema": 1, "quiz": {"id": key, "title": "t"}}) for key in ids)
    assert ids == [unique_id(title, set(ids[:index])) for index, title in enumerate(titles)]
