"""Drawings of what was read: the page with boxes, readings, separators and what was left out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitlab.pages.answers import Box, Page, ReadString

__all__ = ["draw_page", "upright_gray"]

LARGEST = 4000
"""Pixels on the long side of a drawing; larger pages are drawn smaller."""
SMALLEST = 1200
"""Smaller pages are enlarged, by a whole factor, so that readings are legible."""
FACTORS = 6
FADED = 0.5
"""How much of the page's contrast is left behind the readings."""

SURE, UNSURE, LEFT_OUT, MARK = (0, 90, 150), (190, 70, 0), (95, 95, 95), (130, 40, 130)
DASHES: dict[tuple[int, int, int], tuple[int, int]] = {UNSURE: (7, 4), LEFT_OUT: (2, 4)}
"""Lengths of dashes and gaps, in line widths; what is sure has solid lines."""
LEGEND = (
    (SURE, "sure"),
    (UNSURE, "not sure"),
    (MARK, "separator"),
    (LEFT_OUT, "left out, and why"),
)


def upright_gray(gray: NDArray[np.uint8], page: Page) -> NDArray[np.uint8]:
    """The page as it was read, turned and straightened.

    Args:
        gray: `(h, w)`, `uint8`: what it was read from.
        page: The answer, with boxes in the pixels of `gray` as it is upright.

    Returns:
        `(page.height, page.width)`, `uint8`, white where `gray` shows nothing.
    """
    matrix = np.array(page.to_upright, np.float64)
    if np.allclose(matrix, np.eye(3)) and gray.shape == (page.height, page.width):
        return gray
    import cv2

    size = page.width, page.height
    warped: Any = cv2.warpPerspective(gray, matrix, size, borderMode=cv2.BORDER_CONSTANT, borderValue=255)
    pixels: NDArray[np.uint8] = warped
    return pixels


def draw_page(gray: NDArray[np.uint8], page: Page) -> Image.Image:
    """Draws boxes and readings on a page.

    What is sure has solid blue boxes, what is not dashed orange ones and a question mark; separators are
    underlined in purple; what was left out has a dotted gray outline and the reason.

    Args:
        gray: `(h, w)`, `uint8`: the upright page in any resolution.
        page: What was read.

    Returns:
        An RGB picture in the page's pixels, reduced to 4,000 a side or enlarged by a whole factor to about
        1,200; with a legend below.
    """
    longest = max(page.width, page.height)
    scale = min(1.0, LARGEST / longest)
    if longest < SMALLEST:
        scale = float(min(FACTORS, -(-SMALLEST // longest)))
    size = max(1, round(page.width * scale)), max(1, round(page.height * scale))
    paper = Image.fromarray(gray).resize(size, Image.Resampling.BILINEAR)
    faded = paper.point([round(255 - (255 - level) * FADED) for level in range(256)]).convert("RGB")
    drawing = _Drawing(faded, scale)
    for one in page.left_out:
        drawing.left_out(one.box, one.reason)
    for string in page.strings:
        drawing.string(string)
    return drawing.with_legend()


class _Drawing:
    def __init__(self, paper: Image.Image, scale: float) -> None:
        self._paper, self._scale = paper, scale
        self._draw = ImageDraw.Draw(paper)
        self._line = max(2, round(max(paper.size) / 900))
        self._small = max(13, round(max(paper.size) / 110))

    def string(self, string: ReadString) -> None:
        for digit in string.digits:
            self._box(digit.box, SURE if digit.status == "sure" else UNSURE, max(1, self._line // 2))
        for mark in string.separators:
            left, _, right, bottom = self._corners(mark.box)
            y = bottom + 2 * self._line
            self._draw.line((left, y, right, y), MARK, 2 * self._line)
        color = SURE if string.status == "sure" else UNSURE
        self._box(string.box, color, self._line, grown=2 * self._line)
        height = float(np.median([digit.box[3] for digit in string.digits])) * self._scale
        size = round(min(max(0.5 * height, self._small), 3 * self._small))
        self._tag(string.box, string.marked, color, size)

    def left_out(self, box: Box, reason: str) -> None:
        self._box(box, LEFT_OUT, self._line)
        left, top, right, _ = self._corners(box)
        font = _font(self._small)
        if font.getlength(reason) <= right - left:  # a speck needs no words
            self._draw.text((left + self._line, top + self._line), reason, LEFT_OUT, font)

    def _corners(self, box: Box, grown: int = 0) -> tuple[int, int, int, int]:
        """Left, top, right and bottom in the drawing."""
        left, top, width, height = box
        ends = left, top, left + width, top + height
        left, top, right, bottom = (round(end * self._scale) for end in ends)
        return left - grown, top - grown, right + grown - 1, bottom + grown - 1

    def _box(self, box: Box, color: tuple[int, int, int], line: int, grown: int = 0) -> None:
        left, top, right, bottom = self._corners(box, grown)
        right, bottom = max(right, left), max(bottom, top)
        for start, end in (
            ((left, top), (right, top)),
            ((right, top), (right, bottom)),
            ((left, bottom), (right, bottom)),
            ((left, top), (left, bottom)),
        ):
            self._side(start, end, color, line)

    def _side(
        self, start: tuple[int, int], end: tuple[int, int], color: tuple[int, int, int], line: int
    ) -> None:
        """A horizontal or vertical line, in the dashes of its color."""
        length = end[0] - start[0] + end[1] - start[1]
        dash, gap = (line * part for part in DASHES.get(color, (length + 1, 0)))
        for first in range(0, length + 1, max(1, dash + gap)):
            last = min(first + dash, length)
            along = (1, 0) if end[0] > start[0] else (0, 1)
            ends = [(start[0] + along[0] * part, start[1] + along[1] * part) for part in (first, last)]
            self._draw.line(ends, color, line)

    def _tag(self, box: Box, text: str, color: tuple[int, int, int], size: int) -> None:
        """A reading, white on its color, above its box or, at the top of the page, below it."""
        font, pad = _font(size), max(2, size // 6)
        left, top, _, bottom = self._corners(box, 2 * self._line)
        inked = font.getbbox(text)
        width, height = round(inked[2] - inked[0]) + 2 * pad, round(inked[3] - inked[1]) + 2 * pad
        left = max(0, min(left - self._line // 2, self._paper.width - width))
        y = top - height if top >= height else bottom + 1
        self._draw.rectangle((left, y, left + width, y + height), color)
        self._draw.text((left + pad - inked[0], y + pad - inked[1]), text, (255, 255, 255), font)

    def with_legend(self) -> Image.Image:
        """The drawing, with what the lines mean below it."""
        font, line = _font(self._small), self._line
        rows, x, y = [], self._small, 0
        sample, height = 3 * self._small, 2 * self._small
        for color, words in LEGEND:
            width = sample + self._small + round(font.getlength(words)) + 2 * self._small
            if x > self._small and x + width > self._paper.width:
                x, y = self._small, y + height
            rows.append((x, y, color, words))
            x += width
        whole = Image.new("RGB", (self._paper.width, self._paper.height + y + height), (255, 255, 255))
        whole.paste(self._paper)
        self._draw = ImageDraw.Draw(whole)
        for x, y, color, words in rows:
            middle = self._paper.height + y + height // 2
            thick = 2 * line if color == MARK else line
            self._side((x, middle), (x + sample, middle), color, thick)
            self._draw.text((x + sample + self._small // 2, middle), words, color, font, anchor="lm")
        return whole


@lru_cache(maxsize=32)
def _font(size: int) -> Any:
    """Pillow's own typeface, so that drawings look the same everywhere."""
    return ImageFont.load_default(size)
