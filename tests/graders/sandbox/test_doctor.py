"""The doctor says what stands in the way and how to mend it, for machines one does not have too."""

import json
import subprocess
import sys

import pytest

from graders.records import Tier
from graders.sandbox.confine import _first_student_id
from graders.sandbox.doctor import Facts, findings
from graders.sandbox.tiers import missing

LINUX = {"system": "Linux", "kernel": "6.8.0", "landlock": 7, "python": "/opt/python"}


@pytest.mark.parametrize(
    ("facts", "lacks", "name", "mend"),
    [
        (Facts(system="Darwin"), {}, "system", "Lima"),
        (
            Facts(**LINUX, apparmor_restricts=1),
            {Tier.FULL: "unshare: Operation not permitted"},
            "namespaces",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        (
            Facts(**LINUX, container="docker", root=True),
            {Tier.FULL: "unshare: Operation not permitted"},
            "namespaces",
            "--security-opt seccomp=unconfined",
        ),
        (
            Facts(**LINUX, userns_clone=0),
            {Tier.FULL: "unshare: Operation not permitted"},
            "namespaces",
            "unprivileged_userns_clone=1",
        ),
        (
            Facts(**LINUX, user_namespaces=0),
            {Tier.FULL: "unshare: No space left on device"},
            "namespaces",
            "user.max_user_namespaces=10000",
        ),
        (
            Facts(**LINUX, libseccomp="Unable to find libseccomp"),
            {Tier.FULL: "seccomp", Tier.FLAT: "seccomp"},
            "libseccomp",
            "--isolation landlock",
        ),
        (Facts(**{**LINUX, "landlock": 0}), {Tier.FULL: "landlock"}, "landlock", "Linux 5.13"),
        (Facts(**LINUX, root=True, python_reachable=False), {}, "python", "private home"),
    ],
)
def test_what_is_missing_is_named_with_its_mend(
    facts: Facts, lacks: dict[Tier, str], name: str, mend: str
) -> None:
    (found,) = [finding for finding in findings(facts, lacks) if finding.name == name]
    assert not found.good
    assert mend in found.mend


def test_a_machine_that_lacks_nothing_needs_no_mend() -> None:
    assert not [f for f in findings(Facts(**LINUX), {}) if f.mend or not f.good]


@pytest.mark.skipif(sys.platform != "linux", reason="tiers are Linux's")
def test_the_command_says_of_this_machine_what_a_trial_says() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "graders.cli", "doctor", "--json"], capture_output=True, text=True, check=False
    )
    found = json.loads(run.stdout)
    assert (found["tiers"]["full"] == "") == (missing(Tier.FULL) == "")
    assert run.returncode == (0 if found["best"] else 1)
    assert {finding["name"] for finding in found["findings"]} >= {"landlock", "libseccomp", "namespaces"}


@pytest.mark.parametrize(
    ("id_map", "first"),
    [
        ("         0          0 4294967295\n", 0x40000000),
        ("         0     100000      65536\n", 65536 - (1 << 14)),
        ("         0       1000          1\n         1     100000      65536\n", 65537 - (1 << 14)),
    ],
)
def test_submissions_have_ids_that_exist_where_they_run(id_map: str, first: int) -> None:
    assert _first_student_id(id_map) == first
