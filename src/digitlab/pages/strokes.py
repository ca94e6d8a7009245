"""Strokes of a pen: small pictures of digits and letters as ink, with the edges that a pen leaves."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = [
    "INK",
    "THIN",
    "THIN_INK",
    "Cover",
    "can_be_thin",
    "letter_picture",
    "stroke",
    "thinned",
    "trimmed",
    "warped",
    "without_specks",
]

Cover = NDArray[np.float32]
"""How much of each pixel ink covers, `(height, width)`, in [0, 1]."""

INK = 0.5
"""The least cover that counts as ink."""

THIN = 3.0
"""Times MNIST's size in which strokes are made thin."""

THIN_INK = 130
"""Gray level from which ink is taken to be that of strokes that are made thin."""

BROADEST = 2.2
"""Half the width of the broadest stroke that is made thin, in pixels of MNIST: broader ones hide loops."""

FARTHEST = 1.5
"""How much farther than that ink may be from the middle of a thin stroke: else its end would be lost."""

SPECK = 0.08
"""Parts of a digit smaller than this share of its largest part are left out."""


def thinned(ink: NDArray[np.bool_], width: float) -> NDArray[np.float32]:
    """Strokes of one width along the middle of the ink."""
    distance = cv2.distanceTransform(1 - _skeleton(ink), cv2.DIST_L2, 5)
    drawn = np.clip(width / 2 - distance + 0.5, 0, 1).astype(np.float32)
    soft = cv2.GaussianBlur(drawn, (0, 0), max(0.25 * width, 0.8))
    return cast(Cover, np.clip((soft - 0.4) * 0.8 * width + 0.5, 0, 1).astype(np.float32))


def can_be_thin(image: NDArray[np.uint8]) -> bool:
    """Whether a digit keeps its loops, and the ends of its strokes, when these become thin."""
    large = cv2.resize(np.pad(image, 1), None, fx=THIN, fy=THIN, interpolation=cv2.INTER_CUBIC)
    faint, full = ((large > level).view(np.uint8) for level in (50, THIN_INK))
    radius = float(cv2.distanceTransform(faint, cv2.DIST_L2, 5).max())
    if radius > BROADEST * THIN:
        return False
    middle = _skeleton(full > 0)
    pieces = [cv2.connectedComponents(mask)[0] for mask in (faint, full, middle)]
    holes = [cv2.connectedComponents(1 - mask, connectivity=4)[0] for mask in (faint, full, middle)]
    if len(set(pieces)) > 1 or len(set(holes)) > 1:
        return False
    far = cv2.distanceTransform(1 - middle, cv2.DIST_L2, 5)
    return float(far[faint > 0].max()) <= radius + FARTHEST * THIN


def _skeleton(ink: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Lines of one pixel along the middle of the ink, by the thinning of Zhang and Suen (1984)."""
    rest = np.pad(cv2.GaussianBlur(ink.astype(np.float32), (0, 0), 1.0) > INK, 1)
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


def without_specks(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A digit without loose specks, which would be points between digits."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((image > 60).view(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    small = 1 + np.flatnonzero(areas < SPECK * areas.max())
    if not len(small):
        return image
    specks = cv2.dilate(np.isin(labels, small).view(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(specks > 0, 0, image).astype(np.uint8)


def stroke(ends: tuple[tuple[float, float], tuple[float, float]], pen: float) -> Cover:
    """A straight stroke with round ends, from one point to the other."""
    (x0, y0), (x1, y1) = ends
    pad = pen + 2
    left, top = min(x0, x1) - pad, min(y0, y1) - pad
    rows, columns = np.mgrid[0 : int(abs(y1 - y0) + 2 * pad) + 1, 0 : int(abs(x1 - x0) + 2 * pad) + 1]
    x, y = columns + left - x0, rows + top - y0
    across, down = x1 - x0, y1 - y0
    along = np.clip((x * across + y * down) / max(across**2 + down**2, 1e-9), 0, 1)
    distance = np.hypot(x - along * across, y - along * down)
    return trimmed(np.clip(pen / 2 - distance + 0.5, 0, 1).astype(np.float32))


def letter_picture(letter: str, size: int) -> NDArray[np.uint8]:
    """A printed letter with room around it, light on black."""
    picture = Image.new("L", (2 * size, 2 * size))
    ImageDraw.Draw(picture).text(
        (size // 2, size // 3), letter, fill=255, font=ImageFont.load_default(float(size))
    )
    return np.asarray(picture)


def warped(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
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


def trimmed(cover: Cover) -> Cover:
    """Without the rows and columns around it that hold no ink to speak of."""
    left, top, wide, high = cv2.boundingRect((cover > INK).view(np.uint8))
    if not wide:  # fainter than half a pixel everywhere
        return np.ones((1, 1), np.float32)
    # One pixel more keeps the soft edge of the ink.
    return np.pad(cover, 1)[top : top + high + 2, left : left + wide + 2]
