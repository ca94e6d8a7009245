"""`digitlab inspect`: figures of the inside of a trained network."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from digitlab.cli.output import AsJson, log, print_json, print_table

__all__ = ["inspect"]


def inspect(
    model: Annotated[
        Path | None,
        typer.Argument(metavar="RUN_OR_MODEL", help="A run folder, a folder of runs, .safetensors or .onnx."),
    ] = None,
    view: Annotated[
        list[str] | None,
        typer.Option(help="A view, several, or `all`; without it, a contact sheet of a default set."),
    ] = None,
    list_views: Annotated[
        bool, typer.Option("--list", help="List the views with the options that each takes.")
    ] = False,
    image: Annotated[
        str, typer.Option(help="Input image: index in the data, from 0; or an image file.", metavar="N|FILE")
    ] = "0",
    layer: Annotated[str | None, typer.Option(help="A layer by name: see `digitlab networks NAME`.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="Units or feature maps of the layer, from 0.", metavar="N[,N]")
    ] = None,
    page: Annotated[int, typer.Option(help="Page of the layer's units, from 1, if it has several.")] = 1,
    position: Annotated[
        str | None, typer.Option(help="Row and column in a feature map.", metavar="ROW,COLUMN")
    ] = None,
    digit: Annotated[int | None, typer.Option(help="The class that an attribution explains.")] = None,
    pair: Annotated[str | None, typer.Option(help="Two digits to compare.", metavar="A,B")] = None,
    count: Annotated[int | None, typer.Option(help="How many digits, pixels, errors or units.")] = None,
    logits: Annotated[
        str | None, typer.Option(help="Logits for the view softmax.", metavar="Z,Z,...")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of what is drawn at random.")] = 0,
    data: Annotated[
        str | None, typer.Option(help="Digits to classify; by default test digits of the network's size.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the figures; by default `inspect` in the run's folder.")
    ] = None,
    arrays: Annotated[bool, typer.Option("--arrays", help="Write the numbers too, as .npz.")] = False,
    as_json: AsJson = False,
) -> None:
    """Draw the inside of a trained network: weights, activations, errors and more."""
    from digitlab.errors import SettingError
    from digitlab.inspection import (
        VIEWS,
        InspectedModel,
        SkippedView,
        ViewOptions,
        view as find_view,
        write_views,
    )
    from digitlab.inspection.contact_sheet import default_views, write_contact_sheet
    from digitlab.settings import from_dict

    if list_views:
        views = [
            {"view": each.name, "description": each.description, "options": list(each.options)}
            for each in VIEWS.values()
        ]
        if as_json:
            print_json({"views": views})
        else:
            rows = [
                (each.name, each.description, " ".join(f"--{option}" for option in each.options))
                for each in VIEWS.values()
            ]
            print_table(("view", "shows", "options"), rows, left=("view", "shows", "options"))
        return
    if model is None:
        raise SettingError("no model is given", "Give a run folder or a model file; --list lists the views.")
    words = {"layer": layer, "unit": unit, "position": position, "digit": digit, "pair": pair, "count": count}
    words |= {"logits": logits, "page": page}
    options = from_dict(ViewOptions, {"image": _index_or_path(image), "seed": seed, **words})
    every_view = view == ["all"]
    names = list(VIEWS) if every_view else [find_view(name).name for name in view or ()]
    opened = InspectedModel.open(model, data)
    folder = out or (model if model.is_dir() else model.parent) / "inspect"
    results = []
    for result in write_views(
        opened, names or default_views(opened), folder, options, arrays=arrays, skip=every_view or not names
    ):
        results.append(result)
        if isinstance(result, SkippedView):
            log(f"{result.name}: left out, {result.reason}")
        elif not as_json:
            if names and result.summary:  # else it is on the contact sheet
                log(result.summary)
            print(result.figure)
    again = shlex.join(["digitlab", "inspect", str(model), *(["--data", data] if data else [])])
    sheet = None if names else write_contact_sheet(opened, again, results, folder, options)
    if as_json:
        print_json(
            {
                "model": str(model),
                "network": opened.network_name,
                "views": [each.to_dict() for each in results if not isinstance(each, SkippedView)],
                "left_out": [
                    {"view": each.name, "reason": each.reason}
                    for each in results
                    if isinstance(each, SkippedView)
                ],
                **({"page": str(sheet)} if sheet else {}),
            }
        )
    elif sheet:
        print(sheet)


def _index_or_path(image: str) -> int | str:
    try:
        return int(image)
    except ValueError:
        return image
