"""Decisions: from which confidence on a model answers, so that few of its answers are wrong.

A `ThresholdTable` is fitted on held-out digits (`digitlab.evaluation.fit_threshold_table`), travels in the
metadata of a model file, and is looked up when pictures are read. So this module imports no NumPy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from digitlab.errors import ModelError, SettingError

__all__ = ["RULE_PROPERTY", "DecisionRule", "ThresholdRow", "ThresholdTable", "check_max_error"]

RULE_PROPERTY = "decisions"
"""The metadata property of a model file that holds its rule."""


@dataclass(frozen=True)
class ThresholdRow:
    """One row: of the held-out digits of at least this confidence, at most `max_error` were answered wrongly.

    Attributes:
        max_error: The largest share of wrong answers, in (0, 1).
        threshold: The smallest confidence that is answered, in [0, 1].
        coverage: Share of the held-out digits that are answered, in (0, 1].
        n_answered: Number of held-out digits that are answered, at least 1.
        errors: How many of these answers are wrong.
        upper_bound: Upper end of the one-sided 95 % Clopper-Pearson interval of the share of wrong answers:
            what chance may hide.
    """

    max_error: float
    threshold: float
    coverage: float
    n_answered: int
    errors: int
    upper_bound: float

    def __post_init__(self) -> None:
        shares = (self.max_error, self.threshold, self.coverage, self.upper_bound)
        counts = (self.n_answered, self.errors)
        whole = all(type(count) is int for count in counts)
        real = all(isinstance(share, int | float) and not isinstance(share, bool) for share in shares)
        if not real or not whole or not all(0 <= share <= 1 for share in shares):
            raise ModelError(f"a damaged row of a threshold table: {self}", "Export the model again.")
        if not 0 <= self.errors <= self.n_answered * self.max_error:
            raise ModelError(
                f"a row of a threshold table contradicts itself: {self}", "Export the model again."
            )


@dataclass(frozen=True)
class ThresholdTable:
    """Thresholds of confidence by the largest share of wrong answers that was measured above them.

    Attributes:
        data: The name of the held-out digits that it was fitted on.
        n: Number of these digits.
        rows: The largest `max_error` first.
    """

    data: str
    n: int
    rows: tuple[ThresholdRow, ...]

    def __post_init__(self) -> None:
        promises = [row.max_error for row in self.rows]
        if not promises or promises != sorted(set(promises), reverse=True):
            raise ModelError(
                f"a threshold table with the errors {promises}", "Give at least one, the largest first."
            )

    @property
    def smallest_error(self) -> float:
        """The smallest `max_error` that the table can promise."""
        return self.rows[-1].max_error

    def threshold_for(self, max_error: float, what: str = "digits") -> float:
        """The smallest confidence to answer at, so that at most `max_error` of the answers are wrong.

        Between two rows the stricter one holds.

        Args:
            max_error: Largest share of wrong answers, in (0, 1).
            what: What the table was fitted on, for the error.

        Raises:
            SettingError: If it is outside (0, 1), or smaller than the table can promise.
        """
        return self.row_for(max_error, what).threshold

    def row_for(self, max_error: float, what: str = "digits") -> ThresholdRow:
        """The row that `threshold_for` takes. Arguments and errors are the same."""
        check_max_error(max_error)
        for row in self.rows:
            if row.max_error <= max_error:
                return row
        raise SettingError(
            f"a largest error of {max_error:g} is smaller than this model can promise",
            f"On {self.n:,} held-out {what}, the smallest it can promise is {self.smallest_error:g}.",
        )

    def to_dict(self) -> dict[str, Any]:
        """The table as plain data for JSON."""
        return {"data": self.data, "n": self.n, "rows": [asdict(row) for row in self.rows]}

    @classmethod
    def from_dict(cls, plain: Any) -> ThresholdTable:
        """The table from what `to_dict` has made.

        Raises:
            ModelError: If something is missing or damaged.
        """
        try:
            data, n, rows = plain["data"], plain["n"], plain["rows"]
            if not isinstance(data, str) or type(n) is not int or n < 1:
                raise TypeError
            return cls(data, n, tuple(ThresholdRow(**_checked(row)) for row in rows))
        except (KeyError, TypeError) as error:
            raise ModelError("a damaged threshold table", "Export the model again.") from error


@dataclass(frozen=True)
class DecisionRule:
    """When a model answers: how its outputs become probabilities, and how large the largest of them must be.

    Attributes:
        temperature: Outputs are divided by it before the softmax; above 0.
        thresholds: From which confidence on it answers.
    """

    temperature: float
    thresholds: ThresholdTable

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ModelError(
                f"a temperature of {self.temperature}", "Export the model again; it must be above 0."
            )

    def to_json(self) -> str:
        """The rule as JSON: the metadata property `decisions` of a model file."""
        return json.dumps({"temperature": self.temperature, "thresholds": self.thresholds.to_dict()})

    @classmethod
    def from_json(cls, text: str) -> DecisionRule:
        """The rule from what `to_json` has made.

        Raises:
            ModelError: If something is missing or damaged.
        """
        try:
            plain = json.loads(text)
            return cls(float(plain["temperature"]), ThresholdTable.from_dict(plain["thresholds"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelError("damaged metadata `decisions`", "Export the model again.") from error


def _checked(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise TypeError
    return row


def check_max_error(max_error: float) -> None:
    """Checks a largest share of wrong answers.

    Raises:
        SettingError: If it is outside (0, 1).
    """
    real = isinstance(max_error, int | float) and not isinstance(max_error, bool)
    if not real or not (math.isfinite(max_error) and 0 < max_error < 1):
        raise SettingError(
            f"a largest error of {max_error}", "Give a share of wrong answers between 0 and 1, such as 0.001."
        )
