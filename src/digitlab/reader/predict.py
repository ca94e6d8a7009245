"""Prediction: one digit for each image file, with the probabilities of all ten."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from digitlab.data.digits import scale_ink
from digitlab.errors import DataError, ModelError
from digitlab.files import check_path
from digitlab.probabilities import softmax
from digitlab.reader.inputs import read_pixels
from digitlab.reader.onnx_model import OnnxModel

__all__ = ["Model", "Prediction", "predict"]

IMAGE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"),
    *(".pgm", ".ppm", ".pbm", ".jp2"),
)
"""Endings of the files that a folder stands for."""


@runtime_checkable
class Model(Protocol):
    """A trained network in any format: images in, logits out."""

    @property
    def network(self) -> str:
        """Name of the architecture."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input: `(height, width)`, or `(features,)` for images flattened by rows."""

    def logits(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits `(n, 10)` of ink `(n, height, width)`, float32 in [0, 1]."""

    def outputs(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same, and in an eleventh column the logit of "no digit" where the network has it."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Prediction of one image.

    Attributes:
        image: The path of the image, as given.
        digit: The most probable digit; None if the image could not be read.
        probabilities: Ten of them, for the digits 0 to 9; they sum to 1. Empty if it could not be read.
        pixels: The network's input: `(28, 28)` or `(20, 20)`, `uint8`, 0 = paper, 255 = ink; or `(0, 0)`.
        error: Why it could not be read, with the remedy; empty if it could.
    """

    image: str
    digit: int | None
    probabilities: tuple[float, ...]
    pixels: NDArray[np.uint8]
    error: str = ""


def predict(
    paths: Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
    model: Model | str | os.PathLike[str] | None = None,
    *,
    skip_errors: bool = False,
) -> list[Prediction]:
    """Predicts the digit in each of several image files.

    Args:
        paths: Image files of one digit each, or one of them; see `digitlab.data.image_file.read_image`. A
            folder stands for all image files in it and below it, by name.
        model: A network that takes images of 28x28, or of the classroom set's 20x20, or the path of an
            ONNX file of one; None: the one that ships with digitlab.
        skip_errors: Whether an image that cannot be read has its `error` in its place, instead of ending all.

    Returns:
        One prediction for each path, in order.

    Raises:
        DataError: If a path is of another type, or a folder holds no image files; without `skip_errors`, if
            an image cannot be read or shows no ink.
        ModelError: If the network takes images of another size, or gives logits that are not finite.
    """
    if isinstance(paths, str | bytes | Mapping) or not isinstance(paths, Iterable):
        named = [check_path(paths)]
    else:
        named = [check_path(path) for path in paths]
    model = _opened(model)
    files = [file for path in named for file in _files(path)]
    inputs: dict[int, NDArray[np.uint8]] = {}
    errors: dict[int, str] = {}
    for number, file in enumerate(files):
        try:
            inputs[number] = read_pixels(file, model.input_shape)
        except DataError as error:
            if not skip_errors:
                raise
            errors[number] = str(error)
    read = _predict(inputs, model) if inputs else {}
    nothing = np.zeros((0, 0), np.uint8)
    return [
        Prediction(file, *read[number])
        if number in read
        else Prediction(file, None, (), nothing, errors[number])
        for number, file in enumerate(files)
    ]


def _opened(model: Model | str | os.PathLike[str] | None) -> Model:
    if model is None:
        return OnnxModel()
    if isinstance(model, str | os.PathLike):
        if Path(model).suffix.lower() != ".onnx":
            raise ModelError(
                f"{os.fspath(model)} is no ONNX file",
                "Open a run or weights with digitlab.open, and give that.",
            )
        return OnnxModel(model)
    if not isinstance(model, Model):
        raise ModelError(f"the model is of type {type(model).__name__}", "Give what digitlab.open returns.")
    return model


def _predict(
    inputs: dict[int, NDArray[np.uint8]], model: Model
) -> dict[int, tuple[int, tuple[float, ...], NDArray[np.uint8]]]:
    """Digit, probabilities and input of each image, by its number."""
    pixels = np.stack(list(inputs.values()))
    logits = model.logits(scale_ink(pixels))
    if not np.isfinite(logits).all():
        raise ModelError(
            "the network gives logits that are not finite", "Train it again, or use another one."
        )
    return {
        number: (int(row.argmax()), tuple(row.tolist()), image)
        for number, row, image in zip(inputs, softmax(logits), pixels, strict=True)
    }


def _files(path: str) -> list[str]:
    """The path itself, or the image files in a folder and below it."""
    if not Path(path).is_dir():
        return [path]
    found = sorted(
        file
        for file in Path(path).rglob("*")
        if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file() and not file.name.startswith(".")
    )
    if not found:
        raise DataError(f"{path} holds no image files", f"Their names end in {', '.join(IMAGE_SUFFIXES)}.")
    return [str(file) for file in found]
