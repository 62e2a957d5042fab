"""Sixty notebooks, every third hostile: what that costs the honest ones.

    python tests/attacks/neighbours.py [ALONE] [TIER]

In both tiers, or in one; each honest notebook (or ALONE of them, from the best to the poorest) is
graded once more with nobody beside it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from suite import Arena, attacks, users
from target import SOLUTION, cells_of, notebook

HOSTILE = 20
HONEST = 40
TRAINED = """torch.manual_seed({seed})
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
points = torch.randn(256, 2)
targets = (points.sum(1, keepdim=True) > 0).float()
for step in range({steps}):
    optimizer.zero_grad()
    torch.nn.functional.binary_cross_entropy_with_logits(model(points), targets).backward()
    optimizer.step()"""


def honest(number: int) -> dict[str, Any]:
    """One of forty notebooks that differ in what they answer and in how well."""
    answers = {question: SOLUTION[question] for bit, question in enumerate(SOLUTION) if number >> bit & 1}
    if "q2" in answers:
        answers["q2"] = TRAINED.format(seed=number, steps=number % 7 * 10)
    if number % 5 == 0:
        answers["q3"] = f"losses = [1 / (epoch + {number}) for epoch in range(20)]"
    return notebook(cells_of(answers))


def compare(tier: str, alone: int) -> tuple[list[float], list[str]]:
    """Points of the honest notebooks in the batch, from the best, and what was different alone."""
    user = users()["ordinary"]
    able = [attack for attack in attacks() if attack.cells]
    hostile = able[:: len(able) // HOSTILE][:HOSTILE]
    with Arena() as arena:
        handed = arena.course / "handed"
        for number in range(HONEST):
            # Sorted by name, hostile ones come third.
            (handed / f"s{number // 2:02}{'ab'[number % 2]}.ipynb").write_text(json.dumps(honest(number)))
        arena.hand_in(arena.course, hostile)
        for number, attack in enumerate(hostile):
            (handed / f"{attack.student}.ipynb").rename(handed / f"s{number:02}c.ipynb")
        (handed / "victim.ipynb").unlink()
        arena.belongs_to(user)
        together, wrong = _grade(arena, "handed", user, tier)
        ranked = sorted((name for name in together if name[-1] != "c"), key=lambda name: -together[name][1])
        if len(ranked) != HONEST:
            wrong.append(f"{len(ranked)} results for {HONEST} honest notebooks")
        for student in ranked[:: HONEST // alone]:
            by_itself, more = _grade(arena, f"handed/{student}.ipynb", user, tier)
            wrong += more
            if together[student] != by_itself[student]:
                wrong.append(f"{student}: {together[student]} in the batch, {by_itself[student]} alone")
    return [together[name][1] for name in ranked], wrong


def _grade(arena: Arena, what: str, user: int, tier: str) -> tuple[dict[str, Any], list[str]]:
    command = [sys.executable, "-m", "graders.cli", "grade", "target", what, "--force"]
    command += ["--jobs", "2", "--isolation", tier, "--seed", "1"]
    done = arena.run(command, user, arena.course)
    wrong = [f"left running: {left}" for left in done["left"]]
    if done["exit"]:
        wrong.append(f"exit code {done['exit']}: {done['stderr'][-300:]}")
    return {path.stem: _score(path) for path in arena.course.glob(".sorcery/results/target/*.json")}, wrong


def _score(path: Path) -> tuple[Any, ...]:
    result = json.loads(path.read_text())
    cases = [
        (question["id"], case["name"], case["verdict"], case["points"])
        for question in result["questions"]
        for case in question["cases"]
    ]
    return result["verdict"], result["points"], cases


def main() -> int:
    alone = int(sys.argv[1]) if len(sys.argv) > 1 else HONEST
    bad = 0
    for tier in sys.argv[2:] or ("full", "flat"):
        points, wrong = compare(tier, alone)
        bad += len(wrong)
        for line in wrong:
            print(line)
        print(
            f"{tier}: {len(points)} honest notebooks beside {HOSTILE} hostile ones earn {points[-1]:g} to "
            f"{points[0]:g} points, {len(set(points))} different; {alone} of them graded alone: {len(wrong)} differences"
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
