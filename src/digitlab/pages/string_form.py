"""The form of strings: how many digits each has, or a pattern of digits and separators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digitlab.pages.options import ReadOptions

if TYPE_CHECKING:
    from digitlab.pages.lattice import Weights

__all__ = ["Form", "form_of"]

NARROW = 0.5  # heights of a digit that lie between two strings at least
WIDE = 0.8  # heights of a digit that lie between two digits of a string at most


@dataclass(frozen=True)
class Form:
    """What each string looks like.

    Attributes:
        pattern: `d` for a digit, anything else for a separator.
        single: Whether a row holds one string at most, as a cell does.
    """

    pattern: str
    single: bool = False

    @property
    def length(self) -> int:
        """How many digits and separators a string has."""
        return len(self.pattern)

    @property
    def separated(self) -> bool:
        """Whether it holds separators; if not, they may be anywhere."""
        return self.pattern.strip("d") != ""

    def steps(
        self, place: int, string: int, digit: bool, gap: float, weights: Weights
    ) -> list[tuple[int, float, int]]:
        """Where reading a digit or a mark leads from a place in the pattern.

        Args:
            place: How much of the pattern has been read, from 0 to `length`.
            string: Number of the string.
            digit: Whether a digit is read, or else a mark.
            gap: White space before it, in heights of a digit.
            weights: How much counts what.

        Returns:
            Each possible place, what it adds to the score, and the number of the string; none if the
            pattern allows none.
        """
        inside = 0 < place < self.length
        spread = -weights.gap * max(0.0, gap - WIDE) if inside else 0.0
        if not digit:
            steps = [(place, spread, string)]
            if inside and self.pattern[place] != "d":
                steps.append((place + 1, spread + weights.missing, string))
            return steps
        if place == self.length:
            if self.single:
                return []
            spread = -weights.gap * max(0.0, NARROW - gap)
            place, string = 0, string + 1
        after, missing = place, 0
        while self.pattern[after] != "d":
            after, missing = after + 1, missing + 1
            if after == self.length:
                return []
        end = after + 1
        while end < self.length and "d" not in self.pattern[end:]:
            end += 1  # separators at the end need not be there
        return [(end, spread - weights.missing * missing, string)]


def form_of(options: ReadOptions) -> Form | None:
    """The form that options ask for; None if they ask for none."""
    if options.pattern is not None:
        return Form(options.pattern)
    return None if options.length is None else Form("d" * options.length)
