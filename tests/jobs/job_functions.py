"""Functions of jobs, in a module that workers can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from digitlab.errors import TrainingError


def add(folder, inputs, *, numbers):
    """The sum of some numbers and of what the jobs before have left."""
    total = sum(numbers) + sum(int((path / "sum.txt").read_text()) for path in inputs.values())
    (folder / "sum.txt").write_text(str(total))
    return {"sum": total, "inputs": sorted(inputs)}


def append(folder, inputs, *, log, name):
    """Leaves a line in a file that all jobs share, as a test on one machine may."""
    with open(log, "a") as file:
        file.write(f"{name}\n")
    return {}


def whoami(folder, inputs, seconds=0.2):
    time.sleep(seconds)
    return {"pid": os.getpid(), "threads": os.environ.get("OMP_NUM_THREADS")}


def die(folder, inputs, *, marks, times, how=signal.SIGKILL):
    """Is killed so many times, and counts them in the folder `marks`."""
    died = len(list(Path(marks).iterdir()))
    if died < times:
        (Path(marks) / str(died)).touch()
        os.kill(os.getpid(), how)
    return {"died": died}


def resume(folder, inputs, *, marks):
    """Leaves half of its work behind when it is killed, and goes on from there."""
    half = folder / "half.txt"
    if not half.exists():
        half.write_text("half")
        die(folder, inputs, marks=marks, times=1)
    return {"found": half.read_text()}


def refuse(folder, inputs):
    raise TrainingError("the loss is no number", "Lower the learning rate.")


def slip(folder, inputs):
    return {"sum": 1 + "1"}


def leave(folder, inputs):
    raise SystemExit("gone")


def not_json(folder, inputs):
    return {"path": folder}


def nan(folder, inputs):
    return {"loss": float("nan")}


def sleep(folder, inputs, *, seconds):
    time.sleep(seconds)
    return {}


def learn(folder, inputs):
    """A training of a small network, so that arithmetic can differ."""
    import torch

    from digitlab.networks import build
    from digitlab.training import Examples, Recipe, fit

    generator = torch.Generator().manual_seed(0)
    examples = Examples(torch.rand(200, 20, generator=generator), torch.arange(200) % 3)
    network = build("mlp", inputs=20, hidden=16, seed=1)
    fitted = fit(network, Recipe(epochs=3, threads=1), examples)
    return {"losses": [entry.train_loss for entry in fitted.history], "threads": torch.get_num_threads()}
