"""What processes weigh together, by real ones that share and copy pages."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from graders.sandbox import weight
from graders.sandbox.weight import Weight

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

MIB = 1 << 20
SHARED = 64  # MiB
# Reads orders: fork | copy (its newest child writes into all that it shares) | swap (each child has as many
# new bytes in its place, in large pages where it may) | drop (each child lets go of what it shares) | end (the
# newest child) | grow | fill (as much, with pages that the kernel gives unasked).
FAMILY = f"""
import mmap, os, socket, sys
SIZE = {SHARED} << 20

def write(data):
    for place in range(0, len(data), 4096):
        data[place] = 1

data, children, grown = bytearray(int(sys.argv[1]) * SIZE), [], []
write(data)
for order in sys.stdin:
    if order == "fork\\n":
        ours, theirs = socket.socketpair()
        process = os.fork()
        if process == 0:
            while (order := theirs.recv(9)) != b"end":
                if order in (b"drop", b"swap"):
                    del data
                    data = b""
                if order == b"swap":
                    data = mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                    data.madvise(mmap.MADV_HUGEPAGE)
                write(data)
                theirs.send(b"done")
            os._exit(0)
        children.append((process, ours))
    elif order in ("copy\\n", "drop\\n", "swap\\n"):
        for _, ours in children[-1:] if order == "copy\\n" else children:
            ours.send(order.strip().encode())
            ours.recv(9)
    elif order == "end\\n":
        process, ours = children.pop()
        ours.send(b"end")
        os.waitpid(process, 0)
    elif order == "grow\\n":
        grown.append(bytearray(SIZE))
        write(grown[-1])
    elif order == "fill\\n":
        grown.append(mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE))
    print("done", flush=True)
"""


class Family:
    def __init__(self, run: "subprocess.Popen[str]") -> None:
        self._run = run

    def do(self, *orders: str) -> None:
        assert self._run.stdin
        assert self._run.stdout
        for order in orders:
            self._run.stdin.write(f"{order}\n")
            self._run.stdin.flush()
            assert self._run.stdout.readline() == "done\n"

    @property
    def processes(self) -> list[int]:
        return [self._run.pid, *(one.pid for one in psutil.Process(self._run.pid).children())]


@pytest.fixture
def shared() -> int:
    """How much the family shares, in times of SHARED."""
    return 1


@pytest.fixture
def family(shared: int) -> Iterator[Family]:
    command = [sys.executable, "-c", FAMILY, str(shared)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        yield Family(run)
        assert run.stdin
        run.stdin.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes whose every page was looked at."""
    found: list[int] = []
    share = weight._share

    def counted(process: int, resident: int) -> int:
        found.append(process)
        return share(process, resident)

    monkeypatch.setattr(weight, "_share", counted)
    monkeypatch.setattr(weight, "REFRESH_SECONDS", 600.0)
    return found


