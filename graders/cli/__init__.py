"""The command `sorcery`: parse, call, print, exit code."""

# Their order is that of `sorcery --help`.
# isort: off
from graders.cli import students
from graders.cli import instructors
from graders.cli import authors
from graders.cli import foreign
from graders.cli.app import add_groups, app, main

add_groups()

__all__ = ["app", "authors", "foreign", "instructors", "main", "students"]
