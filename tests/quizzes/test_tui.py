"""Whole quizzes on a screen, by real keys."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Label, OptionList, Static

from quizzes.attempts import Attempts
from quizzes.bank import read_bank
from quizzes.bundle import draw_released
from quizzes.paper import draw_paper
from quizzes.sealed import sheet_of
from quizzes.session import Session
from quizzes.tui.app import ConfirmScreen, HelpScreen, QuizApp, QuizScreen, ReviewScreen
from tests.quizzes.test_release import Exam
from tests.quizzes.test_session import QUIZ, Clock

Play = Callable[[Pilot[None], Session], Awaitable[None]]
# As they stand in the file, nothing shuffled; the last two kinds are shuffled always.
FIXED = QUIZ.replace("shuffle: {questions: true}", "shuffle: {choices: false}")


def play(tmp_path: Path, mode: str, script: Play, size: tuple[int, int] = (100, 30)) -> Session:
    path = tmp_path / "quiz.yaml"
    path.write_text(FIXED.replace("MODE", mode))
    clock = Clock()
    paper, keys = draw_paper(read_bank(path), 5)
    with Attempts(tmp_path / "state") as attempts:
        session = Session.start(attempts, paper, keys, clock)

        async def run() -> None:
            app = QuizApp(session)
            async with app.run_test(size=size) as pilot:
                await pilot.pause()
                await script(pilot, session)

        asyncio.run(run())
    return session


def text(pilot: Pilot[None], name: str) -> str:
    shown = pilot.app.screen.query_one(name, Static if name in ("#said", "#targets") else Label)
    return str(shown.render())


async def answer_everything(pilot: Pilot[None], session: Session, *, practice: bool) -> None:
    """Right answers to all, each by the keys of its kind."""

    async def done() -> None:
        await pilot.press("enter")
        await pilot.pause()
        if practice:
            assert "Right." in text(pilot, "#said")
            await pilot.press("enter")
            await pilot.pause()

    await pilot.press("1")
    await done()
    await pilot.press("1", "3", "3", "2")
    assert session.answer_to("many") == ["a", "b"]
    await done()
    await pilot.press("down", "space")
    await done()
    values = session.paper.questions[3].values
    await pilot.press(*str(values["v"] + values["w"]))
    await done()
    await pilot.press(*"sgd")
    await done()
    letters = {t.text: chr(ord("a") + n) for n, t in enumerate(session.item.targets)}
    await pilot.press(*(letters[f"R{option.id}"] for option in session.item.options))
    await done()
    for place, name in enumerate("pqr"):
        answers = pilot.app.screen.query_one("#answer", OptionList)
        answer = session.answer_to("order")
        order = answer if isinstance(answer, list) else [option.id for option in session.item.options]
        answers.highlighted = order.index(name)
        await pilot.press(f"{place + 1}")
    assert session.answer_to("order") == ["p", "q", "r"]
    await done()


@pytest.mark.parametrize("mode", ["practice", "deferred"])
@pytest.mark.parametrize("size", [(100, 30), (60, 20)])
def test_a_whole_quiz_by_keys(tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        await answer_everything(pilot, session, practice=mode == "practice")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("y")
        await pilot.pause()
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert "8 of 8 points, 7 of 7 right" in text(pilot, "#head")

    session = play(tmp_path, mode, script, size)
    assert (session.state, session.total().points) == ("handed in", 8)


def test_handing_in_is_asked_for_and_names_what_is_open(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        await pilot.press("f", "2", "s")
        await pilot.pause()
        shown = "\n".join(str(one.render()) for one in pilot.app.screen.query(Static))
        assert "Not answered: 2, 3, 4, 5, 6, 7" in shown
        assert "Flagged: 1" in shown
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, QuizScreen)

    session = play(tmp_path, "deferred", script)
    assert (session.state, session.flagged("one"), session.answer_to("one")) == ("under way", True, "b")


def test_practice_says_what_was_wrong_and_keeps_the_answer(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        await pilot.press("enter")  # the highlighted one
        await pilot.pause()
        assert text(pilot, "#said").startswith("✓ Right.")
        await pilot.press("n", "p", "2")
        assert session.answer_to("one") == "a"

    play(tmp_path, "practice", script)


def test_nothing_is_told_before_the_end_of_a_deferred_quiz(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        await pilot.press("2", "enter")
        await pilot.pause()
        assert session.current == 1
        await pilot.press("p")
        await pilot.pause()
        assert text(pilot, "#said") == ""

    play(tmp_path, "deferred", script)


def test_the_list_goes_to_a_question_and_hides_where_there_is_no_room(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        questions = pilot.app.screen.query_one("#questions")
        assert not questions.display
        await pilot.press("l", "down", "down", "enter")
        await pilot.pause()
        assert session.item.id == "truth"
        await pilot.pause()
        assert not questions.display
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert questions.display

    play(tmp_path, "deferred", script, (60, 20))


def test_the_mouse_chooses(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        await pilot.click("#answer", offset=(5, 1))
        await pilot.pause()
        assert session.answer_to("one") == "b"

    play(tmp_path, "deferred", script)


def test_help_is_a_key_away(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, QuizScreen)

    play(tmp_path, "deferred", script)


def test_letters_that_are_typed_are_no_keys(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        session.open(4)
        await pilot.press("n")  # the screen shows what is open
        await pilot.press("p")
        await pilot.pause()
        await pilot.press(*"fnqs")
        assert (session.answer_to("word"), session.flagged("word")) == ("fnqs", False)
        await pilot.press("ctrl+f")
        assert session.flagged("word")
        await pilot.press("?")
        assert session.answer_to("word") == "fnqs?"
        await pilot.press("ctrl+n")
        await pilot.pause()
        assert session.current == 5
        await pilot.press("p")
        await pilot.pause()
        await pilot.press("escape", "n")
        await pilot.pause()
        assert session.current == 5

    play(tmp_path, "deferred", script)


def test_when_the_time_is_over_so_is_the_quiz(tmp_path: Path) -> None:
    async def script(pilot: Pilot[None], session: Session) -> None:
        await pilot.press("1")
        session._clock.pass_(61)  # type: ignore[attr-defined]
        await pilot.press("2")
        await pilot.pause()
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert "The time is over." in text(pilot, "#head")

    session = play(tmp_path, "graded", script)
    assert (session.state, session.answer_to("one")) == ("expired", "a")


def test_what_looks_like_markup_is_shown_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "quiz.yaml"
    path.write_text(
        "schema: 1\nquiz: {id: quiz, title: '[red]Quiz', mode: practice, shuffle: {choices: false}}\nquestions:\n"
        "- {id: a, type: single, stem: '`x[bold]`', explain: '[i]e', choices: [{id: x, text: '[bold]a', correct: true}, {id: y, text: '$a_{[b]}$'}]}\n"
    )
    paper, keys = draw_paper(read_bank(path), 1)

    async def run(session: Session) -> None:
        async with QuizApp(session).run_test(size=(100, 30)) as pilot:
            await pilot.press("1", "enter")
            await pilot.pause()
            answers = pilot.app.screen.query_one("#answer", OptionList)
            assert "[bold]a" in str(answers.get_option_at_index(0).prompt)
            assert str(pilot.app.screen.query_one("#title", Label).render()) == "[red]Quiz"
            assert "[i]e" in text(pilot, "#said")

    with Attempts(tmp_path) as attempts:
        asyncio.run(run(Session.start(attempts, paper, keys, Clock())))


LONG = "a long text of many words " * 12


def test_long_texts_are_cut_in_the_list_and_folded_in_the_feedback(tmp_path: Path) -> None:
    path = tmp_path / "quiz.yaml"
    path.write_text(
        "schema: 1\nquiz: {id: quiz, title: Quiz, mode: practice, shuffle: {choices: false}}\nquestions:\n"
        f"- {{id: a, type: single, stem: {LONG}, explain: e, choices: [{{id: x, text: '{LONG}`len(x)`', feedback: {LONG}}}, "
        "{id: y, text: y, correct: true}]}\n- {id: b, type: true_false, stem: s, answer: true}\n"
    )
    paper, keys = draw_paper(read_bank(path), 1)

    async def run(session: Session) -> None:
        async with QuizApp(session).run_test(size=(100, 30)) as pilot:
            await pilot.pause()
            listed = pilot.app.screen.query_one("#questions", OptionList)
            assert listed.virtual_size.height == 2, "a line a question"
            await pilot.press("1", "enter")
            await pilot.pause()
            lines = text(pilot, "#said").splitlines()
            assert len(lines) < 20, "no column of single letters"
            assert all(len(line) <= 100 - 34 - 8 for line in lines)
            row = pilot.app.screen.query_one("#answer", OptionList).get_option_at_index(0).prompt
            assert str(row).endswith("words len(x)"), "code without its marks"
            assert any("bold" in str(span.style) for span in row.spans), "but as code"

    with Attempts(tmp_path) as attempts:
        asyncio.run(run(Session.start(attempts, paper, keys, Clock())))


def test_a_released_quiz_by_keys_tells_nothing(tmp_path: Path) -> None:
    exam = Exam(tmp_path / "course")
    paper = draw_released(exam.bundle, exam.sha256, "ada", 1)

    async def run(session: Session) -> None:
        async with QuizApp(session).run_test(size=(60, 20)) as pilot:
            await pilot.pause()
            for index in range(len(paper.questions)):
                assert session.current == index
                item = session.item
                await pilot.press("a" if item.kind == "matching" else "1")
                await pilot.pause()
                assert session.answer_to(item.id) is not None
                await pilot.press("enter")
                await pilot.pause()
                assert not [one for one in pilot.app.screen.query("#said") if one.display]
            assert isinstance(pilot.app.screen, ConfirmScreen)
            await pilot.press("y")
            await pilot.pause()
            assert text(pilot, "#head") == "Exam: handed in. Your instructor scores it."
            assert not [
                mark
                for label in pilot.app.screen.query(Label)
                for mark in "✓✗"
                if mark in str(label.render())
            ]

    with Attempts(tmp_path) as attempts:
        session = Session.start(attempts, paper, None, Clock())
        asyncio.run(run(session))
    sheet = sheet_of(session)
    assert (sheet.state, len([one for one in sheet.asked if one.answer is not None])) == ("handed in", 8)
