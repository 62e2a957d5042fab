"""What a Gradescope autograder of ours runs: one submission in, results.json out.

    python -m graders.foreign.gradescope_run /autograder TOPIC

Where nothing can be graded Gradescope is told so in results.json, in words for the student; the reason is
printed, which only staff see.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

STUDENT = "submission"
RESULTS = Path(".sorcery", "results.json")
_REFUSED = "The autograder could not grade this submission. Please tell your instructor."


def main(base: Path, topic: str) -> int:
    results = base / "results" / "results.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch, "course")
        course.parent.chmod(0o755)
        shutil.copytree(base / "source" / "course", course)
        said = _grade(base / "submission", course, topic)
        made = course / RESULTS
        if made.is_file():
            shutil.copyfile(made, results)
            return 0
    entry = {"name": "submission", "output": said, "status": "failed", "visibility": "visible"}
    whole = {"score": 0, "output": said, "stdout_visibility": "hidden", "tests": [entry]}
    results.write_text(json.dumps(whole, indent=1) + "\n")
    return 0


def _grade(handed: Path, course: Path, topic: str) -> str:
    """Leaves results in the course; or else what to tell the student."""
    found = [path for path in sorted(handed.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
    named = [path for path in found if path.stem == topic] or found
    if len(named) != 1:
        count = "no notebook" if not named else "several notebooks"
        return f"There is {count} (.ipynb) in what you submitted. Submit {topic}.ipynb."
    if named[0].is_symlink():
        return "This is a link to a file. Submit the file itself."
    place = course / ".handed" / f"{STUDENT}.ipynb"
    place.parent.mkdir()
    shutil.copyfile(named[0], place)
    isolation = os.environ.get("SORCERY_ISOLATION", "")
    grade = ["grade", topic, str(place), "--jobs", "1", *(["--isolation", isolation] if isolation else [])]
    export = ["export", topic, "--format", "gradescope", "--output", str(course / RESULTS)]
    for arguments in (grade, export):
        run = subprocess.run([sys.executable, "-m", "graders.cli", *arguments], cwd=course, check=False)
        if run.returncode not in (0, 1):
            return _REFUSED
    return _REFUSED


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
