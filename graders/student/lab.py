"""JupyterLab in a course's folder."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence

from graders.course import Course
from graders.errors import UsageError


def lab(course: Course, arguments: Sequence[str]) -> int:
    """Runs JupyterLab until it ends; its exit code. A first argument that is no option is a topic, whose
    notebook is opened; the others are JupyterLab's. Raises UsageError when it cannot be started."""
    arguments, opened = list(arguments), []
    if arguments and not arguments[0].startswith("-"):
        topic = course.topic(arguments.pop(0))
        if not topic.notebook.is_file():
            raise UsageError(f"{topic.id} is not here yet; run: sorcery fetch {topic.id}")
        # Named as a file, it would make its own folder the server's root.
        opened = [f"--LabApp.default_url=/lab/tree/{topic.notebook.relative_to(course.root).as_posix()}"]
    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed; run: pip install jupyterlab")
    root = f"--ServerApp.root_dir={course.root}"
    command = [sys.executable, "-m", "jupyterlab", root, *opened, *arguments]
    with subprocess.Popen(command, cwd=course.root) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # it heard it too, and asks whether it is to end
