"""Options of reading: what the reader of a page is told about it beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digitlab.decisions import check_max_error
from digitlab.errors import SettingError

__all__ = ["MAX_ERROR", "SEPARATORS", "ReadOptions", "parse_cells", "parse_options", "parse_region"]

MAX_ERROR = 0.02
"""The share of wrong strings that those that are `sure` may have, unless another is asked for."""

SEPARATORS = ".,-/:"
"""Marks that a pattern may hold beside `d` for a digit."""

LONGEST = 100


@dataclass(frozen=True)
class ReadOptions:
    """What is known about a page beforehand. It steers the search for the most probable reading.

    Attributes:
        length: How many digits each string has; None: any number.
        count: How many strings the page holds; of more, the most probable ones are read. None: any number.
        pattern: What each string looks like: `d` for a digit, and `.`, `,`, `-`, `/`, `:` for themselves, as
            in `dd.dd.dddd`; None: any.
        cells: Rows and columns of a form with boxes, each holding one digit or nothing; `auto`: as many as
            its lines show, each holding a string or nothing; None: no form.
        region: Left, top, width and height of the part of the upright page to read, in pixels; None: all.
        max_error: The share of wrong strings that those that are `sure` may have, in (0, 1); that of digits
            alike.

    Raises:
        SettingError: If a value is out of range, or two contradict each other.
    """

    length: int | None = None
    count: int | None = None
    pattern: str | None = None
    cells: tuple[int, int] | str | None = None
    region: tuple[int, int, int, int] | None = None
    max_error: float = MAX_ERROR

    def __post_init__(self) -> None:
        for name, value, most in (("length", self.length, LONGEST), ("count", self.count, 10_000)):
            if value is not None and not (type(value) is int and 1 <= value <= most):
                raise SettingError(f"a {name} of {value!r}", f"Give a whole number from 1 to {most:,}.")
        check_max_error(self.max_error)
        self._check_pattern()
        self._check_cells()
        if self.region is not None:
            numbers = isinstance(self.region, tuple) and all(type(one) is int for one in self.region)
            if not numbers or len(self.region) != 4 or min(self.region[:2]) < 0 or min(self.region[2:]) < 1:
                raise SettingError(
                    f"a region of {self.region!r}",
                    "Give left, top, width and height in pixels: 10,20,300,80.",
                )

    @property
    def digits(self) -> int | None:
        """How many digits each string has, by its length or its pattern."""
        return self.length if self.pattern is None else self.pattern.count("d")

    def _check_pattern(self) -> None:
        if self.pattern is None:
            return
        if not isinstance(self.pattern, str) or not re.fullmatch(
            f"[d{re.escape(SEPARATORS)}]+", self.pattern
        ):
            raise SettingError(
                f"a pattern of {self.pattern!r}",
                f"Write d for a digit and {' '.join(SEPARATORS)} for themselves: dd.dd.dddd.",
            )
        digits = self.pattern.count("d")
        if not 1 <= digits <= LONGEST:
            raise SettingError(
                f"a pattern of {digits} digits: {self.pattern!r}", f"Give a pattern of 1 to {LONGEST} digits."
            )
        if self.length is not None and self.length != digits:
            raise SettingError(
                f"length {self.length} contradicts pattern {self.pattern!r}, which has {digits} digits",
                "Give one of them.",
            )

    def _check_cells(self) -> None:
        if self.cells is None or self.cells == "auto":
            return
        two = isinstance(self.cells, tuple) and len(self.cells) == 2
        if not two or not all(type(one) is int and 1 <= one <= 200 for one in self.cells):
            raise SettingError(
                f"cells of {self.cells!r}", "Give rows and columns, each from 1 to 200, as 9x9; or auto."
            )
        if (self.digits or 1) != 1:
            raise SettingError(
                f"cells of one digit contradict strings of {self.digits} digits",
                "Leave length and pattern out, or give cells auto.",
            )


def parse_options(
    length: int | None,
    count: int | None,
    pattern: str | None,
    cells: str | None,
    region: str | None,
    max_error: float | None,
) -> ReadOptions:
    """Options as they are written on a command line or in a URL; None: what `ReadOptions` has by itself.

    Args:
        length: See `ReadOptions`.
        count: See `ReadOptions`.
        pattern: See `ReadOptions`.
        cells: Rows x columns, as `9x9`, or `auto`.
        region: Left, top, width and height, as `10,20,300,80`.
        max_error: See `ReadOptions`.

    Raises:
        SettingError: If one is written otherwise, out of range, or contradicts another.
    """
    return ReadOptions(
        length=length,
        count=count,
        pattern=pattern,
        cells=None if cells is None else parse_cells(cells),
        region=None if region is None else parse_region(region),
        max_error=MAX_ERROR if max_error is None else max_error,
    )


def parse_cells(text: str) -> tuple[int, int] | str:
    """Rows and columns from `9x9`, or `auto`.

    Raises:
        SettingError: If it is neither.
    """
    if text == "auto":
        return text
    found = re.fullmatch(r"(\d{1,4})[x×X](\d{1,4})", text)
    if found is None:
        raise SettingError(f"cells {text!r}", "Give rows x columns, as 9x9; or auto.")
    return int(found[1]), int(found[2])


def parse_region(text: str) -> tuple[int, int, int, int]:
    """Left, top, width and height from `10,20,300,80`.

    Raises:
        SettingError: If it is anything else.
    """
    found = re.fullmatch(r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})", text)
    if found is None:
        raise SettingError(f"region {text!r}", "Give left, top, width and height in pixels: 10,20,300,80.")
    left, top, width, height = (int(one) for one in found.groups())
    return left, top, width, height
