"""How long a person waits: for help, for the digits, for a first answer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from digitlab.bench.measurement import Measurement
from digitlab.data import mnist

__all__ = ["help_page", "load", "predict"]

ROUNDS = 5

Say = Callable[[str], None]

LOAD = "import time; from digitlab.data import mnist; t = time.perf_counter(); mnist('train'); mnist('test')"


def help_page(say: Say) -> Iterator[Measurement]:
    """`digitlab --help`, from its start to its end, in a process of its own."""
    yield Measurement("help: digitlab --help", "s", _cold(["-m", "digitlab", "--help"], say), "under 0.3 s")


def load(say: Say) -> Iterator[Measurement]:
    """Loading MNIST when it has been unpacked before, in a fresh process."""
    mnist("train"), mnist("test")
    command = [sys.executable, "-c", f"{LOAD}; print(time.perf_counter() - t)"]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(ROUNDS)]
    yield Measurement("load: MNIST, warm", "ms", [float(run.stdout) * 1e3 for run in runs], "under 50 ms")


def predict(say: Say) -> Iterator[Measurement]:
    """`digitlab predict` on one PNG with the model that ships, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        Image.fromarray(255 - mnist("test").images[0]).resize((280, 280)).save(picture)
        seconds = _cold(["-m", "digitlab", "predict", str(picture)], say)
    yield Measurement("predict: one PNG", "s", seconds, "under 1.5 s")


def _cold(arguments: list[str], say: Say) -> list[float]:
    """Seconds of several runs of Python with `arguments`; the first, which fills caches, is left out."""
    seconds = []
    for number in range(ROUNDS + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
        if number:
            seconds.append(time.perf_counter() - started)
            say(f"{' '.join(arguments[:3])}: {seconds[-1]:.2f} s")
    return seconds
