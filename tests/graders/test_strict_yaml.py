"""Authored YAML means what it says, and its faults are told with line, column and mend."""

import json
import math
import os
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from graders.errors import AuthorError, Problem
from graders.strict_yaml import MAX_BYTES, MAX_DEPTH, load, read, resolve

quick = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Choice(Strict):
    kind: Literal["choice"]
    options: tuple[str, ...]


class Number(Strict):
    kind: Literal["number"]
    answer: float


class Bank(Strict):
    title: str
    points: float = 1.0
    items: Annotated[
        tuple[Annotated[Choice | Number, Field(discriminator="kind")], ...], Field(min_length=1)
    ] = ()
    weights: dict[str, int] = {}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bank.yaml"


def faults(file: Path, text: str | bytes, model: type[BaseModel] | None = None) -> list[str]:
    """Every problem of `text`, without the folder."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(AuthorError) as caught:
        load(file, model) if model else read(file)
    assert all(problem.file == file for problem in caught.value.problems)
    return [str(problem).replace(str(file), "bank.yaml") for problem in caught.value.problems]


def value(file: Path, text: str) -> Any:
    file.write_text(text, encoding="utf-8")
    return read(file).value


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("nUll", "nUll"),
        ("3e-4", 3e-4),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("12:30:45", "12:30:45"),
        ("2026-12-18", "2026-12-18"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("-.inf", -math.inf),
        ("+7", 7),
        ("=", "="),
        ("<<", "<<"),
        ("1\n", "1\n"),
        ("１", "１"),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, means: Any) -> None:
    found = resolve(text)
    assert (found, type(found)) == (means, type(means))


def test_not_a_number_is_read(file: Path) -> None:
    assert math.isnan(value(file, "a: .nan")["a"])


def test_quoted_scalars_are_text_and_keys_are_text_as_written(file: Path) -> None:
    written = "a: '1'\n010: \"true\"\nno: >-\n  2\n  3\nd: |\n  4\n"
    assert value(file, written) == {"a": "1", "010": "true", "no": "2 3", "d": "4\n"}


# Written as they are: YAML has no escapes for the halves that JSON may split a character into.
text = st.text(st.characters(exclude_categories=("Cc", "Cn", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"))
keys = text.filter(bool)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@quick
@given(document=st.dictionaries(keys, values, min_size=1))
def test_every_json_document_is_read_as_json_reads_it(file: Path, document: dict[str, Any]) -> None:
    """JSON is YAML 1.2, so the two readers must agree."""
    assert value(file, json.dumps(document, ensure_ascii=False)) == document


@quick
@given(body=st.binary(max_size=300) | st.text(alphabet=" \n\t-:[]{}&*!?|>'\"%@`#a1,~\\", max_size=80))
def test_any_bytes_give_a_document_or_author_errors(file: Path, body: str | bytes) -> None:
    file.write_bytes(body if isinstance(body, bytes) else body.encode())
    problems: list[Problem] = []
    try:
        document = read(file)
    except AuthorError as error:
        problems += error.problems
    else:
        assert document.value is not None
        with pytest.raises(AuthorError) as caught:  # a Bank needs a title
            document.into(Bank)
        problems += caught.value.problems
        assert all(problem.line for problem in problems)
    assert problems
    assert all("\n" not in str(problem) for problem in problems)


@quick
@given(
    keys=st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=12),
)
def test_a_repeated_key_is_told_where_it_repeats(file: Path, keys: list[str]) -> None:
    repeats = [line for line, key in enumerate(keys, start=1) if key in keys[: line - 1]]
    text = "".join(f"{key}: {line}\n" for line, key in enumerate(keys, start=1))
    if not repeats:
        assert value(file, text) == {key: line for line, key in enumerate(keys, start=1)}
        return
    expected = [
        f"bank.yaml:{line}:1: duplicate key {keys[line - 1]!r} "
        f"(first in line {keys.index(keys[line - 1]) + 1}); keep one"
        for line in repeats
    ]
    assert faults(file, text) == expected


def test_marks_lead_to_values_and_keys(file: Path) -> None:
    file.write_text("a:\n  - x\n  - {b: 1}\n")
    document = read(file)
    assert document.marks[("a", 1, "b")] == (3, 9)
    assert document.key_marks[("a", 1, "b")] == (3, 6)
    assert str(document.problem(("a", 0), "no", "yes")) == f"{file}:2:5: no; yes"


def test_aliases_anchors_and_tags_are_refused_all_at_once(file: Path) -> None:
    assert faults(file, "a: &x [1]\nb: *x\nc: !!python/object:os.system {}\n") == [
        "bank.yaml:1:4: anchor &x is not read; write values out",
        "bank.yaml:2:4: alias *x is not read; write the value out",
        "bank.yaml:3:4: tag tag:yaml.org,2002:python/object:os.system is not read; remove it, or quote the text",
    ]


def test_an_alias_bomb_costs_no_more_than_its_text(file: Path) -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    started = time.perf_counter()
    assert len(faults(file, bomb)) == 30 + 29 * 9
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_nesting_is_bounded(file: Path, opening: str) -> None:
    """A hundred thousand brackets neither overflow the stack nor take long."""
    (fault,) = faults(file, opening * 100_000)
    assert f"nested more than {MAX_DEPTH} deep" in fault


def test_nesting_up_to_the_bound_is_read(file: Path) -> None:
    assert value(file, "[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None


def test_collections_and_nothing_are_no_keys(file: Path) -> None:
    assert faults(file, "? [1]\n: 2\n? {a: 1, a: 2}\n: [3]\n? \n: 4\n") == [
        "bank.yaml:1:3: a list or mapping is no key; write a word",
        "bank.yaml:3:3: a list or mapping is no key; write a word",
        "bank.yaml:3:10: duplicate key 'a'; keep one",
        "bank.yaml:5:2: nothing is no key; write a word",
    ]


def test_a_second_document_is_told(file: Path) -> None:
    assert faults(file, "a: 1\n---\nb: 2\n") == [
        "bank.yaml:2:1: a second document begins; keep one document a file"
    ]


def test_what_was_found_before_a_syntax_error_is_told_with_it(file: Path) -> None:
    found = faults(file, "a: 1\na: 2\nb: [1\n")
    assert found[0] == "bank.yaml:2:1: duplicate key 'a' (first in line 1); keep one"
    assert found[1].startswith("bank.yaml:4:1: not valid YAML: ")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "~"])
def test_an_empty_file_is_told_in_one_line(file: Path, text: str) -> None:
    assert faults(file, text) == ["bank.yaml: is empty"]


def test_a_byte_order_mark_is_fine(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(file).marks[("a",)] == (1, 4)


def test_bytes_that_are_not_utf8_are_told_by_line(file: Path) -> None:
    assert faults(file, b"a: 1\nb: \xe9\n") == ["bank.yaml:2: is not UTF-8; save it as UTF-8"]


def test_files_that_cannot_be_read_are_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match=r"nowhere.yaml: cannot be read: No such file"):
        read(tmp_path / "nowhere.yaml")
    with pytest.raises(AuthorError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_a_file_too_large_is_not_read(file: Path) -> None:
    file.touch()
    os.truncate(file, MAX_BYTES + 1)
    with pytest.raises(AuthorError, match="larger than 8 MiB; split it"):
        read(file)


def test_an_integer_too_long_to_read_is_told(file: Path) -> None:
    assert faults(file, f"a: {'9' * 5000}") == [
        "bank.yaml:1:4: a number of that length is not read; quote it if it is text"
    ]


def test_every_fault_against_a_model_is_told_at_once_in_file_order(file: Path) -> None:
    text = """\
