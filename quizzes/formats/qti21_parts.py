"""Parts of an item of QTI 2.1: what is right and what it brings, which names and ends choices have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from quizzes.formats.foreign_xml import Element
from quizzes.formats.ids import choice_ids, unique_id
from quizzes.formats.numbers import number
from quizzes.formats.qti21_flow import named


@dataclass(slots=True)
class Item:
    """An item taken apart. `response` is empty where it declares none."""

    root: Element
    folder: str
    body: Element
    response: Element
    processing: Element
    lost: list[str] = field(default_factory=list)

    def right(self) -> list[str]:
        found = self.response.first("correctResponse")
        return [value.said() for value in found.all("value")] if found is not None else []

    def weights(self) -> dict[str, Decimal]:
        """What each part of a response brings, where SCORE is their sum; else empty."""
        mapping = self.response.first("mapping")
        sums = any(self.processing.every("mapResponse")) or "map_response" in self.processing.get("template")
        if mapping is None or not sums:
            return {}
        return {
            entry.get("mapKey"): number(entry.get("mappedValue")) or Decimal(0)
            for entry in mapping.all("mapEntry")
        }

    def points(self, weights: Iterable[Decimal]) -> Decimal:
        """The most that can be had."""
        for outcome in self.root.all("outcomeDeclaration"):
            value = number(outcome.said("defaultValue"))
            if outcome.get("identifier") == "MAXSCORE" and value is not None and value > 0:
                return value
        for outcome in self.root.all("outcomeDeclaration"):
            most = number(outcome.get("normalMaximum"))
            if outcome.get("identifier") == "SCORE" and most is not None and most > 0:
                return most
        mapping = self.response.first("mapping")
        bound = number(mapping.get("upperBound")) if mapping is not None else None
        several = self.response.get("cardinality") != "single"
        found = list(weights)
        total = (
            sum((one for one in found if one > 0), Decimal(0)) if several else max(found, default=Decimal(0))
        )
        return bound if bound is not None and bound > 0 else total if total > 0 else Decimal(1)


def outside(body: Element, interaction: Element) -> Iterator[Element]:
    """The elements of a body that are not in an interaction."""
    yield body
    for child in body.children:
        if child is not interaction:
            yield from outside(child, interaction)


def around(parent: Element, interaction: Element) -> Iterator[str]:
    """The text of a paragraph without what is in an interaction."""
    yield parent.text
    for child in parent.children:
        if child is not interaction:
            yield from child.pieces()
        yield child.tail


def ids(keys: list[str]) -> list[str]:
    """Identifiers as ids of ours, if they can be; else a, b, c."""
    found = [named(key) for key in keys]
    fit = all(unique_id(name, set()) == name for name in found)
    return found if fit and len(set(found)) == len(found) else choice_ids(len(keys))


def pins(elements: list[Element]) -> list[str | None]:
    """Where fixed choices stay: those before all others at the beginning, those after them at the end."""
    fixed = [one.get("fixed") == "true" for one in elements]
    free = [index for index, stays in enumerate(fixed) if not stays]
    if not free:
        return [None] * len(fixed)
    return [
        ("first" if index < free[0] else "last" if index > free[-1] else None) if stays else None
        for index, stays in enumerate(fixed)
    ]


def tolerance(item: Item, equal: Element) -> dict[str, float]:
    widths = [number(one) for one in equal.get("tolerance").split()]
    known = [abs(width) for width in widths if width is not None]
    if not known:
        return {}
    if len(set(known)) > 1:
        item.lost.append("its tolerance is not the same on both sides; the narrower is taken")
    width = min(known)
    if equal.get("toleranceMode") == "relative":
        return {"rel_tol": float(width / 100)}
    return {"abs_tol": float(width)}
