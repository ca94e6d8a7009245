"""Latency of commands from a cold start, and inference throughput."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.bench.measurement import Measurement
from digitlab.data import mnist
from digitlab.evaluation import predict_logits
from digitlab.networks import build
from digitlab.reader import OnnxModel
from digitlab.training import Examples

__all__ = ["help_page", "inference", "load", "predict"]

ROUNDS = 5

Log = Callable[[str], None]

LOAD = "import time; from digitlab.data import mnist; t = time.perf_counter(); mnist('train'); mnist('test')"


def help_page(log: Log) -> Iterator[Measurement]:
    """`digitlab --help`, from its start to its end, in a process of its own."""
    yield Measurement("help: digitlab --help", "s", _cold(["-m", "digitlab", "--help"], log), "under 0.3 s")


def load(log: Log) -> Iterator[Measurement]:
    """Loading MNIST when it has been unpacked before, in a fresh process."""
    mnist("train"), mnist("test")
    command = [sys.executable, "-c", f"{LOAD}; print(time.perf_counter() - t)"]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(ROUNDS)]
    yield Measurement("load: MNIST, warm", "ms", [float(run.stdout) * 1e3 for run in runs], "under 50 ms")


def predict(log: Log) -> Iterator[Measurement]:
    """`digitlab predict` on one PNG with the model that ships, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        Image.fromarray(255 - mnist("test").images[0]).resize((280, 280)).save(picture)
        seconds = _cold(["-m", "digitlab", "predict", str(picture)], log)
    yield Measurement("predict: one PNG", "s", seconds, "under 1.5 s")


def inference(log: Log) -> Iterator[Measurement]:
    """Inference throughput: the 10,000 test digits through torch (`swift`) and the shipped ONNX model."""
    test = mnist("test")
    examples, network, shipped = Examples.of(test), build("swift"), OnnxModel()
    models: list[tuple[str, Callable[[], NDArray[np.float32]]]] = [
        ("swift in torch", lambda: predict_logits(network, examples.inputs)),
        ("shipped model in ONNX Runtime", lambda: shipped.logits(examples.inputs.numpy())),
    ]
    for name, predict_all in models:
        predict_all()
        rates = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            logits = predict_all()
            rates.append(len(test) / (time.perf_counter() - started))
            assert np.isfinite(logits).all()
        log(f"inference: {name}: {max(rates):,.0f} images/s")
        yield Measurement(f"inference: {name}", "images/s", rates)


def _cold(arguments: list[str], log: Log) -> list[float]:
    """Seconds of several runs of Python with `arguments`; the first, which fills caches, is left out."""
    seconds = []
    for number in range(ROUNDS + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        if number:
            seconds.append(time.perf_counter() - started)
            log(f"{' '.join(arguments[:3])}: {seconds[-1]:.2f} s")
    return seconds
