"""The command line: one thin module for each command, which parses, calls and prints.

Nothing here imports torch, matplotlib or scikit-learn at the top: a command imports what it needs
when it runs, so that `digitlab --help` answers at once.
"""

from __future__ import annotations

import sys

import click
import typer

from digitlab.cli import data, predict
from digitlab.cli.talk import complain
from digitlab.errors import DigitlabError

__all__ = ["app", "main"]

app = typer.Typer(
    name="digitlab",
    help="Train, compare, look inside, and put to work networks that recognise handwritten digits.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("predict")(predict.predict)
app.add_typer(data.app, name="data")


def main() -> None:
    """Runs one command and leaves with its exit code: 0, 1, 2 or 130 (see `docs/commands.md`)."""
    try:
        code = app(standalone_mode=False)
    except DigitlabError as error:
        complain(str(error))
        code = 2
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted")
        code = 130
    sys.exit(code or 0)
