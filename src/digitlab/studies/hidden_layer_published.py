"""What source 003 (`hidden-layer`) printed, read from `published/`, and recorded spreads over our seeds."""

from __future__ import annotations

import csv
import json
import statistics
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

from digitlab.report import SeedSpread

__all__ = ["CONFUSION", "CV_RESULTS", "EPOCHS", "OTHER", "SEED_SPREADS", "asleep_seconds"]

SERIES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
ASLEEP = 3.0
"""An epoch that took so many times the median of its training holds a sleep of the machine."""
DATE = "2026-11-24"
BOTH = "AMD EPYC, Intel Xeon"
SEED_SPREADS: Mapping[str, SeedSpread] = {
    "grid": SeedSpread(std={"best_width": 35.4}, n=2, machine=BOTH, date=DATE),
    "grid-best": SeedSpread(
        std={"test_accuracy": 0.00162, "test_loss": 0.0049}, n=4, machine=BOTH, date=DATE
    ),
    "mlp-700-relu": SeedSpread(
        std={"test_accuracy": 0.0008, "test_loss": 0.00266, "validation_accuracy": 0.00084},
        n=4,
        machine=BOTH,
        date=DATE,
    ),
    "mlp-700-sigmoid": SeedSpread(
        std={"test_accuracy": 0.00059, "test_loss": 0.00366, "validation_accuracy": 0.00081},
        n=3,
        machine=BOTH,
        date=DATE,
    ),
    "pca": SeedSpread(
        std={"test_accuracy": 0.0012, "test_loss": 0.00857, "validation_accuracy": 0.00101},
        n=3,
        machine=BOTH,
        date=DATE,
    ),
    "forest-pixels": SeedSpread(
        std={"test_accuracy": 0.0024, "test_loss": 0.01068, "validation_accuracy": 0.00217},
        n=4,
        machine=BOTH,
        date=DATE,
    ),
}
"""By experiment of `hidden-layer`."""


def _text(name: str) -> str:
    return (
        resources.files("digitlab.studies").joinpath("published", f"hidden_layer_{name}").read_text("utf-8")
    )


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name).splitlines()))


def _epochs() -> Mapping[str, Mapping[str, tuple[float, ...]]]:
    found: dict[str, dict[str, list[float]]] = {}
    for row in _rows("epochs.csv"):
        training = found.setdefault(row["experiment"], {name: [] for name in ("seconds", *SERIES)})
        for name, values in training.items():
            values.append(float(row[name]))
    return {
        training: {name: tuple(values) for name, values in series.items()}
        for training, series in found.items()
    }


_SECONDS_AND_EPOCHS = _epochs()
EPOCHS: Mapping[str, Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {training: {name: series[name] for name in SERIES} for training, series in _SECONDS_AND_EPOCHS.items()}
)
"""Every epoch that it printed, by training and metric."""
CONFUSION: Mapping[str, list[list[int]]] = json.loads(_text("confusion.json"))
"""Confusion matrices of the 55,000 training images, by experiment; rows are the truth."""
CV_RESULTS: Mapping[str, tuple[float, ...]] = {
    name: tuple(float(row[name]) for row in _rows("cv_results.csv")) for name in _rows("cv_results.csv")[0]
}
"""`cv_results_` of its grid search (Out [78] and [79]), by column; one value for each width."""
OTHER: Mapping[str, Any] = {name: item["value"] for name, item in json.loads(_text("other.json")).items()}
"""Other printed numbers, by name."""


def asleep_seconds(experiment: str) -> float:
    """How long the source's machine slept within a published time, estimated; 0 where no times tell.

    An epoch that took more than three times the median of its training is taken to have worked as long as
    the median. Of the grid search, `cv_results_` has mean m and standard deviation s (divided by 3) of the
    times of each width's three fits. Where one fit took much longer than the two others, and they about the
    same, it took m + s sqrt(2) and they m - s / sqrt(2).
    """
    if experiment == "grid":
        fits = zip(CV_RESULTS["mean_fit_time"], CV_RESULTS["std_fit_time"], strict=True)
        pairs = [(mean + std * 2**0.5, mean - std / 2**0.5) for mean, std in fits]
    else:
        seconds = _SECONDS_AND_EPOCHS.get(experiment, {}).get("seconds", ())
        pairs = [(each, statistics.median(seconds)) for each in seconds]
    return sum(longest - usual for longest, usual in pairs if longest > ASLEEP * usual)
