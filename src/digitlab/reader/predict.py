"""Prediction: one digit for each image file, with the probabilities of all ten."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digitlab.data.classroom import digit_boxes
from digitlab.data.image_file import read_digit
from digitlab.errors import ModelError
from digitlab.probabilities import softmax

__all__ = ["Model", "Prediction", "predict"]


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


@dataclass(frozen=True, eq=False)
class Prediction:
    """Prediction of one image.

    Attributes:
        image: The path of the image, as given.
        digit: The most probable digit.
        probabilities: Ten of them, for the digits 0 to 9; they sum to 1.
        pixels: The network's input: `(28, 28)` or `(20, 20)`, `uint8`, 0 = paper, 255 = ink.
    """

    image: str
    digit: int
    probabilities: tuple[float, ...]
    pixels: NDArray[np.uint8]


def predict(paths: Sequence[str | os.PathLike[str]], model: Model) -> list[Prediction]:
    """Predicts the digit in each of several image files.

    Args:
        paths: Image files of one digit each; see `digitlab.data.image_file.read_image`.
        model: A network that takes images of 28x28, or of the classroom set's 20x20.

    Returns:
        One prediction for each path, in order.

    Raises:
        DataError: If a picture cannot be read or shows no ink.
        ModelError: If the network takes images of another size, or gives logits that are not finite.
    """
    size = math.prod(model.input_shape)
    if size not in (28 * 28, 20 * 20):
        raise ModelError(
            f"{model.network} takes inputs of {'x'.join(map(str, model.input_shape))}",
            "Pictures are brought to 28x28 or 20x20: use a network trained on such images.",
        )
    if not paths:
        return []
    inputs = np.stack([read_digit(path) for path in paths])
    if size == 20 * 20:
        inputs = digit_boxes(inputs)
    logits = model.logits(np.multiply(inputs, np.float32(1 / 255), dtype=np.float32))
    if not np.isfinite(logits).all():
        raise ModelError(
            "the network gives logits that are not finite", "Train it again, or use another one."
        )
    return [
        Prediction(os.fspath(path), int(row.argmax()), tuple(row.tolist()), image)
        for path, row, image in zip(paths, softmax(logits), inputs, strict=True)
    ]
