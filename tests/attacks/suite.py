"""The attacks, the course they attack, and what came of them.

    python tests/attacks/suite.py                    the table: every attack, tier and user, and its control
    python tests/attacks/suite.py forging/mock       these only

An attack is a file GROUP/NAME.py. Its comment at the top says what it tries, which layer stops it,
its control, and the verdict and points it must get:

    # An object that equals everything.
    # stopped by: comparisons run in the trusted process, on values
    # control: naive
    # expect: graded 0

    # %% q4
    ...

A cell `# %% q1` takes the place of that question's answer; `# %%` alone comes before the first
question, `# %% end` after the last. An attack that reached something raises an exception whose text
begins with GOT. In cells @HIDDEN@, @COURSE@, @SOLUTION@, @VICTIM@, @RESULTS@, @STATE@, @HOME@, @PORT@,
@SOCKET@, @MAILBOX@ and @ABSTRACT@ stand for what there is to be reached.

One that is no notebook of cells defines `make(folder, name, honest)`, which writes what is handed in
(`honest` is a notebook that earns all 8 points), and `control(folder)`, true when the attack works
on a reader or a screen that does not guard itself. `shown(text)`, where there is one, is true when
what `sorcery grade` and `sorcery show` print of it does harm; `browsed(page)`, when a page does: its
feedback, the report, and the notebook as it ran, as nbconvert shows it to whoever grades by hand.

Controls show that an attack works when the layer that stops it is off:

    naive        graders of one process, as in naive.py
    unconfined   our engine without isolation (--isolation none), in namespaces that bear it
    unlimited    our engine with limits a hundred times as wide
    own          the file's control()
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import runpy
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bubble import works
from target import HONEST, LIMITS, WIDE, cells_of, make_course, notebook

from graders.records import Tier
from graders.sandbox.doctor import gather

HERE = Path(__file__).parent
ORDINARY = 61234  # a user id no account of a machine has
FULL_MARKS = 8.0
CONTROL_SECONDS = 60.0


@dataclass(frozen=True)
class Attack:
    group: str
    name: str
    title: str
    stopped_by: str
    control: str
    verdicts: tuple[str, ...]
    points: float
    cells: tuple[tuple[str, str], ...]  # (place, source); none for one that makes files
    module: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.group}/{self.name}"

    @property
    def student(self) -> str:
        return f"{self.group}-{self.name}"


@dataclass(frozen=True)
class Outcome:
    """What came of one attack. `shown` is all that its student may read; `printed` what staff do."""

    verdict: str
    points: float
    shown: str
    printed: str = ""
    pages: tuple[str, ...] = ()

    def faults(self, attack: Attack) -> list[str]:
        """In what the attack succeeded, or was not answered as it should be."""
        found = []
        if self.points > attack.points:
            found.append(f"forged: {self.points:g} points")
        if "GOT" in self.shown:
            found.append(f"leaked: {re.search('GOT.{0,80}', self.shown)[0]}")  # type: ignore[index]
        if self.verdict == "ungraded":
            found.append(f"grader failed: {self.shown[:200]}")
        harmful = attack.module.get("shown")
        if harmful and harmful(self.printed):
            found.append("harmful on a screen")
        browsed = attack.module.get("browsed")
        if browsed and not (self.pages and all(attack.student in page for page in self.pages)):
            found.append("its pages were not written")
        if browsed and any(browsed(page) for page in self.pages):
            found.append("harmful in a browser")
        if not found and (self.verdict not in attack.verdicts or self.points != attack.points):
            found.append(
                f"{self.verdict} {self.points:g} in place of {' or '.join(attack.verdicts)} {attack.points:g}"
            )
        return found


def attacks(chosen: Sequence[str] = ()) -> list[Attack]:
    found = [_read(path) for path in sorted(HERE.glob("*/*.py"))]
    return [attack for attack in found if not chosen or attack.id in chosen or attack.group in chosen]


def _read(path: Path) -> Attack:
    text = path.read_text()
    head = [line[2:] for line in text.split("\n\n")[0].splitlines()]
    fields = dict(line.split(": ", 1) for line in head if re.match(r"(stopped by|control|expect): ", line))
    verdicts, points = fields["expect"].rsplit(" ", 1)
    parts = re.split(r"^# %% ?(\w*)\n", text, flags=re.M)
    cells = tuple(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    return Attack(
        group=path.parent.name,
        name=path.stem,
        title=head[0],
        stopped_by=fields["stopped by"],
        control=fields["control"],
        verdicts=tuple(verdicts.split(" or ")),
        points=float(points),
        cells=cells,
        module={} if cells else runpy.run_path(str(path)),
    )


class Arena:
    """A course to be attacked, with something to steal, and doors to knock at. Everyone may enter
    the folder; whether they may read it is the layers' business."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="arena-"))
        self.folder.chmod(0o755)
        self.course, self.home = self.folder / "course", self.folder / "home"
        self.token = "TOKEN" + secrets.token_hex(8)
        self._doors: list[socket.socket] = []
        self.temporary = self.folder / "tmp"
        self.home.mkdir()
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)
        (self.home / ".netrc").write_text(f"password {self.token}")
        make_course(self.course, LIMITS, self.token)
        make_course(self.folder / "wide", WIDE, self.token)
        self.port = self._open(socket.AF_INET, ("127.0.0.1", 0)).getsockname()[1]
        self._open(socket.AF_UNIX, str(self.folder / "door"))
        os.chmod(self.folder / "door", 0o777)  # noqa: PTH101
        mailbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        mailbox.bind(str(self.folder / "mailbox"))
        os.chmod(self.folder / "mailbox", 0o777)  # noqa: PTH101
        self._doors.append(mailbox)
        self.abstract = f"arena-{self.token[5:]}"
        self._open(socket.AF_UNIX, f"\0{self.abstract}")

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *_: object) -> None:
        for door in self._doors:
            door.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _open(self, family: int, address: Any) -> socket.socket:
        door = socket.socket(family)
        door.bind(address)
        door.listen()
        self._doors.append(door)

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    visitor, _ = door.accept()
                    with visitor, contextlib.suppress(OSError):
                        visitor.settimeout(0.2)
                        visitor.sendall(b"HTTP/1.0 200 OK\r\n\r\nwelcome")
                        visitor.shutdown(socket.SHUT_WR)
                        visitor.recv(4096)  # what is closed unread is reset, the answer with it

        threading.Thread(target=answer, daemon=True).start()
        return door

    def hand_in(self, root: Path, chosen: Sequence[Attack]) -> None:
        """Writes the attacks beside the victim's notebook in `root`/handed."""
        tokens = {
            "HIDDEN": root / "graders/hidden_tests/target/q1.py", "COURSE": root,
            "SOLUTION": root / "solutions/target.py", "VICTIM": root / "handed/victim.ipynb",
            "RESULTS": root / ".sorcery/results/target", "STATE": root / ".sorcery", "HOME": self.home,
            "PORT": self.port, "SOCKET": self.folder / "door", "ABSTRACT": self.abstract,
            "MAILBOX": self.folder / "mailbox",
        }  # fmt: skip
        for attack in chosen:
            if attack.module:
                attack.module["make"](root / "handed", attack.student, HONEST)
                continue
            text = json.dumps(notebook(cells_of(dict(attack.cells), dict(attack.cells))))
            for name, value in tokens.items():
                text = text.replace(f"@{name}@", str(value))
            (root / "handed" / f"{attack.student}.ipynb").write_text(text)

    def belongs_to(self, user: int) -> None:
        if user != os.geteuid():
            for path in [self.folder, *self.folder.rglob("*")]:
                if path != self.folder:
                    os.chown(path, user, user, follow_symlinks=False)

    def run(
        self, command: Sequence[str], user: int, cwd: Path, *bubbles: str, seconds: float = 1800
    ) -> dict[str, Any]:
        """What the bubble reports of `command` run as `user`, with its standard output. `bubbles` are
        options of its own."""
        report = self.folder / f"report-{secrets.token_hex(4)}.json"
        bubble = [
            sys.executable,
            str(HERE / "bubble.py"),
            str(report),
            f"--user={user}",
            f"--show={self.folder}",
        ]
        bubble += [*bubbles, "--", *command]
        environment = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG")}
        environment |= {"HOME": str(self.home), "TMPDIR": str(self.temporary)}
        environment |= {"NO_COLOR": "1", "PRIVATE_KEY": self.token}
        done = subprocess.run(  # what is stopped here takes its process table with it
            bubble,
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
        if not report.exists():
            raise RuntimeError(f"the bubble did not come to its end: {done.stderr[-2000:]}")
        return {**json.loads(report.read_text()), "stdout": done.stdout, "stderr": done.stderr}


def real(
    chosen: Sequence[Attack], tier: str, user: int, *, wide: bool = False, seconds: float = 1800
) -> tuple[dict[str, Outcome], list[str]]:
    """What our grader makes of the attacks, handed in together; and what it did not withstand as a whole."""
    with Arena() as arena:
        root = arena.folder / "wide" if wide else arena.course
        arena.hand_in(root, chosen)
        arena.belongs_to(user)
        sorcery = [sys.executable, "-m", "graders.cli"]
        done = arena.run(
            [*sorcery, "grade", "target", "handed", "--isolation", tier, "--jobs", "2"],
            user,
            root,
            seconds=seconds,
        )
        results = [
            json.loads(path.read_text()) for path in sorted((root / ".sorcery/results/target").glob("*.json"))
        ]
        whole = [f"left running: {left}" for left in done["left"]]
        if done["exit"] != 0:
            whole.append(f"exit code {done['exit']}: {done['stderr'][-500:]}")
        victim = next((r["points"] for r in results if r["student"] == "victim"), None)
        if victim != FULL_MARKS:
            whole.append(f"an honest notebook got {victim}")
        outcomes = {}
        for attack in chosen:
            for result in results:
                if (
                    result["student"] in (attack.student, f"{attack.student}.ipynb")
                    or f"{attack.student} " in result["file"]
                ):
                    printed = ""
                    if "shown" in attack.module:
                        path = str(root / f".sorcery/results/target/{result['student']}.json")
                        printed = done["stdout"] + arena.run([*sorcery, "show", path], user, root)["stdout"]
                    pages = _pages(root, attack) if "browsed" in attack.module else ()
                    outcomes[attack.id] = _outcome(result, printed, pages)
        return outcomes, whole


def _pages(root: Path, attack: Attack) -> tuple[str, ...]:
    from nbconvert import HTMLExporter

    state, student = root / ".sorcery", attack.student
    notebook, _ = HTMLExporter().from_filename(str(state / f"autograded/{student}/target/target.ipynb"))
    feedback = (state / f"feedback/{student}/target/target.html").read_text()
    return (feedback, (state / "reports/target.html").read_text(), f"<!-- {student} -->{notebook}")


def _outcome(result: dict[str, Any], printed: str, pages: tuple[str, ...] = ()) -> Outcome:
    shown = [result["reason"], *(cell["error"] for cell in result["cells"])]
    shown += [case["message"] for question in result["questions"] for case in question["cases"]]
    return Outcome(result["verdict"], result["points"], "\n".join(shown), printed, pages)


def controls(chosen: Sequence[Attack], kind: str, user: int) -> dict[str, bool]:
    """Whether each attack of that control works when what stops it is off."""
    if kind == "own":
        found = {}
        for attack in chosen:
            with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # readers without guard say what they think of such files
                attack.module["make"](Path(folder), attack.student, HONEST)
                found[attack.id] = bool(attack.module["control"](Path(folder)))
        return found
    if kind == "naive":
        with Arena() as arena:
            arena.hand_in(arena.course, chosen)
            arena.belongs_to(user)
            report = arena.home / "naive.json"
            naive = [
                sys.executable,
                str(HERE / "naive.py"),
                str(arena.course),
                str(arena.course / "handed"),
                str(report),
            ]
            arena.run(naive, user, arena.home)
            found = json.loads(report.read_text())
            assert found["victim"]["points"] == FULL_MARKS, found["victim"]
            return {attack.id: _worked_on_naive(attack, found[attack.student]) for attack in chosen}
    worked = {}
    together = [attack for attack in chosen if kind == "unconfined" and attack.group != "escape"]
    for attack_id, outcome in real(together, "none", user)[0].items() if together else ():
        worked[attack_id] = "GOT" in outcome.shown
    # Each in a batch of its own: what works may end the whole.
    alone = [attack for attack in chosen if attack.id not in worked]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda attack: _works_alone(attack, kind, user), alone)
        return worked | {attack.id: works for attack, works in zip(alone, found, strict=True)}


