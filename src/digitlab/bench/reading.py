"""How many digits a trained network reads in a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from digitlab.bench.measurement import Measurement
from digitlab.data import mnist
from digitlab.evaluation import predict_logits
from digitlab.networks import build
from digitlab.reader import OnnxModel
from digitlab.training import Examples

__all__ = ["reading"]

ROUNDS = 5

Say = Callable[[str], None]


def reading(say: Say) -> Iterator[Measurement]:
    """The 10,000 test digits through torch (`swift`) and through the ONNX model that ships."""
    test = mnist("test")
    examples, network, shipped = Examples.of(test), build("swift"), OnnxModel()
    ways: list[tuple[str, Callable[[], NDArray[np.float32]]]] = [
        ("swift in torch", lambda: predict_logits(network, examples.inputs)),
        ("shipped model in ONNX Runtime", lambda: shipped.logits(examples.inputs.numpy())),
    ]
    for name, read in ways:
        read()
        rates = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            logits = read()
            rates.append(len(test) / (time.perf_counter() - started))
            assert np.isfinite(logits).all()
        say(f"reading: {name}: {max(rates):,.0f} images/s")
        yield Measurement(f"reading: {name}", "images/s", rates)
