"""The skew of a page: by how much its lines fall from left to right, in degrees."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["find_skew"]

MOST = 45.0  # degrees
NOISE = 5.0  # times the usual deviation from the surroundings that ink has
FAINTEST = 18.0  # levels of 255 that it has at least
INK = 0.2  # share of the picture that ink has at most
LONG = 0.12  # of the long side of the picture, that a straight edge has at least
ENOUGH = 2.5  # times the long side that straight edges have together, if they tell the skew
AGREEING = 0.6  # share of their length within 2.5 degrees of it
SPREAD = 0.3  # of the long side, that these edges lie apart
MARKS = 8  # characters that lines of writing have at least, if they tell the skew
SHARPER = 1.2  # times sharper that rows are at the skew than they are without turning, and otherwise
APART = 6.0  # degrees from the skew that another one is apart
MOSTLY = 0.6  # share of all ink that is in characters of about one size
POINTS = 4000  # of ink that are plenty


def find_skew(gray: NDArray[np.uint8]) -> float:
    """The skew that straight edges or lines of writing agree on.

    Args:
        gray: `(height, width)`, a copy of about 500 pixels.

    Returns:
        Degrees in (-45, 45], positive if lines fall from left to right; 0 if it is not sure.
    """
    by_edges = _of_edges(gray)
    return by_edges if by_edges is not None else _of_writing(gray)


def _of_edges(gray: NDArray[np.uint8]) -> float | None:
    """The skew of ruled lines, tables and edges of sheets, which run in two directions at right angles."""
    longest = max(gray.shape)
    edges = cv2.Canny(gray, 40, 120)
    shortest = LONG * longest
    found = cv2.HoughLinesP(edges, 1, np.pi / 360, 40, minLineLength=shortest, maxLineGap=4)
    if found is None:
        return None
    ends = found.reshape(-1, 4).astype(np.float64)
    steps = ends[:, 2:] - ends[:, :2]
    lengths = np.hypot(*steps.T)
    # Edges along the border of the picture tell nothing about what it shows.
    height, width = gray.shape
    inner = (np.minimum(ends[:, [0, 2]], width - 1 - ends[:, [0, 2]]).max(1) > 4) & (
        np.minimum(ends[:, [1, 3]], height - 1 - ends[:, [1, 3]]).max(1) > 4
    )
    steps, lengths = steps[inner], lengths[inner]
    if lengths.sum() < ENOUGH * longest:
        return None
    angles = np.degrees(np.arctan2(steps[:, 1], steps[:, 0]))
    folded = (angles + MOST) % 90
    counts = np.bincount(np.minimum((folded * 2).astype(np.int64), 179), weights=lengths, minlength=180)
    wide = np.convolve(np.pad(counts, 4, mode="wrap"), np.ones(9), "valid")
    at = int(wide.argmax())
    if wide[at] < AGREEING * lengths.sum():
        return None
    apart = (folded - (at + 0.5) / 2 + MOST) % 90 - MOST
    near = np.abs(apart) <= 2.5
    mean = (at + 0.5) / 2 + float(np.average(apart[near], weights=lengths[near]))
    skew = mean % 90 - MOST
    # The two edges of one bold stroke are no lines of a page: those lie apart.
    turn = np.radians(skew)
    level = np.abs((angles - skew + 90) % 180 - 90) < MOST
    middles = ends[inner].reshape(-1, 2, 2).mean(1)
    places = np.where(level, middles @ (-np.sin(turn), np.cos(turn)), middles @ (np.cos(turn), np.sin(turn)))
    families = (places[near & level], places[near & ~level])
    if max(np.ptp(family) if len(family) else 0.0 for family in families) < SPREAD * longest:
        return None
    return float(skew) if skew > -MOST else MOST


def _of_writing(gray: NDArray[np.uint8]) -> float:
    """The skew at which the ink of lines of writing falls into the fewest rows; 0 if it is not sure."""
    ink = _ink(gray)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    heights, widths = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    sizes = np.maximum(heights, widths)
    marks = np.flatnonzero((sizes >= 4) & (sizes <= 0.25 * max(gray.shape)) & (np.arange(count) > 0))
    if len(marks) < MARKS:
        return 0.0
    usual = float(np.median(sizes[marks]))
    marks = marks[(sizes[marks] >= 0.5 * usual) & (sizes[marks] <= 2.5 * usual)]
    areas = stats[:, cv2.CC_STAT_AREA]
    if len(marks) < MARKS or areas[marks].sum() < MOSTLY * areas[1:].sum():
        return 0.0
    chosen = np.zeros(count, np.bool_)
    chosen[marks] = True
    rows, columns = np.nonzero(chosen[labels])
    step = -(-len(rows) // POINTS)
    points = np.stack([columns[::step], rows[::step]], 1).astype(np.float64)
    coarse = np.arange(-MOST + 1, MOST + 0.5, 1.0)
    sharpness = np.array([_sharpness(points, angle, usual) for angle in coarse])
    best = float(coarse[int(sharpness.argmax())])
    rivals = sharpness[np.abs(coarse - best) > APART]
    if sharpness.max() < SHARPER * max(rivals.max(), _sharpness(points, 0.0, usual)):
        return 0.0
    fine = np.arange(best - 1, best + 1.01, 0.25)
    skew = float(fine[int(np.argmax([_sharpness(points, angle, usual) for angle in fine]))])
    # A skew of a line is only sure if the line is much longer than its writing is high.
    turn = np.radians(skew)
    along = points @ (np.cos(turn), np.sin(turn))
    return skew if np.ptp(along) >= 6 * usual else 0.0


def _ink(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where the picture differs from its surroundings: darker or lighter, whichever there is more of."""
    window = max(5, min(gray.shape) // 3) | 1
    apart = gray.astype(np.float32) - cv2.medianBlur(gray, window)
    usual = float(np.median(np.abs(apart)))
    threshold = max(FAINTEST, NOISE * usual)
    dark, light = (apart < -threshold), (apart > threshold)
    ink = dark if np.abs(apart[dark]).sum() >= np.abs(apart[light]).sum() else light
    return ink.astype(np.uint8) if ink.mean() <= INK else np.zeros_like(gray)


def _sharpness(points: NDArray[np.float64], angle: float, height: float) -> float:
    """How unevenly points fall into rows that are turned by an angle, rows being a fifth of a mark high."""
    turn = np.radians(angle)
    across = points @ (-np.sin(turn), np.cos(turn))
    rows = np.round((across - across.min()) / max(1.0, height / 5)).astype(np.int64)
    counts = np.bincount(rows).astype(np.float64)
    return float((counts**2).sum())
