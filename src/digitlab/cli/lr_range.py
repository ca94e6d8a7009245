"""`digitlab lr-range`: a learning-rate range test and the rate that it suggests."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, log, print_json

if TYPE_CHECKING:
    from digitlab.training import LrRange

__all__ = ["lr_range"]

STILL_FALLING = 10
"""Steps at the end among which the lowest loss says that the range was too short."""


def lr_range(
    network: Annotated[str, typer.Argument(help="Name of a network: see `digitlab networks`.")],
    option: Annotated[
        list[str] | None,
        typer.Option(help="An option of the network: see `digitlab networks NAME`.", metavar="NAME=VALUE"),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A field of the recipe: see `digitlab recipes`.", metavar="FIELD=VALUE"),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="Name of a recipe; by default the one named as the network, or `default`."),
    ] = None,
    data: Annotated[
        str, typer.Option(help="Training data: a dataset or a path. A tenth of it is held out, as by train.")
    ] = "mnist:train",
    seed: Annotated[
        int | None,
        typer.Option(help="Decides the initial weights and the order of examples.", show_default="0"),
    ] = None,
    low: Annotated[float, typer.Option(help="The first learning rate.")] = 1e-6,
    high: Annotated[float, typer.Option(help="The last learning rate.")] = 10.0,
    steps: Annotated[int, typer.Option(help="Steps from the first to the last.")] = 200,
    figure: Annotated[
        Path | None,
        typer.Option(
            help="Draw the losses to this PNG; by default runs/lr-range-NETWORK.png.", metavar="FILE"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Suggest a learning rate: a range test, in which the rate rises until the loss does."""
    from digitlab.figures import draw_lr_range, save_figure
    from digitlab.files import make_folder, write_bytes
    from digitlab.formatting import format_count
    from digitlab.runs.config import DataConfig, configure
    from digitlab.runs.setup import TrainingSetup
    from digitlab.settings import parse_assignments
    from digitlab.training import lr_range_test, standard_recipe

    changes, options = parse_assignments(set_ or []), parse_assignments(option or [])
    if seed is not None:
        changes["seed"] = seed
    chosen = standard_recipe(network, recipe, changes)
    setup = TrainingSetup.of(configure(network, options, chosen, DataConfig(train=data)))
    found = lr_range_test(setup.networks[0], chosen, setup.examples["train"], low=low, high=high, steps=steps)
    path = figure or make_folder(Path("runs")) / f"lr-range-{network}.png"
    title = (
        f"Learning-rate range test: at which rate does {network} learn fastest?\n"
        f"{chosen.optimizer}, batches of {format_count(chosen.batch_size)}, seed {chosen.seed}"
    )
    drawn = draw_lr_range(found.rates, found.losses, found.smoothed, found.suggestion, found.diverged, title)
    write_bytes(path, save_figure(drawn))
    if as_json:
        print_json({"network": network, **vars(found), "figure": str(path)})
        return
    given = {"--option": option or [], "--set": set_ or [], "--recipe": [recipe] if recipe else []}
    given["--data"] = [data] if data != "mnist:train" else []
    given["--seed"] = [str(seed)] if seed is not None else []
    _print(found, path, _train_command(network, given, found.suggestion))


def _train_command(network: str, given: dict[str, list[str]], rate: float) -> str:
    """The command that trains as the test did, at the suggested rate."""
    words = [
        word
        for name, values in given.items()
        for value in values
        if not value.startswith("learning_rate=")
        for word in (name, value)
    ]
    return shlex.join(["digitlab", "train", network, *words, "--set", f"learning_rate={rate:g}"])


def _print(found: LrRange, path: Path, command: str) -> None:
    from digitlab.formatting import format_count

    ended = ", where the loss diverged" if found.diverged else ", without divergence"
    print(f"suggested learning rate: {found.suggestion:g}")
    print(f"{format_count(len(found.rates), 'step')} from {found.rates[0]:g} to {found.rates[-1]:.2g}{ended}")
    print(f"figure: {path}")
    print(f"next: {command}")
    if not found.diverged and min(found.smoothed) in found.smoothed[-STILL_FALLING:]:
        log("note: the loss still falls at the highest rates; --high goes further")
