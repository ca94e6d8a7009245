"""`Prediction`: what is said of one image, and the list of several, as notebooks show them."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from digitlab.data.notebook import pixels_html
from digitlab.formatting import MISSING, format_count, format_probability
from digitlab.notebook import cells_html

__all__ = ["Prediction", "Predictions", "Status"]

SHOWN = 50
"""Most predictions that a notebook shows."""
COLUMNS = ("", "image", "digit", "status", "probability", "second")

Status = Literal["sure", "unsure", "no-digit", "several", "error"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Prediction of one image.

    Attributes:
        image: The path of the image, as given.
        status: `sure`: the digit's probability is at least the threshold. `unsure`: it is less; the two
            likeliest digits are named. `no-digit`: it shows none, or no ink at all. `several`: more than one
            separate piece of ink is surely a digit of its own. `error`: it could not be read. None: the model
            has no thresholds, and the digit is the most probable one.
        digit: The most probable digit; None if there is none.
        second: The second most probable digit; None if there is no digit.
        probabilities: Ten, for the digits 0 to 9; they and `no_digit` sum to 1. Empty if there is an error.
        no_digit: Probability that it shows no single digit; 0 from a model that cannot tell.
        n_digits: How many digits it shows: 1, 0 for `no-digit`, or of `several` how many; None if there is no
            status or an error.
        pixels: The network's input: `(28, 28)` or `(20, 20)`, `uint8`, 0 = paper, 255 = ink; or `(0, 0)`.
        error: Why it could not be read, with the remedy; empty if it could.
    """

    image: str
    status: Status | None
    digit: int | None
    second: int | None
    probabilities: tuple[float, ...]
    no_digit: float
    n_digits: int | None
    pixels: NDArray[np.uint8]
    error: str = ""

    def to_dict(self) -> dict[str, object]:
        """What `digitlab predict --json` and the HTTP API say of it: all but the pixels, as plain data."""
        return {
            "image": self.image,
            "digit": self.digit,
            "status": self.status,
            "probabilities": list(self.probabilities) or None,
            "no_digit": None if self.error else self.no_digit,
            "second": self.second,
            "n_digits": self.n_digits,
            "error": self.error or None,
        }

    @property
    def _confidence(self) -> str:
        """The probability of the answer, as text."""
        if self.error or self.status == "several":
            return MISSING
        return format_probability(self.no_digit if self.digit is None else self.probabilities[self.digit], 4)

    def __repr__(self) -> str:
        digit = "" if self.digit is None else f"{self.digit}, "
        said = self.error.replace("\n", " ") if self.error else f"probability {self._confidence}"
        return f"Prediction({Path(self.image).name}: {digit}{self.status or 'no thresholds'}, {said})"

    def _repr_html_(self) -> str:
        return cells_html("", COLUMNS, [self._cells()])

    def _cells(self) -> list[str]:
        """The cells of a row, of which the first is HTML already."""
        picture = pixels_html(self.pixels[None], "what the network sees") if self.pixels.size else ""
        words = (
            Path(self.image).name,
            MISSING if self.digit is None else str(self.digit),
            self.error or self.status or MISSING,
            self._confidence,
            MISSING if self.second is None else str(self.second),
        )
        return [picture, *map(html.escape, words)]


class Predictions(list[Prediction]):
    """Predictions of several images; a notebook shows them as a table."""

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self))}]"

    def _repr_html_(self) -> str:
        rows = [one._cells() for one in self[:SHOWN]]
        more = f", the first {SHOWN} of them" if len(self) > SHOWN else ""
        return cells_html(f"{format_count(len(self), 'image')}{more}", COLUMNS, rows)
