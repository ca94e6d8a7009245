"""Prediction: one digit for each image file, with probabilities, and whether the model is sure of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from digitlab.data.digits import scale_ink
from digitlab.decisions import DecisionRule, check_max_error
from digitlab.errors import DataError, ModelError, NoInkError
from digitlab.files import check_path
from digitlab.notebook import in_notebook
from digitlab.probabilities import digit_probabilities
from digitlab.reader.inputs import ReadImage, read_many
from digitlab.reader.onnx_model import OnnxModel
from digitlab.reader.prediction import Prediction, Predictions, Status

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_ERROR",
    "Model",
    "Prediction",
    "answer_images",
    "failed",
    "image_files",
    "open_model",
    "predict",
]

MAX_ERROR = 0.001
"""The share of wrong answers that those that are `sure` may have, unless another is asked for."""

IMAGE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"),
    *(".pgm", ".ppm", ".pbm", ".jp2", ".avif", ".heic", ".heif"),
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

    @property
    def rule(self) -> DecisionRule | None:
        """Temperature and thresholds of confidence; None if the model has none."""

    def logits(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits `(n, 10)` of ink `(n, height, width)`, float32 in [0, 1]."""

    def outputs(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same, and in an eleventh column the logit of "no digit" where the network has it."""


def predict(
    paths: Iterable[str | os.PathLike[str]] | str | os.PathLike[str],
    model: Model | str | os.PathLike[str] | None = None,
    *,
    max_error: float | None = None,
    skip_errors: bool = False,
    show_progress: bool | None = None,
) -> Predictions:
    """Predicts the digit in each of several image files, and says which predictions are sure.

    Args:
        paths: Image files of one digit each, or one of them; see `digitlab.data.image_file.read_image`. A
            folder stands for all image files in it and below it, by name.
        model: A network that takes images of 28x28, or of the classroom set's 20x20, or the path of an
            ONNX file of one; None: the one that ships with digitlab.
        max_error: The share of wrong answers, on digits like those that the model's thresholds were
            measured on, that those that are `sure` may have; in (0, 1). None: `MAX_ERROR`, or the smallest
            that the model can promise, if that is larger.
        skip_errors: Whether an image that cannot be read has its `error` in its place, instead of ending all.
        show_progress: Whether a bar shows how many are read: on standard error, if that is a terminal, or in
            a notebook. None: only in a notebook.

    Returns:
        One prediction for each path, in order: a list that a notebook shows as a table with pictures.

    Raises:
        DataError: If a path is of another type, or a folder holds no image files; without `skip_errors`, if
            an image cannot be read, or shows no ink and the model cannot answer `no-digit`.
        SettingError: If `max_error` is not in (0, 1), or smaller than the model can promise.
        ModelError: If the network takes images of another size, or gives logits that are not finite.
    """
    if isinstance(paths, str | bytes | Mapping) or not isinstance(paths, Iterable):
        named = [check_path(paths)]
    else:
        named = [check_path(path) for path in paths]
    model = open_model(model)
    threshold = _threshold(model, max_error)
    files = [file for path in named for file in image_files(path)]
    shown = in_notebook() if show_progress is None else show_progress
    read = read_many(files, model.input_shape, show_progress=shown)
    for image in read:
        blank = threshold is not None and isinstance(image, NoInkError)
        if isinstance(image, DataError) and not (skip_errors or blank):
            raise image
    return Predictions(_answer(files, read, model, threshold))


def answer_images(
    names: Sequence[str],
    images: Sequence[ReadImage | DataError],
    model: Model,
    max_error: float | None = None,
) -> list[Prediction]:
    """Predicts the digit in each of several images that were read before.

    Args:
        names: What each is called.
        images: What `read_pixels` gives for the model's input, or the error of an image.
        model: As in `predict`.
        max_error: As in `predict`.

    Returns:
        One prediction for each, in order; of an error, that it is one.

    Raises:
        SettingError: As `predict` does.
        ModelError: As `predict` does.
    """
    return _answer(names, images, model, _threshold(model, max_error))


def _threshold(model: Model, max_error: float | None) -> float | None:
    """The confidence from which a prediction is sure; None if the model has no thresholds."""
    if max_error is not None:
        check_max_error(max_error)
    if model.rule is None:
        return None
    table = model.rule.thresholds
    return table.threshold_for(max(MAX_ERROR, table.smallest_error) if max_error is None else max_error)


def _answer(
    files: Sequence[str], read: Sequence[ReadImage | DataError], model: Model, threshold: float | None
) -> list[Prediction]:
    """The predictions of images that are read; without a threshold they have no status."""
    images = {number: image for number, image in enumerate(read) if isinstance(image, ReadImage)}
    every = zip(images, *_probabilities(model, [image.pixels for image in images.values()]), strict=True)
    found = {
        number: _decide(files[number], row, float(other), images[number].pixels, threshold)
        for number, row, other in every
    }
    if threshold is not None:
        doubtful = [number for number, one in found.items() if one.status != "sure" and images[number].pieces]
        pieces = [piece for number in doubtful for piece in images[number].pieces]
        sure = iter((_probabilities(model, pieces)[0].max(axis=1, initial=0) >= threshold).tolist())
        for number in doubtful:
            n_digits = sum(next(sure) for _ in images[number].pieces)
            if n_digits > 1:
                found[number] = replace(
                    found[number], status="several", digit=None, second=None, n_digits=n_digits
                )
    return [
        found[number] if number in found else _without_ink(files[number], error, threshold)
        for number, error in enumerate(read)
    ]


def _without_ink(file: str, error: ReadImage | DataError, threshold: float | None) -> Prediction:
    """The prediction of an image that shows no ink, or cannot be read."""
    if threshold is not None and isinstance(error, NoInkError):
        blank = np.zeros((28, 28), np.uint8)
        return Prediction(file, "no-digit", None, None, (0.0,) * 10, 1.0, 0, blank)
    return failed(file, str(error))


def failed(image: str, error: str) -> Prediction:
    """What stands for an image that cannot be read.

    Args:
        image: Its path or name.
        error: Why, with the remedy.
    """
    return Prediction(image, "error", None, None, (), 0.0, None, np.zeros((0, 0), np.uint8), error)


def _decide(
    file: str,
    probabilities: NDArray[np.float64],
    no_digit: float,
    pixels: NDArray[np.uint8],
    threshold: float | None,
) -> Prediction:
    """The prediction of one image from its probabilities."""
    first, second = (int(digit) for digit in np.argsort(-probabilities, kind="stable")[:2])
    plain = tuple(probabilities.tolist())
    if threshold is None:
        return Prediction(file, None, first, second, plain, no_digit, None, pixels)
    if no_digit > probabilities[first]:
        return Prediction(file, "no-digit", None, None, plain, no_digit, 0, pixels)
    status: Status = "sure" if probabilities[first] >= threshold else "unsure"
    return Prediction(file, status, first, second, plain, no_digit, 1, pixels)


def open_model(model: Model | str | os.PathLike[str] | None) -> Model:
    """The model itself, that of an ONNX file, or without one the model that ships.

    Raises:
        ModelError: If it is anything else.
    """
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


def _probabilities(
    model: Model, images: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of the ten digits, `(n, 10)`, and of "no digit", `(n,)`, of inputs of the network."""
    if not images:
        return np.zeros((0, 10)), np.zeros(0)
    outputs = model.outputs(scale_ink(np.stack(images)))
    if not np.isfinite(outputs).all():
        raise ModelError(
            "the network gives logits that are not finite", "Train it again, or use another one."
        )
    return digit_probabilities(outputs, model.rule.temperature if model.rule else 1.0)


def image_files(path: str, suffixes: tuple[str, ...] = IMAGE_SUFFIXES) -> list[str]:
    """The path itself, or the files in a folder and below it whose names end as images do.

    Args:
        path: A file or a folder.
        suffixes: The endings, in small letters.

    Raises:
        DataError: If the folder holds none.
    """
    if not Path(path).is_dir():
        return [path]
    found = sorted(
        file
        for file in Path(path).rglob("*")
        if file.suffix.lower() in suffixes and file.is_file() and not file.name.startswith(".")
    )
    if not found:
        raise DataError(f"{path} holds no image files", f"Their names end in {', '.join(suffixes)}.")
    return [str(file) for file in found]
