"""Refusal of non-digits: how many pictures that show no digit does a model not answer?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.arguments import check_arguments
from digitlab.data import Digits
from digitlab.errors import DataError, NoInkError
from digitlab.evaluation import (
    RiskAtCoverage,
    auroc,
    confidence_and_correct,
    risk_at_coverage,
    wilson_interval,
)
from digitlab.reader.inputs import read_pixels
from digitlab.reader.predict import IMAGE_SUFFIXES
from digitlab.runs.evaluate import predict_probabilities
from digitlab.runs.models import Model

__all__ = ["NonDigitKind", "NonDigits", "evaluate_non_digits"]

COVERAGE = 0.98
"""The share of labeled digits that is answered; it sets the threshold of confidence."""
TOTAL = "total"


@dataclass(frozen=True)
class NonDigitKind:
    """Pictures of one kind that show no digit.

    Attributes:
        kind: The name of their sub-folder; `.` for pictures in the folder itself; `total` for all.
        n: Number of pictures.
        no_ink: In how many no ink was found; they are refused.
        refused: How many are refused: those, and those of less confidence than the threshold.
        interval: 95 % interval of the share refused (Wilson).
        auroc: How often a digit has more confidence than such a picture, in [0, 1].
    """

    kind: str
    n: int
    no_ink: int
    refused: int
    interval: tuple[float, float]
    auroc: float

    @property
    def share(self) -> float:
        """Share of the pictures that is refused, in [0, 1]."""
        return self.refused / self.n

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain data for JSON."""
        return {**asdict(self), "interval": list(self.interval), "share": self.share}


@dataclass(frozen=True)
class NonDigits:
    """How a model refuses pictures that show no digit.

    Attributes:
        folder: Where they are.
        digits: Name of the labeled digits.
        answered: These digits at the threshold: as many are answered as reach a coverage of 98 %.
        kinds: One for each sub-folder, by name.
        total: All pictures together.
    """

    folder: str
    digits: str
    answered: RiskAtCoverage
    kinds: tuple[NonDigitKind, ...]
    total: NonDigitKind

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain data for JSON."""
        return {
            "folder": self.folder,
            "digits": self.digits,
            "n_digits": self.answered.n,
            "coverage": self.answered.n_answered / self.answered.n,
            "threshold": self.answered.threshold,
            "kinds": [each.to_dict() for each in self.kinds],
            "total": self.total.to_dict(),
        }


@check_arguments
def evaluate_non_digits(model: Model, folder: str | os.PathLike[str], digits: Digits) -> NonDigits:
    """Evaluates how a model refuses pictures that show no digit.

    Each picture is read as `predict` reads it. Its score is the confidence, the largest digit probability; 0
    where it shows no ink.

    Args:
        model: For example what `digitlab.open` returns; of 28x28 or 20x20 images.
        folder: With picture files of any size, in it or below it. Each of its sub-folders is a kind.
        digits: Labeled digits of the size that the model takes; they set the threshold.

    Raises:
        DataError: If `folder` holds no pictures or one that cannot be read, or the model does not take images
            of the digits' size.
        ModelError: If the model's logits are not finite, or not those of ten digits; or it takes images of
            another size.
    """
    files = _picture_files(Path(folder))
    probabilities, _ = predict_probabilities(model, digits.images, digits.name)
    confidence, correct = confidence_and_correct(probabilities, digits.labels)
    answered = risk_at_coverage(confidence, correct, COVERAGE)
    scores = {kind: _scores(model, paths) for kind, paths in files.items()}

    def summary(kind: str, own: NDArray[np.float64]) -> NonDigitKind:
        inked = np.nan_to_num(own, nan=0.0)
        refused = int((inked < answered.threshold).sum())
        no_ink = int(np.isnan(own).sum())
        interval = wilson_interval(refused, len(own))
        return NonDigitKind(kind, len(own), no_ink, refused, interval, auroc(confidence, inked))

    return NonDigits(
        os.fspath(folder),
        digits.name,
        answered,
        tuple(summary(kind, own) for kind, own in scores.items()),
        summary(TOTAL, np.concatenate(list(scores.values()))),
    )


def _picture_files(folder: Path) -> dict[str, list[Path]]:
    """The picture files by kind, each sorted by name."""
    if not folder.is_dir():
        reason = "it is not a folder" if folder.exists() else "there is no such folder"
        raise DataError(f"cannot read non-digits from {folder}: {reason}", "Give a folder of pictures.")
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file() and not hidden:
            found.setdefault(parts[0] if len(parts) > 1 else ".", []).append(file)
    if not found:
        raise DataError(
            f"{folder} holds no pictures of non-digits", f"Their names end in {', '.join(IMAGE_SUFFIXES)}."
        )
    return dict(sorted(found.items()))


def _scores(model: Model, files: Sequence[Path]) -> NDArray[np.float64]:
    """The confidence for each picture; NaN where it shows no ink."""
    pixels = [_read(file, model.input_shape) for file in files]
    inked = np.array([each is not None for each in pixels])
    scores = np.full(len(files), np.nan)
    if inked.any():
        stack = np.stack([each for each in pixels if each is not None])
        scores[inked] = predict_probabilities(model, stack, "non-digits")[0].max(axis=1)
    return scores


def _read(file: Path, input_shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    """A picture as the model takes it; None if it can be decoded, but shows no ink."""
    try:
        return read_pixels(file, input_shape).pixels
    except NoInkError:
        return None
