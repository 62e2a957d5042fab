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


def lay_out(view: Overview, students: Iterable[str]) -> None:
    """Makes the submissions of `students` ones that formgrader lists and opens. Raises UsageError when
    the file system refuses."""
    state, topic = view.course.state, view.topic.id
    released, source = view.topic.notebook.read_bytes(), state / "source" / topic / f"{topic}.ipynb"
    if not holds(source, released):
        write_atomically(source, released, durable=False)
    for student in students:
        result = view.results[student]
        if result.verdict not in WITHOUT_A_GRADE:
            folder = state / "submitted" / student / topic
            write_atomically(folder / f"{topic}.ipynb", view.store.kept(result.sha256), durable=False)
            stamp = timestamp(recorded_at(result)).encode()
            write_atomically(folder / "timestamp.txt", stamp, durable=False)


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
