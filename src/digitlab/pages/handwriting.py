"""Writing by code: pen strokes of digits, marks and words, side by side on a line, for composed pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitlab.pages.strokes import (
    INK,
    THIN,
    THIN_INK,
    Cover,
    can_be_thin,
    letter_picture,
    stroke,
    thinned,
    trimmed,
    warped,
    without_specks,
)

__all__ = ["Hand", "Mark", "Writing", "indices_by_digit", "line_of", "print_text"]

MNIST_HEIGHT = 20
FEWEST_ROWS = 14
"""Digits wider than high are lower than 20 pixels; none is enlarged as if it were lower than this."""

TRIES = 20

NEAR = 0.5
"""The share of a mark's width by which the next one moves on at least."""


@dataclass(frozen=True, eq=False)
class Mark:
    """Ink of one digit, letter or sign.

    Attributes:
        cover: Its ink, without empty rows and columns around it.
        left: Of its first column, in pixels.
        top: Of its first row, in pixels; the line that it stands on is 0, above is negative.
        digit: 0 to 9; None for anything else.
    """

    cover: Cover
    left: int
    top: int
    digit: int | None = None

    @property
    def right(self) -> int:
        """The column after its last."""
        return self.left + int(self.cover.shape[1])

    def moved(self, right: float, down: float) -> Mark:
        """The same ink elsewhere."""
        return replace(self, left=self.left + round(right), top=self.top + round(down))


@dataclass(frozen=True)
class Writing:
    """Marks side by side.

    Attributes:
        marks: In the order in which they were written; at least one.
    """

    marks: tuple[Mark, ...]

    @property
    def text(self) -> str:
        """Its digits."""
        return "".join(str(mark.digit) for mark in self.marks if mark.digit is not None)

    @property
    def left(self) -> int:
        """Its first column."""
        return min(mark.left for mark in self.marks)

    @property
    def right(self) -> int:
        """The column after its last."""
        return max(mark.right for mark in self.marks)

    def moved(self, right: float, down: float) -> Writing:
        """The same ink elsewhere."""
        return Writing(tuple(mark.moved(right, down) for mark in self.marks))


def indices_by_digit(labels: NDArray[np.integer]) -> tuple[NDArray[np.intp], ...]:
    """For each digit, 0 to 9, the indices of its images: what a `Hand` draws from.

    Args:
        labels: `(n,)`, 0 to 9.
    """
    return tuple(np.flatnonzero(labels == digit) for digit in range(10))


@dataclass(frozen=True, eq=False)
class Hand:
    """One person with one pen: what stays the same on a page.

    Attributes:
        images: `(n, 28, 28)` digits to write with, `uint8`, 0 = paper, 255 = ink.
        by_digit: Indices of the images of each digit, 0 to 9; at least one of each.
        rng: Where the randomness comes from.
        height: Of a digit, in pixels.
        level: Gray level of its ink: black, blue, or a pencil's.
        pen: Width of its strokes, in pixels; 0: as MNIST has them.
        slant: How far the top leans to the right, as a share of the height.
        size: By what share sizes differ.
        wobble: By what share of the height digits stand above or below the line.
        thin: Which images are known to stay what they are in thin strokes, or not to.
    """

    images: NDArray[np.uint8]
    by_digit: tuple[NDArray[np.intp], ...]
    rng: np.random.Generator
    height: float
    level: float = 0.0
    pen: float = 0.0
    slant: float = 0.0
    size: float = 0.05
    wobble: float = 0.02
    thin: dict[int, bool] = field(default_factory=dict)

    def digit(self, digit: int) -> Mark:
        """One digit, standing on the line."""
        image = self._image(digit)
        height = self.height * (1 + self.size * self.rng.uniform(-1, 1))
        cover = self._strokes(image, height, self.slant + self.rng.normal(0, 0.02))
        down = self.wobble * self.height * self.rng.uniform(-1, 1)
        return Mark(cover, 0, round(down) - len(cover), digit)

    def sign(self, sign: str) -> Mark:
        """A point, a comma or a dash."""
        rng, height = self.rng, self.height
        pen = max(self.pen or 0.1 * height, 2.0)
        if sign == ".":
            ends = (0.0, 0.0), (0.4 * pen * rng.random(), 0.3 * pen * rng.random())
            drop = -0.3 * pen
            pen *= rng.uniform(1.0, 1.4)
        elif sign == ",":
            ends = (0.12 * height, 0.0), (0.0, rng.uniform(0.16, 0.24) * height)
            drop = ends[1][1] - 0.04 * height
        else:
            ends = (0.0, 0.0), (rng.uniform(0.25, 0.4) * height, rng.uniform(-0.03, 0.03) * height)
            drop = rng.uniform(-0.55, -0.4) * height
        cover = stroke(ends, pen)
        return Mark(cover, 0, round(drop) - len(cover) // 2)

    def word(self, text: str) -> Writing:
        """A word in separate letters, some of which touch."""
        marks: list[Mark] = []
        for letter in text:
            drawn = warped(letter_picture(letter, 40), self.rng)
            high = 1.0 if letter.isupper() or letter in "bdfhkl" else 0.95 if letter in "gpqyjt" else 0.68
            cover = self._strokes(drawn, self.height * high * self.rng.uniform(0.92, 1.06), self.slant)
            drop = 0.3 * self.height if letter in "gpqyj" else 0.0
            drop += self.wobble * self.height * self.rng.uniform(-1, 1)
            mark = Mark(cover, 0, round(drop) - len(cover))
            gap = self.height * self.rng.uniform(-0.02, 0.12)
            marks.append(_beside(marks[-1], mark, gap) if marks else mark)
        return Writing(tuple(marks))

    def string(self, text: str, gap: Callable[[], float], *, upright: bool = False) -> Writing:
        """Digits side by side, with points, commas and dashes between them.

        Args:
            text: Digits, and `.`, `,`, `-`.
            gap: Pixels between the ink of two neighbors, drawn anew for each pair; below 0 they overlap.
            upright: Whether the gap is between the boxes of neighbors instead of their ink.
        """
        marks: list[Mark] = []
        for letter in text:
            mark = self.digit(int(letter)) if letter.isdigit() else self.sign(letter)
            if not marks:
                marks.append(mark)
            elif upright or mark.digit is None or marks[-1].digit is None:
                apart = max(gap(), 0.08 * self.height)
                marks.append(mark.moved(marks[-1].right + apart - mark.left, 0))
            else:
                marks.append(_beside(marks[-1], mark, gap()))
        return Writing(tuple(marks))

    def _image(self, digit: int) -> NDArray[np.uint8]:
        """A random image of a digit; for a thin pen one that stays this digit when its strokes are thin."""
        for _ in range(TRIES):
            index = int(self.rng.choice(self.by_digit[digit]))
            image = without_specks(self.images[index])
            if not self.pen:
                break
            if index not in self.thin:
                self.thin[index] = can_be_thin(image)
            if self.thin[index]:
                break
        return image

    def _strokes(self, image: NDArray[np.uint8], height: float, slant: float) -> Cover:
        """The ink of a small picture at a height in pixels, with the edges that a pen leaves."""
        left, top, wide, high = cv2.boundingRect((image > 40).view(np.uint8))
        factor = height / max(FEWEST_ROWS, high) if high <= MNIST_HEIGHT else height / high
        scale = max(factor, THIN) if self.pen else factor
        sheared = slant * scale
        pad = 4
        size = (int(scale * wide + abs(sheared) * high) + 2 * pad, int(scale * high) + 2 * pad)
        across = pad - scale * left + sheared * (top + high if slant > 0 else top)
        matrix = np.array([[scale, -sheared, across], [0, scale, pad - scale * top]])
        large = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC).astype(np.float32)
        if self.pen:
            large = thinned(large > THIN_INK, max(self.pen * scale / factor, 1.5))
            small = (max(1, round(size[0] * factor / scale)), max(1, round(size[1] * factor / scale)))
            cover = cast(Cover, cv2.resize(large, small, interpolation=cv2.INTER_AREA))
        else:
            steep = max(1.5 * factor / 1.3, 1.0)
            cover = np.clip((large - 115) / 255 * steep + 0.5, 0, 1).astype(np.float32)
        return trimmed(cover)


