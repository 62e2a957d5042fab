"""What nbgrader's formgrader wants to find on the disk, so that people can grade written answers there.

Its course is the state folder: source/TOPIC, submitted/STUDENT/TOPIC with a timestamp that equals the
gradebook's (else it takes a submission for one that was never graded), and autograded/STUDENT/TOPIC,
which grading left there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from graders.course import Course
from graders.grades import WITHOUT_A_GRADE, recorded_at
from graders.lms import timestamp
from graders.overview import Overview
from graders.store import holds, write_atomically


def lay_out_released(view: Overview) -> None:
    """The notebook that was handed out. Raises UsageError when the file system refuses."""
    released, topic = view.topic.notebook.read_bytes(), view.topic.id
    source = view.course.state / "source" / topic / f"{topic}.ipynb"
    if not holds(source, released):
        write_atomically(source, released, durable=False)


def lay_out(view: Overview, student: str) -> None:
    """Makes a submission one that formgrader lists and opens. Raises UsageError when the file system
    refuses."""
    result, topic = view.results.get(student), view.topic.id
    if result is not None and result.verdict not in WITHOUT_A_GRADE:
        folder = view.course.state / "submitted" / student / topic
        write_atomically(folder / f"{topic}.ipynb", view.store.kept(result.sha256), durable=False)
        write_atomically(folder / "timestamp.txt", timestamp(recorded_at(result)).encode(), durable=False)


def command(course: Course, arguments: Iterable[str] = ()) -> list[str]:
    """Starts JupyterLab with formgrader on the course's gradebook."""
    options = {
        "CourseDirectory.root": str(course.state),
        "CourseDirectory.course_id": course.id,
        "CourseDirectory.db_url": course.gradebook,
        "ServerApp.root_dir": str(course.state),
    }
    extensions = "{'nbgrader.server_extensions.formgrader': True}"
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.jpserver_extensions={extensions}",
        *(f"--{name}={value}" for name, value in options.items()),
        *arguments,
    ]
