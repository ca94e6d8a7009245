"""`digitlab predict`: one digit for each image file, with probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, print_json
from digitlab.errors import OutputError
from digitlab.files import atomic_write

if TYPE_CHECKING:
    from digitlab.reader import Model, Prediction

__all__ = ["predict"]


def predict(
    images: Annotated[
        list[Path], typer.Argument(help="Image files of one digit each: PNG, JPEG, TIFF and others.")
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            help="A run folder, an ONNX or a safetensors file; by default the model that ships with it."
        ),
    ] = None,
    show: Annotated[
        Path | None, typer.Option(help="Write the network's inputs as a contact sheet (PNG).", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the digit that each image file shows, with its probability."""
    from digitlab.reader import DEFAULT_MODEL
    from digitlab.reader import predict as predict_pictures

    if show is not None and show.suffix.lower() != ".png":
        raise OutputError(f"cannot write {show}: its name does not end in .png", "Name it FILE.png.")
    path = model or DEFAULT_MODEL
    predictions = predict_pictures(images, _opened(path))
    if show is not None:
        _write_sheet(show, predictions)
    if as_json:
        print_json({"predictions": [_to_dict(one) for one in predictions], "model": str(path)})
    else:
        for one in predictions:
            print(_format_prediction(one))


def _opened(path: Path) -> Model:
    """The model in a file or a run folder; only what is not ONNX needs torch."""
    if path.suffix.lower() == ".onnx":
        from digitlab.reader import OnnxModel

        return OnnxModel(path)
    from digitlab.runs import open_model

    return open_model(path)


def _to_dict(one: Prediction) -> dict[str, object]:
    return {"image": one.image, "digit": one.digit, "probabilities": list(one.probabilities)}


def _format_prediction(one: Prediction) -> str:
    first, second = sorted(range(10), key=lambda digit: -one.probabilities[digit])[:2]
    return (
        f"{one.image}: {first} ({one.probabilities[first]:.3f}), "
        f"next {second} ({one.probabilities[second]:.3f})"
    )


def _write_sheet(path: Path, predictions: list[Prediction]) -> None:
    from digitlab.reader import contact_sheet

    with atomic_write(path) as temporary:
        contact_sheet(predictions).save(temporary, format="PNG")
