"""The command itself: options of all its commands, and what becomes of errors."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from graders import __version__
from graders.errors import SorceryError
from graders.untrusted import for_terminal, on_one_line

SOME_UNGRADED = 3
INTERRUPTED = 130

app = typer.Typer(
    help="Autograde deep-learning notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_debugging = False


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"sorcery {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show where in our code a fault arose.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    global _debugging
    _debugging = debug


def add_groups() -> None:
    """Groups of commands that other packages bring, by an entry point `sorcery.commands`."""
    from importlib.metadata import entry_points

    for group in entry_points(group="sorcery.commands"):
        app.add_typer(group.load(), name=group.name, rich_help_panel=group.name.capitalize())


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console may not have every character
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except SorceryError as error:
        if _debugging:
            raise
        print(for_terminal(str(error)), file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        if _debugging:
            raise
        text = on_one_line(str(error))
        print(
            f"a fault of ours: {type(error).__name__}: {text} (sorcery --debug ... shows where)",
            file=sys.stderr,
        )
        sys.exit(1)
