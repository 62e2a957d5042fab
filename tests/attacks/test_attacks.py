"""Every attack against our grader, by tier and user, and against one that does without what stops it.

`python tests/attacks/suite.py` prints the same as a table.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

import pytest
from bubble import works
from suite import HERE, Outcome, attacks, controls, excuse, missing, real, users

from graders.records import Tier

GROUPS = {
    "forging", "patching", "spoofing", "exfiltration", "exhaustion", "escape", "network", "cross_student",
    "archives", "malformed", "presentation",
}  # fmt: skip
# Each tier and each user once; `python tests/attacks/suite.py` has every pair of them.
COLUMNS = ((Tier.FULL, "root"), (Tier.FLAT, "ordinary"))
if "root" not in users():
    COLUMNS = ((Tier.FULL, "ordinary"), (Tier.FLAT, "ordinary"))
ALL = {attack.id: attack for attack in attacks()}
pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not works(), reason="no namespaces here: hostile code would reach this machine"),
]


def test_there_are_attacks_of_every_group_and_each_has_a_control() -> None:
    assert {attack.group for attack in ALL.values()} == GROUPS
    assert len(ALL) >= 80
    assert {attack.control for attack in ALL.values()} <= {"naive", "unconfined", "unlimited", "own"}
    for attack in ALL.values():
        assert attack.title, attack.id
        assert attack.stopped_by, attack.id
        assert attack.control != "own" or "control" in attack.module, attack.id


@cache
def lacks(user: str) -> dict[str, str]:
    return missing(users()[user])


@cache
def column(tier: Tier, user: str) -> tuple[dict[str, Outcome], list[str]]:
    if why := lacks(user)[tier]:
        if machine := excuse(tier, users()[user]):
            pytest.skip(f"{machine}: {why}")
        pytest.fail(f"this machine lacks nothing for the {tier} tier, but: {why}")
    return real(list(ALL.values()), tier, users()[user])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("tier", "user"), COLUMNS)
def test_an_attack_is_stopped(tier: Tier, user: str, name: str) -> None:
    outcomes, _ = column(tier, user)
    assert name in outcomes, "no result"
    assert outcomes[name].faults(ALL[name]) == []


@pytest.mark.parametrize(("tier", "user"), COLUMNS)
def test_attacks_leave_nothing_running_and_an_honest_notebook_its_points(tier: Tier, user: str) -> None:
    _, whole = column(tier, user)
    assert whole == []


@cache
def proofs(kind: str) -> dict[str, bool]:
    return controls([attack for attack in ALL.values() if attack.control == kind], kind, users()["ordinary"])


@pytest.mark.parametrize("name", ALL)
def test_an_attack_works_when_what_stops_it_is_off(name: str) -> None:
    assert proofs(ALL[name].control)[name]


def commands() -> list[str]:
    text = (HERE.parents[1] / "README.md").read_text()
    return re.findall(r"^python (tests/attacks/.*?) +#", text, re.MULTILINE)


def test_the_readme_has_the_campaigns() -> None:
    assert {command.split("/")[2].split(".")[0] for command in commands()} == {
        "suite",
        "neighbours",
        "killed",
        "fuzz",
    }


@pytest.mark.parametrize("command", commands())
def test_a_campaign_finds_nothing(command: str) -> None:
    """Batches beside hostile neighbours, batches killed, frames and notebooks damaged: as the README has it."""
    run = subprocess.run(
        [sys.executable, *command.split()], cwd=HERE.parents[1], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