@pytest.fixture(params=["of this machine", "of each process"])
def given(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is known what all processes were given together: not everywhere."""
    if request.param == "of each process":
        monkeypatch.setattr(weight, "_given", lambda: weight._Given(0, 0))


@pytest.mark.usefixtures("given")
def test_what_is_shared_counts_once_and_is_not_asked_for_again(family: Family, asked: list[int]) -> None:
    weighed = Weight(3 * SHARED * MIB)
    family.do("fork", "fork", "fork")
    for _ in range(5):
        assert weighed.heaviest_over(family.processes) == 0
    assert sorted(asked) == sorted(family.processes)


def test_nothing_is_asked_while_all_pages_counted_whole_would_do(family: Family, asked: list[int]) -> None:
    family.do("fork")
    assert Weight(4 * SHARED * MIB).heaviest_over(family.processes) == 0
    assert asked == []


def test_forks_are_not_asked_for_where_little_was_given_since(
    family: Family, asked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def given() -> weight._Given:  # as if no other process ran: tests do, beside this one
        sizes = [found[1] for process in family.processes if (found := weight._look(process))]
        return weight._Given(sum(size.faults for size in sizes) * weight._PAGE, 0)

    monkeypatch.setattr(weight, "_given", given)
    weighed = Weight(3 * SHARED * MIB)
    assert weighed.heaviest_over(family.processes) == 0
    family.do("fork", "fork", "fork", "fork")
    assert weighed.heaviest_over(family.processes) == 0
    assert asked == []


@pytest.mark.parametrize("orders", [("copy", "grow"), ("grow", "grow"), ("fill", "fill")])
def test_what_comes_after_forks_is_noticed(family: Family, asked: list[int], orders: tuple[str, ...]) -> None:
    weighed = Weight(3 * SHARED * MIB)
    assert weighed.heaviest_over(family.processes) == 0
    family.do("fork", "fork", "fork", "fork")
    assert weighed.heaviest_over(family.processes) == 0
    family.do(*orders)
    assert weighed.heaviest_over(family.processes) in family.processes


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("shared", [4])
def test_what_one_lets_go_of_is_anothers_now(family: Family, asked: list[int]) -> None:
    weighed = Weight(int(4.7 * SHARED) * MIB)
    family.do("fork", "fork", "fork")
    assert weighed.heaviest_over(family.processes) == 0
    family.do("drop", "grow")
    assert weighed.heaviest_over(family.processes) == family.processes[0]


@pytest.mark.usefixtures("given")
def test_copies_of_what_was_shared_are_noticed(family: Family, asked: list[int]) -> None:
    """Nothing is larger for it."""
    weighed = Weight(3 * SHARED * MIB)
    family.do("fork", "fork", "fork", "fork")
    assert weighed.heaviest_over(family.processes) == 0
    family.do("copy")
    assert weighed.heaviest_over(family.processes) == 0
    family.do("fork", "copy", "fork", "copy")
    assert weighed.heaviest_over(family.processes) in family.processes


def test_large_pages_in_place_of_what_was_shared_are_noticed(family: Family, asked: list[int]) -> None:
    """Where the system has them: else it is as with copies. Nothing is larger for it, and there are few faults."""
    weighed = Weight(3 * SHARED * MIB)
    family.do("fork", "fork", "fork")
    assert weighed.heaviest_over(family.processes) == 0
    assert len(asked) == 4
    family.do("swap")
    assert weighed.heaviest_over(family.processes) in family.processes


@pytest.mark.usefixtures("given")
def test_what_one_leaves_that_ends_is_not_forgotten(family: Family, asked: list[int]) -> None:
    weighed = Weight(int(2.5 * SHARED) * MIB)
    family.do("fork", "fork", "fork", "fork")
    assert weighed.heaviest_over(family.processes) == 0
    family.do("end", "end", "end", "end", "fork", "grow")
    assert weighed.heaviest_over(family.processes) == 0
    family.do("grow")
    assert weighed.heaviest_over(family.processes) == family.processes[0]


def test_the_largest_is_named(family: Family) -> None:
    family.do("fork", "grow", "grow")
    assert Weight(3 * SHARED * MIB).heaviest_over(family.processes) == family.processes[0]


def test_one_that_is_gone_weighs_nothing(family: Family) -> None:
    family.do("fork")
    gone = family.processes[1]
    family.do("end")
    assert Weight(1).heaviest_over([gone]) == 0


def test_a_fault_may_give_more_than_a_page_where_the_system_is_set_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight, "_SIZES", tmp_path)
    assert weight._given_at_a_fault() == weight._PAGE
    for size, setting in ((64, "always inherit madvise [never]"), (2048, "always [inherit] madvise never")):
        (tmp_path / f"hugepages-{size}kB").mkdir()
        (tmp_path / f"hugepages-{size}kB" / "enabled").write_text(setting)
    assert weight._given_at_a_fault() == weight._PAGE
    (tmp_path / "hugepages-64kB" / "shmem_enabled").write_text("always inherit within_size [advise] never")
    assert weight._given_at_a_fault() == 64 << 10
