"""`digitlab inspect`: pictures of the inside of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digitlab.cli.output import AsJson, log, print_json

__all__ = ["inspect"]


def inspect(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="RUN_OR_MODEL", help="A run folder, a folder of runs, or .safetensors."),
    ] = None,
    what: Annotated[
        list[str] | None, typer.Option(help="A view, several, or `all`; without it, they are listed.")
    ] = None,
    image: Annotated[
        str, typer.Option(help="Which digit of the data, from 0; or a picture file.", metavar="N|FILE")
    ] = "0",
    layer: Annotated[str | None, typer.Option(help="A layer by name: see `digitlab networks NAME`.")] = None,
    unit: Annotated[str | None, typer.Option(help="One or two units of the layer.", metavar="N[,N]")] = None,
    position: Annotated[
        str | None, typer.Option(help="Row and column in a feature map.", metavar="ROW,COLUMN")
    ] = None,
    digit: Annotated[int | None, typer.Option(help="The digit asked about.")] = None,
    pair: Annotated[str | None, typer.Option(help="Two digits to compare.", metavar="A,B")] = None,
    number: Annotated[int | None, typer.Option(help="How many digits, pixels or errors.")] = None,
    seed: Annotated[int, typer.Option(help="Decides what is drawn at random.")] = 0,
    data: Annotated[
        str | None, typer.Option(help="Digits to read; by default test digits of the network's size.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where pictures go; by default `inspect` in the run's folder.")
    ] = None,
    arrays: Annotated[bool, typer.Option("--arrays", help="Write the numbers too, as .npz.")] = False,
    as_json: AsJson = False,
) -> None:
    """Draw what a trained network looks like inside, and what it saw."""
    from digitlab.errors import DigitlabError, OutputError
    from digitlab.inspection import VIEWS, InspectedModel, ViewOptions, view, write_view
    from digitlab.settings import from_dict

    if model is None or not what:
        views = [{"view": each.name, "about": each.description} for each in VIEWS.values()]
        if as_json:
            print_json({"views": views})
        else:
            print("\n".join(f"{each['view']:<22} {each['about']}" for each in views))
        return
    everything = what == ["all"]
    chosen = [view(name) for name in (VIEWS if everything else what)]
    choices = from_dict(
        ViewOptions,
        {
            "image": _number_or_path(image),
            "layer": layer,
            "unit": unit,
            "position": position,
            "digit": digit,
            "pair": pair,
            "count": number,
            "seed": seed,
        },
    )
    subject = InspectedModel.open(model, data)
    folder = out or (model if model.is_dir() else model.parent) / "inspect"
    answers, left_out = [], []
    for each in chosen:
        try:
            result = each.render(subject, choices)
        except DigitlabError as error:
            if not everything or isinstance(error, OutputError):
                raise
            left_out.append({"view": each.name, "reason": error.problem})  # not every network has all
            log(f"{each.name}: left out, {error.problem}")
            continue
        written = write_view(each.name, result, folder, arrays)
        answers.append(
            {
                "view": each.name,
                **written,
                "words": result.summary,
                "data": {name: list(array.shape) for name, array in result.data.items()},
            }
        )
        if not as_json:
            if result.summary:
                log(result.summary)
            print(written["figure"])
    if as_json:
        print_json(
            {"model": str(model), "network": subject.network.name, "views": answers, "left_out": left_out}
        )


def _number_or_path(image: str) -> int | str:
    try:
        return int(image)
    except ValueError:
        return image
