"""Batches that are killed, and what is left of them.

    python tests/attacks/killed.py 100 [SEED]

Each batch, of either tier, is ended by SIGKILL at a random moment: its first process or, as when a
terminal is closed, its whole process group. Then no process of it may run, every file must be
whole, and every result there was must still be there; the same command must then finish the batch
with the right points, and without grading anew what was done.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import msgspec
from suite import Arena, attacks, users
from target import SOLUTION, cells_of, notebook

from graders.records import Result

STUDENTS = 12
LONGEST = 9.0  # seconds; a batch that is not killed takes about eight


def once(after: float, user: int, tier: str, group: bool) -> list[str]:
    """What was wrong after killing one batch `after` seconds."""
    with Arena() as arena:
        root = arena.course
        expected = {"victim": 8.0}
        for number in range(STUDENTS):
            answers = {question: SOLUTION[question] for question in list(SOLUTION)[: number % 5]}
            answers["q3"] = answers.get("q3", "import time\ntime.sleep(0.3)\nlosses = []")
            (root / f"handed/s{number:02}.ipynb").write_text(json.dumps(notebook(cells_of(answers))))
            expected[f"s{number:02}"] = 2.0 * (number % 5)
        arena.hand_in(root, attacks(["exhaustion/daemon", "escape/daemon", "escape/kill_all"]))
        arena.belongs_to(user)
        command = [sys.executable, "-m", "graders.cli", "grade", "target", "handed", "--jobs", "2"]
        command += ["--isolation", tier]
        killed = arena.run(command, user, root, f"--kill-after={after}", *["--group"] * group)
        wrong = [f"left running: {left}" for left in killed["left"]]
        before = _results(root, wrong)
        wrong += [f"left lying: {path.name}" for path in arena.temporary.glob("sorcery-*")]
        again = arena.run(command, user, root)
        if again["exit"]:
            wrong.append(f"the second time exit code {again['exit']}: {again['stderr'][-300:]}")
        results = _results(root, wrong)
        for student, points in expected.items():
            if student not in results or results[student].points != points:
                wrong.append(f"{student} has {results.get(student)}")
        wrong += [
            f"{name} was graded again" for name, result in before.items() if results.get(name) != result
        ]
        wrong += [f"left lying: {path.name}" for path in root.glob(".sorcery/**/.*") if path.is_file()]
    return wrong


def _results(root: Path, wrong: list[str]) -> dict[str, Result]:
    found = {}
    for path in sorted((root / ".sorcery/results/target").glob("*.json")):
        try:
            found[path.stem] = msgspec.json.decode(path.read_bytes(), type=Result)
        except msgspec.DecodeError as error:
            wrong.append(f"torn: {path.name}: {error}")
    return found


def main() -> int:
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    chance, bad = random.Random(seed), 0
    for number in range(count):
        after = chance.uniform(0.1, LONGEST)
        user, tier = chance.choice(list(users().values())), chance.choice(["full", "flat"])
        group = chance.random() < 0.5
        wrong = once(after, user, tier, group)
        bad += bool(wrong)
        what = f"{tier}, user {user}, {'group' if group else 'first process'} killed after {after:4.1f} s"
        print(f"{number + 1:4}  {what}: {'; '.join(wrong) or 'nothing lost'}", flush=True)
    print(f"{count} batches killed, {bad} with something wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
