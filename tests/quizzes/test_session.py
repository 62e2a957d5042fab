"""An attempt goes on where it was, counts time rightly, and hangs on nothing that is edited meanwhile."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from graders.errors import UsageError
from quizzes.attempts import Attempts
from quizzes.bank import read_bank
from quizzes.history import summary
from quizzes.paper import Paper, draw_paper
from quizzes.session import Session, Total, kept
from tests.quizzes.killed import campaign

QUIZ = """\
schema: 1
quiz: {id: quiz, title: Quiz, mode: MODE, time_limit: 60s, attempts: {max: 3}, shuffle: {questions: true}}
questions:
  - id: one
    type: single
    stem: s
    explain: Because.
    choices: [{id: a, text: A, correct: true}, {id: b, text: B, feedback: No.}, {id: n, text: None, pin: last}]
  - id: many
    type: multi
    points: 2
    stem: s
    explain: e
    choices: [{id: a, text: A, correct: true}, {id: b, text: B, correct: true}, {id: c, text: C}]
  - {id: truth, type: true_false, stem: s, explain: e, answer: false}
  - id: sum
    type: numeric
    params: {v: {int: [1, 1000]}, w: {int: [1, 1000]}}
    stem: <<v>> + <<w>>
    explain: e
    answer: {expr: v + w}
  - {id: word, type: short, stem: s, explain: e, answer: {accept: [SGD]}}
  - id: match
    type: matching
    stem: s
    explain: e
    pairs: [{id: x, left: X, right: Rx}, {id: y, left: Y, right: Ry}]
    extra: [Rz]
  - {id: order, type: ordering, stem: s, explain: e, items: [{id: p, text: P}, {id: q, text: Q}, {id: r, text: R}]}
