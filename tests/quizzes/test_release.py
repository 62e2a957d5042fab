"""A graded quiz: nothing of its key is released, and what comes back is what it says it is or told apart."""

import json
import os
import random
import subprocess
import sys
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey

from graders.account import exact_number
from graders.errors import UsageError
from graders.roster import Roster, Student
from quizzes import release as releasing
from quizzes.attempts import Attempts
from quizzes.bank import Bank, read_bank
from quizzes.bundle import Bundle, draw_released, read_bundle
from quizzes.collect import collect
from quizzes.items import (
    Answer,
    ChoiceKey,
    Item,
    MatchingKey,
    NumericKey,
    Option,
    OrderingKey,
    ShortKey,
    instantiate,
)
from quizzes.marking import mark_all
from quizzes.paper import Part, with_rule
from quizzes.release import Opaque, compose, questions_of, release, releases
from quizzes.results import read_scored
from quizzes.schema import Keep, Kind, Multi, Numeric, Question, Quiz, Short, Single, TrueFalse, texts
from quizzes.sealed import Sheet, seal, sheet_of
from quizzes.session import Session
from tests.quizzes.test_session import Clock

BANKS = sorted((Path(__file__).parents[2] / "quizzes/banks").glob("*.yaml"))
SECRET = "5e" * 32
KEY = PrivateKey(bytes(range(32)))


def bundled(bank: Bank, secret: str = SECRET) -> bytes:
    return compose(bank, "of-this-test", secret, KEY, 4)[1]


def with_another_key(question: Question, chance: random.Random) -> Question:
    """The same question to whoever takes it, with other answers to it."""
    told: dict[str, Any] = {
        "explain": "x" * chance.randint(0, 400),
        "source": "",
        "tags": (),
        "difficulty": 1,
    }
    match question:
        case Single() | Multi():
            right = {chance.randrange(len(question.choices))}
            if isinstance(question, Multi):
                right |= {n for n in range(len(question.choices)) if chance.random() < 0.5}
                told["scoring"] = chance.choice(["all", "net", "coverage"])
            choices = [
                choice.model_copy(update={"correct": n in right, "feedback": "y" * chance.randint(0, 99)})
                for n, choice in enumerate(question.choices)
            ]
            if question.shuffle is not False:
                chance.shuffle(choices)
            told["choices"] = tuple(choices)
        case TrueFalse():
            told |= {"answer": not question.answer, "feedback": "z"}
        case Numeric():
            answer = {"expr": "12345.678", "abs_tol": 9.5, "rel_tol": 0.25}
            told |= {"answer": question.answer.model_copy(update=answer), "traps": ()}
        case Short():
            told["answer"] = question.answer.model_copy(update={"accept": ("q", "r"), "pattern": None})
        case _ if question.type == "matching":
            rights = [pair.right for pair in question.pairs]
            chance.shuffle(rights)
            pairs = [
                pair.model_copy(update={"right": right})
                for pair, right in zip(question.pairs, rights, strict=True)
            ]
            chance.shuffle(pairs)
            told["pairs"] = tuple(pairs)
        case _:
            items = list(question.items)
            chance.shuffle(items)
            told["items"] = tuple(items)
    return question.model_copy(update=told)


def rekeyed(bank: Bank, seed: int) -> Bank:
    chance = random.Random(seed)
    questions = {name: with_another_key(one, chance) for name, one in bank.questions.items()}
    return replace(bank, questions=questions)


@pytest.mark.parametrize("path", BANKS, ids=[path.stem for path in BANKS])
def test_what_is_released_is_the_same_whatever_the_key(path: Path) -> None:
    bank = read_bank(path)
    released = bundled(bank)
    for seed in range(5):
        other = rekeyed(bank, seed)
        assert other.questions != bank.questions
        assert bundled(other) == released


def leaks_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def in_order(quiz: Quiz, question: Question, item: Item) -> Item:
        written = [one.id for kind in ("choices", "pairs", "items") for one in getattr(question, kind, ())]
        options = sorted(item.options, key=lambda one: written.index(one.id) if written else 0)
        return replace(item, options=tuple(options), shuffle=False)

    monkeypatch.setattr(releasing, "as_written", in_order)


