"""`digitlab mistakes`: the worst errors of a trained model, in words and in a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli.output import AsJson, log, print_json

if TYPE_CHECKING:
    from digitlab.inspection import InspectedModel

__all__ = ["mistakes"]


def mistakes(
    model: Annotated[
        Path,
        typer.Argument(metavar="RUN_OR_MODEL", help="A run folder, a folder of runs, .safetensors or .onnx."),
    ],
    data: Annotated[
        str | None, typer.Option(help="Digits to read; by default test digits of the network's size.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many are told; a picture holds at most 50.")] = 20,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the mistakes to this PNG.", metavar="FILE")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where pictures go; by default `inspect` in the run's folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell a model's worst errors; of several seeds, also the labels they agree in doubting."""
    from digitlab.data import load
    from digitlab.evaluation import find_misclassifications
    from digitlab.figures import save_figure
    from digitlab.files import make_folder, write_bytes
    from digitlab.inspection import InspectedModel
    from digitlab.inspection.classification_errors import draw_mistakes, place_of
    from digitlab.inspection.view import data_for
    from digitlab.runs import open_model, predict_logits_for

    subject: InspectedModel | None = None
    if model.suffix == ".onnx":
        opened = open_model(model)
        digits = load(data or data_for(opened.network, opened.input_shape))
        network, name, logits = (
            opened.network,
            f"{opened.network} ({model.name})",
            predict_logits_for(opened, digits),
        )
    else:
        subject = InspectedModel.open(model, data)
        network, name, digits, logits = subject.network.name, subject.name, subject.digits, subject.logits
    found, n = find_misclassifications(logits, digits.labels), len(digits)
    told, place = found[:top], place_of(digits)
    several = subject is not None and len(subject.runs) > 1
    folder = out or (figure.parent if figure else (model if model.is_dir() else model.parent) / "inspect")
    picture = figure or folder / "mistakes.png"
    if figure is None or several:
        make_folder(folder)
    write_bytes(picture, save_figure(draw_mistakes(found, top, digits, name)))
    answer: dict[str, Any] = {
        "model": str(model),
        "network": network,
        "name": name,
        "data": digits.name,
        "n": n,
        "errors": len(found),
        "accuracy": (n - len(found)) / n,
        "figure": str(picture),
        "mistakes": [{**vars(each), "words": each.words(place)} for each in told],
    }
    words = [f"misread by {name}: {len(found):,} of {n:,} digits of {digits.name}"]
    if len(found) > top:
        words[0] += f"; the worst {top}"
    words += [each.words(place) for each in told]
    if several and subject:
        answer["suspects"], lines = _suspects(subject, top, folder / "suspects.png")
        words += ["", *lines]
    if subject and subject.run and subject.run.config.data.train == digits.name:
        log(f"note: {name} was trained on digits of {digits.name}")
    if as_json:
        print_json(answer)
    else:
        print("\n".join([*words, "", str(picture), *([answer["suspects"]["figure"]] if several else [])]))


def _suspects(subject: InspectedModel, top: int, path: Path) -> tuple[dict[str, Any], list[str]]:
    """What the seeds agree in doubting: for JSON, and as lines. Its picture is written to `path`."""
    from digitlab.data import known_label_errors
    from digitlab.figures import save_figure
    from digitlab.files import write_bytes
    from digitlab.inspection.classification_errors import (
        draw_label_issues,
        format_label_issues,
        model_label_issues,
        place_of,
    )

    found = model_label_issues(subject)
    write_bytes(path, save_figure(draw_label_issues(found, top, subject)))
    known = known_label_errors(subject.digits.name)
    place = place_of(subject.digits)
    labels = [
        {**vars(each), "judged_wrong": each.index in known, "words": each.words(place)}
        for each in found[:top]
    ]
    return {"n": len(found), "figure": str(path), "labels": labels}, format_label_issues(found, top, subject)
