"""Digits as people write them in Europe and South America, drawn by code: a 1 with a flag, a 7 with a bar.

MNIST has few of them: its writers are American. Without them, a 1 with a long flag is read as a 7 or a 4.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.data.normalize import normalize_ink

__all__ = ["draw_european"]

SIDE = 112
ONES = 0.65
FINE = 8  # parts of a pixel that points are placed by, as a power of two: 3 bits

Points = list[NDArray[np.float64]]


def draw_european(rng: np.random.Generator) -> tuple[NDArray[np.uint8], int]:
    """Draws a 1 or a 7.

    Args:
        rng: Where the randomness comes from.

    Returns:
        `(28, 28)`, `uint8`, in MNIST's format; and which of the two it is.
    """
    image = np.zeros((SIDE, SIDE), np.uint8)
    width = int(rng.integers(7, 15))
    one = rng.random() < ONES
    for points in _one(rng) if one else _seven(rng):
        shaky = np.array(points) + rng.normal(0, 1.5, (len(points), 2))
        path = np.round(shaky * FINE).astype(np.int32)
        cv2.polylines(image, [path], False, 255, width, cv2.LINE_AA, 3)
    middle = SIDE / 2
    turn = np.vstack([cv2.getRotationMatrix2D((middle, middle), rng.uniform(-6, 6), 1), [0, 0, 1]])
    lean = rng.uniform(-0.35, 0.25)
    shear = np.array([[1, lean, -lean * middle], [0, 1, 0], [0, 0, 1]])
    image = np.asarray(cv2.warpAffine(image, (shear @ turn)[:2], (SIDE, SIDE)), np.uint8)
    soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 3)))
    return normalize_ink(np.asarray(soft, np.uint8)), 1 if one else 7


def _one(rng: np.random.Generator) -> list[Points]:
    """A stem, a flag that rises to its top, and under some a foot."""
    top = np.array([62 + rng.normal(0, 6), 18])
    bottom = np.array([56 + rng.normal(0, 6), 92])
    along = rng.uniform(12, 42)
    flag = top + np.array((-along, min(rng.uniform(0.5, 1.5) * along, 62)))
    bend = (flag + top) / 2 + np.array((rng.normal(0, 2), rng.uniform(-2, 5)))
    strokes = [[flag, bend, top, (top + bottom) / 2 + rng.normal(0, 1, 2), bottom]]
    if rng.random() < 0.4:
        strokes.append(_bar(bottom, float(rng.uniform(8, 24)), rng))
    return strokes


def _seven(rng: np.random.Generator) -> list[Points]:
    """A roof, a stem, before some a serif, under some a hook, and on most a bar through the stem."""
    left = np.array([26 + rng.normal(0, 4), 20 + rng.normal(0, 3)])
    right = np.array([84 + rng.normal(0, 5), 20 + rng.normal(0, 3)])
    bottom = np.array([46 + rng.normal(0, 7), 92])
    bend = (right + bottom) / 2 + np.array((rng.uniform(-7, 4), rng.normal(0, 2)))
    roof = (left + right) / 2 + np.array((0, rng.normal(0, 3)))
    serif = [left + np.array((rng.normal(0, 2), rng.uniform(5, 14)))] if rng.random() < 0.4 else []
    foot = [bottom + np.array((-rng.uniform(4, 14), -rng.uniform(2, 10)))] if rng.random() < 0.2 else []
    strokes = [[*serif, left, roof, right, bend, bottom, *foot]]
    if rng.random() < 0.8:
        low = rng.uniform(0.35, 0.65)
        middle = right + low * (bottom - right) + rng.normal(0, 2, 2)
        strokes.append(_bar(middle, float(rng.uniform(12, 24)), rng))
    return strokes


def _bar(middle: NDArray[np.float64], half: float, rng: np.random.Generator) -> Points:
    """A nearly level stroke."""
    return [middle + np.array((side * half, rng.normal(0, 2.5))) for side in (-1, 1)]
