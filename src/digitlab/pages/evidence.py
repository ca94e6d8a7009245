"""Evidence for a string, and the probabilities that it is a number and that it is read right."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from digitlab.decisions import ThresholdTable

__all__ = ["FEATURES", "READING_MODEL", "Calibration", "Evidence", "calibration", "check_promise"]

FILE = Path(__file__).with_name("calibration.json")
READING_MODEL = Path(__file__).with_name("model.onnx")
"""The recognizer that ships for pages: fine-tuned on parts of strings (recipe `reading`)."""


@dataclass(frozen=True)
class Evidence:
    """What tells how probable it is that a string is a number, and read right.

    Attributes:
        n: Its digits.
        mean_log: Mean logarithm of the recognizer's probabilities of its digits.
        worst_log: The smallest of them.
        mean_score: Mean score of its digits in the lattice.
        worst_score: The smallest of them.
        margin: Logarithm of the odds that its reading has against the others of its lattice, from -8 to 8.
        marks: Score of the marks inside, for each digit.
        cuts: Share of its digits that were cut from the one before.
    """

    n: int
    mean_log: float
    worst_log: float
    mean_score: float
    worst_score: float
    margin: float
    marks: float
    cuts: float

    def features(self) -> list[float]:
        """What the calibration weighs: `FEATURES`."""
        return [
            math.log(self.n),
            max(self.mean_log, -6.0),
            max(self.worst_log, -8.0),
            max(self.mean_score, -8.0),
            max(self.worst_score, -12.0),
            self.margin,
            max(self.marks, -8.0),
            self.cuts,
        ]


FEATURES = tuple(field.name for field in fields(Evidence))
"""Names of the evidence, in the order of its features."""


@dataclass(frozen=True)
class Calibration:
    """How evidence becomes probability: logistic regressions, and thresholds, fitted on composed strings.

    Attributes:
        number: Intercept, and a weight for each of `FEATURES`: whether a string is a number at all.
        right: The same: whether all digits of a number are right and none is missing.
        digit: Intercept, and weights of a digit's own margin and the logarithm of its probability.
        strings: From which probability on strings are sure.
        digits: The same of single digits.
    """

    number: tuple[float, ...]
    right: tuple[float, ...]
    digit: tuple[float, ...]
    strings: ThresholdTable
    digits: ThresholdTable

    def number_probability(self, evidence: Evidence) -> float:
        """Probability that a string is a number, not a word or a drawing."""
        return logistic(self.number, evidence.features())

    def right_probability(self, evidence: Evidence) -> float:
        """Probability that a string is a number and read right."""
        return self.right_of(evidence.features())

    def right_of(self, features: Sequence[float]) -> float:
        """The same, of `Evidence.features`."""
        return logistic(self.number, features) * logistic(self.right, features)

    def digit_probability(self, margin: float, log: float, string: float = 0.0) -> float:
        """Probability that a digit is right; not below that of its string.

        Args:
            margin: Logarithm of the odds of the readings in which it stands against the others, from -8 to 8.
            log: Logarithm of the recognizer's probability.
            string: Probability that all digits of its string are right.
        """
        return max(logistic(self.digit, [margin, max(log, -8.0)]), string)

    def to_dict(self) -> dict[str, Any]:
        """The calibration as plain data for JSON."""
        return {
            "features": list(FEATURES),
            "number": list(self.number),
            "right": list(self.right),
            "digit": list(self.digit),
            "strings": self.strings.to_dict(),
            "digits": self.digits.to_dict(),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Calibration:
        """The calibration from what `to_dict` has made."""
        return cls(
            tuple(plain["number"]),
            tuple(plain["right"]),
            tuple(plain["digit"]),
            ThresholdTable.from_dict(plain["strings"]),
            ThresholdTable.from_dict(plain["digits"]),
        )


def logistic(weights: Sequence[float], features: Sequence[float]) -> float:
    """The logistic function of an intercept and weighted features, in (0, 1)."""
    odds = weights[0] + sum(w * f for w, f in zip(weights[1:], features, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


@lru_cache(1)
def calibration() -> Calibration:
    """The calibration that ships: of the model that ships, on composed strings of validation digits."""
    return Calibration.from_dict(json.loads(FILE.read_text("utf-8")))


def check_promise(max_error: float) -> None:
    """Checks that the calibration that ships can promise a share of wrong strings.

    Raises:
        SettingError: If it is smaller than what was measured.
    """
    calibration().strings.threshold_for(max_error, "strings")