def line_of(parts: list[Writing], gaps: list[float], slope: float = 0.0) -> list[Writing]:
    """Puts strings and words on one line, the first at column 0.

    Args:
        parts: From left to right.
        gaps: Pixels between one and the next; one less than the parts.
        slope: By how much the line falls, as a share of the distance.
    """
    placed: list[Writing] = []
    for part, gap in zip(parts, [0.0, *gaps], strict=True):
        start = placed[-1].right + gap if placed else 0
        shifted = part.moved(start - part.left, 0)
        placed.append(Writing(tuple(mark.moved(0, slope * mark.left) for mark in shifted.marks)))
    return placed


def print_text(text: str, height: float) -> Mark:
    """Printed words, standing on the line, in the typeface that comes with Pillow.

    Args:
        text: What to print, in one line.
        height: Of a capital, in pixels.
    """
    font = ImageFont.load_default(height * 1.38)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text, anchor="ls"))
    picture = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(picture).text((1 - left, 1 - top), text, fill=255, font=font, anchor="ls")
    return Mark(np.asarray(picture, np.float32) / np.float32(255), 0, top - 1)


def _beside(previous: Mark, mark: Mark, gap: float) -> Mark:
    """Moves a mark to the right of another so that their ink, where both have some, is `gap` apart."""
    near = 0 if gap < 0 else 3
    first, last = max(previous.top, mark.top) - near, min(_bottom(previous), _bottom(mark)) + near
    ends, starts = _profile(previous, first, last, right=True), _profile(mark, first, last, right=False)
    if near:
        ends = cast(Cover, cv2.dilate(ends, np.ones((2 * near + 1, 1), np.uint8)))
    distance = float((starts - ends).min()) if last > first else np.inf
    if not np.isfinite(distance):
        distance = mark.left - previous.right
    least = previous.left + NEAR * previous.cover.shape[1] - mark.left
    return mark.moved(max(gap - distance, least), 0)


def _bottom(mark: Mark) -> int:
    return mark.top + len(mark.cover)


def _profile(mark: Mark, first: int, last: int, *, right: bool) -> NDArray[np.float32]:
    """For each row the column after the last ink (`right`) or of the first; infinite where there is none."""
    ink = mark.cover > INK
    none = -np.inf if right else np.inf
    width = ink.shape[1]
    columns = width - ink[:, ::-1].argmax(axis=1) if right else ink.argmax(axis=1)
    found = np.where(ink.any(axis=1), mark.left + columns, none).astype(np.float32)
    rows = np.full((max(last - first, 1), 1), none, np.float32)
    low, high = max(first, mark.top), min(last, _bottom(mark))
    if high > low:
        rows[low - first : high - first, 0] = found[low - mark.top : high - mark.top]
    return rows
