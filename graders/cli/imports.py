"""Courses made for other tools."""

from __future__ import annotations

from pathlib import Path

import typer

from graders.cli.app import INTERRUPTED, SOME_UNGRADED
from graders.cli.output import as_json_text, print_table, progress, short


def grade_nbgrader(root: Path, assignment: str, isolation: str, jobs: int, as_json: bool, force: bool) -> int:
    """`sorcery grade --nbgrader`; its exit code."""
    from graders.foreign.nbgrader.batch import grade_course
    from graders.foreign.nbgrader.course import find_foreign, find_handed
    from graders.publish import cores
    from graders.records import Verdict
    from graders.sandbox.tiers import choose
    from graders.store import sweep

    course = find_foreign(root, assignment)
    handed = find_handed(course)
    tier = choose(isolation)
    sweep(course.state)
    with progress(len(handed), assignment) as report:
        done = grade_course(course, tier, report, handed, jobs=jobs or cores(), force=force)
    if as_json:
        typer.echo(as_json_text(done.results))
    else:
        print_table(done.results)
        typer.echo("Assertions ran in the student's process: see Security in the README for what that means.")
        typer.echo(f"gradebook: {course.directory.db_url}\nautograded: {short(course.autograded('STUDENT'))}")
    verdicts = [result.verdict for result in done.results]
    if done.interrupted:
        typer.echo("interrupted: what was graded is kept; the same command goes on", err=True)
        return INTERRUPTED
    if Verdict.UNGRADED in verdicts:
        return SOME_UNGRADED
    return 1 if all(verdict is Verdict.REJECTED for verdict in verdicts) else 0
