"""A quiz by lines: bare numbered prompts on standard input and output, for pipes, screen readers and
terminals that can do no more. The session behind it is the same.

An answer is a number, several numbers, pairs such as `1b 2a`, or what is typed. What begins with a
colon is a command; `:help` lists them.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

from graders.errors import UsageError
from quizzes.items import Answer, Item
from quizzes.maths import readable
from quizzes.score import Scored
from quizzes.session import Session

Read = Callable[[str], str | None]  # a prompt to a line, None at the end of input
Write = Callable[[str], None]

WIDTH = 78
LONGEST_LEAD = 12  # under which a text is hung
HELP = """\
:next :back       go on without an answer, or back
:go 5             go to question 5
:clear            take the answer back
:flag             flag the question, or take the flag away
:hint             show the hint, where there is one
:list             show all questions, answered or not
:quit             stop here; the same command goes on later
:submit           hand in"""


def take(session: Session, read: Read, write: Write) -> None:
    """Asks until the attempt is handed in, its time is over, or the input ends."""
    limit = session.paper.time_limit
    write(f"{session.paper.title}: {len(session.paper.questions)} questions, {session.paper.points:g} points")
    if limit is not None:
        write(f"Time left: {duration(session.remaining() or 0.0)}")
    write("Type :help for commands.")
    while session.state == "under way":
        show(session, write)
        line = read("> ")
        if line is None:
            write("")
            return
        try:
            if not _done(session, line.strip(), read, write):
                return
        except UsageError as error:
            write(f"{error}.")
    if session.state == "expired":
        write("The time is over. What you had answered is kept.")


def show(session: Session, write: Write) -> None:
    """The open question, and what was answered to it."""
    item = session.item
    points = f"{item.points:g} point{'' if item.points == 1 else 's'}"
    marks = ", flagged" if session.flagged(item.id) else ""
    remaining = session.remaining()
    left = "" if remaining is None else f", {duration(remaining)} left"
    write("")
    write(f"Question {session.current + 1} of {len(session.paper.questions)} ({points}{marks}{left})")
    write(_wrapped(item.stem))
    for number, option in enumerate(item.options, start=1):
        write(_wrapped(option.text, f"  {number}) "))
    for number, target in enumerate(item.targets):
        write(_wrapped(target.text, f"  {_letter(number)}) "))
    write(ASKED[item.kind] + (f" (in {item.unit})" if item.unit else ""))
    answer = session.answer_to(item.id)
    if answer is not None:
        write(f"Your answer: {spoken(item, answer)}")


ASKED = {
    "single": "Answer with one number.",
    "true_false": "Answer with one number.",
    "multi": "Answer with all the numbers that are right, such as: 1 3",
    "numeric": "Answer with a number.",
    "short": "Answer in a word or a few.",
    "matching": "Answer with pairs, such as: 1b 2a",
    "ordering": "Answer with all numbers in the right order, such as: 2 1 3",
}


def parsed(item: Item, line: str) -> Answer:
    """The answer that a line gives. Raises UsageError when it gives none."""
    if item.kind in ("numeric", "short"):
        return line
    words = re.split(r"[\s,;]+", line.strip())
    if item.kind == "matching":
        pairs: dict[str, str] = {}
        for word in words:
            found = re.fullmatch(r"(\d+)[-=:]?([a-z])", word.lower())
            if not found:
                raise UsageError(f"{word!r} is no pair; write pairs such as 1b 2a")
            target = ord(found[2]) - ord("a")
            if target >= len(item.targets):
                raise UsageError(f"no letter {found[2]!r}")
            pairs[_option(item, found[1])] = item.targets[target].id
        return pairs
    chosen = [_option(item, word) for word in words]
    if item.kind in ("multi", "ordering"):
        return chosen
    if len(chosen) != 1:
        raise UsageError("one number is asked for")
    return chosen[0]


def _option(item: Item, word: str) -> str:
    if not word.isdecimal() or not 1 <= int(word) <= len(item.options):
        raise UsageError(f"{word!r} is no number from 1 to {len(item.options)}")
    return item.options[int(word) - 1].id


def spoken(item: Item, answer: Answer) -> str:
    """An answer in words."""
    texts = {option.id: plain(option.text) for option in (*item.options, *item.targets)}
    if isinstance(answer, str):
        return texts.get(answer, answer)
    if isinstance(answer, dict):
        return "; ".join(f"{texts[left]}: {texts[right]}" for left, right in answer.items())
    shown = [option.id for option in item.options]
    order = sorted(answer, key=shown.index) if item.kind == "multi" else answer
    return "; ".join(texts[name] for name in order)


def plain(text: str) -> str:
    """A Markdown text on one line, without backslashes that only Markdown needs."""
    return re.sub(r"\\([\\`*_\[\]<>#|~$])", r"\1", " ".join(readable(text).split()))


def duration(seconds: float) -> str:
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def feedback(session: Session, question: str, write: Write, width: int = WIDTH) -> None:
    """What a question's answer brought, what is said of it, and the explanation; `width` in columns."""
    placed = next(placed for placed in session.paper.questions if placed.item.id == question)
    item, found = placed.item, session.scored(question)
    write(verdict(found))
    texts = {option.id: plain(option.text) for option in item.options}
    for about, text in found.said:
        write(_wrapped(text, f"  {texts[about]}: " if about in texts else "  ", width))
    key = (session.keys or {})[question]
    if not found.right:
        write(_wrapped(solution(item, key.judge), "  Right: ", width))
    if key.explain:
        write(_wrapped(key.explain, "  ", width))
    if key.source:
        write(_wrapped(key.source, "  Source: ", width))


