"""The command line: one thin module for each command, which parses, calls and prints.

Nothing here imports torch, matplotlib or scikit-learn at the top: a command imports what it needs
when it runs, so that `digitlab --help` answers at once.
"""

from __future__ import annotations

import sys

import typer

from digitlab.cli import bench, compare, data, evaluate, export, networks, predict, train
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
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("predict")(predict.predict)
app.command("export")(export.export)
app.command("networks")(networks.networks)
app.command("bench")(bench.bench)
app.add_typer(data.app, name="data")


def main() -> None:
    """Runs one command and leaves with its exit code: 0, 1, 2 or 130 (see `docs/commands.md`)."""
    try:
        app(prog_name="digitlab")
    except DigitlabError as error:
        complain(str(error))
        sys.exit(2)
