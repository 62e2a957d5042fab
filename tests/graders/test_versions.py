"""Every version is kept, whole and once; which one counts follows from its time."""

import multiprocessing
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.utils import parse_utc

from graders.collect import collect
from graders.errors import UsageError
from graders.versions import Versions, current, store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


def download(path: Path, contents: dict[str, str], student: str = "ada") -> list[Path]:
    """As many downloads as there are versions: `contents` are texts by day of January; `?` for none."""
    sources = []
    for day, text in contents.items():
        folder = path / f"{student}-{day}" / student / "cnn"
        folder.mkdir(parents=True)
        (folder / "cnn.ipynb").write_text(text)
        if "?" not in day:
            (folder / "timestamp.txt").write_text(f"2026-01-{day} 12:00:00.000000 UTC")
        sources.append(path / f"{student}-{day}")
    return sources


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def days(versions: Versions) -> list[int]:
    return [one.submitted.day if one.submitted else 0 for one in versions.ordered]


def test_a_version_lies_where_its_student_topic_and_time_say(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    written = store(collect("cnn", download(tmp_path, {"10": "a", "12": "b"})), kept)
    # The first of the SHA-256 of "a" and "b".
    assert files(kept) == [
        "ada/cnn/20260110T120000.000000Z-ca978112/cnn.ipynb",
        "ada/cnn/20260110T120000.000000Z-ca978112/timestamp.txt",
        "ada/cnn/20260112T120000.000000Z-3e23e816/cnn.ipynb",
        "ada/cnn/20260112T120000.000000Z-3e23e816/timestamp.txt",
    ]
    assert [path.relative_to(kept).as_posix() for path in written] == files(kept)[::2]
    assert [path.read_text() for path in written] == ["a", "b"]
    stamp = written[0].with_name("timestamp.txt").read_text()
    assert stamp == "2026-01-10 12:00:00.000000 UTC"
    assert parse_utc(stamp) == NOON.replace(tzinfo=None)


def test_a_version_without_a_time_has_none_written(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    store(collect("cnn", download(tmp_path, {"?": "a"})), kept)
    assert files(kept) == ["ada/cnn/unknown-ca978112/cnn.ipynb"]
    ada = current(kept, "cnn")["ada"]
    assert [(one.submitted, one.number, one.path.read_text()) for one in ada.ordered] == [(None, 1, "a")]


def test_an_archive_keeps_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.TAR.GZ").write_bytes(b"\x1f\x8b")
    (path,) = store(collect("cnn", [tmp_path / "in"]), tmp_path / "kept")
    assert path.name == "cnn.tar.gz"
    assert [one.path for one in current(tmp_path / "kept", "cnn")["ada"].ordered] == [path]


def test_storing_again_adds_nothing(tmp_path: Path) -> None:
    kept, sources = tmp_path / "kept", download(tmp_path, {"10": "a", "12": "b"})
    assert len(store(collect("cnn", sources[:1]), kept)) == 1
    first = {path: path.stat().st_mtime_ns for path in kept.rglob("*.ipynb")}
    assert len(store(collect("cnn", sources), kept)) == 1
    assert store(collect("cnn", sources), kept) == ()
    assert store(collect("cnn", sources[:1]), kept) == ()
    assert all(path.stat().st_mtime_ns == time for path, time in first.items())
    assert len(files(kept)) == 4


def _die_at_the_third(sources: list[Path], kept: Path) -> None:
    rename, count = Path.rename, 0

    def renamed(path: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == 3:
            os._exit(9)
        return rename(path, target)

    Path.rename = renamed  # type: ignore[assignment,method-assign]
    store(collect("cnn", sources), kept)


def test_a_killed_run_leaves_whole_versions_and_is_completed(tmp_path: Path) -> None:
    sources = download(tmp_path, {f"{day}": f"{day}" for day in range(10, 15)})
    kept = tmp_path / "kept"
    victim = multiprocessing.get_context("spawn").Process(target=_die_at_the_third, args=(sources, kept))
    victim.start()
    victim.join()
    assert victim.exitcode == 9
    assert days(current(kept, "cnn")["ada"]) == [11, 10]
    assert len(store(collect("cnn", sources), kept)) == 3
    ada = current(kept, "cnn")["ada"]
    assert days(ada) == [14, 13, 12, 11, 10]
    assert [one.path.read_text() for one in ada.ordered] == ["14", "13", "12", "11", "10"]


def test_a_source_that_changed_meanwhile_is_told(tmp_path: Path) -> None:
    sources = download(tmp_path, {"10": "a", "12": "b"})
    collected = collect("cnn", sources)
    (sources[1] / "ada" / "cnn" / "cnn.ipynb").write_text("c")
    with pytest.raises(UsageError, match="ada: it has changed; collect it again"):
        store(collected, tmp_path / "kept")
    assert days(current(tmp_path / "kept", "cnn")["ada"]) == [10], "what was written until then stays"
    (sources[1] / "ada" / "cnn" / "cnn.ipynb").unlink()
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        store(collected, tmp_path / "kept")


@pytest.mark.parametrize("swapped", ["cnn", "cnn/cnn.ipynb"])
def test_a_file_swapped_for_a_link_meanwhile_is_not_followed(tmp_path: Path, swapped: str) -> None:
    sources = download(tmp_path, {"10": "a"})
    collected = collect("cnn", sources)
    path = sources[0] / "ada" / swapped
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot be read: "):
        store(collected, tmp_path / "kept")


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_file_that_changed_hands_meanwhile_is_told(tmp_path: Path) -> None:
    sources = download(tmp_path, {"10": "a"})
    collected = collect("cnn", sources)
    os.chown(sources[0] / "ada" / "cnn" / "cnn.ipynb", 12345, 12345)
    with pytest.raises(UsageError, match="another file was put in its place"):
        store(collected, tmp_path / "kept")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        store(collect("cnn", download(tmp_path, {"10": "a"})), tmp_path / "kept")


@pytest.mark.parametrize(
    ("rule", "due", "grace", "order"),
    [
        ("latest", 12, 0, [16, 14, 12, 10]),
        ("latest_on_time", 20, 0, [16, 14, 12, 10]),
        ("latest_on_time", 12, 0, [12, 10, 14, 16]),
        ("latest_on_time", 12, 47, [12, 10, 14, 16]),
        ("latest_on_time", 12, 48, [14, 12, 10, 16]),
        ("latest_on_time", 9, 0, [10, 12, 14, 16]),
        ("latest_on_time", None, 0, [16, 14, 12, 10]),
    ],
)
def test_what_counts_comes_first(
    tmp_path: Path, rule: str, due: int | None, grace: int, order: list[int]
) -> None:
    store(collect("cnn", download(tmp_path, {"10": "a", "12": "b", "14": "c", "16": "d"})), tmp_path / "kept")
    berlin = timezone(timedelta(hours=1))
    last = NOON.replace(day=due).astimezone(berlin) if due else None
    ada = current(tmp_path / "kept", "cnn", rule, last, timedelta(hours=grace))["ada"]
    assert days(ada) == order
    assert ada.problem == ""
    assert {one.submitted.day: one.number for one in ada.ordered if one.submitted} == {
        10: 1,
        12: 2,
        14: 3,
        16: 4,
    }


def test_an_extension_is_one_students(tmp_path: Path) -> None:
    sources = download(tmp_path, {"10": "a", "12": "b"}) + download(tmp_path, {"10": "c", "12": "d"}, "bob")
    store(collect("cnn", sources), tmp_path / "kept")
    extended = {"bob": NOON.replace(day=12)}
    found = current(tmp_path / "kept", "cnn", "latest_on_time", NOON, extended=extended)
    assert {student: days(versions) for student, versions in found.items()} == {
        "ada": [10, 12],
        "bob": [12, 10],
    }


def test_the_same_handed_in_again_does_not_count_as_late(tmp_path: Path) -> None:
    kept, sources = tmp_path / "kept", download(tmp_path, {"10": "a", "12": "b", "14": "b", "16": "a"})
    for source in sources:  # one at a time, so no run sees two of them
        store(collect("cnn", [source]), kept)
    assert len(files(kept)) == 8
    assert days(current(kept, "cnn")["ada"]) == [16, 12, 10]


@pytest.mark.parametrize(
    ("contents", "problem", "order"),
    [
        ({"?": "a", "??": "b"}, "of 2 different files nothing says which is the latest. Keep one", [0, 0]),
        ({"10": "a", "?": "b"}, "of 2 different files nothing says which is the latest. Keep one", [10, 0]),
        ({"10": "a", "?": "a"}, "", [10]),
        ({"?": "a", "10": "b", "12": "a"}, "", [12, 10]),
    ],
)
def test_versions_of_several_runs_may_have_no_order(
    tmp_path: Path, contents: dict[str, str], problem: str, order: list[int]
) -> None:
    for source in download(tmp_path, contents):
        store(collect("cnn", [source]), tmp_path / "kept")
    ada = current(tmp_path / "kept", "cnn")["ada"]
    assert (ada.problem, days(ada)) == (problem, order)


def test_two_files_of_one_moment_have_no_order(tmp_path: Path) -> None:
    for name, text in (("one", "a"), ("two", "b")):
        store(collect("cnn", download(tmp_path / name, {"10": text})), tmp_path / "kept")
    ada = current(tmp_path / "kept", "cnn")["ada"]
    assert ada.problem == "different files were handed in at the same moment. Keep one"


def test_what_is_no_version_is_passed_over(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    store(collect("cnn", download(tmp_path, {"10": "a"})), kept)
    for name in (
        "ada/cnn/20269910T120000.000000Z-ca978112/cnn.ipynb",
        "ada/cnn/20260111T120000.000000Z-ca978112/other.ipynb",
        "ada/cnn/.20260111T120000.000000Z-ca978112.0123456789abcdef/cnn.ipynb",
        "ada/cnn/cnn.ipynb",
        "ada/rnn/20260111T120000.000000Z-ca978112/rnn.ipynb",
        "bob/cnn.ipynb",
        ".git/cnn/20260111T120000.000000Z-ca978112/cnn.ipynb",
    ):
        (kept / name).parent.mkdir(parents=True, exist_ok=True)
        (kept / name).write_text("x")
    (kept / "eve").mkdir()
    (kept / "eve" / "cnn").write_text("a file")
    assert {student: days(versions) for student, versions in current(kept, "cnn").items()} == {"ada": [10]}


def test_another_rule_or_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no rule 'best' .*\(rules: latest, latest_on_time\)"):
        current(tmp_path, "cnn", "best")
    with pytest.raises(UsageError, match="No such file or directory"):
        current(tmp_path / "absent", "cnn")
    assert current(tmp_path, "cnn") == {}


@given(
    st.dictionaries(st.integers(10, 28).map(str), st.sampled_from("abc"), min_size=1, max_size=5),
    st.integers(9, 29),
)
def test_the_version_that_counts_is_the_latest_on_time_or_the_earliest(
    tmp_path_factory: pytest.TempPathFactory, contents: dict[str, str], due: int
) -> None:
    path = tmp_path_factory.mktemp("versions")
    store(collect("cnn", download(path, contents)), path / "kept")
    (ada,) = current(path / "kept", "cnn", "latest_on_time", NOON.replace(day=due)).values()
    inorder = sorted(map(int, contents))
    on_time = [day for day in inorder if day <= due]
    counts = ada.ordered[0]
    assert counts.path.read_text() == contents[str(on_time[-1] if on_time else inorder[0])]
    texts = [contents[str(day)] for day in inorder]
    changes = [text for n, text in enumerate(texts) if n == 0 or texts[n - 1] != text]
    assert [one.path.read_text() for one in sorted(ada.ordered, key=lambda one: one.number)] == changes
