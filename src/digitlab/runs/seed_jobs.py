"""The jobs that train seeds side by side, and how they get their digits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.data import Digits
from digitlab.runs.config import RunConfig, Splits
from digitlab.runs.train import train_run
from digitlab.settings import from_dict

__all__ = ["DATA", "read_splits", "train_job", "write_splits"]

DATA = "data"
"""The key under which a job finds its digits."""


def train_job(
    folder: Path, inputs: Mapping[str, Path], config: Mapping[str, Any], seeds: Sequence[int] | None
) -> dict[str, Any]:
    """Job that trains a run, or a stack of runs, in its output folder.

    Args:
        folder: Its output folder.
        inputs: The folder of the splits.
        config: A `RunConfig` as plain data.
        seeds: The seeds of a stack; None for one run.

    Raises:
        DigitlabError: As `train_run` does.
    """
    runs = train_run(folder, from_dict(RunConfig, config), read_splits(inputs[DATA]), seeds=seeds)
    return {"seeds": [run.config.seed for run in runs]}


def write_splits(splits: Splits, folder: Path) -> str:
    """Writes splits for jobs to read; returns their digest."""
    digest = hashlib.blake2b(digest_size=16)
    for name, digits in splits.by_name().items():
        np.savez(folder / f"{name}.npz", images=digits.images, labels=digits.labels, name=digits.name)
        digest.update(name.encode() + digits.images.tobytes() + digits.labels.tobytes())
    return digest.hexdigest()


def read_splits(folder: Path) -> Splits:
    """Reads what `write_splits` wrote."""
    found = {}
    for path in folder.glob("*.npz"):
        with np.load(path) as arrays:
            found[path.stem] = Digits(arrays["images"], arrays["labels"], str(arrays["name"]))
    return Splits(**found)