def _works_alone(attack: Attack, kind: str, user: int) -> bool:
    tier = "none" if kind == "unconfined" else "full"
    try:
        outcomes, whole = real([attack], tier, user, wide=kind == "unlimited", seconds=CONTROL_SECONDS)
    except subprocess.TimeoutExpired:
        outcomes, whole = {}, ["the grader hangs"]
    outcome = outcomes.get(attack.id)
    faults = outcome.faults(attack) if outcome else ["no result"]
    if kind == "unlimited":
        return bool(faults)
    harm = [fault for fault in faults if not fault.startswith(VERDICTS)]
    return bool(harm or whole)


VERDICTS = ("graded", "output limit", "timeout", "out of memory", "crashed", "tampered", "rejected")


def _worked_on_naive(attack: Attack, found: dict[str, Any]) -> bool:
    said = " ".join(found["messages"])
    return (
        found["points"] is None or found["points"] > attack.points or "GOT" in said or found["left"] > 0
        or found["output"] > 1 << 20 or found["ended"] != "exit 0"
    )  # fmt: skip


def users() -> dict[str, int]:
    """name -> id of the users this process can grade as."""
    if os.geteuid() == 0:
        return {"root": 0, "ordinary": ORDINARY}
    return {"ordinary": os.geteuid()}


