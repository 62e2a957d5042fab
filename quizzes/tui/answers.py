"""Where an answer is given: one widget for each kind of question.

Each shows the answer it is given, and posts `Changed` with the new one whenever it is changed by key
or mouse. None asks the session anything.
"""

from __future__ import annotations

import re
import textwrap
from typing import ClassVar

from rich.syntax import Syntax
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from quizzes.items import Answer, Item
from quizzes.plain import plain


class Changed(Message):
    """The answer to the open question is now `answer`; None for none."""

    def __init__(self, answer: Answer | None) -> None:
        super().__init__()
        self.answer = answer


class Done(Message):
    """Enter: whoever answers is done with this question."""


class _Rows(OptionList):
    """Options in rows, of which one is highlighted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done", "Next", show=False),
        Binding("space", "select", "Choose", show=False),
    ]

    def __init__(self, item: Item, answer: Answer | None, *, locked: bool) -> None:
        super().__init__(id="answer")
        self.item, self.answer, self.locked = item, answer, locked

    def on_mount(self) -> None:
        self.redraw()
        self.highlighted = 0

    def redraw(self) -> None:
        kept = self.highlighted
        self.clear_options()
        self.add_options([Option(row) for row in self.rows()])
        if kept is not None:
            self.highlighted = kept

    def rows(self) -> list[Text]:
        raise NotImplementedError

    def pick(self, index: int) -> None:
        """Row `index` was chosen by digit, space or mouse."""
        raise NotImplementedError

    def change(self, answer: Answer | None) -> None:
        if not self.locked:
            self.answer = answer
            self.redraw()
            self.post_message(Changed(answer))

    def action_done(self) -> None:
        self.post_message(Done())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.pick(event.option_index)

    def on_key(self, event: events.Key) -> None:
        if event.character and event.character.isdecimal():
            index = int(event.character) - 1
            if 0 <= index < self.option_count:
                event.stop()
                self.highlighted = index
                self.pick(index)


class Choices(_Rows):
    """One choice, or several."""

    def rows(self) -> list[Text]:
        chosen = self.answer if isinstance(self.answer, list) else [self.answer]
        marks = ("[x]", "[ ]") if self.item.kind == "multi" else ("(•)", "( )")
        return [
            Text(f"{number} {marks[0] if option.id in chosen else marks[1]} ").append(block(option.text))
            for number, option in enumerate(self.item.options, start=1)
        ]

    def pick(self, index: int) -> None:
        name = self.item.options[index].id
        if self.item.kind != "multi":
            self.change(name)
            return
        chosen = set(self.answer if isinstance(self.answer, list) else ())
        self.change(sorted(chosen ^ {name}) or None)

    def action_done(self) -> None:
        if self.answer is None and self.item.kind != "multi" and self.highlighted is not None:
            self.pick(self.highlighted)
        super().action_done()


class Matches(_Rows):
    """Left sides; a letter gives the highlighted one its right side, space the next."""

    def rows(self) -> list[Text]:
        given = self.answer if isinstance(self.answer, dict) else {}
        letters = {target.id: chr(ord("a") + n) for n, target in enumerate(self.item.targets)}
        return [
            Text(f"{number} [{letters.get(given.get(option.id, ''), ' ')}] ").append(block(option.text))
            for number, option in enumerate(self.item.options, start=1)
        ]

    def pick(self, index: int) -> None:
        name = self.item.options[index].id
        given = dict(self.answer if isinstance(self.answer, dict) else {})
        targets = [target.id for target in self.item.targets]
        place = targets.index(given[name]) + 1 if name in given else 0
        if place < len(targets):
            given[name] = targets[place]
        else:
            del given[name]
        self.change(given or None)

    def on_key(self, event: events.Key) -> None:
        place = ord(event.character) - ord("a") if event.character and len(event.character) == 1 else -1
        if 0 <= place < len(self.item.targets) and self.highlighted is not None:
            event.stop()
            given = dict(self.answer if isinstance(self.answer, dict) else {})
            given[self.item.options[self.highlighted].id] = self.item.targets[place].id
            self.change(given)
            self.highlighted = min(self.highlighted + 1, self.option_count - 1)
            return
        if event.character and event.character.isdecimal() and 1 <= int(event.character) <= self.option_count:
            event.stop()
            self.highlighted = int(event.character) - 1


class Order(_Rows):
    """Things to order: the highlighted one moves with shift and an arrow, or to the place of a digit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("shift+up,K", "move(-1)", "Move up", show=False),
        Binding("shift+down,J", "move(1)", "Move down", show=False),
    ]

    def order(self) -> list[str]:
        return list(self.answer) if isinstance(self.answer, list) else [o.id for o in self.item.options]

    def rows(self) -> list[Text]:
        texts = {option.id: option.text for option in self.item.options}
        mark = "·" if self.answer is None else " "
        return [
            Text(f"{number}{mark} ").append(block(texts[name]))
            for number, name in enumerate(self.order(), start=1)
        ]

    def pick(self, index: int) -> None:
        order = self.order()
        self.change(order)  # as it stands: that too is an answer

    def move(self, start: int, end: int) -> None:
        order = self.order()
        if 0 <= end < len(order):
            order.insert(end, order.pop(start))
            self.change(order)
            self.highlighted = end

    def action_move(self, step: int) -> None:
        if self.highlighted is not None:
            self.move(self.highlighted, self.highlighted + step)

    def on_key(self, event: events.Key) -> None:
        if event.character and event.character.isdecimal() and self.highlighted is not None:
            event.stop()
            self.move(self.highlighted, int(event.character) - 1)


class Typed(Input):
    """A number, or a word or a few. While it has the focus, letters are typed and are no commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Next"),
        Binding("escape", "screen.unfocus", "Leave the field"),
        Binding("question_mark", "type('?')", show=False),
        Binding("f1", "screen.help", "Help"),
    ]

    def action_type(self, character: str) -> None:
        self.insert_text_at_cursor(character)

    def __init__(self, item: Item, answer: Answer | None, *, locked: bool) -> None:
        value = answer if isinstance(answer, str) else ""
        asked = "a number" if item.kind == "numeric" else "a word or a few"
        super().__init__(
            value,
            placeholder=asked + (f", in {item.unit}" if item.unit else ""),
            select_on_focus=False,  # or the next letter would take the place of the answer
            id="answer",
        )
        self.disabled = locked

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(Changed(event.value.strip() or None))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(Done())


def widget(item: Item, answer: Answer | None, *, locked: bool) -> Widget:
    """The one for an item; `locked` when its answer stands."""
    if item.kind in ("numeric", "short"):
        return Typed(item, answer, locked=locked)
    kinds = {"matching": Matches, "ordering": Order}
    return kinds.get(item.kind, Choices)(item, answer, locked=locked)


def block(text: str) -> Text:
    """A choice's text: prose on one line, code highlighted, in a block as it stands."""
    fence = re.search(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    if fence:
        code = highlighted(textwrap.dedent(fence[2]).rstrip("\n"), fence[1] or "text")
        return Text("\n").append(Text("\n").join(Text("      ").append(line) for line in code.split()))
    found = Text()
    for number, part in enumerate(re.split(r"(?<!`)`([^`]+)`(?!`)", plain(text))):
        found.append(highlighted(part, "python") if number % 2 else part)
    return found


def highlighted(code: str, language: str) -> Text:
    """Code in colours on what lies behind it; in one where the language is not known."""
    shown = Syntax("", language, theme="ansi_dark", background_color="default").highlight(code)
    shown.rstrip()
    shown.stylize("bold")  # colour is never the only sign
    return shown
