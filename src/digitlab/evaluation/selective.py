"""Selective prediction: how many errors are left where a model answers only what it is confident of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.decisions import DecisionRule, ThresholdRow, ThresholdTable, check_max_error
from digitlab.errors import DataError, SettingError
from digitlab.evaluation.calibration import (
    Calibration,
    calibration_error,
    confidence_and_correct,
    fit_temperature,
)
from digitlab.evaluation.statistics import clopper_pearson_interval
from digitlab.probabilities import digit_probabilities

__all__ = [
    "COVERAGES",
    "MAX_ERRORS",
    "DecisionResult",
    "RiskAtCoverage",
    "RiskCoverage",
    "apply_rule",
    "auroc",
    "clopper_pearson_upper",
    "fit_decision_rule",
    "fit_threshold_table",
    "risk_at_coverage",
    "risk_coverage",
]

COVERAGES = (1.0, 0.99, 0.98, 0.95, 0.9)
MAX_ERRORS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
"""The promises that a threshold table tries to make."""
POINTS = 400
"""Points of a curve that is drawn; a figure shows no more."""
Confidence = NDArray[np.floating]
Correct = NDArray[np.bool_]


@dataclass(frozen=True)
class RiskAtCoverage:
    """The errors that are left where a given share of the digits is answered, the most confident ones.

    Attributes:
        coverage: The share that was asked for, in (0, 1].
        threshold: The smallest confidence that is answered.
        n: Number of digits.
        n_answered: How many are answered: the share, rounded up, and those of equal confidence.
        errors: How many of the answers are wrong.
        interval: Clopper-Pearson 95 % interval of the share of wrong answers.
    """

    coverage: float
    threshold: float
    n: int
    n_answered: int
    errors: int
    interval: tuple[float, float]

    @property
    def error(self) -> float:
        """Share of the answers that is wrong, in [0, 1]."""
        return self.errors / self.n_answered


@dataclass(frozen=True)
class RiskCoverage:
    """The risk-coverage curve (El-Yaniv and Wiener 2010).

    Attributes:
        aurc: Area under it: the mean error over all coverages; smaller is better.
        coverage: At most 400 shares of the digits that are answered, ascending, in (0, 1].
        risk: The share of wrong answers at each.
    """

    aurc: float
    coverage: tuple[float, ...]
    risk: tuple[float, ...]


@dataclass(frozen=True)
class DecisionResult:
    """What a decision rule does on labeled digits.

    Attributes:
        rule: The rule.
        n: Number of digits.
        log_loss: Of the probabilities at the rule's temperature, given that each is a digit; in nats.
        calibration: Their expected calibration error.
        answered: For each row of the rule's table, how many digits have at least its confidence.
        errors: How many of these are answered wrongly.
    """

    rule: DecisionRule
    n: int
    log_loss: float
    calibration: Calibration
    answered: tuple[int, ...]
    errors: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain data for JSON."""
        here = zip(self.rule.thresholds.rows, self.answered, self.errors, strict=True)
        return {
            "temperature": self.rule.temperature,
            "log_loss": self.log_loss,
            "ece": self.calibration.ece,
            "ece_interval": list(self.calibration.ece_ci95),
            "fitted_on": {"data": self.rule.thresholds.data, "n": self.rule.thresholds.n},
            "thresholds": [
                {**vars(row), "here": {"n": self.n, "n_answered": answered, "errors": errors}}
                for row, answered, errors in here
            ],
        }


def risk_coverage(confidence: Confidence, correct: Correct) -> RiskCoverage:
    """The risk-coverage curve of predictions.

    Digits of equal confidence are answered in no order: each counts as the mean of them.

    Args:
        confidence: `(n,)`, n at least 1.
        correct: `(n,)`.
    """
    _, group = np.unique(-np.asarray(confidence, np.float64), return_inverse=True)
    sizes = np.bincount(group)
    wrong = np.bincount(group, weights=~correct) / sizes
    n = len(confidence)
    answered = np.arange(1, n + 1)
    risk = np.cumsum(np.repeat(wrong, sizes)) / answered
    shown = np.unique(np.linspace(0, n - 1, min(n, POINTS)).round().astype(int))
    return RiskCoverage(
        float(risk.mean()), tuple((answered[shown] / n).tolist()), tuple(risk[shown].tolist())
    )


def risk_at_coverage(confidence: Confidence, correct: Correct, coverage: float) -> RiskAtCoverage:
    """The errors among the most confident digits of a given share.

    Args:
        confidence: `(n,)`, n at least 1.
        correct: `(n,)`.
        coverage: In (0, 1].

    Raises:
        SettingError: If `coverage` is outside (0, 1].
    """
    if not 0 < coverage <= 1:
        raise SettingError(f"a coverage of {coverage}", "Give a share above 0 and at most 1.")
    n = len(confidence)
    # 0.98 * 50 is a little more than 49 in binary numbers
    least = max(1, math.ceil(round(coverage * n, 9)))
    threshold = float(np.partition(confidence, n - least)[n - least])
    answered = confidence >= threshold
    errors, n_answered = int((answered & ~correct).sum()), int(answered.sum())
    interval = clopper_pearson_interval(errors, n_answered)
    return RiskAtCoverage(coverage, threshold, n, n_answered, errors, interval)


