"""Verdicts: a published value beside what we measured, on the scale of what could differ by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from digitlab.report import Measurement, PublishedComparison, SeedSpread
from digitlab.studies.study import PublishedValue

__all__ = ["accuracy_error", "compare", "compare_all"]

FAR = 3.0
"""Deviations beyond which a difference has to be explained."""
OF_ONE_TRAINING = ("history_entries", "last_epoch_accuracy", "final_loss")
"""Metrics of how a training went: one seed does not show how far they spread, and no digits are sampled."""


def compare_all(
    measured: Mapping[str, Measurement],
    published: Mapping[str, PublishedValue],
    errors: Mapping[str, float],
    spread: SeedSpread | None = None,
) -> dict[str, PublishedComparison]:
    """Compares every published value that can be judged; times are never judged.

    Args:
        measured: Ours, by metric.
        published: The source's, by metric.
        errors: Standard errors of the metrics of one network.
        spread: The recorded spread over seeds, for an experiment of one seed.
    """
    stds = spread.std if spread else {}
    return {
        name: compare(measured[name], value, errors.get(name, 0.0), stds.get(name))
        for name, value in published.items()
        if name in measured and _can_judge(name, measured[name], name in stds)
    }


def _can_judge(name: str, measured: Measurement, has_spread: bool) -> bool:
    if name.endswith("_seconds"):
        return False
    return has_spread or len(measured.values) > 1 or name not in OF_ONE_TRAINING


def compare(
    measured: Measurement, published: PublishedValue, error: float = 0.0, seed_std: float | None = None
) -> PublishedComparison:
    """Compares a published value with what we measured.

    The scale is the standard deviation over our seeds. Of one seed it is that of a difference between two
    runs, for the published value is of one run as well: `sqrt(2 (error^2 + seed_std^2))`. What has neither
    must be equal to as many decimals as the source gives. An aim is met from there on.

    Args:
        measured: Ours.
        published: The source's value.
        error: Standard error of one network's metric on those digits; 0 for what is counted, not sampled.
        seed_std: The recorded standard deviation over seeds; None without one.
    """
    of_seeds = len(measured.values) > 1
    scale = measured.std if of_seeds else (2 * (error**2 + (seed_std or 0.0) ** 2)) ** 0.5
    value = published.value
    difference = measured.mean - value
    deviations = difference / scale if scale else None
    rounding = 0.5 * 10.0 ** -len(f"{value}".partition(".")[2]) if not scale else 0.0
    within = min(measured.values) - rounding <= value <= max(measured.values) + rounding
    within = within or (published.at_least and difference >= 0)
    verdict: Literal["inside", "near", "outside"]
    if within or abs(difference) <= scale:
        verdict = "inside"
    else:
        verdict = "near" if abs(difference) <= FAR * scale else "outside"
    scale_of: Literal["seeds", "recorded seeds", "digits"] = "seeds" if of_seeds else "digits"
    if not of_seeds and seed_std is not None:
        scale_of = "recorded seeds"
    return PublishedComparison(
        difference=difference, deviations=deviations, scale=scale, scale_of=scale_of, verdict=verdict
    )


def accuracy_error(accuracy: float, n: int) -> float:
    """The standard error of an accuracy p on n digits: sqrt(p (1 - p) / n)."""
    return float((accuracy * (1 - accuracy) / n) ** 0.5)
