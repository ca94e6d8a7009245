"""A photographed page upright: one sheet on a table made a rectangle again, and skew taken out.

Nothing is changed where it is not sure what to change: a wrong turn costs more than a small skew, which the
reading of lines copes with.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from digitlab.pages.sheet_outline import Numbers, find_outline
from digitlab.pages.skew import find_skew

__all__ = ["Upright", "upright"]

COPY = 512  # pixels of the long side of the copy on which the sheet and its skew are looked for
INSET = 0.006  # of a sheet's sides, that is left out along its edges
LEAST = 3.0  # degrees of skew from which a page is turned
SMALLEST = 64  # pixels of the short side of a picture that may show a page
LARGEST = 3000  # pixels of a side of the upright page

Gray = NDArray[np.uint8]


class Upright(NamedTuple):
    """A page upright.

    Attributes:
        gray: `(height, width)`, the page; what the camera did not see has the level of the paper nearby.
        matrix: `(3, 3)`, takes (x, y, 1) in pixels of the given picture to those of the page, up to a factor.
        sheet: Whether the page is one sheet, cut out of its surroundings.
    """

    gray: Gray
    matrix: Numbers
    sheet: bool


def upright(gray: Gray) -> Upright:
    """The page that a picture shows.

    If one sheet with four straight sides stands out from what lies around it and takes up much of the
    picture, the page is that sheet, as a rectangle. Else, if lines of writing, ruled lines or edges agree on
    a skew of more than about 3 and up to 45 degrees, the page is the picture turned by it. Else it is the
    picture.

    Args:
        gray: `(height, width)`, upright by its EXIF orientation.
    """
    unchanged = Upright(gray, np.eye(3), False)
    if min(gray.shape) < SMALLEST:
        return unchanged
    scale = min(1.0, COPY / max(gray.shape))
    height, width = (max(1, round(side * scale)) for side in gray.shape)
    small = cast(Gray, cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA))
    outline = find_outline(small)
    if outline is not None:
        return _flat(gray, (outline + 0.5) * (gray.shape[1] / width, gray.shape[0] / height) - 0.5)
    skew = find_skew(small)
    return unchanged if abs(skew) < LEAST else _turned(gray, small, skew)


def _flat(gray: Gray, corners: Numbers) -> Upright:
    """A sheet as a rectangle.

    Args:
        gray: The picture.
        corners: `(4, 2)`, of the sheet, as (x, y): upper left, upper right, lower right, lower left.
    """
    sides = np.hypot(*(np.roll(corners, -1, 0) - corners).T)
    # The shape of the sheet lies between those of its near and its far sides; no detail gets lost.
    mean = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    grow = max(sides[0] / mean[0], sides[2] / mean[0], sides[1] / mean[1], sides[3] / mean[1])
    grow = min(grow, LARGEST / max(mean))
    width, height = (max(2, round(side * grow)) for side in mean)
    left, top = -INSET * width, -INSET * height
    right, bottom = width - 1 - left, height - 1 - top
    target = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target.astype(np.float32))
    page = cv2.warpPerspective(
        gray, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return Upright(cast(Gray, page), np.asarray(matrix, np.float64), True)


def _turned(gray: Gray, small: Gray, skew: float) -> Upright:
    """The picture turned against its skew.

    Args:
        gray: The picture.
        small: A smaller copy.
        skew: In degrees, positive if lines fall from left to right.
    """
    height, width = gray.shape
    cosine, sine = np.cos(np.radians(skew)), np.sin(np.radians(skew))
    turn = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
    corners = (
        np.array([[0, 0, 1], [width - 1, 0, 1], [width - 1, height - 1, 1], [0, height - 1, 1]]) @ turn.T
    )
    low, high = corners.min(0)[:2], corners.max(0)[:2]
    turn[:2, 2] = -low
    size = tuple(int(value) + 1 for value in np.ceil(high - low))
    page = cv2.warpAffine(gray, turn[:2], size, flags=cv2.INTER_LINEAR, borderValue=0)
    seen = cv2.warpAffine(np.full_like(gray, 255), turn[:2], size, flags=cv2.INTER_NEAREST, borderValue=0)
    # Around the picture, its paper goes on: without strokes, which would be drawn out to streaks.
    paper = cv2.medianBlur(small, 2 * (min(small.shape) // 16) + 3)
    ratio = np.diag([width / small.shape[1], height / small.shape[0], 1.0])
    around = cv2.warpAffine(
        paper, (turn @ ratio)[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    # A pixel of the border is mixed with nothing.
    inner = cv2.erode(seen, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    return Upright(np.where(inner, page, around).astype(np.uint8), turn, False)
