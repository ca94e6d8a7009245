"""Writing by code: pen strokes of digits, marks and words, side by side on a line, for composed pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = ["Cover", "Hand", "Mark", "Writing", "line_of", "print_text"]

Cover = NDArray[np.float32]
"""How much of each pixel ink covers, `(height, width)`, in [0, 1]."""

MNIST_HEIGHT = 20
FEWEST_ROWS = 14
"""Digits wider than high are lower than 20 pixels; none is enlarged as if it were lower than this."""

THIN = 3.0
"""Times MNIST's size in which strokes are made thin."""

INK = 0.5
SPECK = 0.08
"""Parts of a digit smaller than this share of its largest part are left out."""

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

    def digit(self, digit: int) -> Mark:
        """One digit, standing on the line."""
        image = _without_specks(self.images[self.rng.choice(self.by_digit[digit])])
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
        cover = _stroke(ends, pen)
        return Mark(cover, 0, round(drop) - len(cover) // 2)

    def word(self, text: str) -> Writing:
        """A word in separate letters, some of which touch."""
        marks: list[Mark] = []
        for letter in text:
            drawn = _warped(_letter(letter, 40), self.rng)
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
            large = _thinned(large > 110, max(self.pen * scale / factor, 1.5))
            small = (max(1, round(size[0] * factor / scale)), max(1, round(size[1] * factor / scale)))
            cover = cast(Cover, cv2.resize(large, small, interpolation=cv2.INTER_AREA))
        else:
            steep = max(1.5 * factor / 1.3, 1.0)
            cover = np.clip((large - 115) / 255 * steep + 0.5, 0, 1).astype(np.float32)
        return _trimmed(cover)


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


def _thinned(ink: NDArray[np.bool_], width: float) -> NDArray[np.float32]:
    """Strokes of one width along the middle of the ink."""
    smooth = cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 1.5)
    distance = cv2.distanceTransform(1 - _skeleton(smooth > INK), cv2.DIST_L2, 5)
    drawn = np.clip(width / 2 - distance + 0.5, 0, 1).astype(np.float32)
    soft = cv2.GaussianBlur(drawn, (0, 0), max(0.25 * width, 0.8))
    return cast(Cover, np.clip((soft - 0.4) * 0.8 * width + 0.5, 0, 1).astype(np.float32))


def _skeleton(ink: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Lines of one pixel along the middle of the ink, by the thinning of Zhang and Suen (1984)."""
    rest = np.pad(ink, 1)
    changed = True
    while changed:
        changed = False
        for first in (True, False):
            north, south, west, east = rest[:-2, 1:-1], rest[2:, 1:-1], rest[1:-1, :-2], rest[1:-1, 2:]
            ring = (north, rest[:-2, 2:], east, rest[2:, 2:], south, rest[2:, :-2], west, rest[:-2, :-2])
            count = np.sum(ring, axis=0, dtype=np.uint8)
            around = zip(ring, (*ring[1:], ring[0]), strict=True)
            steps = np.sum([~one & after for one, after in around], axis=0)
            open_side = ~(east & south & (north | west)) if first else ~(north & west & (east | south))
            gone = rest[1:-1, 1:-1] & (count >= 2) & (count <= 6) & (steps == 1) & open_side
            if gone.any():
                rest[1:-1, 1:-1] &= ~gone
                changed = True
    return rest[1:-1, 1:-1].astype(np.uint8)


def _without_specks(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A digit without loose specks, which would be points between digits."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((image > 60).view(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    small = 1 + np.flatnonzero(areas < SPECK * areas.max())
    if not len(small):
        return image
    specks = cv2.dilate(np.isin(labels, small).view(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(specks > 0, 0, image).astype(np.uint8)


def _stroke(ends: tuple[tuple[float, float], tuple[float, float]], pen: float) -> Cover:
    """A straight stroke with round ends, from one point to the other."""
    (x0, y0), (x1, y1) = ends
    pad = pen + 2
    left, top = min(x0, x1) - pad, min(y0, y1) - pad
    rows, columns = np.mgrid[0 : int(abs(y1 - y0) + 2 * pad) + 1, 0 : int(abs(x1 - x0) + 2 * pad) + 1]
    x, y = columns + left - x0, rows + top - y0
    across, down = x1 - x0, y1 - y0
    along = np.clip((x * across + y * down) / max(across**2 + down**2, 1e-9), 0, 1)
    distance = np.hypot(x - along * across, y - along * down)
    return _trimmed(np.clip(pen / 2 - distance + 0.5, 0, 1).astype(np.float32))


def _letter(letter: str, size: int) -> NDArray[np.uint8]:
    """A printed letter with room around it, light on black."""
    picture = Image.new("L", (2 * size, 2 * size))
    ImageDraw.Draw(picture).text(
        (size // 2, size // 3), letter, fill=255, font=ImageFont.load_default(float(size))
    )
    return np.asarray(picture)


def _warped(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Bends a printed letter as a hand does: smooth random shifts, and a small turn."""
    side = image.shape[0]
    shifts = rng.normal(0, 1, (2, 5, 5)).astype(np.float32)
    across, down = (cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in shifts)
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    turn, amount = rng.normal(0, 0.06), 0.028 * side
    x = columns + amount * across + turn * (rows - side / 2)
    y = rows + amount * down - turn * (columns - side / 2)
    bent = cv2.remap(image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    return cast(NDArray[np.uint8], bent)


def _trimmed(cover: Cover) -> Cover:
    """Without the rows and columns around it that hold no ink to speak of."""
    left, top, wide, high = cv2.boundingRect((cover > INK).view(np.uint8))
    if not wide:  # fainter than half a pixel everywhere
        return np.ones((1, 1), np.float32)
    # One pixel more keeps the soft edge of the ink.
    return np.pad(cover, 1)[top : top + high + 2, left : left + wide + 2]