def missing(user: int) -> dict[str, str]:
    """tier -> what this machine lacks for it when `user` grades, "" for nothing."""
    with Arena() as arena:
        arena.belongs_to(user)
        done = arena.run([sys.executable, "-m", "graders.cli", "doctor", "--json"], user, arena.course)
    tiers: dict[str, str] = json.loads(done["stdout"])["tiers"]
    return tiers


def excuse(tier: str, user: int) -> str:
    """What this machine itself lacks for the tier, "" for nothing: it is then our fault if it is missing."""
    facts = gather()
    if not facts.landlock or facts.libseccomp:
        return "no landlock, or no libseccomp"
    if tier == Tier.FLAT:
        return ""
    if not works():
        return "no namespaces"
    with Arena() as arena:
        bubble = [sys.executable, str(HERE / "bubble.py"), "/dev/null", "--", "true"]
        return "" if arena.run(bubble, user, arena.home)["exit"] == 0 else "no namespaces for this user"


def main() -> int:
    chosen = attacks(sys.argv[1:])
    columns: dict[str, Callable[[], dict[str, str]]] = {}
    for name, user in users().items():
        for tier in ("full", "flat"):
            columns[f"{tier}, {name}"] = lambda tier=tier, user=user: _column(chosen, tier, user)
    table = {}
    for column, run in columns.items():
        print(f"{column} ...", file=sys.stderr)
        table[column] = run()
    proofs: dict[str, bool] = {}
    for kind in ("naive", "unconfined", "unlimited", "own"):
        proofs |= controls([a for a in chosen if a.control == kind], kind, users()["ordinary"])
    width = max(len(attack.id) for attack in chosen)
    print(f"{'attack':<{width}}  " + "  ".join(f"{column:<15}" for column in table) + "  control")
    for attack in chosen:
        row = "  ".join(f"{cells[attack.id]:<15}" for cells in table.values())
        print(f"{attack.id:<{width}}  {row}  {attack.control}: {'works' if proofs[attack.id] else 'FAILS'}")
    bad = [cell for cells in table.values() for cell in cells.values() if cell != "stopped"]
    for column, cells in table.items():
        print(
            f"{column}: {cells['']}"
            if cells[""] != "stopped"
            else f"{column}: nothing left, the honest notebook has its points"
        )
    print(
        f"{len(chosen)} attacks, {len(bad)} succeeded, {list(proofs.values()).count(False)} controls that fail"
    )
    return 1 if bad or not all(proofs.values()) else 0


def _column(chosen: Sequence[Attack], tier: str, user: int) -> dict[str, str]:
    outcomes, whole = real(chosen, tier, user)
    cells = {"": "; ".join(whole) or "stopped"}
    for attack in chosen:
        outcome = outcomes.get(attack.id)
        faults = outcome.faults(attack) if outcome else ["no result"]
        cells[attack.id] = "; ".join(faults) or "stopped"
    return cells


if __name__ == "__main__":
    sys.exit(main())
