"""Parts of an item of QTI 1.2: its materials, and when it gives points and says something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from quizzes.formats.foreign_xml import Element
from quizzes.formats.numbers import number

_RESPONSES = ("response_lid", "response_str", "response_num", "response_xy", "response_grp")


@dataclass(slots=True)
class Condition:
    """One of an item's conditions. `weight` is what it adds, or sets, of 100 points; None when it only
    says something."""

    holds: Element
    weight: Decimal | None
    adds: bool
    shows: list[str] = field(default_factory=list)


def materials(element: Element) -> Iterator[Element]:
    """Materials of an element outside of what is answered."""
    for child in element.children:
        if child.name == "material":
            yield child
        elif child.name not in (*_RESPONSES, "render_choice"):
            yield from materials(child)


def plain(materials: list[Element]) -> str:
    return " ".join(" ".join(one.said() for one in materials).split())


def conditions(item: Element) -> Iterator[Condition]:
    for element in item.every("respcondition"):
        sets = element.first("setvar")
        weight = number(sets.said()) if sets is not None else None
        adds = sets is not None and sets.get("action", "Set").lower() != "set"
        shows = [one.get("linkrefid") for one in element.all("displayfeedback")]
        yield Condition(element.first("conditionvar") or Element("conditionvar"), weight, adds, shows)


def weights_of(conditions: list[Condition]) -> dict[str, Decimal]:
    """What each choice brings."""
    found: dict[str, Decimal] = {}
    for condition in conditions:
        if condition.weight is not None:
            denied = {id(equal) for no in condition.holds.every("not") for equal in no.every("varequal")}
            for equal in condition.holds.every("varequal"):
                if id(equal) not in denied:
                    found[equal.said()] = found.get(equal.said(), Decimal(0)) + condition.weight
    return found


def numbers(holds: Element, *names: str) -> list[Decimal]:
    return [found for one in holds.every(*names) if (found := number(one.said())) is not None]


def form(presentation: Element) -> str:
    """What an item asks that does not say so."""
    several = list(presentation.every("response_lid"))
    if len(several) == 1:
        single = several[0].get("rcardinality", "Single").lower() == "single"
        return "multiple_choice_question" if single else "multiple_answers_question"
    if several:
        return "matching_question"
    typed = list(presentation.every("response_str", "response_num"))
    if len(typed) == 1:
        kinds = {one.get("fibtype") for one in typed[0].every("render_fib")}
        numeric = typed[0].name == "response_num" or kinds & {"Decimal", "Integer", "Scientific"}
        return "numerical_question" if numeric else "short_answer_question"
    return "fill_in_multiple_blanks_question" if typed else "text_only_question"
