"""No string of a hidden test is in the memory or the files of a student's process, even while one runs."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from graders.records import Tier
from graders.sandbox.tiers import missing

ROOT = Path(__file__).parents[1]
HIDDEN = ROOT / "graders/hidden_tests/cnn"
PLANTED = "a sentence that the student wrote down themselves"

# Looks for each string by its first half and compares what follows with the second half, which is
# known only backwards: a search for the whole would find itself.
SCAN = """
import os, sys

def in_memory():
    found, size = set(), 0
    for line in open("/proc/self/maps").read().splitlines():
        span, rights, *_ = line.split()
        if not rights.startswith("rw"):
            continue
        start, end = (int(side, 16) for side in span.split("-"))
        with open("/proc/self/mem", "rb", 0) as memory:
            while start < end:
                try:
                    block = os.pread(memory.fileno(), min(end - start, 1 << 24), start)
                except OSError:
                    break
                size += len(block)
                found |= in_text(block)
                start += max(1, len(block) - 400) if len(block) == 1 << 24 else max(len(block), 1)
    return found, size

def in_text(block):
    found = set()
    for number, (first, backwards) in enumerate(HALVES):
        at = block.find(first)
        while at >= 0:
            rest = block[at + len(first) : at + len(first) + len(backwards)]
            if len(rest) == len(backwards) and all(a == b for a, b in zip(rest, reversed(backwards))):
                found.add(number)
                break
            at = block.find(first, at + 1)
    return found

def in_files():
    found, looked = set(), 0
    for folder, folders, files in os.walk("/"):
        if folder == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys")]
        for name in files:
            path = os.path.join(folder, name)
            ours = not folder.startswith(("/usr", sys.prefix)) or name in TEST_FILES
            if ours and os.path.isfile(path) and os.path.getsize(path) < 1 << 22:
                looked += 1
                try:
                    found |= in_text(open(path, "rb").read())
                except OSError:
                    pass
    return found, looked

def output_size(*_):
    memory, size = in_memory()
    files, looked = in_files()
    raise RuntimeError(f"SEEN {sorted(memory)} in {size} bytes, {sorted(files)} in {looked} files")
"""


def hidden_strings() -> list[str]:
    found = []
    for path in sorted(HIDDEN.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "failure_message":
                found.append(ast.literal_eval(node.value))
    return found


@pytest.mark.skipif(bool(missing(Tier.FULL)), reason="needs the full tier")
def test_a_scan_while_a_hidden_test_runs_finds_only_what_the_student_planted(tmp_path: Path) -> None:
    strings = [*hidden_strings(), PLANTED]
    halves = [(s[: len(s) // 2].encode(), s[len(s) // 2 :][::-1].encode()) for s in strings]
    source = (
        f"HALVES = {halves!r}\nTEST_FILES = {[p.name for p in HIDDEN.glob('*.py')]!r}\n"
        f"planted = {PLANTED!r}\nopen('planted.txt', 'w').write(planted)\n{SCAN}"
    )
    notebook = json.loads((ROOT / "assignments/cnn/cnn.ipynb").read_text())
    for cell in notebook["cells"]:
        if "def output_size" in "".join(cell["source"]):
            cell["source"] = source
    (tmp_path / "scanner.ipynb").write_text(json.dumps(notebook))
    command = [
        sys.executable,
        "-m",
        "graders.cli",
        "grade",
        "cnn",
        str(tmp_path),
        "--json",
        "--isolation",
        "full",
    ]
    run = subprocess.run([*command, "--force"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    (result,) = json.loads(run.stdout)
    hidden = [case for case in result["questions"][3]["cases"] if case["hidden"]]
    planted = len(strings) - 1
    assert len(strings) > 10
    assert f"SEEN [{planted}] in" in hidden[0]["detail"]
    assert f"bytes, [{planted}] in" in hidden[0]["detail"]
