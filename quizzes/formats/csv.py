r"""A table of questions, as spreadsheets write it: one question a row, below a row with the names of columns.

    type      stem                          choice_a      choice_b     answer      feedback_b
    single    Which needs no labels?        k-means       a perceptron a           It learns from labels.
    multi     Which are optimisers?         SGD           Adam         a;b
    true_false  ReLU is linear.                                        false
    numeric   How much is 2^{10}?                                      1024 +- 1
    short     Who wrote of the Turing test?                            Turing|Alan Turing
    matching  Match them.                   CNN -> images RNN -> texts
    ordering  In which order?               first         second

Columns: type, id, stem, choice_a to choice_z, answer, feedback (of true_false, for the wrong answer),
feedback_a to feedback_z, worth_a to worth_z (shares of the points), points, tags (with ; between),
difficulty, scoring, unit, hint, explain, source. `type`, `stem` and `answer` must be there, the others may
be left out, in any order. Texts are Markdown.

Of several right choices the letters are divided by ;, of accepted answers the texts by |, which \| in
a text does not do. A number may have a tolerance, `0.5 +- 0.01` or `0.5 +- 2%`; wrong numbers that people
come to are its choices. A pair is `left -> right` (`\->` does not divide), without a left side a right
side that belongs to nothing.

No cell begins a formula, at its start or where a spreadsheet may see another cell: an apostrophe stands
before it, as spreadsheets themselves write it, and is left out again when the table is read.
"""

from __future__ import annotations

import csv
import io
import re
import string
from collections.abc import Mapping
from decimal import Decimal

from graders.strict_yaml import suggest
from quizzes.formats.base import Exported, Imported, Loss, Source
from quizzes.formats.build import Builder, choices
from quizzes.formats.ids import choice_ids
from quizzes.formats.lost import lost, told
from quizzes.formats.text import decoded, fault
from quizzes.schema import (
    Matching,
    Multi,
    Numeric,
    Ordering,
    Question,
    Short,
    Single,
    TrueFalse,
)

TITLE = "Table (CSV)"
SUFFIXES = (".csv",)

_LETTERS = string.ascii_lowercase
_CHOICES = [f"choice_{letter}" for letter in _LETTERS]
_FEEDBACK = [f"feedback_{letter}" for letter in _LETTERS]
_WORTH = [f"worth_{letter}" for letter in _LETTERS]
_BEFORE = ["type", "id", "stem"]
_AFTER = ["feedback", "points", "tags", "difficulty", "scoring", "unit", "hint", "explain", "source"]
_COLUMNS = [*_BEFORE, *_CHOICES, "answer", *_FEEDBACK, *_WORTH, *_AFTER]
_KINDS = ("single", "multi", "true_false", "numeric", "short", "matching", "ordering")
CARRIES = {
    "tags", "difficulty", "points", "hint", "explain", "source", "choice feedback", "feedback", "rule",
    "unit", "traps", "rel_tol", "extra", "worth",
}  # fmt: skip

# What a spreadsheet runs as a formula, at the start of a cell or, where it divides cells elsewhere than we
# do, after a semicolon or an end of line (graders.untrusted.for_csv, which cannot be undone).
_FORMULA = r"[=+\-@|%\t\r＝＋－＠]"
_UNGUARDED = re.compile(rf'(^ *|[;\n]"* *)(?=\'*{_FORMULA})')
_GUARDED = re.compile(rf'(^ *|[;\n]"* *)\'(?=\'*{_FORMULA})')
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)


def read(data: bytes, name: str) -> Imported:
    text = decoded(data)
    first = text.lstrip("\n").partition("\n")[0]
    divider = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    builder = Builder(name)
    columns: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _head(row, rows.line_num)
            elif len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
                raise fault(rows.line_num, f"{len(row)} cells below {len(columns)} names of columns")
            else:
                cells = {key: unguarded(cell).strip() for key, cell in zip(columns, row, strict=False)}
                _row(builder, cells, rows.line_num)
    except csv.Error as error:
        raise fault(rows.line_num, f"no table: {error}") from None
    return builder.done()


def _head(row: list[str], line: int) -> list[str]:
    columns = [cell.strip().lower().replace(" ", "_") for cell in row]
    while columns and not columns[-1]:
        columns.pop()
    for column in columns:
        if column not in _COLUMNS:
            known = ", ".join([*_BEFORE, "choice_a", "answer", *_AFTER])
            near = suggest(column, _COLUMNS) or f"there are {known}"
            raise fault(line, f"no column {column[:40]!r}; {near}")
        if columns.count(column) > 1:
            raise fault(line, f"two columns {column!r}")
    for column in ("type", "stem", "answer"):
        if column not in columns:
            raise fault(line, f"no column {column!r}; the first row names the columns")
    return columns