pionts: 3
points: "4"
items:
  - {kind: choice, optoins: [a], options: [a, 2]}
  - {kind: number}
  - {kind: essay}
weights: {a: 1.5}
"""
    assert faults(file, text, Bank) == [
        "bank.yaml:1:1: missing key 'title'; add `title:`",
        "bank.yaml:1:1: unknown key 'pionts'; did you mean 'points'?",
        "bank.yaml:2:9: points: Input should be a valid number, got '4'",
        "bank.yaml:4:20: unknown key 'optoins'; did you mean 'options'?",
        "bank.yaml:4:47: items.0.options.1: Input should be a valid string, got 2",
        "bank.yaml:5:5: missing key 'answer'; add `answer:`",
        "bank.yaml:6:5: items.2: Input tag 'essay' found using 'kind' does not match any of the expected tags: 'choice', 'number'",
        "bank.yaml:7:14: weights.a: Input should be a valid integer, got 1.5",
    ]


def test_a_suggestion_comes_only_from_the_place_of_the_unknown_key(file: Path) -> None:
    """`answer` is a key of a number item, not of a choice."""
    found = faults(file, "title: t\nitems:\n  - {kind: choice, options: [], anwser: 1}\n", Bank)
    assert found == ["bank.yaml:3:33: unknown key 'anwser'; remove it"]


def test_a_list_is_too_short_only_when_it_is(file: Path) -> None:
    assert len(faults(file, "title: t\nitems: [7]\n", Bank)) == 1
    assert "at least 1 item" in faults(file, "title: t\nitems: []\n", Bank)[0]


def test_a_document_that_is_no_mapping_is_told(file: Path) -> None:
    assert faults(file, "- 1\n", Bank) == ["bank.yaml:1:1: Input should be an object"]


def test_a_good_document_becomes_the_model(file: Path) -> None:
    file.write_text("title: no\npoints: 2\nitems:\n- {kind: number, answer: 1}\n")
    assert load(file, Bank) == Bank(title="no", points=2.0, items=(Number(kind="number", answer=1.0),))
