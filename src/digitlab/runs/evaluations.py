"""Evaluations of a run on further digits, saved in its folder: `evaluations.json`.

A run's own `metrics.json` is written by training; this file grows with every `digitlab evaluate`. It holds a
digest of the weights that were evaluated, because a run that is resumed gets others.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitlab.errors import RunError
from digitlab.files import write_json

if TYPE_CHECKING:  # metrics need torch, which takes a second to import, and a table of runs needs none of it
    from digitlab.evaluation import Metrics

__all__ = ["Scores", "read_evaluations", "save_evaluation"]

FILE = "evaluations.json"
SCHEMA = 1


@dataclass(frozen=True)
class Scores:
    """Scores of one network on one set of digits.

    Attributes:
        n: Number of digits, at least 1.
        accuracy: Share of correct predictions, in [0, 1].
        accuracy_ci95: 95 % confidence interval of the accuracy (Wilson).
        log_loss: Mean of -ln(probability given to the label), in nats.
    """

    n: int
    accuracy: float
    accuracy_ci95: tuple[float, float]
    log_loss: float

    def to_dict(self) -> dict[str, Any]:
        """The scores as plain data for JSON, with the names that `Metrics.to_dict` has."""
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "interval": list(self.accuracy_ci95),
            "log_loss": self.log_loss,
        }


def save_evaluation(run_folder: Path, data_name: str, metrics: Metrics) -> None:
    """Saves the scores of a run on the digits called `data_name`, beside those on others, atomically.

    Earlier scores on digits of the same name are replaced, and so is a file that is damaged or about other
    weights.

    Args:
        run_folder: The folder of the finished run.
        data_name: Name of the digits, `Digits.name`.
        metrics: Of the run's network on these digits.

    Raises:
        OutputError: If the operating system refuses.
        RunError: If the run's weights are not there.
    """
    digest = _weights_digest(run_folder)
    if digest is None:
        raise RunError(f"{run_folder} holds no weights", "Give the folder of a finished run.")
    scores = Scores(metrics.n, metrics.accuracy, metrics.accuracy_ci95, metrics.log_loss)
    evaluations = {**read_evaluations(run_folder), data_name: scores}
    plain = {name: each.to_dict() for name, each in evaluations.items()}
    write_json(run_folder / FILE, {"schema_version": SCHEMA, "weights": digest, "evaluations": plain})


def read_evaluations(run_folder: Path) -> dict[str, Scores]:
    """Reads the scores of a run that `save_evaluation` has saved.

    Args:
        run_folder: The folder of the run.

    Returns:
        Scores by the name of the digits, in the order in which these were first evaluated; empty if there is
        no file, or it is damaged, of another schema version, or about other weights than the run has now.
    """
    try:
        plain = json.loads((run_folder / FILE).read_bytes())
        if plain["schema_version"] != SCHEMA or plain["weights"] != _weights_digest(run_folder):
            return {}
        return {name: _parse_scores(scores) for name, scores in plain["evaluations"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _weights_digest(run_folder: Path) -> str | None:
    """BLAKE2b of the run's weights file; None if it cannot be read."""
    try:
        with (run_folder / "model.safetensors").open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError:
        return None


def _parse_scores(plain: Any) -> Scores:
    """Scores from JSON; raises an error that `read_evaluations` catches if they are not as `Scores` says."""
    low, high = plain["interval"]
    shares = (float(plain["accuracy"]), float(low), float(high))
    n, log_loss = plain["n"], float(plain["log_loss"])
    if type(n) is not int or n < 1 or not all(0 <= share <= 1 for share in shares):
        raise ValueError
    if not 0 <= log_loss < math.inf:
        raise ValueError
    return Scores(n, shares[0], shares[1:], log_loss)
