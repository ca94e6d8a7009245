"""Metrics, each declared once: name, kind, unit, direction and title of every number that is measured.

`METRICS` is what `compare`, the studies and their report know about a number called `test_accuracy` or
`train_seconds`: how it is written, and whether more of it is better.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from digitlab.errors import SettingError

__all__ = ["METRICS", "SPLITS", "Kind", "Metric", "metric"]

Kind = Literal["share", "probability", "loss", "seconds", "count", "class", "number"]
UNITS: Mapping[Kind, str] = {"loss": "nats", "seconds": "s"}
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: Its key in results, for example `test_accuracy`.
        kind: `share` (a fraction of examples, in [0, 1], written in percent), `probability` (in [0, 1]),
            `loss` (nats), `seconds` (wall clock), `count` (whole, 0 or more), `class` (a digit, 0 to 9) or
            `number` (anything else).
        higher_is_better: Whether more is better; None where neither is.
        title: Its name in tables and figures.
    """

    name: str
    kind: Kind
    higher_is_better: bool | None
    title: str

    @property
    def unit(self) -> str:
        """The unit of its values; empty for a plain number."""
        return UNITS.get(self.kind, "")


def _declared() -> Iterator[Metric]:
    titles = {"train": "training", "validation": "validation", "test": "test"}
    yield Metric("accuracy", "share", True, "accuracy")
    yield Metric("log_loss", "loss", False, "log loss")
    yield Metric("ece", "share", False, "expected calibration error")
    yield Metric("brier", "number", False, "Brier score")
    yield Metric("aurc", "number", False, "area under the risk-coverage curve")
    for split in SPLITS:
        yield Metric(f"{split}_accuracy", "share", True, f"{titles[split]} accuracy")
        yield Metric(f"{split}_loss", "loss", False, f"{titles[split]} loss")
    yield Metric("training_examples_loss", "loss", False, "loss on training examples")
    yield Metric("final_loss", "loss", False, "final training loss")
    yield Metric("last_epoch_accuracy", "share", True, "training accuracy, last epoch")
    for name in ("precision", "recall", "f1"):
        yield Metric(name, "share", True, name if name != "f1" else "F1")
    for name in ("errors", "single_class_errors", "images_changed", "labels_changed"):
        yield Metric(name, "count", False, name.replace("_", " "))
    # Cross-validation
    for name in ("mean_score", "best_mean_score", "mean_score_of_all_widths"):
        yield Metric(name, "share", True, name.replace("_", " "))
    # What training took
    for name, title in (
        ("step", "time of a step"),
        ("train", "training time"),
        ("load", "loading time"),
        ("evaluation", "evaluation time"),
    ):
        yield Metric(f"{name}_seconds", "seconds", False, title)
    for name in ("parameters", "steps", "epochs", "history_entries", "fits", "best_width"):
        yield Metric(name, "count", None, name.replace("_", " "))
    # What the studies compute by hand and look up in data
    for name in ("images", "pixels", "zeros"):
        yield Metric(name, "count", None, name)
    for name in ("first_label", "last_label", "label_of_example_72", "digit_read_in_1015"):
        yield Metric(name, "class", None, name.replace("_", " "))
    for name in (*(f"softmax_of_{n}" for n in range(1, 5)), "largest_probability", "probability_of_it"):
        yield Metric(name, "probability", None, name.replace("_", " "))
    for name in ("largest_difference_to_library", "largest_difference_to_stable"):
        yield Metric(name, "number", False, name.replace("_", " "))
    for name in ("mean_ink", "row_sum", "sum_of_probabilities"):
        yield Metric(name, "number", None, name.replace("_", " "))
    for name in ("maximum_activation", "second_maximum_activation", "confusion_correlation"):
        yield Metric(name, "number", None, name.replace("_", " "))
    yield Metric("components", "count", None, "principal components")
    yield Metric("share_of_importance", "share", None, "share of importance")
    yield Metric("cross_entropy", "loss", None, "cross-entropy")


METRICS: Mapping[str, Metric] = {each.name: each for each in _declared()}


def metric(name: str) -> Metric:
    """The metric called `name`.

    Raises:
        SettingError: If there is none of that name; the remedy lists similar names, or all.
    """
    if name not in METRICS:
        similar = difflib.get_close_matches(name, METRICS, n=3, cutoff=0.6)
        listed = f"Similar: {', '.join(similar)}." if similar else f"Those there are: {', '.join(METRICS)}."
        raise SettingError(f"unknown metric {name!r}", listed)
    return METRICS[name]