"""


@dataclass
class Clock:
    time: float = 1000.0
    run: float = 0.0

    def wall(self) -> float:
        return self.time

    def steady(self) -> float:
        return self.run

    def pass_(self, seconds: float) -> None:
        self.time += seconds
        self.run += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path / "state")


def written(folder: Path, mode: str = "deferred") -> Path:
    path = folder / "quiz.yaml"
    path.write_text(QUIZ.replace("MODE", mode))
    return path


def begun(folder: Path, attempts: Attempts, clock: Clock, mode: str = "deferred", seed: int = 5) -> Session:
    paper, keys = draw_paper(read_bank(written(folder, mode)), seed)
    return Session.start(attempts, paper, keys, clock)


def go(session: Session, question: str) -> None:
    session.open([placed.item.id for placed in session.paper.questions].index(question))


def answers(session: Session) -> dict[str, object]:
    """Right ones."""
    placed = {placed.item.id: placed for placed in session.paper.questions}
    values = placed["sum"].values
    right = {target.text: target.id for target in placed["match"].item.targets}
    return {
        "one": "a",
        "many": ["b", "a"],
        "truth": "false",
        "sum": str(values["v"] + values["w"]),
        "word": " sgd ",
        "match": {"x": right["Rx"], "y": right["Ry"]},
        "order": ["p", "q", "r"],
    }


def answer_all(session: Session) -> None:
    for question, answer in answers(session).items():
        go(session, question)
        assert session.answer(answer)  # type: ignore[arg-type]


def test_right_answers_of_every_type_bring_all_points(
    tmp_path: Path, attempts: Attempts, clock: Clock
) -> None:
    session = begun(tmp_path, attempts, clock)
    assert session.total() == Total(0, 8, 0, 0, 7)
    answer_all(session)
    session.hand_in()
    assert (session.state, session.total()) == ("handed in", Total(8, 8, 7, 7, 7))
    assert not session.answer("x y z")


def test_a_paper_is_the_same_for_a_seed_and_another_for_another(tmp_path: Path) -> None:
    bank = read_bank(written(tmp_path))
    papers = [draw_paper(bank, seed)[0] for seed in (5, 5, *range(40))]
    assert papers[0] == papers[1]
    orders = {tuple(placed.item.id for placed in paper.questions) for paper in papers}
    assert len(orders) > 20
    choices = {
        tuple(o.id for p in paper.questions if p.item.id == "one" for o in p.item.options) for paper in papers
    }
    assert choices == {("a", "b", "n"), ("b", "a", "n")}, "the pinned one stays last"
    sums = {p.item.stem for paper in papers for p in paper.questions if p.item.id == "sum"}
    assert len(sums) > 30


def test_a_session_resumes_at_the_same_question_with_its_answers_and_time(
    tmp_path: Path, attempts: Attempts, clock: Clock
) -> None:
    session = begun(tmp_path, attempts, clock)
    go(session, "many")
    clock.pass_(7)
    session.answer(["c"])
    session.flag()
    written(tmp_path).unlink()  # an edit of the bank harms nothing
    clock.time += 3600
    clock.run = 3.0  # another process, another clock
    again = Session.resume(attempts, session.name, clock)
    assert again.paper == session.paper
    assert again.keys == session.keys
    assert (again.item.id, again.answer_to("many"), again.flagged("many")) == ("many", ["c"], True)
    assert again.elapsed() == 7
    clock.pass_(3)
    assert again.remaining() == 50
    answer_all(again)
    again.hand_in()
    assert again.total().points == 8


def test_time_of_a_graded_quiz_runs_on_while_it_is_closed(
    tmp_path: Path, attempts: Attempts, clock: Clock
) -> None:
    session = begun(tmp_path, attempts, clock, "graded")
    clock.time += 40
    clock.run = 0.0
    again = Session.resume(attempts, session.name, clock)
    assert again.remaining() == 20
    go(again, "word")
    assert again.answer("sgd")
    clock.pass_(21)
    assert not again.answer("adam")
    assert (again.state, again.answer_to("word")) == ("expired", "sgd")


def test_what_ended_while_nobody_looked_is_listed_as_ended(tmp_path: Path, attempts: Attempts) -> None:
    long_ago = Clock(1000.0)
    session = begun(tmp_path, attempts, long_ago, "graded")
    go(session, "one")
    session.answer("a")
    found = summary(attempts, read_bank(tmp_path / "quiz.yaml"))
    assert (found.under_way, found.points) == (False, 1)


def test_setting_the_clock_back_wins_no_time(tmp_path: Path, attempts: Attempts, clock: Clock) -> None:
    session = begun(tmp_path, attempts, clock, "graded")
    clock.pass_(30)
    session.tick()
    clock.time -= 1000
    assert session.remaining() == 30
    clock.pass_(10)
    assert session.remaining() == 20
    again = Session.resume(attempts, session.name, clock)
    assert again.remaining() == 30  # what ran in this process alone is known to it alone
    again.tick()
    clock.pass_(30)
    again.tick()
    assert again.state == "expired"


def test_a_quiz_that_is_over_takes_nothing_more(tmp_path: Path, attempts: Attempts, clock: Clock) -> None:
    session = begun(tmp_path, attempts, clock)
    clock.pass_(60)
    session.hand_in()
    assert session.state == "expired"
    before = len(attempts.events(session.name))
    session.open(3)
    session.flag()
    session.tick()
    session.hand_in()
    assert len(attempts.events(session.name)) == before


def test_practice_tells_at_once_and_then_the_answer_stands(
    tmp_path: Path, attempts: Attempts, clock: Clock
) -> None:
    session = begun(tmp_path, attempts, clock, "practice")
    go(session, "one")
    assert session.check() is None
    session.answer("b")
    found = session.check()
    assert found is not None
    assert (found.right, found.said) == (False, (("b", "No."),))
    assert not session.answer("a")
    assert session.answer_to("one") == "b"
    deferred = begun(tmp_path, attempts, clock, "deferred")
    go(deferred, "one")
    deferred.answer("b")
    assert deferred.check() is None


def test_there_are_no_more_attempts_than_allowed(tmp_path: Path, attempts: Attempts, clock: Clock) -> None:
    for _ in range(3):
        begun(tmp_path, attempts, clock)
    with pytest.raises(UsageError, match="all 3 attempts are used"):
        begun(tmp_path, attempts, clock)


def test_one_attempt_is_not_taken_in_two_windows(tmp_path: Path, attempts: Attempts, clock: Clock) -> None:
    session = begun(tmp_path, attempts, clock)
    other = Session.resume(attempts, session.name, clock)
    go(session, "word")
    with pytest.raises(UsageError, match="open in another window"):
        go(other, "many")


def test_events_are_never_changed_or_removed(tmp_path: Path, attempts: Attempts, clock: Clock) -> None:
    begun(tmp_path, attempts, clock)
    with sqlite3.connect(attempts.path) as connection:
        for change in ("UPDATE events SET at = 0", "DELETE FROM events"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                connection.execute(change)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("one", "z"), ("one", ["a"]), ("many", "a"), ("many", ["a", "z"]), ("truth", "maybe"), ("sum", ["1"]),
        ("match", {"x": "t9"}), ("match", {"z": "t1"}), ("order", ["p", "q"]), ("order", ["p", "p", "q", "r"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_question_is_refused(
    tmp_path: Path, attempts: Attempts, clock: Clock, question: str, answer: object
) -> None:
    session = begun(tmp_path, attempts, clock)
    go(session, question)
    with pytest.raises(UsageError, match="no answer to"):
        session.answer(answer)  # type: ignore[arg-type]


def test_an_empty_answer_takes_one_back(tmp_path: Path, attempts: Attempts, clock: Clock) -> None:
    session = begun(tmp_path, attempts, clock)
    for question, empty in (("many", []), ("word", "  "), ("match", {}), ("one", None)):
        go(session, question)
        session.answer(answers(session)[question])  # type: ignore[arg-type]
        assert session.answer(empty)  # type: ignore[arg-type]
        assert session.answer_to(question) is None
    assert len(session.unanswered()) == 7


@pytest.mark.parametrize(("rule", "points"), [("best", 5), ("first", 3), ("latest", 1), ("mean", 3)])
def test_of_several_attempts_one_number_counts(rule: str, points: float) -> None:
    totals = [Total(points, 8, 1, 1, 7) for points in (3, 5, 1)]
    assert kept(totals, rule) == points
    assert kept([], rule) is None


def test_a_paper_survives_json_whole(tmp_path: Path) -> None:
    import msgspec

    paper, _ = draw_paper(read_bank(written(tmp_path)), 9)
    assert msgspec.json.decode(msgspec.json.encode(paper), type=Paper) == paper


def test_no_acknowledged_answer_is_lost_when_sessions_are_killed() -> None:
    count, wrong = campaign(12, seed=3)
    assert wrong == []
    assert count > 12