def _row(builder: Builder, cells: Mapping[str, str], line: int) -> None:
    kind = cells.get("type", "").lower()
    if kind not in _KINDS:
        near = suggest(kind, _KINDS) or f"there are {', '.join(_KINDS)}"
        raise fault(line, f"no type {kind[:40]!r}; {near}")
    if not cells.get("stem"):
        raise fault(line, "no text in column 'stem'")
    fields: dict[str, object] = {
        "id": builder.name(cells.get("id", ""), cells["stem"]),
        "type": kind,
        "stem": cells["stem"],
        "tags": [tag.strip() for tag in _divided(cells.get("tags", ""), ";") if tag.strip()],
        "hint": cells.get("hint", ""),
        "explain": cells.get("explain", ""),
        "source": cells.get("source", ""),
    }
    if cells.get("points"):
        fields["points"] = _number(cells["points"], "points", line)
    if cells.get("difficulty"):
        difficulty = _number(cells["difficulty"], "difficulty", line)
        if difficulty not in (1, 2, 3, 4, 5):
            raise fault(line, f"difficulty {cells['difficulty'][:40]!r} is none of 1 to 5")
        fields["difficulty"] = int(difficulty)
    fields |= _answer(kind, cells, line)
    builder.add(fields, line)


def _answer(kind: str, cells: Mapping[str, str], line: int) -> dict[str, object]:
    given = cells.get("answer", "")
    letters = [letter for letter in _LETTERS if cells.get(f"choice_{letter}")]
    texts = [cells[f"choice_{letter}"] for letter in letters]
    said = [cells.get(f"feedback_{letter}", "") for letter in letters]
    if not given and kind not in ("matching", "ordering"):
        raise fault(line, "no answer in column 'answer'")
    match kind:
        case "single" | "multi":
            right = [part.strip().lower() for part in given.split(";") if part.strip()]
            if unknown := [part for part in right if part not in letters]:
                raise fault(line, f"the answer {unknown[0][:40]!r} is no letter of a choice")
            if kind == "single" and len(right) != 1:
                raise fault(line, "several answers; make it multi, or leave one")
            shares = [cells.get(f"worth_{letter}", "") for letter in letters]
            worth = [_number(text, "worth", line) if text else None for text in shares]
            marked = [letter in right for letter in letters]
            fields: dict[str, object] = {"choices": choices(texts, marked, said, worth)}
            return {**fields, "scoring": cells.get("scoring", "")} if kind == "multi" else fields
        case "true_false":
            if given.lower() not in ("true", "false"):
                raise fault(line, f"the answer {given[:40]!r} is neither true nor false")
            return {"answer": given.lower() == "true", "feedback": cells.get("feedback", "")}
        case "numeric":
            answer = _tolerant(given, line)
            for text, feedback in zip(texts, said, strict=True):
                if not feedback:
                    raise fault(line, f"the wrong number {text[:40]!r} needs its feedback")
            traps = [
                {"expr": _expression(_number(text, "choice", line)), "feedback": feedback}
                for text, feedback in zip(texts, said, strict=True)
            ]
            return {"answer": {**answer, "unit": cells.get("unit", "")}, "traps": traps}
        case "short":
            return {"answer": {"accept": [part.strip() for part in _divided(given, "|") if part.strip()]}}
        case "matching":
            sides = [_sides(text, line) for text in texts]
            pairs = [(left, right) for left, right in sides if left]
            extra = [right for left, right in sides if not left]
            keyed = zip(choice_ids(len(pairs)), pairs, strict=True)
            return {
                "pairs": [{"id": key, "left": left, "right": right} for key, (left, right) in keyed],
                "extra": extra,
            }
    keys = choice_ids(len(texts))
    return {"items": [{"id": key, "text": text} for key, text in zip(keys, texts, strict=True)]}


def _tolerant(given: str, line: int) -> dict[str, object]:
    first, *rest = [part.strip() for part in re.split(r"\+-|±", given)]
    found: dict[str, object] = {"expr": _expression(_number(first, "answer", line))}
    for part in rest:
        key, text = ("rel_tol", part[:-1].strip()) if part.endswith("%") else ("abs_tol", part)
        if key in found:
            raise fault(line, f"two tolerances in {given[:40]!r}")
        value = _decimal(text, "tolerance", line)
        if value < 0:
            raise fault(line, f"a tolerance below 0 in {given[:40]!r}")
        found[key] = float(value / 100 if key == "rel_tol" else value)
    return found


def _sides(text: str, line: int) -> tuple[str, str]:
    found = re.split(r"(?<!\\)->", text, maxsplit=1)
    if len(found) < 2 or not found[1].strip():
        raise fault(line, f"{text[:40]!r} is no pair; write left -> right")
    return found[0].strip().replace(r"\->", "->"), found[1].strip()


