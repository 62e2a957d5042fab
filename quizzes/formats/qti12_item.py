"""One item of QTI 1.2 as a question.

What an item asks is told by Canvas's `question_type`, or a Common Cartridge's profile, or else by its form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from html import escape

from quizzes.formats import qti12_parts as parts
from quizzes.formats.build import Builder, choices, label
from quizzes.formats.foreign_xml import Element, inner
from quizzes.formats.foreign_zip import media
from quizzes.formats.gift import markdown
from quizzes.formats.gift_syntax import Words
from quizzes.formats.html import to_html, to_markdown
from quizzes.formats.ids import choice_ids
from quizzes.formats.numbers import between, number, shown
from quizzes.formats.pictures import Album, is_here, readdressed
from quizzes.formats.qti12_write import FILE_BASE, RESOURCES
from quizzes.formats.remarks import LeftOut, counted, explained, told_right

EQUATIONS = "/equation_images/"  # pictures of what is in another attribute as LaTeX
_LEFT_OUT = {
    "essay_question": "an essay has no answer to be judged by",
    "file_upload_question": "a file that is uploaded has no answer to be judged by",
    "text_only_question": "a text without answers is no question",
    "fill_in_multiple_blanks_question": "a text with several gaps is several questions",
    "multiple_dropdowns_question": "a text with several gaps is several questions",
    "calculated_question": "its formula has parameters in Canvas's own syntax; write it with `params`",
    "cc.essay.v0p1": "an essay has no answer to be judged by",
}
_TYPES = {
    "multiple_choice_question": "single",
    "multiple_answers_question": "multi",
    "true_false_question": "truth",
    "numerical_question": "numeric",
    "short_answer_question": "short",
    "matching_question": "matching",
    "cc.multiple_choice.v0p1": "single",
    "cc.multiple_response.v0p1": "multi",
    "cc.true_false.v0p1": "truth",
    "cc.fib.v0p1": "short",
    "cc.pattern_match.v0p1": "short",
}
_AS_A_WHOLE = {"correct_fb": "a right", "general_incorrect_fb": "a wrong"}
_NAMELESS = re.compile(r"(?:question|item|frage|pregunta)?\W*\d*", re.IGNORECASE)


class Reader:
    """Items on their way into `builder`. `ours` is what the idents of our own items begin with."""

    def __init__(
        self, builder: Builder, album: Album, files: Mapping[str, bytes], folder: str, ours: str
    ) -> None:
        self.builder, self.album, self.files, self.folder, self.ours = builder, album, files, folder, ours
        self.points: Decimal | None = None  # of each item of a group
        self._lost: list[str] = []
        self._told: set[str] = set()  # idents of feedback that has found its place

    def take(self, item: Element, tag: str = "") -> str:
        """The id of what is carried over; empty when it is left out."""
        self._lost, self._told = [], set()
        metadata = {one.said("fieldlabel"): one.said("fieldentry") for one in item.every("qtimetadatafield")}
        presentation = item.first("presentation") or Element("presentation")
        stem = self.text(parts.materials(presentation))
        ident = item.get("ident")
        known = bool(self.ours) and ident.startswith(f"{self.ours}.")
        title = ident.removeprefix(f"{self.ours}.") if known else item.get("title")
        title = "" if not known and _NAMELESS.fullmatch(title.strip()) else title
        kind = metadata.get("question_type") or metadata.get("cc_profile") or parts.form(presentation)
        try:
            answer = self._answer(kind, item, presentation, known)
        except LeftOut as reason:
            self.builder.leave_out(title, stem, item.line, str(reason))
            return ""
        said = self._said(item)
        general = " ".join(filter(None, (said.pop("general_fb", ""), said.pop("solution", ""))))
        fields: dict[str, object] = {
            "id": self.builder.name(title, stem),
            "stem": stem,
            "points": self._points(metadata, item),
            "tags": [tag] if tag else [],
            **explained(general),
            **answer,
        }
        name = str(fields["id"])
        for key, which in _AS_A_WHOLE.items():
            if said.pop(key, ""):
                self._lost.append(f"feedback for {which} answer as a whole is not carried")
        if any(html for key, html in said.items() if key not in self._told):
            self._lost.append("feedback that is shown under conditions of its own is not carried")
        told = str(fields.pop("told", ""))
        for what in dict.fromkeys(self._lost):
            self.builder.lose(name, what)
        told_right(self.builder, fields, told)
        return name if self.builder.add(fields, item.line) else ""

    def _points(self, metadata: Mapping[str, str], item: Element) -> float:
        points = self.points if self.points is not None else number(metadata.get("points_possible", ""))
        if points is not None and points <= 0:
            self._lost.append("it counts nothing there; here it counts 1 point")
        return float(points) if points and points > 0 else 1.0

    def html(self, materials: Iterable[Element]) -> str:
        """The texts and pictures of materials, as HTML with names of pictures kept here."""
        found: list[str] = []
        for part in (child for material in materials for child in material.children):
            if part.name == "mattext":
                if part.children:
                    found.append(inner(part).strip())
                elif part.get("texttype") in ("text/html", "text/xhtml"):
                    found.append(part.text.strip())
                elif part.text.strip():
                    found.append(_typed(part.text.strip(), part.get("texttype")))
            elif part.name == "matimage" and part.get("uri"):
                found.append(f'<img src="{escape(part.get("uri"))}"/>')
            elif part.name in ("mataudio", "matvideo", "matapplet", "matapplication"):
                self._lost.append("sound, film and programs are not carried")
        return readdressed("\n".join(found), self._address)

    def text(self, materials: Iterable[Element]) -> str:
        return to_markdown(self.html(materials)).strip()

    def _address(self, written: str) -> str | None:
        """The name of a picture here, of its address there."""
        if not is_here(written) or EQUATIONS in written:
            return None
        path = written.partition("?")[0].removeprefix(FILE_BASE).removeprefix("/")
        folders = (RESOURCES, "", f"{self.folder}/", f"{RESOURCES}Uploaded Media/")
        found = (media(self.files, folder + path) for folder in folders)
        data = next((one for one in found if one is not None), None)
        name = self.album.add(path.removeprefix(RESOURCES), data)
        if name is None:
            self._lost.append(f"the image {label(written)[:80]} is not carried")
        return name

    def _said(self, item: Element) -> dict[str, str]:
        """Feedback by its ident, as HTML."""
        return {
            one.get("ident"): self.html(list(one.every("material"))) for one in item.every("itemfeedback")
        }

    def _answer(self, kind: str, item: Element, presentation: Element, known: bool) -> dict[str, object]:
        """Raises LeftOut."""
        read = _TYPES.get(kind)
        if kind in _LEFT_OUT:
            raise LeftOut(_LEFT_OUT[kind])
        if read is None:
            raise LeftOut(f"questions of type {label(kind)[:60]!r} have no place here")
        conditions = list(parts.conditions(item))
        way: Callable[[Element, list[parts.Condition], Element, bool], dict[str, object]]
        way = getattr(self, f"_{read}")
        return way(presentation, conditions, item, known)

    def _labels(self, presentation: Element) -> dict[str, str]:
        """Texts of choices by ident."""
        return {
            one.get("ident"): self.text(list(one.every("material")))
            for one in presentation.every("response_label")
        }

    def _of_choices(self, conditions: list[parts.Condition], item: Element) -> dict[str, str]:
        """What is said of each choice, as Markdown."""
        said = self._said(item)
        found: dict[str, str] = {}
        for condition in conditions:
            equal = condition.holds.children
            if len(equal) == 1 and equal[0].name == "varequal":
                for name in condition.shows:
                    if name not in ("general_fb", *_AS_A_WHOLE) and said.get(name):
                        found[equal[0].said()] = to_markdown(said[name]).strip()
                        self._told.add(name)
        return found

    def _choices(
        self,
        texts: Mapping[str, str],
        right: set[str],
        said: Mapping[str, str],
        known: bool,
        worth: Sequence[float | None] = (),
    ) -> list[dict[str, object]]:
        made = choices(
            list(texts.values()),
            [ident in right for ident in texts],
            [said.get(ident, "") for ident in texts],
            worth,
        )
        names = list(texts) if known else choice_ids(len(texts))
        return [{**choice, "id": name} for choice, name in zip(made, names, strict=True)]

    def _single(
        self, presentation: Element, conditions: list[parts.Condition], item: Element, known: bool
    ) -> dict[str, object]:
        texts = self._labels(presentation)
        weights = parts.weights_of(conditions)
        most = max(weights.values(), default=Decimal(0))
        right = {ident for ident, weight in weights.items() if weight == most > 0 and ident in texts}
        if not right:
            raise LeftOut("no choice is right")
        if len(right) > 1:
            self._lost.append("any one of its right choices would do; here all are asked for")
        shares = {ident: max(-1.0, float(weights.get(ident, 0) / most)) or None for ident in texts}
        worth = [None if ident in right or len(right) > 1 else shares[ident] for ident in texts]
        if any(share is not None and share < 0 for share in worth):
            self._lost.append("a choice that costs points does so with a `floor` below 0 only")
        shown_choices = self._choices(texts, right, self._of_choices(conditions, item), known, worth)
        return {"type": "single" if len(right) == 1 else "multi", "choices": shown_choices}

    def _multi(
        self, presentation: Element, conditions: list[parts.Condition], item: Element, known: bool
    ) -> dict[str, object]:
        texts = self._labels(presentation)
        full = [one for one in conditions if one.weight is not None and one.weight > 0 and not one.adds]
        scoring = ""
        worth: list[float | None] = []
        if full:
            wrong = {equal.said() for no in full[0].holds.every("not") for equal in no.every("varequal")}
            right = {equal.said() for equal in full[0].holds.every("varequal")} - wrong
        else:
            weights = parts.weights_of(conditions)
            right = {ident for ident, weight in weights.items() if weight > 0}
            most = sum(weight for weight in weights.values() if weight > 0) or Decimal(1)
            shares = [float(weights.get(ident, Decimal(0)) / most) for ident in texts]
            scoring, worth = counted(shares, self._lost)
        if not right & set(texts):
            raise LeftOut("no choice is right")
        shown_choices = self._choices(texts, right, self._of_choices(conditions, item), known, worth)
        return {"type": "multi", "choices": shown_choices, "scoring": scoring}

    def _truth(
        self, presentation: Element, conditions: list[parts.Condition], item: Element, known: bool
    ) -> dict[str, object]:
        texts = self._labels(presentation)
        truths = {ident: text.lower() for ident, text in texts.items()}
        right = [
            ident for ident, weight in parts.weights_of(conditions).items() if weight > 0 and ident in texts
        ]
        if set(truths.values()) != {"true", "false"} or len(truths) != 2 or len(right) != 1:
            return self._single(presentation, conditions, item, known)
        said = self._of_choices(conditions, item)
        (wrong,) = set(texts) - set(right)
        return {
            "type": "true_false",
            "answer": truths[right[0]] == "true",
            "feedback": said.get(wrong, ""),
            "told": said.get(right[0], ""),
        }

    def _short(
        self, presentation: Element, conditions: list[parts.Condition], item: Element, known: bool
    ) -> dict[str, object]:
        scoring = [one for one in conditions if one.weight is not None and one.weight > 0]
        found = [equal.said() for one in scoring for equal in one.holds.every("varequal", "varsubset")]
        accept = [text for text in dict.fromkeys(found) if text]
        if not accept:
            raise LeftOut("no answer is right")
        said = self._of_choices(conditions, item)
        told = "\n\n".join(dict.fromkeys(text for key, text in said.items() if key in accept))
        if set(said) - set(accept):
            self._lost.append("feedback for wrong answers is not carried")
        return {"type": "short", "answer": {"accept": accept}, "told": told}

    def _numeric(
        self, presentation: Element, conditions: list[parts.Condition], item: Element, known: bool
    ) -> dict[str, object]:
        found: list[tuple[Decimal, Decimal]] = []
        for condition in conditions:
            if condition.weight is None or condition.weight <= 0:
                continue
            exact = parts.numbers(condition.holds, "varequal")
            low, high = (
                parts.numbers(condition.holds, "vargte", "vargt"),
                parts.numbers(condition.holds, "varlte", "varlt"),
            )
            middle = between(low[0], high[0]) if low and high and low[0] <= high[0] else None
            if exact:
                found.append((exact[0], middle[1] if middle else Decimal(0)))
                if middle and abs(middle[0] - exact[0]) > abs(exact[0]) * Decimal("1e-9"):
                    self._lost.append("its tolerance is not the same on both sides; it is made the same")
            elif middle:
                found.append(middle)
        if not found:
            raise LeftOut("no number is right")
        value, tolerance = found[0]
        if len(found) > 1:
            self._lost.append(f"of several right numbers only {shown(value)} is carried")
        answer = {"expr": shown(value), "abs_tol": float(tolerance)}
        return {"type": "numeric", "answer": answer, "told": ""}

    def _matching(
        self, presentation: Element, conditions: list[parts.Condition], item: Element, known: bool
    ) -> dict[str, object]:
        right: dict[str, str] = {}
        for condition in conditions:
            for equal in condition.holds.every("varequal"):
                if condition.weight is not None and condition.weight > 0:
                    right[equal.get("respident")] = equal.said()
        pairs: dict[str, str] = {}
        names: list[str] = []
        sides: dict[str, None] = {}
        for response in presentation.every("response_lid"):
            left = self.text(parts.materials(response))
            texts = {
                one.get("ident"): parts.plain(list(one.every("material")))
                for one in response.every("response_label")
            }
            sides |= dict.fromkeys(filter(None, texts.values()))
            target = texts.get(right.get(response.get("ident"), ""), "")
            if not left or not target:
                self._lost.append("a pair without a left or a right side is not carried")
            elif left in pairs:
                self._lost.append("of pairs with the same left side only the first is carried")
            else:
                names.append(response.get("ident").removeprefix("response_"))
                pairs[left] = target
        if len(pairs) < 2:
            raise LeftOut("matching needs at least two pairs")
        ids = names if known else choice_ids(len(pairs))
        used = set(pairs.values())
        return {
            "type": "matching",
            "pairs": [
                {"id": key, "left": left, "right": target}
                for key, (left, target) in zip(ids, pairs.items(), strict=True)
            ],
            "extra": [side for side in sides if side not in used],
        }


def _typed(text: str, kind: str) -> str:
    """A text without the mark of HTML, as HTML: as the mark of plain text says, or as it looks."""
    if kind == "text/plain":
        return f"<p>{escape(text, quote=False)}</p>"
    return to_html(markdown(Words(text, "moodle")))
