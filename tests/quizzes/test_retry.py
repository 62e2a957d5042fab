"""What was wrong is asked again, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quizzes.attempts import Attempts
from quizzes.bank import Bank, read_bank
from quizzes.history import finished, summary
from quizzes.paper import draw_paper
from quizzes.retry import deck, due
from quizzes.session import Session
from tests.quizzes.test_plain import quiz, root
from tests.quizzes.test_session import Clock

__all__ = ["root"]

QUIZ = """\
schema: 1
quiz: {id: small, title: Small, mode: deferred, attempts: {max: 1}, time_limit: 10m}
questions:
  - {id: one, type: true_false, stem: s, answer: true}
  - {id: two, type: true_false, stem: s, answer: true}
  - {id: three, type: multi, stem: s, choices: [{id: a, text: A, correct: true}, {id: b, text: B, correct: true}]}
"""
DAY = 86_400.0


@dataclass
class Learner:
    folder: Path
    attempts: Attempts
    clock: Clock

    @property
    def bank(self) -> Bank:
        return read_bank(self.folder / "small.yaml")

    def take(self, again: bool = False, **answers: object) -> Session:
        only = [one.question for one in deck(self.attempts, self.bank)] if again else []
        paper, keys = draw_paper(self.bank, 1, only)
        session = Session.start(self.attempts, paper, keys, self.clock)
        for index, placed in enumerate(paper.questions):
            session.open(index)
            session.answer(answers.get(placed.item.id))  # type: ignore[arg-type]
        session.hand_in()
        return session

    def due(self) -> list[str]:
        return due(deck(self.attempts, self.bank), datetime.fromtimestamp(self.clock.time, UTC))


@pytest.fixture
def learner(tmp_path: Path) -> Learner:
    (tmp_path / "small.yaml").write_text(QUIZ)
    return Learner(tmp_path, Attempts(tmp_path / "state"), Clock(1.7e9))


def test_what_was_wrong_is_due_at_once_and_what_is_then_right_in_growing_spaces(learner: Learner) -> None:
    assert learner.due() == []
    learner.take(one="true", two="false", three=["a"])
    assert sorted(learner.due()) == ["three", "two"], "not what was right"
    again = learner.take(again=True, two="true", three=["a", "b"])
    assert (again.paper.mode, again.paper.time_limit, again.paper.attempts) == ("practice", None, None)
    spaces = []
    for _ in range(4):
        (two,) = [one for one in deck(learner.attempts, learner.bank) if one.question == "two"]
        spaces.append(two.due - datetime.fromtimestamp(learner.clock.time, UTC))
        learner.clock.pass_(spaces[-1].total_seconds())
        assert "two" in learner.due()
        learner.take(again=True, two="true", three=["a", "b"])
    assert spaces == sorted(spaces)
    assert spaces[-1] > timedelta(days=5)
    learner.clock.pass_(1)
    assert "two" not in learner.due()
    learner.take(again=True, two="false", three=["a", "b"])
    assert "two" in learner.due(), "wrong once more, soon again"


def test_what_comes_again_is_no_attempt_that_counts(learner: Learner) -> None:
    learner.take(one="true", two="false")
    learner.take(again=True, two="true")
    assert len(finished(learner.attempts, "small")) == 1
    found = summary(learner.attempts, learner.bank)
    assert (found.attempts, found.points) == (1, 1)


def test_a_question_of_another_meaning_begins_anew(learner: Learner) -> None:
    learner.take(one="true", two="false", three=["a", "b"])
    (learner.folder / "small.yaml").write_text(QUIZ.replace("{id: two,", "{id: two, rev: 2,"))
    assert learner.due() == []


def test_by_command(root: Path) -> None:
    assert "Take it to its end first" in quiz(root, "retry", "small")
    quiz(root, "take", "small", lines="1\n:submit\nyes\n")
    said = quiz(root, "retry", "small", lines=":list\n")
    assert "2 questions" in said
    assert "Kept. Go on with: sorcery quiz retry small" in said
    said = quiz(root, "retry", "small", lines=":submit\nyes\n")
    assert "0 of 2 right now; 2 to come again today." in said
