"""What reading a page gives: strings of digits with boxes and probabilities, and what was left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from digitlab.formatting import MISSING, format_count, format_probability
from digitlab.notebook import shortened, table_html

__all__ = [
    "Box",
    "LeftOut",
    "Line",
    "Page",
    "Pages",
    "ReadDigit",
    "ReadString",
    "Separator",
    "Status",
    "around",
]

Box = tuple[int, int, int, int]
"""Left, top, width and height, in pixels of the upright page."""

Status = Literal["sure", "unsure"]

SHOWN = 50
"""Most strings of a page that a notebook shows."""
PAGES_SHOWN = 10
"""Most pages that a notebook shows."""


@dataclass(frozen=True)
class ReadDigit:
    """One digit of a string.

    Attributes:
        digit: 0 to 9.
        probability: That the picture shows this digit in this box, in [0, 1].
        status: `sure` if the probability reaches the threshold of `max_error`, else `unsure`.
        second: The second most probable digit.
        box: Where it is.
    """

    digit: int
    probability: float
    status: Status
    second: int
    box: Box

    def to_dict(self) -> dict[str, Any]:
        """The digit as plain data for JSON."""
        return {
            "digit": self.digit,
            "probability": self.probability,
            "status": self.status,
            "second": self.second,
            "box": list(self.box),
        }


@dataclass(frozen=True)
class Separator:
    """A mark between the digits of a string that is no digit.

    Attributes:
        text: What it looks like: `.`, `,`, `-`, `/`, `:`; `?` for another mark. With a pattern, what stands
            there in that.
        box: Where it is. One of a pattern that was not seen lies between its neighbors.
        after: How many digits of the string stand before it.
    """

    text: str
    box: Box
    after: int

    def to_dict(self) -> dict[str, Any]:
        """The separator as plain data for JSON."""
        return {"text": self.text, "box": list(self.box), "after": self.after}


@dataclass(frozen=True)
class ReadString:
    """A number: digits side by side.

    Attributes:
        digits: From left to right; at least one.
        probability: That all digits are right and none is missing, in [0, 1].
        status: `sure` if the probability reaches the threshold of `max_error`, else `unsure`.
        second: The second most probable reading; None if there is no other.
        second_probability: Its probability, in [0, 1]; 0 if there is none.
        separators: Marks between the digits, from left to right.
        cell: Row and column of the cell of a form that it stands in, from 0; None outside a form.
    """

    digits: tuple[ReadDigit, ...]
    probability: float
    status: Status
    second: str | None = None
    second_probability: float = 0.0
    separators: tuple[Separator, ...] = ()
    cell: tuple[int, int] | None = None

    def __repr__(self) -> str:
        return (
            f"ReadString({self.written!r}, {self.status}, probability {format_probability(self.probability)})"
        )

    @property
    def text(self) -> str:
        """The digits."""
        return "".join(str(one.digit) for one in self.digits)

    @property
    def written(self) -> str:
        """The digits with the separators between them, as `12.50`."""
        parts = []
        for number in range(len(self.digits) + 1):
            parts += [mark.text for mark in self.separators if mark.after == number]
            parts += [str(one.digit) for one in self.digits[number : number + 1]]
        return "".join(parts)

    @property
    def marked(self) -> str:
        """What is written, with `?` behind it if it is unsure; what is no known mark is a space here."""
        return self.written.replace("?", " ") + ("" if self.status == "sure" else "?")

    @property
    def box(self) -> Box:
        """The box around its digits."""
        return around([one.box for one in self.digits])

    def with_boxes(self, own: Callable[[Box], Box]) -> ReadString:
        """The same with other boxes, see `Page.with_boxes`."""
        digits = tuple(replace(digit, box=own(digit.box)) for digit in self.digits)
        marks = tuple(replace(mark, box=own(mark.box)) for mark in self.separators)
        return replace(self, digits=digits, separators=marks)

    def to_dict(self) -> dict[str, Any]:
        """The string as plain data for JSON."""
        return {
            "text": self.text,
            "written": self.written,
            "probability": self.probability,
            "status": self.status,
            "box": list(self.box),
            "second": self.second,
            "second_probability": self.second_probability,
            "digits": [one.to_dict() for one in self.digits],
            "separators": [one.to_dict() for one in self.separators],
            "cell": None if self.cell is None else list(self.cell),
        }


@dataclass(frozen=True)
class Line:
    """Strings side by side, from left to right; at least one."""

    strings: tuple[ReadString, ...]

    def __repr__(self) -> str:
        return f"Line({' '.join(string.marked for string in self.strings)})"


@dataclass(frozen=True)
class LeftOut:
    """Something on the page that is not read.

    Attributes:
        box: Where it is.
        reason: Why, in words: `too small`, `a word`, `a drawing`, `crossed out`, `runs off the page`...
    """

    box: Box
    reason: str


@dataclass(frozen=True)
class Page:
    """A page that has been read.

    Attributes:
        image: The name of the file, as given; `array` for pixels.
        page: Number of the page in its file, from 1.
        width: Of the upright page, in pixels.
        height: Of the upright page, in pixels.
        seconds: How long it took to read.
        lines: From top to bottom, columns one after another; none if there is nothing to read.
        left_out: What was seen and not read, from top to bottom.
        to_upright: 3 x 3 matrix, by rows: takes (x, y, 1) in pixels of the picture, as its file holds them
            upright by its EXIF orientation, to the upright page. The identity where nothing was turned.
    """

    image: str
    page: int
    width: int
    height: int
    seconds: float
    lines: tuple[Line, ...]
    left_out: tuple[LeftOut, ...] = ()
    to_upright: tuple[tuple[float, ...], ...] = field(
        default=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    )

    def __repr__(self) -> str:
        return f"Page({self._heading()})"

    def _heading(self) -> str:
        n_sure = sum(string.status == "sure" for string in self.strings)
        count = format_count(len(self.strings), "string")
        return f"{Path(self.image).name}, page {self.page}: {count}, {n_sure:,} of them sure"

    def _repr_html_(self) -> str:
        rows = [
            [
                str(number),
                string.written,
                string.status,
                format_probability(string.probability),
                string.second or MISSING,
            ]
            for number, line in enumerate(self.lines, 1)
            for string in line.strings
        ]
        columns = ("line", "string", "status", "probability", "second reading")
        return table_html(self._heading(), columns, shortened(rows, SHOWN))

    @property
    def strings(self) -> list[ReadString]:
        """All strings, in reading order."""
        return [string for line in self.lines for string in line.strings]

    @property
    def text(self) -> str:
        """The strings of a line parted by spaces, and the lines by line breaks."""
        return "\n".join(" ".join(string.text for string in line.strings) for line in self.lines)

    def with_boxes(self, own: Callable[[Box], Box]) -> Page:
        """The same page with other boxes: of digits, of separators, and of what was left out.

        Args:
            own: Gives the box in place of one.
        """
        lines = tuple(Line(tuple(string.with_boxes(own) for string in line.strings)) for line in self.lines)
        left_out = tuple(replace(one, box=own(one.box)) for one in self.left_out)
        return replace(self, lines=lines, left_out=left_out)

    def to_dict(self) -> dict[str, Any]:
        """The page as plain data for JSON."""
        return {
            "image": self.image,
            "page": self.page,
            "width": self.width,
            "height": self.height,
            "seconds": self.seconds,
            "lines": [{"strings": [string.to_dict() for string in line.strings]} for line in self.lines],
            "separators": [mark.to_dict() for string in self.strings for mark in string.separators],
            "left_out": [{"box": list(one.box), "reason": one.reason} for one in self.left_out],
            "to_upright": [list(row) for row in self.to_upright],
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Page:
        """The page that `to_dict` has made plain data."""
        fields = ("image", "page", "width", "height", "seconds")
        return cls(
            **{name: plain[name] for name in fields},
            lines=tuple(Line(tuple(map(_string, line["strings"]))) for line in plain["lines"]),
            left_out=tuple(LeftOut(_box(one), one["reason"]) for one in plain["left_out"]),
            to_upright=tuple(tuple(row) for row in plain["to_upright"]),
        )


class Pages(list[Page]):
    """Pages that have been read; a notebook shows them as tables."""

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self))}]"

    def _repr_html_(self) -> str:
        more = f"<div>… {len(self) - PAGES_SHOWN:,} more pages</div>" if len(self) > PAGES_SHOWN else ""
        return f"<div>{''.join(page._repr_html_() for page in self[:PAGES_SHOWN])}{more}</div>"


def _string(plain: dict[str, Any]) -> ReadString:
    fields = ("probability", "status", "second", "second_probability")
    digit_fields = ("digit", "probability", "status", "second")
    return ReadString(
        **{name: plain[name] for name in fields},
        digits=tuple(
            ReadDigit(**{name: one[name] for name in digit_fields}, box=_box(one)) for one in plain["digits"]
        ),
        separators=tuple(Separator(one["text"], _box(one), one["after"]) for one in plain["separators"]),
        cell=None if plain["cell"] is None else (plain["cell"][0], plain["cell"][1]),
    )


def _box(plain: dict[str, Any]) -> Box:
    left, top, width, height = plain["box"]
    return left, top, width, height


def around(boxes: list[Box]) -> Box:
    """The box around several boxes, at least one."""
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
