"""`sorcery quiz`: parse, call, print, exit code."""

from quizzes import cli_analysis, cli_formats, cli_staff, cli_students  # noqa: F401  they put themselves on the app
from quizzes.cli_app import app

__all__ = ["app"]
