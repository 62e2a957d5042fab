"""One item of QTI 2.1 as a question.

What counts is told by the correct response, a mapping, and the tolerances of response processing; programs
in response processing that say more than these are told as lost.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from decimal import Decimal

from quizzes.formats.build import Builder, choices, label
from quizzes.formats.foreign_xml import Element
from quizzes.formats.foreign_zip import media
from quizzes.formats.html import to_markdown
from quizzes.formats.numbers import between, number, shown
from quizzes.formats.pictures import Album, is_here, readdressed
from quizzes.formats.qti21_flow import BLANK, EXPLANATION, MEDIA, UNIT, html, named
from quizzes.formats.qti21_parts import Item, around, ids, outside, pins, tolerance
from quizzes.formats.remarks import LeftOut, counted, explained

_TYPES = {
    "choiceInteraction": "choices",
    "inlineChoiceInteraction": "choices",
    "textEntryInteraction": "typed",
    "matchInteraction": "matching",
    "orderInteraction": "ordering",
}
_LEFT_OUT = {
    "extendedTextInteraction": "an essay has no answer to be judged by",
    "uploadInteraction": "a file that is uploaded has no answer to be judged by",
    "drawingInteraction": "a drawing has no answer to be judged by",
    "associateInteraction": "pairs within one set have no place here",
    "gapMatchInteraction": "words to drag into a text have no place here",
    "hottextInteraction": "parts of a text to choose have no place here",
}


class Reader:
    """Items on their way into `builder`. `shuffled` is whether choices are, of each item that says so."""

    def __init__(self, builder: Builder, album: Album, files: Mapping[str, bytes]) -> None:
        self.builder, self.album, self.files = builder, album, files
        self.shuffled: list[bool] = []

    def take(self, folder: str, root: Element, fields: Mapping[str, object]) -> str:
        """The id of what is carried over; empty when it is left out. `fields` are known beforehand."""
        item = Item(
            root,
            folder,
            root.first("itemBody") or Element("itemBody"),
            Element("responseDeclaration"),
            root.first("responseProcessing") or Element("responseProcessing"),
        )
        title = named(root.get("identifier")) if root.get("toolName") == "sorcery" else root.get("title")
        stem = ""
        try:
            interaction = self._interaction(item)
            stem, unit = self._stem(item, interaction)
            answer = self._answer(item, interaction)
        except LeftOut as reason:
            self.builder.leave_out(title, stem or title, root.line, str(reason))
            return ""
        if unit:
            answer["answer"]["unit"] = unit  # type: ignore[index]
        name = self.builder.name(title, stem)
        for what in dict.fromkeys(item.lost):
            self.builder.lose(name, what)
        asked = {"id": name, "stem": stem, **fields, **answer}
        return name if self.builder.add(asked, root.line) else ""

    def _interaction(self, item: Item) -> Element:
        found = [one for one in item.body.every() if one.name.endswith("Interaction")]
        if not found:
            raise LeftOut("a text without answers is no question")
        if len(found) > 1:
            raise LeftOut(f"{len(found)} questions in one have no place here")
        (interaction,) = found
        if interaction.name not in _TYPES:
            raise LeftOut(
                _LEFT_OUT.get(interaction.name, f"a {label(interaction.name)[:40]} has no place here")
            )
        if (
            item.root.first("templateProcessing") is not None
            or item.root.first("templateDeclaration") is not None
        ):
            raise LeftOut("its values are drawn by a program of its own; write them with `params`")
        if item.root.get("adaptive") == "true":
            item.lost.append("that it can be answered in several steps is not carried")
        response = interaction.get("responseIdentifier")
        for declared in item.root.all("responseDeclaration"):
            if declared.get("identifier") == response:
                item.response = declared
        return interaction

    def _stem(self, item: Item, interaction: Element) -> tuple[str, str]:
        """The text around an interaction, with a gap where it stands in a sentence; and the unit."""
        unit = ""
        prompt = interaction.first("prompt")
        numeric = item.response.get("baseType") in ("float", "integer")
        for parent in list(outside(item.body, interaction)):
            for child in list(parent.children):
                if numeric and child.get("class") == UNIT and child.name == "span":
                    unit = label("".join(child.pieces()))
                    parent.drop(child)
                elif child.name in ("rubricBlock", "feedbackBlock", "feedbackInline", "infoControl"):
                    item.lost.append("texts that are shown to some, or at times, are not carried")
                    parent.drop(child)
        for parent in list(outside(item.body, interaction)):
            if interaction in parent.children:
                alone = not "".join([*around(parent, interaction)]).strip()
                child = Element("span", text="" if alone or parent is item.body else BLANK)
                child.tail = interaction.tail
                parent.children[parent.children.index(interaction)] = child
        asked = [html(item.body), html(prompt) if prompt is not None else ""]
        return self._text(item, "\n".join(filter(None, asked))), unit

    def _text(self, item: Item, written: str) -> str:
        return to_markdown(self._html(item, written)).strip()

    def _html(self, item: Item, written: str) -> str:
        """HTML with the names that pictures have here."""

        def address(path: str) -> str | None:
            if not is_here(path):
                return None
            name = posixpath.normpath(posixpath.join(item.folder, path.partition("?")[0]))
            kept = self.album.add(name.removeprefix(MEDIA), media(self.files, name))
            if kept is None:
                item.lost.append(f"the image {label(path)[:80]} is not carried")
            return kept

        return readdressed(written, address)

    def _answer(self, item: Item, interaction: Element) -> dict[str, object]:
        """Raises LeftOut."""
        weights = item.weights()
        points = item.points(weights.values())
        said = {one.get("identifier"): html(one) for one in item.root.all("modalFeedback")}
        fields: dict[str, object] = {"points": float(points)}
        fields |= explained(self._html(item, said.pop(EXPLANATION, "")))
        texts = {key: self._text(item, written) for key, written in said.items()}
        if interaction.name != "textEntryInteraction" and interaction.name != "inlineChoiceInteraction":
            self._shuffle(fields, interaction)
        way = getattr(self, f"_{_TYPES[interaction.name]}")
        fields |= way(item, interaction, weights, texts)
        if texts:  # what was used is gone
            item.lost.append("feedback that is shown under conditions of its own is not carried")
        return {key: value for key, value in fields.items() if value != ""}

    def _shuffle(self, fields: dict[str, object], interaction: Element) -> None:
        ordered = interaction.name == "orderInteraction"
        shuffled = interaction.get("shuffle") == "true"
        truth = {one.get("identifier") for one in interaction.all("simpleChoice")} == {"true", "false"}
        if not ordered and not truth:
            self.shuffled.append(shuffled)
            if not shuffled:
                fields["shuffle"] = False

    def _choices(
        self, item: Item, interaction: Element, weights: dict[str, Decimal], said: dict[str, str]
    ) -> dict[str, object]:
        elements = interaction.all("simpleChoice") or interaction.all("inlineChoice")
        keys = [one.get("identifier") for one in elements]
        right = set(item.right())
        for one in elements:
            for inline in [child for child in one.children if child.name == "feedbackInline"]:
                one.drop(inline)
                said.setdefault(one.get("identifier"), self._text(item, html(inline)))
        shown_texts = [self._text(item, html(one)) for one in elements]
        feedback = [said.pop(key, "") for key in keys]
        several = item.response.get("cardinality") == "multiple"
        scoring = "all" if several else ""
        worth: list[float | None] = [None] * len(keys)
        if weights:
            brings = [weight for weight in weights.values() if weight > 0] or [Decimal(1)]
            most = sum(brings) if several else max(brings)
            shares = [float(weights.get(key, Decimal(0)) / most) for key in keys]
            if several:
                right = {key for key in keys if weights.get(key, 0) > 0}
                scoring, worth = counted(shares, item.lost)
            else:
                right = right or {key for key, share in zip(keys, shares, strict=True) if share == 1}
                worth = [
                    None if key in right else max(-1.0, share) or None
                    for key, share in zip(keys, shares, strict=True)
                ]
                if any(share < 0 for share in shares):
                    item.lost.append("a choice that costs points does so with a `floor` below 0 only")
        if not right & set(keys):
            raise LeftOut("no choice is right")
        if not several and keys == ["true", "false"] and shown_texts == ["True", "False"]:
            wrong = feedback[keys.index("false" if "true" in right else "true")]
            return {"type": "true_false", "answer": "true" in right, "feedback": wrong}
        made = choices(shown_texts, [key in right for key in keys], feedback, worth)
        for choice, name, pin in zip(made, ids(keys), pins(elements), strict=True):
            choice |= {"id": name, "pin": pin}
        if any(one.get("fixed") == "true" for one in elements) and not any(pins(elements)):
            item.lost.append("that a choice in the middle stays where it is is not carried")
        return {"type": "multi" if several else "single", "choices": made, "scoring": scoring}

    def _typed(
        self, item: Item, interaction: Element, weights: dict[str, Decimal], said: dict[str, str]
    ) -> dict[str, object]:
        if item.response.get("baseType") in ("float", "integer"):
            return self._numeric(item, weights, said)
        right = item.right()
        mapping = item.response.first("mapping")
        exact = True
        if weights and mapping is not None:
            best = max(weights.values())
            right = [key for key, weight in weights.items() if weight == best > 0]
            if any(0 < weight < best for weight in weights.values()):
                item.lost.append("answers that are partly right are not accepted")
            exact = all(entry.get("caseSensitive", "true") == "true" for entry in mapping.all("mapEntry"))
        if not right:
            raise LeftOut("no answer is right")
        return {"type": "short", "answer": {"accept": list(dict.fromkeys(right)), "exact": exact}}

    def _numeric(self, item: Item, weights: dict[str, Decimal], said: dict[str, str]) -> dict[str, object]:
        right = [value for one in item.right() if (value := number(one)) is not None]
        right += [
            value for key, weight in weights.items() if weight > 0 and (value := number(key)) is not None
        ]
        answer: dict[str, object] = {}
        traps: list[dict[str, str]] = []
        for branch in item.processing.every("responseIf", "responseElseIf"):
            sets = [one.get("identifier") for one in branch.all("setOutcomeValue")]
            for equal in branch.every("equal"):
                base = next((number(one.said()) for one in equal.all("baseValue")), None)
                if "SCORE" in sets:
                    right += [base] if base is not None and not right else []
                    answer |= tolerance(item, equal)
                elif base is not None:
                    for shows in branch.every("baseValue"):
                        if shows.said() in said and shows.get("baseType") == "identifier":
                            traps.append({"expr": shown(base), "feedback": said.pop(shows.said())})
            low = [number(one.said()) for gte in branch.every("gte") for one in gte.all("baseValue")]
            high = [number(one.said()) for lte in branch.every("lte") for one in lte.all("baseValue")]
            if "SCORE" in sets and low and high and low[0] is not None and high[0] is not None:
                middle, width = between(low[0], high[0])
                right, answer = [middle], {"abs_tol": float(abs(width))}
        if any(item.processing.every("equalRounded")):
            item.lost.append("that it is rounded before it is compared is not carried; give it a tolerance")
        if not right:
            raise LeftOut("no number is right")
        if len(set(right)) > 1:
            item.lost.append(f"of several right numbers only {shown(right[0])} is carried")
        return {"type": "numeric", "answer": {"expr": shown(right[0]), **answer}, "traps": traps}

    def _matching(
        self, item: Item, interaction: Element, weights: dict[str, Decimal], said: dict[str, str]
    ) -> dict[str, object]:
        sets = [
            {one.get("identifier"): self._text(item, html(one)) for one in side.all("simpleAssociableChoice")}
            for side in interaction.all("simpleMatchSet")
        ]
        pairs: dict[str, str] = {}
        for pair in item.right() or [key for key, weight in weights.items() if weight > 0]:
            left, _, right = pair.partition(" ")
            if left in pairs:
                item.lost.append("of several right sides for one left side only the first is carried")
            pairs.setdefault(left, right.strip())
        if len(sets) != 2 or len(pairs) < 2 or not set(pairs) <= set(sets[0]):
            raise LeftOut("matching needs two sides and at least two pairs")
        if len(pairs) < len(sets[0]):
            item.lost.append("a left side without a right one is not carried")
        if not set(pairs.values()) <= set(sets[1]):
            raise LeftOut("a pair has a right side that is not there")
        if weights and len({weights.get(f"{left} {right}") for left, right in pairs.items()}) > 1:
            item.lost.append("its pairs all count the same here")
        if not weights:
            item.lost.append("each of its pairs counts by itself here")
        keys = [key for key in sets[0] if key in pairs]
        used = set(pairs.values())
        return {
            "type": "matching",
            "pairs": [
                {"id": name, "left": sets[0][key], "right": sets[1][pairs[key]]}
                for name, key in zip(ids(keys), keys, strict=True)
            ],
            "extra": [text for key, text in sets[1].items() if key not in used],
        }

    def _ordering(
        self, item: Item, interaction: Element, weights: dict[str, Decimal], said: dict[str, str]
    ) -> dict[str, object]:
        shown_texts = {
            one.get("identifier"): self._text(item, html(one)) for one in interaction.all("simpleChoice")
        }
        order = item.right()
        if set(order) != set(shown_texts) or len(order) != len(shown_texts):
            raise LeftOut("its right order does not name each of its items once")
        item.lost.append("it counts by neighbours that are kept, and not as it did")
        return {
            "type": "ordering",
            "items": [
                {"id": name, "text": shown_texts[key]} for name, key in zip(ids(order), order, strict=True)
            ],
        }
