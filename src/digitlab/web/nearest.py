"""`Nearest`: training digits nearest to a picture, by their ink and by the last hidden layer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.web.inspected import Inspected, Key
from digitlab.web.lab import Lab

if TYPE_CHECKING:
    from digitlab.data import Digits
    from digitlab.inspection import InspectedModel
    from digitlab.networks import Network

__all__ = ["Nearest", "last_hidden_layer", "nearest_rows"]

KEPT = 2
"""Of how many models the training digits and their outputs are kept."""
BATCH = 500
"""Digits of one forward pass."""
MOST_BYTES = 128 * 2**20
"""Of a model's outputs of one layer."""
ROWS = 4096
"""Rows that are converted to `float32` at once."""
HALF = 60_000.0
"""Outputs are kept as `float16`, which ends near this."""


class _Prepared:
    """The training digits of a model, and as many outputs of its last hidden layer as are there already."""

    def __init__(self, digits: Digits, model: InspectedModel) -> None:
        from digitlab.networks import Network

        self.digits = digits
        self.network: Network | None = model.source if isinstance(model.source, Network) else None
        self.layer = None if self.network is None else last_hidden_layer(self.network)
        self.outputs: NDArray[np.float16] | None = None
        self.n = 0
        self.wanted = True
        self.first = threading.Event()
        if self.layer is not None:
            threading.Thread(target=self._fill, name="nearest", daemon=True).start()
        else:
            self.first.set()

    def _fill(self) -> None:
        assert self.network is not None
        assert self.layer is not None
        try:
            for start in range(0, len(self.digits), BATCH):
                outputs = _outputs(self.network, self.layer, self.digits.images[start : start + BATCH])
                if self.outputs is None:
                    rows = min(len(self.digits), MOST_BYTES // (2 * outputs.shape[1]))
                    self.outputs = np.zeros((rows, outputs.shape[1]), np.float16)
                stop = min(start + len(outputs), len(self.outputs))
                self.outputs[start:stop] = outputs[: stop - start].clip(-HALF, HALF)
                self.n = stop
                self.first.set()
                if stop == len(self.outputs) or not self.wanted:
                    return
        finally:
            self.first.set()


class Nearest:
    """Training digits near a picture. Outputs of a layer are computed in the background.

    Args:
        lab: Whose.
    """

    def __init__(self, lab: Lab) -> None:
        self._models = lab.part(Inspected)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, _Prepared] = OrderedDict()

    def prepare(self, model_id: str) -> None:
        """Begins to compute what `search` needs."""
        self._prepared(model_id)

    def training_digits(self, model_id: str) -> Digits:
        """The digits that a model was trained on; of one whose digits are not known, those of MNIST.

        Raises:
            DigitlabError: If there is no such model, or no such digits.
        """
        return self._prepared(model_id).digits

    def search(self, model_id: str, ink: NDArray[np.float32], n: int) -> dict[str, Any]:
        """The nearest training digits of a picture.

        Args:
            model_id: Whose training digits and layers.
            ink: `(height, width)`, in [0, 1].
            n: How many.

        Returns:
            What `/api/errors/MODEL/nearest` answers.

        Raises:
            DigitlabError: As `training_digits` does.
        """
        prepared = self._prepared(model_id)
        labels = prepared.digits.labels
        images = prepared.digits.images.reshape(len(labels), -1)
        by_pixels = nearest_rows(images, 255 * ink.reshape(-1), n)
        prepared.first.wait(5)
        by_layer: list[tuple[int, float]] = []
        ready = prepared.n
        if ready and prepared.network is not None and prepared.layer is not None:
            assert prepared.outputs is not None
            pixels = np.rint(255 * ink).astype(np.uint8)[None]
            output = _outputs(prepared.network, prepared.layer, pixels)[0]
            by_layer = nearest_rows(prepared.outputs[:ready], output, n)

        def told(found: list[tuple[int, float]], scale: float) -> list[dict[str, Any]]:
            return [
                {"index": row, "label": int(labels[row]), "distance": distance / scale}
                for row, distance in found
            ]

        return {
            "data": prepared.digits.name,
            "by_pixels": told(by_pixels, 255.0),
            "n_pixels": len(labels),
            "layer": prepared.layer,
            "by_layer": told(by_layer, 1.0),
            "n_layer": ready,
            "total": len(labels),
        }

    def close(self) -> None:
        """Stops what is being computed."""
        with self._lock:
            for prepared in self._kept.values():
                prepared.wanted = False

    def _prepared(self, model_id: str) -> _Prepared:
        key = self._models.key(model_id)
        model = self._models.open(key)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = _Prepared(_training_digits(model), model)
                if len(self._kept) > KEPT:
                    _, dropped = self._kept.popitem(last=False)
                    dropped.wanted = False
            self._kept.move_to_end(key)
            return self._kept[key]


def last_hidden_layer(network: Network) -> str | None:
    """The layer whose output the last layer reads; None of a network without hidden units."""
    from torch import nn

    names = list(network.layers)
    weighted = [name for name in names if isinstance(network.layers[name], nn.Linear | nn.Conv2d)]
    return names[-2] if len(weighted) > 1 else None


def nearest_rows(rows: NDArray[Any], wanted: NDArray[np.floating], n: int) -> list[tuple[int, float]]:
    """The rows of a matrix that are nearest to a vector, with their Euclidean distances, nearest first.

    Args:
        rows: `(m, k)`, of any numbers.
        wanted: `(k,)`.
        n: How many; of equally near ones the first.
    """
    target = wanted.astype(np.float32)
    distances = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS].astype(np.float32)
        distances[start : start + ROWS] = np.einsum("ij,ij->i", part, part) - 2 * (part @ target)
    # Rounding of large squares may misplace near ties: some more are measured exactly.
    candidates = np.argsort(distances, kind="stable")[: 2 * n]
    exact = np.linalg.norm(rows[candidates].astype(np.float64) - wanted, axis=1)
    order = np.lexsort((candidates, exact))[:n]
    return [(int(candidates[i]), float(exact[i])) for i in order]


def _outputs(network: Network, layer: str, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The output of a layer for images, `(n, units)`."""
    from digitlab.data import scale_ink
    from digitlab.inspection.activations import iter_activations

    parts = [batch[layer] for batch in iter_activations(network, scale_ink(images), [layer], BATCH)]
    return np.concatenate(parts).reshape(len(images), -1)


def _training_digits(model: InspectedModel) -> Digits:
    from digitlab.data import load

    if model.run is not None:
        try:
            train = model.training_split
        except DigitlabError:  # they are no longer on disk
            train = None
        if train is not None and train.images.shape[1:] == model.digits.images.shape[1:]:
            return train
    return load("mnist:train") if model.digits.images.shape[1:] == (28, 28) else model.digits
