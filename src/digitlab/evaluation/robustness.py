"""Robustness: accuracy, share answered and errors among the answered, on perturbed digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation.calibration import confidence_and_correct
from digitlab.evaluation.perturbations import PERTURBATIONS, STRENGTHS, perturb
from digitlab.evaluation.selective import risk_at_coverage

__all__ = ["CLEAN_COVERAGE", "Robustness", "RobustnessCell", "measure_robustness"]

CLEAN_COVERAGE = 0.98
"""The share of clean digits that is answered; it sets the threshold of confidence for all."""
Predict = Callable[[NDArray[np.uint8]], NDArray[np.floating]]


@dataclass(frozen=True)
class RobustnessCell:
    """A model on one perturbation at one strength.

    Attributes:
        perturbation: Its name; `clean` for none.
        strength: 1, 2 or 3; 0 for clean digits.
        level: What the strength means, in the perturbation's unit; 0 for clean digits.
        n: Number of digits.
        correct: How many are predicted correctly, answered or not.
        answered: How many have at least the confidence of the threshold.
        errors: How many of the answered are wrong.
    """

    perturbation: str
    strength: int
    level: float
    n: int
    correct: int
    answered: int
    errors: int

    @property
    def accuracy(self) -> float:
        """Share of correct predictions, in [0, 1]."""
        return self.correct / self.n

    @property
    def coverage(self) -> float:
        """Share of the digits that is answered, in [0, 1]."""
        return self.answered / self.n

    @property
    def error(self) -> float | None:
        """Share of the answers that is wrong, in [0, 1]; None where nothing is answered."""
        return self.errors / self.answered if self.answered else None

    def to_dict(self) -> dict[str, Any]:
        """The cell as plain data for JSON."""
        return {**asdict(self), "accuracy": self.accuracy, "coverage": self.coverage, "error": self.error}


@dataclass(frozen=True)
class Robustness:
    """A model on clean digits, and on each perturbation at each strength.

    Attributes:
        n: Number of digits in each cell.
        threshold: The smallest confidence that is answered: 98 % of the clean digits have it.
        clean: On the digits as they are.
        cells: One for each perturbation and strength, in the order of `PERTURBATIONS`.
    """

    n: int
    threshold: float
    clean: RobustnessCell
    cells: tuple[RobustnessCell, ...]

    @property
    def accuracy(self) -> float:
        """Mean accuracy of the cells."""
        return sum(cell.accuracy for cell in self.cells) / len(self.cells)

    @property
    def coverage(self) -> float:
        """Mean share answered of the cells."""
        return sum(cell.coverage for cell in self.cells) / len(self.cells)

    @property
    def error(self) -> float | None:
        """Share of wrong answers among the answers of all cells; None where there is no answer."""
        answered = sum(cell.answered for cell in self.cells)
        return sum(cell.errors for cell in self.cells) / answered if answered else None

    def to_dict(self) -> dict[str, Any]:
        """The measurement as plain data for JSON."""
        return {
            "n": self.n,
            "threshold": self.threshold,
            "clean": self.clean.to_dict(),
            "cells": [cell.to_dict() for cell in self.cells],
            "mean_accuracy": self.accuracy,
            "mean_coverage": self.coverage,
            "error_among_answered": self.error,
        }


def measure_robustness(
    predictors: Sequence[Predict], images: NDArray[np.uint8], labels: NDArray[np.int64], seed: int = 0
) -> tuple[Robustness, ...]:
    """Measures models on the same perturbed digits.

    Args:
        predictors: Of each model, from images `(n, height, width)`, `uint8`, 0 = paper, 255 = ink, to digit
            probabilities `(n, 10)`.
        images: `(n, height, width)`, n at least 1.
        labels: `(n,)`, 0 to 9.
        seed: Of the perturbations.

    Returns:
        One measurement for each model.
    """
    outcomes = [confidence_and_correct(predict(images), labels) for predict in predictors]
    thresholds = [risk_at_coverage(*outcome, CLEAN_COVERAGE).threshold for outcome in outcomes]
    clean = [
        _cell("clean", 0, 0.0, *outcome, threshold)
        for outcome, threshold in zip(outcomes, thresholds, strict=True)
    ]
    cells: list[list[RobustnessCell]] = [[] for _ in predictors]
    for name, perturbation in PERTURBATIONS.items():
        for strength in STRENGTHS:
            changed = perturb(images, name, strength, seed)
            level = float(perturbation.levels[strength - 1])
            for own, predict, threshold in zip(cells, predictors, thresholds, strict=True):
                confidence, correct = confidence_and_correct(predict(changed), labels)
                own.append(_cell(name, strength, level, confidence, correct, threshold))
    n = len(labels)
    return tuple(
        Robustness(n, *parts[:2], tuple(parts[2])) for parts in zip(thresholds, clean, cells, strict=True)
    )


def _cell(
    name: str,
    strength: int,
    level: float,
    confidence: NDArray[np.float64],
    correct: NDArray[np.bool_],
    threshold: float,
) -> RobustnessCell:
    answered = confidence >= threshold
    return RobustnessCell(
        perturbation=name,
        strength=strength,
        level=level,
        n=len(correct),
        correct=int(correct.sum()),
        answered=int(answered.sum()),
        errors=int((answered & ~correct).sum()),
    )