def fit_threshold_table(
    confidence: Confidence, correct: Correct, data: str, max_errors: Sequence[float] = MAX_ERRORS
) -> ThresholdTable:
    """Fits a threshold table on held-out digits.

    For each of `max_errors` its threshold is the smallest confidence for which at most that share of the
    digits that are answered, is answered wrongly. That is what was measured, no bound: each row has the
    one-sided 95 % Clopper-Pearson upper bound beside it. Of MNIST's test labels 15 in 10,000 are judged wrong
    by most human raters, so that with labels of this kind no bound below 0.001 could be shown.

    Args:
        confidence: `(n,)` of held-out digits, n at least 1.
        correct: `(n,)`.
        data: The name of the digits.
        max_errors: Largest shares of wrong answers, each in (0, 1). Those below one error in all answers
            are left out, for no digits can show them.

    Raises:
        SettingError: If one of `max_errors` is outside (0, 1).
        DataError: If none of them holds.
    """
    for max_error in max_errors:
        check_max_error(max_error)
    n = len(confidence)
    values, group = np.unique(-np.asarray(confidence, np.float64), return_inverse=True)
    answered = np.cumsum(np.bincount(group))
    errors = np.cumsum(np.bincount(group, weights=~correct)).astype(np.int64)
    bounds = clopper_pearson_upper(errors, answered)
    rows = []
    for max_error in sorted(set(max_errors), reverse=True):
        held = np.flatnonzero((errors <= max_error * answered) & (answered * max_error >= 1))
        if not len(held):
            continue
        last = int(held[-1])
        everything = last == len(values) - 1
        rows.append(
            ThresholdRow(
                max_error=float(max_error),
                threshold=0.0 if everything else float(-values[last]),
                coverage=int(answered[last]) / n,
                n_answered=int(answered[last]),
                errors=int(errors[last]),
                upper_bound=float(bounds[last]),
            )
        )
    if not rows:
        raise DataError(
            f"the {n:,} digits of {data} cannot show an error of at most {max(max_errors):g}",
            "Give more held-out digits, or larger errors.",
        )
    return ThresholdTable(data, n, tuple(rows))


def fit_decision_rule(outputs: NDArray[np.floating], labels: NDArray[np.int64], data: str) -> DecisionRule:
    """Fits temperature and threshold table on held-out digits, which are not augmented.

    Args:
        outputs: `(n, 10)` or `(n, 11)` of a model, as `digit_probabilities` takes them.
        labels: `(n,)`, 0 to 9.
        data: The name of the digits.

    Raises:
        DataError: If the digits are too few for any row of the table.
    """
    temperature = fit_temperature(outputs[:, :10], labels)  # given that they are digits, which they are
    confidence, correct = confidence_and_correct(digit_probabilities(outputs, temperature)[0], labels)
    return DecisionRule(temperature, fit_threshold_table(confidence, correct, data))


def apply_rule(
    rule: DecisionRule, outputs: NDArray[np.floating], labels: NDArray[np.int64]
) -> DecisionResult:
    """What a decision rule does on labeled digits.

    Args:
        rule: Of the model.
        outputs: `(n, 10)` or `(n, 11)` of the model on them, as `digit_probabilities` takes them.
        labels: `(n,)`, 0 to 9.
    """
    given_digit = digit_probabilities(outputs[:, :10], rule.temperature)[0]
    confidence, correct = confidence_and_correct(digit_probabilities(outputs, rule.temperature)[0], labels)
    every = [confidence >= row.threshold for row in rule.thresholds.rows]
    of_label = given_digit[np.arange(len(labels)), labels]
    return DecisionResult(
        rule=rule,
        n=len(labels),
        log_loss=float(-np.log(np.maximum(of_label, np.finfo(np.float64).tiny)).mean()),
        calibration=calibration_error(given_digit.max(axis=1), correct),
        answered=tuple(int(answered.sum()) for answered in every),
        errors=tuple(int((answered & ~correct).sum()) for answered in every),
    )


def clopper_pearson_upper(errors: ArrayLike, n: ArrayLike) -> NDArray[np.float64]:
    """The exact one-sided 95 % upper bounds of proportions (Clopper and Pearson 1934).

    Args:
        errors: `(k,)` counts of events, each 0 to its `n`.
        n: `(k,)` counts of trials, each at least 1.

    Returns:
        `(k,)`: the largest proportions that the counts do not rule out at 5 %.
    """
    from scipy.special import betaincinv

    events, trials = np.asarray(errors), np.asarray(n)
    others = trials - events
    bounds = betaincinv(events + 1, np.maximum(others, 1), 0.95)
    upper: NDArray[np.float64] = np.where(others > 0, bounds, 1.0)
    return upper


def auroc(positives: NDArray[np.floating], negatives: NDArray[np.floating]) -> float:
    """Area under the ROC curve: how often a positive has the higher score, ties counted as half.

    Args:
        positives: `(m,)` scores, m at least 1.
        negatives: `(k,)` scores, k at least 1.

    Returns:
        In [0, 1]; 0.5 for scores that tell nothing, 1 where all positives are above all negatives.
    """
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, positives, "left")
    not_above = np.searchsorted(ordered, positives, "right")
    return float((below + not_above).sum() / (2 * len(positives) * len(negatives)))
