"""`digitlab predict`: one digit for each image file, with probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, log, log_member, print_error, print_json
from digitlab.errors import ModelError, OutputError
from digitlab.extras import MissingPackageError
from digitlab.files import atomic_write
from digitlab.formatting import format_probability

if TYPE_CHECKING:
    from digitlab.reader import Model, Prediction

__all__ = ["open_model", "predict"]


def predict(
    images: Annotated[
        list[Path],
        typer.Argument(help="Image files of one digit each: PNG, JPEG, TIFF and others; or folders of them."),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            help="A run folder, a folder of runs (the first is taken), an ONNX or a safetensors file; by "
            "default the model that ships with it."
        ),
    ] = None,
    max_error: Annotated[
        float | None,
        typer.Option(
            help="The share of wrong answers that those marked as sure may have, by what was measured on "
            "held-out digits; between 0 and 1.",
            metavar="E",
            show_default="0.001",
        ),
    ] = None,
    show: Annotated[
        Path | None, typer.Option(help="Write the network's inputs as a contact sheet (PNG).", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the digit that each image file shows, with its probability, and say whether that is sure.

    An answer is sure, unsure between two digits, or that the image shows no digit or several. A file that
    cannot be read has its error on standard error; the others are predicted all the same.
    """
    from digitlab.reader import DEFAULT_MODEL, predict as predict_pictures

    if show is not None and show.suffix.lower() != ".png":
        raise OutputError(f"cannot write {show}: its name does not end in .png", "Name it FILE.png.")
    path = model or DEFAULT_MODEL
    opened = open_model(path)
    predictions = predict_pictures(images, opened, max_error=max_error, skip_errors=True, show_progress=True)
    read = [one for one in predictions if not one.error]
    if show is not None and read:
        _write_sheet(show, read)
    if as_json:
        print_json({"predictions": [one.to_dict() for one in predictions], "model": str(path)})
    if read and opened.rule is None:
        log(f"{path} has no thresholds of confidence: answers have no status")
    for one in predictions:
        if one.error:
            print_error(one.error)
        elif not as_json:
            print(_format_prediction(one))
    if len(read) < len(predictions):
        raise typer.Exit(2)


def open_model(path: Path) -> Model:
    """The model in a file or a run folder; only what is not ONNX needs torch."""
    if path.suffix.lower() == ".onnx":
        from digitlab.reader import OnnxModel

        return OnnxModel(path)
    from digitlab import runs

    try:
        opened = runs.open(path)
    except ImportError as error:
        missing = MissingPackageError.of(error, f"{path}, which is no ONNX file,")
        if missing is None:
            raise
        raise ModelError(missing.problem, missing.remedy) from None
    log_member(opened)
    return opened


def _format_prediction(one: Prediction) -> str:
    if one.status == "several":
        return f"{one.image}: {one.n_digits} digits, not one"
    if one.digit is None:
        return f"{one.image}: no digit ({format_probability(one.no_digit, 3)})"
    assert one.second is not None
    first, second = (
        f"{digit} ({format_probability(one.probabilities[digit], 3)})" for digit in (one.digit, one.second)
    )
    if one.status == "unsure":
        return f"{one.image}: unsure: {first} or {second}"
    return f"{one.image}: {first}, next {second}"


def _write_sheet(path: Path, predictions: list[Prediction]) -> None:
    from digitlab.reader import contact_sheet

    with atomic_write(path) as temporary:
        contact_sheet(predictions).save(temporary, format="PNG")
