"""The quiz on the screen: questions at the left, the open one beside them, keys at the bottom.

Screens decide what a key does, widgets only say what was done to them, and all that counts is the
session's.
"""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Footer, Label, Markdown, OptionList, Static
from textual.widgets.option_list import Option

from quizzes.maths import readable
from quizzes.plain import WIDTH, duration, feedback, plain, spoken
from quizzes.session import Session
from quizzes.tui.answers import Changed, Done, widget

TICK_SECONDS = 10  # between notes of the time that has passed
NARROW = 90  # columns, below which the list of questions is hidden
LITTLE = 60.0  # seconds left, from which the timer warns

HELP = """\
| key | does |
|---|---|
| `1` … `9` | choose, or take back; when ordering: move to that place |
| `↑` `↓` `space` | go through the choices and choose |
| `a` `b` … | when matching: give the highlighted row that right side |
| `shift+↑` `shift+↓` | when ordering: move the highlighted row |
| `enter` | done with this question: check it (practice), go on |
| `n` `p` or `→` `←` | the next question, the one before; where you type: `ctrl+n`, `ctrl+p` |
| `f` | flag, to come back to it; where you type: `ctrl+f` |
| `l` | list of questions |
| `h` | hint, where there is one |
| `s` | hand in; you are asked first |
| `q` | leave; every answer is kept, and the same command goes on |
| `esc` | leave a field in which you type |
"""


class QuizApp(App[None]):
    """One session on the screen. It ends with the session, or before; the session knows which."""

    CSS_PATH = "quiz.tcss"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.title = session.paper.title

    def on_mount(self) -> None:
        self.push_screen(
            QuizScreen(self.session) if self.session.state == "under way" else ReviewScreen(self.session)
        )


class QuizScreen(Screen[None]):
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,right,ctrl+n", "go(1)", "Next"),
        Binding("p,left,ctrl+p", "go(-1)", "Back"),
        Binding("f,ctrl+f", "flag", "Flag"),
        Binding("l", "list", "List"),
        Binding("h", "hint", "Hint"),
        Binding("s", "hand_in", "Hand in"),
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("q,ctrl+q", "leave", "Leave"),
        Binding("escape", "unfocus", show=False),
        Binding("enter", "done", show=False),  # where the answer takes no more keys
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Label(Text(self.session.paper.title), id="title")
            yield Label("", id="progress")
            yield Label("", id="timer")
        with Horizontal(id="middle"):
            yield OptionList(id="questions")
            with VerticalScroll(id="question", can_focus=False):
                yield Label("", id="number")
                yield Markdown("", id="stem")
                yield Vertical(id="place")
                yield Static("", id="targets", markup=False)
                yield Static("", id="said", markup=False)
        yield Footer()

    async def on_mount(self) -> None:
        self.set_interval(1, self._show_time)
        self.set_interval(TICK_SECONDS, self._tick)
        await self._show()

    def on_resize(self) -> None:
        self._show_list()

    def on_descendant_blur(self) -> None:
        self.call_after_refresh(self._show_list)

    async def _show(self) -> None:
        """The open question."""
        session, item = self.session, self.session.item
        number, count = session.current + 1, len(session.paper.questions)
        points = f"{item.points:g} point{'' if item.points == 1 else 's'}"
        flag = "  ⚑ flagged" if session.flagged(item.id) else ""
        self.query_one("#number", Label).update(Text(f"Question {number} of {count}  ({points}){flag}"))
        await self.query_one("#stem", Markdown).update(readable(item.stem))
        place = self.query_one("#place", Vertical)
        await place.remove_children()
        answers = widget(item, session.answer_to(item.id), locked=session.checked(item.id))
        await place.mount(answers)
        lines = [f"  {chr(ord('a') + n)}  {plain(target.text)}" for n, target in enumerate(item.targets)]
        self.query_one("#targets", Static).update("\n".join(lines))
        self.query_one("#targets").display = bool(lines)
        self._show_said()
        self._show_questions()
        self._show_time()
        self.set_focus(None if answers.disabled else answers)  # else the list would have it
        self.query_one("#question", VerticalScroll).scroll_home(animate=False)

    def _show_said(self, text: str = "") -> None:
        session, item = self.session, self.session.item
        if not text and session.checked(item.id):
            lines: list[str] = []
            beside = self.query_one("#questions").outer_size.width if self._roomy() else 0
            feedback(session, item.id, lines.append, _width(self.app.size.width - beside))
            mark = "✓ " if session.scored(item.id).right else "✗ "
            text = mark + "\n".join(lines)
        said = self.query_one("#said", Static)
        said.update(text)
        said.display = bool(text)

    def _show_questions(self) -> None:
        questions = self.query_one("#questions", OptionList)
        if not questions.option_count:
            every = range(len(self.session.paper.questions))
            questions.add_options([Option(self._row(index)) for index in every])
        questions.replace_option_prompt_at_index(self.session.current, self._row(self.session.current))
        questions.highlighted = self.session.current
        done = len(self.session.paper.questions) - len(self.session.unanswered())
        self.query_one("#progress", Label).update(f"{done} of {len(self.session.paper.questions)} answered")
        self._show_list()

    def _row(self, index: int) -> Text:
        session = self.session
        item = session.paper.questions[index].item
        if session.checked(item.id):
            mark = "✓" if session.scored(item.id).right else "✗"
        else:
            mark = "○" if session.answer_to(item.id) is None else "●"
        flag = "⚑" if session.flagged(item.id) else " "
        return Text(f"{index + 1:>3} {mark}{flag} {plain(item.stem)}", no_wrap=True, overflow="ellipsis")

    def _show_list(self) -> None:
        """Beside the question where there is room; else only while it is asked for."""
        questions = self.query_one("#questions")
        questions.display = self._roomy() or questions.has_focus

    def _roomy(self) -> bool:
        return self.app.size.width >= NARROW

    def _show_time(self) -> None:
        remaining = self.session.remaining()
        timer = self.query_one("#timer", Label)
        if remaining is None:
            timer.update(duration(self.session.elapsed()))
            return
        little = remaining <= LITTLE
        timer.update(f"{'! ' if little else ''}{duration(remaining)} left")
        timer.set_class(little, "little")
        if remaining <= 0:
            self._tick()

    def _tick(self) -> None:
        self.session.tick()
        if self.session.state != "under way":
            self.app.switch_screen(ReviewScreen(self.session))

    def on_changed(self, message: Changed) -> None:
        if self.session.answer(message.answer):
            self._show_questions()
        self._over()

    async def on_done(self, message: Done) -> None:
        await self.action_done()

    async def action_done(self) -> None:
        session = self.session
        if session.paper.mode == "practice" and not session.checked(session.item.id):
            if session.check() is not None:
                await self._show()
                self.query_one("#said").scroll_visible(animate=False)
                return
            if session.answer_to(session.item.id) is None:
                self._show_said("Not answered yet. n goes on without an answer.")
                return
        await self.action_go(1)

    async def action_go(self, step: int) -> None:
        index = self.session.current + step
        if index == len(self.session.paper.questions):
            self.action_hand_in()
        elif index >= 0:
            self.session.open(index)
            if not self._over():
                await self._show()

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_list.id == "questions":
            self.session.open(event.option_index)
            if not self._over():
                await self._show()

    async def action_flag(self) -> None:
        self.session.flag()
        if not self._over():
            await self._show()

    def action_list(self) -> None:
        questions = self.query_one("#questions", OptionList)
        if questions.has_focus:
            self.query_one("#answer").focus()
        else:
            questions.display = True
            questions.focus()

    def action_hint(self) -> None:
        self._show_said(plain(self.session.item.hint) or "There is no hint.")

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen())

    def action_unfocus(self) -> None:
        self.set_focus(None)

    def action_leave(self) -> None:
        self.session.tick()
        self.app.exit()

    def action_hand_in(self) -> None:
        missing = [index + 1 for index in self.session.unanswered()]
        flagged = [
            number
            for number, placed in enumerate(self.session.paper.questions, start=1)
            if self.session.flagged(placed.item.id)
        ]
        self.app.push_screen(ConfirmScreen(missing, flagged), self._confirmed)

    def _confirmed(self, sure: bool | None) -> None:
        if sure:
            self.session.hand_in()
            self._over()

    def _over(self) -> bool:
        over = self.session.state != "under way"
        if over:
            self.app.switch_screen(ReviewScreen(self.session))
        return over


class HelpScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,question_mark,q", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box"):
            yield Markdown(HELP)
            yield Label("esc closes this.")


class ConfirmScreen(ModalScreen[bool]):
    """Asks before handing in. `missing` and `flagged` are numbers of questions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Hand in"),
        Binding("n,escape", "answer(False)", "Go back"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, missing: list[int], flagged: list[int]) -> None:
        super().__init__()
        self.missing, self.flagged = missing, flagged

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Label("Hand in? There is no way back.")
            for what, numbers in (("Not answered", self.missing), ("Flagged", self.flagged)):
                if numbers:
                    yield Static(f"{what}: {', '.join(map(str, numbers))}", markup=False)
            with Horizontal(id="buttons"):
                yield Button("No, go back (n)", id="no")
                yield Button("Yes, hand in (y)", id="yes", variant="primary")

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, sure: bool) -> None:
        self.dismiss(sure)


class ReviewScreen(Screen[None]):
    """What an attempt that is over brought, question by question."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,enter,ctrl+q", "app.quit", "Close"),
        Binding("w", "wrong", "Only wrong ones"),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._wrong_only = False

    def compose(self) -> ComposeResult:
        yield Label(Text(self._head()), id="head")
        with VerticalScroll(id="reviewed"):
            yield from self._questions()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#reviewed").focus()

    def _head(self) -> str:
        session = self.session
        end = "The time is over. " if session.state == "expired" else ""
        if session.keys is None:
            return f"{end}{session.paper.title}: handed in. Your instructor scores it."
        total = session.total()
        return (
            f"{end}{session.paper.title}: {total.points:.4g} of {total.possible:g} points, "
            f"{total.right} of {total.questions} right"
        )

    def _questions(self) -> ComposeResult:
        session = self.session
        for number, placed in enumerate(session.paper.questions, start=1):
            item = placed.item
            right = session.keys is not None and session.scored(item.id).right
            answer = session.answer_to(item.id)
            with Vertical(classes="reviewed right" if right else "reviewed"):
                mark = "" if session.keys is None else "✓ " if right else "✗ "
                yield Label(Text(f"{mark}Question {number}"), classes="number")
                yield Markdown(readable(item.stem))
                said = "none" if answer is None else spoken(item, answer)
                lines = [f"Your answer: {said}"]
                if session.keys is not None:
                    feedback(session, item.id, lines.append, _width(self.app.size.width))
                yield Static("\n".join(lines), markup=False)

    def action_wrong(self) -> None:
        self._wrong_only = not self._wrong_only
        for shown in self.query(".right"):
            shown.display = not self._wrong_only

    def action_scroll(self, step: int) -> None:
        self.query_one("#reviewed", VerticalScroll).scroll_relative(y=step, animate=False)


def _width(columns: int) -> int:
    """That of prose within `columns`, less margins and a bar."""
    return max(20, min(WIDTH, columns - 8))


def run(session: Session) -> None:
    """Shows a session until it is left or over."""
    QuizApp(session).run()
