"""Whatever bytes a format of XML is given, it reads them or says why not."""

import contextlib
import importlib
import random
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes.bank import read_bank
from quizzes.formats.base import FormatError, Source
from quizzes.formats.draw import drawn
from quizzes.formats.foreign_zip import packed, unpacked
from quizzes.schema import Question

BANKS = sorted((Path(__file__).parents[3] / "quizzes" / "banks").glob("*.yaml"))
NAMES = ["moodle_xml", "qti12", "qti21"]


def load(name: str) -> ModuleType:
    return importlib.import_module(f"quizzes.formats.{name}")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_file_of_a_format_is_told_so(name: str) -> None:
    for data in (
        b"",
        b"\0" * 100,
        b"PK\x03\x04",
        b"<quiz/>",
        b"<a/>",
        b"\xff\xfe<",
        "<quiz>é".encode("latin-1"),
    ):
        with pytest.raises(FormatError):
            load(name).read(data, "quiz")


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    data=st.binary(max_size=200)
    | st.text(alphabet="<>/&;quizestonPK\x03\x04 =\"'", max_size=200).map(str.encode)
)
def test_any_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    with contextlib.suppress(FormatError):
        load(name).read(data, "quiz")


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_are_read_or_refused(name: str) -> None:
    """Files in which bytes, elements and attributes are gone, doubled or other ones."""
    form, chance = load(name), random.Random(7)
    file, _ = drawn(read_bank(BANKS[0]), seed=1)
    file = file.model_copy(update={"questions": one_of_each(file.questions)})
    whole = form.write(Source(file)).data
    refused = 0
    for _ in range(400):
        if name == "moodle_xml" or chance.random() < 0.2:
            data = damaged(whole, chance)
        else:
            members = unpacked(whole)
            victim = chance.choice(list(members))
            data = packed(members | {victim: damaged(members[victim], chance)})
        try:
            form.read(data, "quiz")
        except FormatError:
            refused += 1
    assert 0 < refused < 400


def one_of_each(found: Sequence[Question]) -> tuple[Question, ...]:
    return tuple({question.type: question for question in found}.values())


def damaged(data: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(data)), chance.randint(1, 30)
    match chance.randrange(6):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[:at] + bytes(chance.randrange(256) for _ in range(3)) + data[at + 3 :]
        case 3:
            return data[:at] + data[at : at + length] * 2 + data[at + length :]
        case 4:  # another value, well-formed
            old = chance.choice(
                [b"100", b"true", b"single", b"RESPONSE", b"answer", b"text", b"1", b"0", b"20"]
            )
            return data.replace(
                old, chance.choice([b"", b"-1", b"x", b"nan", b"1e999", b"1e250"]), chance.randint(1, 3)
            )
    old = chance.choice(
        [b"<value>", b"<text>", b"<answer", b"<mattext", b"identifier", b"ident", b"href", b"fraction"]
    )
    return data.replace(old, old[:-1] + b"z" + old[-1:]).replace(b"</valu>", b"</value>")
