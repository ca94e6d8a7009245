"""The command line: one thin module for each command, which parses, calls and prints.

Nothing here imports torch, matplotlib or scikit-learn at the top: a command imports what it needs
when it runs, so that `digitlab --help` answers at once.
"""

from __future__ import annotations

import re
import sys
from typing import Annotated, Any

import typer

from digitlab.cli import (
    bench,
    compare,
    data,
    evaluate,
    export,
    inspect,
    lab,
    lr_range,
    mistakes,
    networks,
    predict,
    read,
    recipes,
    reproduce,
    search,
    studies,
    train,
)
from digitlab.cli.output import log, print_error
from digitlab.errors import DigitlabError
from digitlab.extras import MissingPackageError

__all__ = ["app", "main"]

INTERRUPTED = 130
UsageError: Any = typer.BadParameter.__mro__[1]
"""What Typer raises for wrong words; its own name for it is private."""

app = typer.Typer(
    name="digitlab",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"digitlab {version('digitlab')}")
        raise typer.Exit


@app.callback()
def _digitlab(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train, compare, look inside, and put to work networks that recognize handwritten digits."""


app.command("reproduce")(reproduce.reproduce)
app.command("studies")(studies.studies)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("inspect")(inspect.inspect)
app.command("mistakes")(mistakes.mistakes)
app.command("search")(search.search)
app.command("lr-range")(lr_range.lr_range)
app.command("compare")(compare.compare)
app.command("predict")(predict.predict)
app.command("read")(read.read)
app.command("lab")(lab.lab)
app.command("export")(export.export)
app.command("networks")(networks.networks)
app.command("recipes")(recipes.recipes)
app.command("bench")(bench.bench)
app.add_typer(data.app, name="data")


def _setting_hint(message: str) -> str:
    """How to write what a person gave as an option of a command, where that is known; else empty."""
    if "'--seeds'" in message:
        return "--seeds N trains so many runs, with the seeds from --seed on: --seed 0 --seeds 5. "
    unknown = re.match(r"No such option: --([\w-]+)", message)
    if unknown is None:
        return ""
    try:
        from digitlab.networks import ARCHITECTURES
        from digitlab.settings import field_docs
        from digitlab.training import Recipe
    except ImportError:  # without the extra that trains there is nothing to hint at
        return ""
    name = unknown[1].replace("-", "_")
    if name in {doc.name for doc in field_docs(Recipe)}:
        return f"{name} is a field of the recipe: write --set {name}=VALUE. "
    if name in {doc.name for kind in ARCHITECTURES.values() for doc in field_docs(kind.options)}:
        return f"{name} is an option of a network: write --option {name}=VALUE. "
    return ""


def _with_option(error: DigitlabError) -> str:
    """The text of an error; of what could be skipped, with the option of the command that skips it."""
    from digitlab.data import UnknownEntryError

    if not isinstance(error, UnknownEntryError):
        return str(error)
    command: Any = typer.main.get_command(app)
    for word in sys.argv[1:]:
        command = getattr(command, "commands", {}).get(word, command)
    if any("--skip-unknown" in parameter.opts for parameter in command.params):
        return f"{error.problem}\n{error.own_remedy} --skip-unknown reads the rest."
    return str(error)


def _needing() -> str:
    """The command that was asked for, as a person writes it."""
    command: Any = typer.main.get_command(app)
    words = ["digitlab"]
    for word in sys.argv[1:]:
        if word not in getattr(command, "commands", {}):
            break
        command = command.commands[word]
        words.append(word)
    return " ".join(words)


def main() -> None:
    """Runs one command and leaves with its exit code: 0, 1, 2 or 130 (see `docs/commands.md`)."""
    try:
        code = app(prog_name="digitlab", standalone_mode=False)
    except ImportError as error:
        missing = MissingPackageError.of(error, _needing())
        if missing is None:
            raise
        print_error(str(missing))
        sys.exit(2)
    except DigitlabError as error:
        print_error(_with_option(error))
        sys.exit(2)
    except UsageError as error:
        command = error.ctx.command_path if error.ctx else "digitlab"
        if len(sys.argv) > 1:
            print_error(
                f"{error.format_message()}\n{_setting_hint(error.format_message())}See {command} --help."
            )
        else:  # nothing was asked for: the message is the help itself
            log(error.format_message())
        sys.exit(2)
    except OSError as error:
        print_error(f"{error.filename or 'the system'}: {error.strerror or error}")
        sys.exit(2)
    if code == INTERRUPTED:
        log("interrupted")
    sys.exit(code)