def verdict(found: Scored) -> str:
    if found.right:
        return "Right."
    return f"Partly right: {found.share:.0%}." if found.share > 0 else "Not right."


def solution(item: Item, judge: object) -> str:
    """The right answer in words."""
    from quizzes.items import ChoiceKey, MatchingKey, NumericKey, OrderingKey, ShortKey

    match judge:
        case ChoiceKey(right=right):
            return spoken(item, sorted(right))
        case NumericKey(value=value):
            return f"{value:.6g}" + (f" {item.unit}" if item.unit else "")
        case ShortKey(accept=accept, pattern=pattern):
            return accept[0] if accept else f"what matches {pattern}"
        case MatchingKey(pairs=pairs):
            return spoken(item, dict(pairs))
        case OrderingKey(order=order):
            return spoken(item, list(order))
    raise TypeError(judge)


def review(session: Session, write: Write) -> None:
    """All questions of an attempt that is over, with what they brought."""
    total = session.total()
    write(f"{session.paper.title}: {total.points:.4g} of {total.possible:g} points")
    write(f"{total.right} of {total.questions} right, {total.answered} answered")
    for number, placed in enumerate(session.paper.questions, start=1):
        item = placed.item
        write("")
        write(f"Question {number}")
        write(_wrapped(item.stem))
        answer = session.answer_to(item.id)
        write(f"Your answer: {'none' if answer is None else spoken(item, answer)}")
        feedback(session, item.id, write)


def _done(session: Session, line: str, read: Read, write: Write) -> bool:
    """Does what a line says; False when the quiz is to be left."""
    item = session.item
    if line.startswith(":"):
        return _command(session, line[1:].split(), read, write)
    if not line:
        _forward(session, read, write)
    elif session.checked(item.id):
        write("This question is answered. Type :next to go on.")
    elif session.answer(parsed(item, line)):
        if session.check() is not None:
            feedback(session, item.id, write)
        _forward(session, read, write)
    return True


def _forward(session: Session, read: Read, write: Write) -> None:
    if session.current + 1 < len(session.paper.questions):
        session.open(session.current + 1)
    else:
        _hand_in(session, read, write)


def _command(session: Session, words: list[str], read: Read, write: Write) -> bool:
    match words:
        case ["next"]:
            _forward(session, read, write)
        case ["back"]:
            session.open(max(0, session.current - 1))
        case ["go", number] if number.isdecimal():
            session.open(int(number) - 1)
        case ["clear"]:
            session.answer(None)
        case ["flag"]:
            session.flag()
        case ["hint"]:
            write(_wrapped(session.item.hint) if session.item.hint else "There is no hint.")
        case ["list"]:
            _list(session, write)
        case ["quit"]:
            return False
        case ["submit"]:
            _hand_in(session, read, write)
        case _:
            write(HELP)
    return True


def _list(session: Session, write: Write) -> None:
    for number, placed in enumerate(session.paper.questions, start=1):
        answer = session.answer_to(placed.item.id)
        said = "not answered" if answer is None else spoken(placed.item, answer)
        flag = ", flagged" if session.flagged(placed.item.id) else ""
        write(f"{number}. {plain(placed.item.stem)[:50]} ({said[:40]}{flag})")


def _hand_in(session: Session, read: Read, write: Write) -> None:
    missing = [str(index + 1) for index in session.unanswered()]
    if missing:
        write(f"Not answered: {', '.join(missing)}")
    line = read("Hand in? (yes or no) ")
    if line is not None and line.strip().lower() in ("y", "yes"):
        session.hand_in()
    elif line is not None:
        write("Not handed in.")


def _wrapped(text: str, lead: str = "", width: int = WIDTH) -> str:
    """Prose folded, hung below a short `lead`; lines of code and lists as they are."""
    shown = re.sub(r"\\([\\`*_\[\]<>#|~$])", r"\1", readable(text)).strip("\n")
    if "```" in shown or re.search(r"^\s*[-*|]", shown, re.MULTILINE):
        return lead + shown.replace("\n", "\n" + " " * len(lead))
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n", shown)]
    short = len(lead) <= LONGEST_LEAD
    indent = " " * (len(lead) if short else 4)
    if not short:
        margin = lead[: len(lead) - len(lead.lstrip())]
        lead, parts[0] = margin, lead.strip() + " " + parts[0]
    folded = [
        textwrap.fill(part, width, initial_indent=indent if number else lead, subsequent_indent=indent)
        for number, part in enumerate(parts)
    ]
    return "\n".join(folded)


def _letter(number: int) -> str:
    return chr(ord("a") + number)