def leaks_an_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    def explained(question: Question, values: Any) -> Any:
        item, key = instantiate(question, values)
        return replace(item, hint=key.explain), key

    monkeypatch.setattr(releasing, "instantiate", explained)


def leaks_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    def counted(question: Question, values: Any) -> Any:
        item, key = instantiate(question, values)
        return replace(item, unit="?" * len(getattr(key.judge, "right", ""))), key

    monkeypatch.setattr(releasing, "instantiate", counted)


@pytest.mark.parametrize("leak", [leaks_order, leaks_an_explanation, leaks_a_count])
def test_a_leak_would_be_seen(
    leak: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = read_bank(BANKS[0])
    leak(monkeypatch)
    assert any(bundled(rekeyed(bank, seed)) != bundled(bank) for seed in range(5))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@pytest.mark.parametrize("path", BANKS, ids=[path.stem for path in BANKS])
def test_no_text_of_a_key_and_no_name_is_released(path: Path) -> None:
    bank = read_bank(path)
    record, data = compose(bank, "of-this-test", SECRET, KEY, 4)
    everything, whole = set(strings(json.loads(data))), data.decode()
    seen: set[str] = set()  # by whoever takes it
    for question in bank.questions.values():
        for values in record.values[question.id]:
            item, _ = instantiate(with_rule(bank.quiz, question), values)
            seen |= {item.stem, item.hint, item.unit, *(one.text for one in (*item.options, *item.targets))}
    shapes = {"true", "false", "first", "last", *get_args(Kind), *get_args(Keep)}
    shapes |= {one.name for kind in (Bundle, Part, Item, Option) for one in fields(kind)}
    for question in bank.questions.values():
        names = {
            question.id,
            *(one.id for kind in ("choices", "pairs", "items") for one in getattr(question, kind, ())),
        }
        assert not (names - shapes - seen) & everything
        secret = [text for place, text in texts(question) if place[-1] in ("feedback", "explain")]
        if isinstance(question, Short):
            secret += [
                accepted for accepted in question.answer.accept if not any(accepted in one for one in seen)
            ]
        for text in [*secret, question.source]:
            assert not text or json.dumps(text, ensure_ascii=False)[1:-1] not in whole
    assert set(json.loads(data)) == {
        "sorcery_quiz", "quiz", "title", "release", "public_key", "time_limit", "attempts", "keep", "shuffle",
        "sections", "questions",
    }  # fmt: skip


QUIZ = """\
schema: 1
quiz: {id: exam, title: Exam, mode: graded, time_limit: 10m, attempts: {max: 2, keep: best},
       shuffle: {questions: true, choices: true}}
sections:
  - {title: All, use: [one, many, truth, word, match, order]}
  - {title: Pool, draw: 2, from: {tags: [pool]}}
questions:
  - id: one
    type: single
    stem: s
    choices: [{id: a, text: A, correct: true}, {id: b, text: B, feedback: No.}, {id: n, text: None, pin: last}]
  - id: many
    type: multi
    points: 2
    stem: s
    choices: [{id: a, text: A, correct: true}, {id: b, text: B, correct: true}, {id: c, text: C}]
  - {id: truth, type: true_false, stem: s, answer: false}
  - {id: word, type: short, stem: s, answer: {accept: [SGD]}}
  - id: match
    type: matching
    stem: s
    pairs: [{id: x, left: X, right: Rx}, {id: y, left: Y, right: Ry}]
    extra: [Rz]
  - {id: order, type: ordering, stem: s, items: [{id: p, text: P}, {id: q, text: Q}, {id: r, text: R}]}
  - id: sum
    type: numeric
    tags: [pool]
    params: {v: {int: [1, 1000]}, w: {int: [1, 1000]}, s: {is: v + w}}
    stem: <<v>> + <<w>>
    answer: {expr: s}
  - {id: two, type: numeric, tags: [pool], stem: s, answer: {expr: 2}}
  - {id: three, type: numeric, tags: [pool], stem: s, answer: {expr: 3}}
"""


class Exam:
    """A course with one graded quiz that is released, and students who take it on machines of their own."""

    def __init__(self, root: Path) -> None:
        self.root, self.state = root, root / ".sorcery"
        self.file = root / "quizzes/banks/exam.yaml"
        self.file.parent.mkdir(parents=True)
        self.write(QUIZ)
        (root / "assignments").mkdir()
        (root / "assignments/course.yaml").write_text(
            "schema: 1\ncourse: {id: c, title: C}\ntopics:\n- {id: a, title: A, points: {auto: 1}}\n"
        )
        self.path = release(self.bank, self.state)
        self.bundle, self.sha256 = read_bundle(self.path)
        (self.made,) = releases(self.state, "exam").values()

    def write(self, text: str) -> None:
        self.file.write_text(text)

    @property
    def bank(self) -> Bank:
        return read_bank(self.file)

    def take(
        self, student: str, number: int = 1, wrong: int = 0, seconds: float = 60, **changed: Any
    ) -> Sheet:
        """An attempt of which all but the first `wrong` questions are answered rightly."""
        clock = Clock()
        paper = draw_released(replace(self.bundle, **changed), self.sha256, student, number)
        with Attempts(self.root / f"machine of {student}") as attempts:
            session = Session.start(attempts, replace(paper, attempts=None), None, clock)
            for index, placed in enumerate(paper.questions):
                session.open(index)
                clock.pass_(seconds / len(paper.questions))
                if index >= wrong:
                    session.answer(self.right(placed.item.id, placed.variant))
            session.hand_in()
            return sheet_of(session)

    def right(self, name: str, variant: int) -> Answer:
        opaque, questions = Opaque(self.made.secret), questions_of(self.made)
        (own,) = [one for one in questions if opaque(one) == name]
        item, key = instantiate(questions[own], self.made.values[own][variant])
        match key.judge:
            case ChoiceKey(right=right, rule=rule):
                if item.kind == "true_false":
                    return next(iter(right))
                names = [opaque(own, "option", one) for one in right]
                return names[0] if rule is None else names
            case NumericKey(value=value):
                return exact_number(value)
            case ShortKey(accept=accept):
                return accept[0]
            case MatchingKey(pairs=pairs):
                return {
                    opaque(own, "option", left): opaque(own, "target", right) for left, right in pairs.items()
                }
            case OrderingKey(order=order):
                return [opaque(own, "option", one) for one in order]
        raise TypeError(key)

    def sealed(self, sheet: Sheet) -> bytes:
        return seal(sheet, self.bundle.public_key)

    def collected(
        self, *files: tuple[str, bytes], roster: Roster | None = None
    ) -> tuple[list[str], list[tuple[str, str]]]:
        """What was taken, as student-number, and (kind, reason) of what was not."""
        folder = self.root / f"in-{len(list(self.root.glob('in-*')))}"
        for name, data in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        found = collect(self.state, [folder], roster, check_owner=False)
        return (
            [f"{one.student}-{one.number}" for one in found.taken],
            [(one.fault, one.reason) for one in found.refused],
        )


@pytest.fixture
def exam(tmp_path: Path) -> Exam:
    return Exam(tmp_path)


def test_right_answers_of_every_type_bring_all_points_and_the_rule_says_which_attempt_counts(
    exam: Exam,
) -> None:
    attempts = [exam.take("ada"), exam.take("bob", wrong=8), exam.take("bob", 2), exam.take("cyd", wrong=8)]
    taken, refused = exam.collected(*((f"{n}.response", exam.sealed(one)) for n, one in enumerate(attempts)))
    assert (taken, refused) == (["ada-1", "bob-1", "bob-2", "cyd-1"], [])
    marks = mark_all(exam.state, exam.bank)
    assert [(m.student, m.points, m.possible, m.attempts, m.before) for m in marks] == [
        ("ada", 9, 9, 1, None), ("bob", 9, 9, 2, None), ("cyd", 0, 9, 1, None),
    ]  # fmt: skip
    ada = read_scored(exam.state, "exam")[0]
    answers = {one.question: one.answer for one in ada.responses}
    assert len(answers) == 8
    assert (answers["one"], sorted(answers["many"] or ()), answers["order"]) == (
        "a",
        ["a", "b"],
        ["p", "q", "r"],
    )
    assert answers["match"] == {"x": "Rx", "y": "Ry"}, "right sides by their texts"
    assert {round(one.seconds, 3) for one in ada.responses} == {7.5}
    exam.write(QUIZ.replace("keep: best", "keep: first"))
    assert [(m.student, m.points, m.before) for m in mark_all(exam.state, exam.bank)] == [
        ("ada", 9, 9), ("bob", 0, 0), ("cyd", 0, 0),
    ]  # fmt: skip


def test_a_mended_key_counts_and_a_changed_meaning_does_not(exam: Exam) -> None:
    exam.collected(("a.response", exam.sealed(exam.take("ada"))))
    mark_all(exam.state, exam.bank)
    exam.write(QUIZ.replace("stem: s, answer: false", "stem: s, answer: true"))
    assert [(m.points, m.before) for m in mark_all(exam.state, exam.bank)] == [(8, 9)]
    exam.write(QUIZ.replace("id: truth, type: true_false, stem: s, answer: false",
                            "id: truth, rev: 2, type: true_false, stem: not s, answer: true"))  # fmt: skip
    assert [(m.points, m.before) for m in mark_all(exam.state, exam.bank)] == [(9, 8)]
    exam.write(QUIZ.replace("[one, many, truth,", "[one, many,").replace(
        "  - {id: truth, type: true_false, stem: s, answer: false}\n", ""))  # fmt: skip
    assert [m.points for m in mark_all(exam.state, exam.bank)] == [9], (
        "what is gone counts as it was released"
    )


def test_nothing_is_released_twice_and_an_edit_is_another_release(exam: Exam) -> None:
    assert release(exam.bank, exam.state) == exam.path
    exam.write(QUIZ.replace("stem: s, answer: false", "stem: t, answer: false"))
    other = release(exam.bank, exam.state)
    assert other != exam.path
    # What was taken of the first one still is.
    assert exam.collected(("a.response", exam.sealed(exam.take("ada")))) == (["ada-1"], [])
    for record in exam.state.rglob("release.json"):
        assert record.stat().st_mode & 0o077 == 0


def kinds(found: tuple[list[str], list[tuple[str, str]]]) -> list[str]:
    return [kind for kind, _ in found[1]]


def test_files_that_are_not_what_they_say_are_told_apart(exam: Exam, tmp_path: Path) -> None:
    ada, bob = exam.take("ada"), exam.take("bob")
    good = exam.sealed(ada)
    # Sealed by another course, and by another release of which there is no record here.
    other = Exam(tmp_path / "other")
    assert kinds(exam.collected(("a.response", other.sealed(other.take("ada"))))) == ["foreign"]
    # Cut off, at the end and in the middle; nothing; something else.
    assert kinds(exam.collected(("a.response", good[:-20]))) == ["truncated"]
    assert kinds(exam.collected(("a.response", good[:400] + good[440:]))) == ["truncated"]
    assert kinds(exam.collected(("a.response", b""))) == ["truncated"]
    assert kinds(exam.collected(("a.response", b"PK\x03\x04"))) == ["no response"]
    # Another name written on it; a question answered that was not asked; the program changed.
    assert kinds(exam.collected(("a.response", good.replace(b'"ada"', b'"bob"')))) == ["edited"]
    longer = exam.take("cyd", time_limit=36000.0, seconds=700)
    assert kinds(exam.collected(("a.response", exam.sealed(longer)))) == ["edited"], "answers after the time"
    assert kinds(exam.collected(("a.response", exam.sealed(replace(ada, bundle="0" * 64))))) == ["edited"]
    assert kinds(exam.collected(("a.response", exam.sealed(replace(ada, asked=ada.asked[::-1]))))) == [
        "edited"
    ]
    easier = [replace(one, variant=one.variant + 1) for one in ada.asked]
    assert kinds(exam.collected(("a.response", exam.sealed(replace(ada, asked=tuple(easier)))))) == ["edited"]
    assert kinds(exam.collected(("a.response", exam.sealed(exam.take("ada", 3))))) == ["edited"], (
        "a third of two"
    )
    odd = [replace(one, answer="no such choice") for one in ada.asked]
    assert kinds(exam.collected(("a.response", exam.sealed(replace(ada, asked=tuple(odd)))))) == ["edited"]
    assert kinds(exam.collected(("a.response", exam.sealed(replace(ada, student="../../x"))))) == ["edited"]
    assert not (exam.state / "quizzes/exam/collected").exists(), "nothing of all this was taken"
    # Control: the same file, as it was handed in.
    assert exam.collected(("a.response", good), ("b/b.response", exam.sealed(bob))) == (
        ["ada-1", "bob-1"],
        [],
    )
    # The same again, as it was or sealed anew, is no fault; other answers to the same attempt are.
    assert exam.collected(("a.response", good), ("a2.response", exam.sealed(ada))) == (["ada-1", "ada-1"], [])
    again = exam.sealed(exam.take("ada", wrong=3))
    assert kinds(exam.collected(("a.response", again))) == ["replayed"]
    assert [m.points for m in mark_all(exam.state, exam.bank)] == [9, 9], "the first stands"


def test_who_hands_in_must_be_whose_it_is(exam: Exam) -> None:
    roster = Roster([Student(id="ada", name="Ada Lovelace"), Student(id="bob", name="Bob Noyce")])
    ada = exam.sealed(exam.take("ada"))
    inbox = "bob+quiz-exam+2026-01-30 20:30:10.123456 UTC+d2Vpcm8tMTIz"
    moodle = "Bob Noyce_1234567_assignsubmission_file_"
    for folder in (inbox, moodle):
        assert kinds(exam.collected((f"{folder}/exam-ada-1.response", ada), roster=roster)) == ["foreign"]
    assert kinds(exam.collected((f"{inbox}/exam-ada-1.response", ada))) == ["foreign"], "without a roster too"
    dan = exam.sealed(exam.take("dan"))
    assert kinds(exam.collected(("exam-dan-1.response", dan), roster=roster)) == ["foreign"]
    own = moodle.replace("Bob Noyce", "Ada Lovelace")
    assert exam.collected((f"{own}/exam-ada-1.response", ada), roster=roster) == (["ada-1"], [])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_change_is_seen_and_is_told_from_a_cut(exam: Exam, data: st.DataObject) -> None:
    good = SEALED.setdefault(exam.root, exam.sealed(exam.take("ada")))
    head = good.index(b'"sealed":"') + len(b'"sealed":"')
    at = data.draw(st.integers(head, len(good) - 5))
    if data.draw(st.booleans()):
        changed, kind = good[:at], "truncated"
    else:
        sealed = bytearray(b64decode(good[head:-3]))
        sealed[(at - head) % len(sealed)] ^= data.draw(st.integers(1, 255))
        changed, kind = good[:head] + b64encode(bytes(sealed)) + good[-3:], "edited"
    assert kinds(exam.collected(("a.response", changed))) == [kind]


SEALED: dict[Path, bytes] = {}


def sorcery(folder: Path, *arguments: str, lines: str = "", code: int = 0) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "graders.cli", "quiz", *arguments],
        cwd=folder, input=lines, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"}, check=False,
    )  # fmt: skip
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_the_whole_way_by_commands(exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> None:
    student = tmp_path_factory.mktemp("student")
    said = json.loads(sorcery(exam.root, "release", "exam", "-o", str(student), "--json"))
    assert (said["questions"], said["release"]) == (9, exam.bundle.release)
    assert "is graded: release it" in sorcery(exam.root, "take", "exam", code=2)
    assert "drawn for you" in sorcery(student, "take", "exam.quiz", "--seed", "1", code=2)
    said = sorcery(student, "take", "exam.quiz", "--as", "ada", lines=":list\n")
    assert "Kept. Go on with: sorcery quiz take exam.quiz" in said
    said = sorcery(student, "take", "exam.quiz", lines=":submit\nyes\n")
    assert "Going on with Exam, as ada." in said
    assert "Now upload exam-ada-1.response" in said
    handed = (student / "exam-ada-1.response").read_bytes()
    (student / "exam-ada-1.response").unlink()
    sorcery(student, "submit", "exam.quiz")
    assert (student / "exam-ada-1.response").read_bytes() == handed
    assert "Second" not in sorcery(student, "take", "exam.quiz", "--as", "ada", lines=":submit\nyes\n")
    bob = sorcery(student, "take", "exam.quiz", "--as", "bob", lines=":submit\nyes\n")
    assert "exam-bob-1.response" in bob, "another student at the same machine has attempts of their own"
    (student / "exam-bob-1.response").unlink()
    assert "all 2 attempts are used" in sorcery(student, "take", "exam.quiz", "--as", "ada", code=2)
    with zipfile.ZipFile(exam.root / "download.zip", "w") as archive:
        for path in student.glob("*.response"):
            archive.write(path, path.name)
        archive.writestr("cut.response", handed[:99])
    assert "nothing of exam was collected yet" in sorcery(exam.root, "score", "exam", code=2)
    said = sorcery(exam.root, "collect", "download.zip", code=1)
    assert "2 responses of 1 students, 2 of them new" in said
    assert "truncated: download.zip: 'cut.response': cut off" in said
    scores = json.loads(sorcery(exam.root, "score", "exam", "--json"))
    assert [(one["student"], one["points"], one["attempts"]) for one in scores] == [("ada", 0, 2)]
    export = [sys.executable, "-m", "graders.cli", "export", "quiz-exam", "-o", "grades.csv"]
    subprocess.run(export, cwd=exam.root, check=True, capture_output=True)
    assert "quiz-exam" in (exam.root / "grades.csv").read_text()


def test_what_was_taken_of_an_earlier_release_is_not_sealed_for_another(
    exam: Exam, tmp_path_factory: pytest.TempPathFactory
) -> None:
    student = tmp_path_factory.mktemp("student")
    (student / "old.quiz").write_bytes(exam.path.read_bytes())
    sorcery(student, "take", "old.quiz", "--as", "ada", lines=":submit\nyes\n")
    (response,) = student.glob("*.response")
    response.unlink()
    (noted,) = student.glob(".sorcery/**/*.response")
    noted.unlink()  # as if it had never been handed in
    exam.write(QUIZ.replace("stem: s, answer: false", "stem: t, answer: false"))
    (student / "new.quiz").write_bytes(release(exam.bank, exam.state).read_bytes())
    assert "no attempt at this release" in sorcery(student, "submit", "new.quiz", code=2)
    sorcery(student, "take", "new.quiz", "--as", "ada", lines=":submit\nyes\n")
    sorcery(student, "submit", "old.quiz", "--as", "ada")
    files = [(path.name, path.read_bytes()) for path in sorted(student.glob("*.response"))]
    assert exam.collected(*files) == (["ada-1", "ada-2"], [])


def test_through_the_exchange(exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> None:
    exchange = tmp_path_factory.mktemp("exchange")
    course = exam.root / "assignments/course.yaml"
    course.write_text(course.read_text() + f"exchange: {exchange}\n")
    sorcery(exam.root, "release", "exam")
    assert (exchange / "c/outbound/quiz-exam/exam.quiz").read_bytes() == exam.path.read_bytes()
    student = tmp_path_factory.mktemp("student")
    (student / "assignments").mkdir()
    (student / "assignments/course.yaml").write_text(course.read_text())
    said = sorcery(student, "take", "exam", "--as", "ada", lines=":submit\nyes\n")
    assert f"Handed in: {exchange}/c/inbound/ada+quiz-exam+" in said
    assert "1 responses of 1 students, 1 of them new" in sorcery(exam.root, "collect", "--foreign")


def test_what_is_no_bundle_is_said_so(tmp_path: Path, exam: Exam) -> None:
    data = exam.path.read_bytes()
    changed: list[dict[str, Any]] = [{"questions": {}}, {"quiz": "../../x"}, {"release": "a/b"}]
    wrong = [b"", b"{}", data[:-200], *(json.dumps(json.loads(data) | one).encode() for one in changed)]
    for content in wrong:
        (tmp_path / "x.quiz").write_bytes(content)
        with pytest.raises(UsageError, match="fetch it again"):
            read_bundle(tmp_path / "x.quiz")


def test_papers_differ_by_student_and_attempt_and_nobody_chooses_theirs(exam: Exam) -> None:
    def drawn(student: str, number: int) -> list[tuple[str, int]]:
        paper = draw_released(exam.bundle, exam.sha256, student, number)
        return [(placed.item.id, placed.variant) for placed in paper.questions]

    assert drawn("ada", 1) == drawn("ada", 1)
    assert len({str(drawn(f"s{n}", 1)) for n in range(50)}) > 40
    assert drawn("ada", 1) != drawn("ada", 2)
