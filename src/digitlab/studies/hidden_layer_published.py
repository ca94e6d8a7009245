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
from digitlab.studies.study import PublishedValue

__all__ = [
    "CONFUSION",
    "CV_RESULTS",
    "EPOCHS",
    "OTHER",
    "RESULTS",
    "SEED_SPREADS",
    "SERIES",
    "asleep_seconds",
    "published_accuracy",
    "published_results",
]

SERIES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
ASLEEP = 3.0
"""An epoch that took so many times the median of its training holds a sleep of the machine."""
MACHINE, DATE, SEEDS = "AMD EPYC", "2026-11-25", 4


def _spread(**std: float) -> SeedSpread:
    return SeedSpread(std=std, n=SEEDS, machine=MACHINE, date=DATE)


SEED_SPREADS: Mapping[str, SeedSpread] = {
    "grid": _spread(best_mean_score=0.00054, best_width=217.5),
    "grid-best": _spread(test_accuracy=0.00045, test_loss=0.00671, history_entries=0.8165),
    "mlp-700-relu": _spread(
        test_accuracy=0.00105,
        test_loss=0.00301,
        validation_accuracy=0.00042,
        last_epoch_accuracy=0.00033,
        train_accuracy=0.00035,
        history_entries=0.8165,
    ),
    "pca": _spread(
        test_accuracy=0.002,
        test_loss=0.00961,
        validation_accuracy=0.00134,
        last_epoch_accuracy=0.00027,
        history_entries=2.5,
    ),
    "forest-pixels": _spread(
        test_accuracy=0.00505,
        test_loss=0.02077,
        validation_accuracy=0.00357,
        last_epoch_accuracy=0.00316,
        history_entries=2.754,
    ),
}
"""By experiment: sample standard deviation over seeds 0 to 3, of experiments that train one seed."""


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
_CV_ROWS = _rows("cv_results.csv")
CV_RESULTS: Mapping[str, tuple[float, ...]] = {
    name: tuple(float(row[name]) for row in _CV_ROWS) for name in _CV_ROWS[0]
}
"""`cv_results_` of its grid search (Out [78] and [79]), by column; one value for each width."""
OTHER: Mapping[str, Any] = {name: item["value"] for name, item in json.loads(_text("other.json")).items()}
"""Other printed numbers, by name."""
TABLED = ("mlp-1", "mlp-2", "mlp-700-sigmoid", "pca", "forest-pixels")
"""The experiments in the rows of its tables of results and of architectures."""
RESULTS: Mapping[str, tuple[str, float, float, float]] = {
    name: tuple(row) for name, row in zip(TABLED, OTHER["results"]["rows"], strict=True)
}
"""Its table of results: network, training time in seconds, Acc (Train), Acc (Validation), by experiment."""
_PRINTED_ONCE: Mapping[str, Mapping[str, float]] = {
    "mlp-1": {"maximum_activation": OTHER["maximum_activation_mlp_1"]},
    "mlp-2": {
        "maximum_activation": OTHER["maximum_activations_mlp_2"][0],
        "second_maximum_activation": OTHER["maximum_activations_mlp_2"][1],
    },
    "grid": {
        "best_mean_score": max(CV_RESULTS["mean_test_score"]),
        "best_width": OTHER["grid_best_width"],
        "train_seconds": 60 * OTHER["grid_duration"]["minutes"],
    },
    "pca": {"components": OTHER["component_count_pca"]},
    "forest": {"pixels": OTHER["pixel_count"]},
}
"""Values that it printed for one experiment only, by our metric."""


def published_accuracy(experiment: str) -> float:
    """The accuracy that a published confusion matrix holds."""
    counts = CONFUSION[experiment]
    return sum(row[digit] for digit, row in enumerate(counts)) / sum(map(sum, counts))


def published_results(experiment: str, **references: str) -> dict[str, PublishedValue]:
    """The final values that it printed for an experiment.

    Args:
        experiment: Its id.
        **references: Where in the source each stands, by metric; the order is kept.

    Returns:
        The values by metric. A time in which the machine slept says so.
    """
    printed, tabled = _printed(experiment), _tabled(experiment)
    return {
        metric: PublishedValue(
            (tabled if reference == "table of results" else printed)[metric],
            reference,
            counts_sleep=metric == "train_seconds" and asleep_seconds(experiment) > 0,
        )
        for metric, reference in references.items()
    }


def _tabled(experiment: str) -> dict[str, float]:
    """What the table of results holds for an experiment, by our metric."""
    if experiment not in RESULTS:
        return {}
    _, seconds, train, _ = RESULTS[experiment]
    return {"train_seconds": seconds, "last_epoch_accuracy": train}


def _printed(experiment: str) -> dict[str, float]:
    """Every final value printed for an experiment elsewhere than in its table of results, by our metric."""
    name = experiment.replace("-", "_")
    values: dict[str, float] = {}
    for metric, key in (("test_accuracy", "accuracy"), ("test_loss", "loss")):
        if f"test_score_{name}" in OTHER:
            values[metric] = OTHER[f"test_score_{name}"][key]
    epochs = EPOCHS.get("grid-refit" if experiment == "grid-best" else experiment)
    if epochs:
        values["history_entries"] = len(epochs["train_loss"])
        values["last_epoch_accuracy"] = epochs["train_accuracy"][-1]
        values["validation_accuracy"] = epochs["validation_accuracy"][-1]
    if f"train_seconds_{name}" in OTHER:
        values["train_seconds"] = OTHER[f"train_seconds_{name}"]
    if experiment in CONFUSION:
        values["train_accuracy"] = published_accuracy(experiment)
    if experiment in TABLED:
        values["parameters"] = OTHER["architectures"]["rows"][TABLED.index(experiment)][-1]
    return {**values, **_PRINTED_ONCE.get(experiment, {})}


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