def _number(text: str, what: str, line: int) -> float:
    return float(_decimal(text, what, line))


def _decimal(text: str, what: str, line: int) -> Decimal:
    plain = text.strip().replace(",", ".") if text.count(",") == 1 and "." not in text else text.strip()
    if len(plain) > 60 or not _NUMBER.fullmatch(plain) or abs(float(plain)) > 1e300:
        raise fault(line, f"{what} {text[:40]!r} is no number")
    return Decimal(plain)


def _expression(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def write(source: Source) -> Exported:
    losses = list(lost(source.file, CARRIES))
    rows: list[dict[str, str]] = []
    for question in source.file.questions:
        row = _cells(question)
        if isinstance(row, str):
            losses.append(Loss(question.id, row))
        else:
            rows.append({key: value for key, value in row.items() if value})
    used = {key for row in rows for key in row}
    columns = [name for name in _COLUMNS if name in used or name in ("type", "id", "stem", "answer")]
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, columns, restval="")
    writer.writeheader()
    writer.writerows({key: guarded(value) for key, value in row.items()} for row in rows)
    # Spreadsheets take a file without the mark for one of an old encoding.
    return Exported(table.getvalue().encode("utf-8-sig"), told(losses))


def _cells(question: Question) -> dict[str, str] | str:
    """A row; or why there is none."""
    row = {
        "type": question.type,
        "id": question.id,
        "stem": question.stem,
        "points": "" if question.points == 1 else _expression(question.points),
        "tags": ";".join(_kept(tag, ";") for tag in question.tags),
        "difficulty": "" if question.difficulty == 3 else str(question.difficulty),
        "hint": question.hint,
        "explain": question.explain,
        "source": question.source,
    }
    texts: list[str] = []
    said: list[str] = []
    match question:
        case Single() | Multi():
            texts = [choice.text for choice in question.choices]
            said = [choice.feedback for choice in question.choices]
            lettered = list(zip(_LETTERS, question.choices, strict=False))
            row["answer"] = ";".join(letter for letter, choice in lettered if choice.correct)
            row |= {
                f"worth_{letter}": _expression(choice.worth)
                for letter, choice in lettered
                if choice.worth is not None
            }
            row["scoring"] = (question.scoring or "") if isinstance(question, Multi) else ""
        case TrueFalse():
            row |= {"answer": str(question.answer).lower(), "feedback": question.feedback}
        case Numeric():
            answer = question.answer
            tolerances = [f" +- {_expression(answer.abs_tol)}"] if answer.abs_tol else []
            tolerances += [f" +- {_percent(answer.rel_tol)}%"] if answer.rel_tol else []
            row |= {"answer": answer.expr + "".join(tolerances), "unit": answer.unit}
            texts = [trap.expr for trap in question.traps]
            said = [trap.feedback for trap in question.traps]
        case Short():
            if not question.answer.accept:
                return "left out: it lists no answers, only a pattern"
            row["answer"] = "|".join(_kept(text, "|") for text in question.answer.accept)
        case Matching():
            texts = [f"{pair.left.replace('->', chr(92) + '->')} -> {pair.right}" for pair in question.pairs]
            texts += [f"-> {text}" for text in question.extra]
        case Ordering():
            texts = [item.text for item in question.items]
    if len(texts) > len(_LETTERS):
        return f"left out: more than {len(_LETTERS)} choices, pairs or wrong numbers"
    row |= dict(zip(_CHOICES, texts, strict=False)) | dict(zip(_FEEDBACK, said, strict=False))
    return row


def _percent(share: float) -> str:
    """In decimals, such that a hundredth of it is `share` again, to the last bit."""
    percent = (100 * Decimal(repr(share))).normalize()
    return f"{percent:f}" if abs(percent.adjusted()) < 12 else str(percent)


def _kept(text: str, divider: str) -> str:
    return text.replace("\\", "\\\\").replace(divider, f"\\{divider}")


def _divided(text: str, divider: str) -> list[str]:
    parts = [""]
    for piece in re.findall(r"\\.|.", text, re.DOTALL):
        if piece == divider:
            parts.append("")
        else:
            parts[-1] += piece[1] if piece in (f"\\{divider}", "\\\\") else piece
    return parts


def guarded(cell: str) -> str:
    """`cell` such that no spreadsheet runs a part of it; `unguarded` gives it back."""
    return cell if _NUMBER.fullmatch(cell) else _UNGUARDED.sub(r"\1'", cell)


def unguarded(cell: str) -> str:
    return _GUARDED.sub(r"\1", cell)


__all__ = ["SUFFIXES", "TITLE", "guarded", "read", "unguarded", "write"]
