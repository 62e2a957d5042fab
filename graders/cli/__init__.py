"""The command `sorcery`: parse, call, print, exit code."""

# Their order is that of `sorcery --help`.
# isort: off
from graders.cli import students
from graders.cli import grading
from graders.cli import instructors
from graders.cli import authors
from graders.cli import foreign_otter
from graders.cli import foreign_nbgrader
from graders.cli.app import add_groups, app, main

add_groups()

__all__ = [
    "app",
    "authors",
    "foreign_nbgrader",
    "foreign_otter",
    "grading",
    "instructors",
    "main",
    "students",
]
