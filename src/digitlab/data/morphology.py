"""Operations of OpenCV on gray images and masks, with the types of NumPy.

Each imports it when it is called: that takes 0.02 s, which `digitlab --help` need not spend.
"""

from __future__ import annotations

from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Grid",
    "Mask",
    "closing",
    "components",
    "depth",
    "dilation",
    "inside",
    "opening",
    "resized",
    "smoothed",
]

SMALL = 4096  # pixels of a mask that is small
FEW = 8  # components that are filled one by one

Grid = NDArray[np.float32]
Mask = NDArray[np.uint8]
Pixels = TypeVar("Pixels", Grid, Mask)


def closing(image: Pixels, height: int, width: int) -> Pixels:
    """Fills what is dark and narrower than a box; beyond the border the image goes on as at its edge."""
    return cast(Pixels, _apply(image, "MORPH_CLOSE", height, width))


def opening(image: Pixels, height: int, width: int) -> Pixels:
    """Takes away what is light and narrower than a box."""
    return cast(Pixels, _apply(image, "MORPH_OPEN", height, width))


def dilation(image: Pixels, height: int, width: int) -> Pixels:
    """The highest value in a box around each pixel."""
    return cast(Pixels, _apply(image, "MORPH_DILATE", height, width))


def _apply(image: Grid | Mask, operation: str, height: int, width: int) -> object:
    import cv2

    box = np.ones((height, width), np.uint8)
    return cv2.morphologyEx(image, getattr(cv2, operation), box, borderType=cv2.BORDER_REPLICATE)


def smoothed(image: Grid) -> Grid:
    """Averages each pixel with its neighbors, (1 2 1) / 4 down and across."""
    import cv2

    return cast(Grid, cv2.GaussianBlur(image, (3, 3), 0))


def resized(image: Grid, height: int, width: int) -> Grid:
    """The image in another size: by area going down, bilinear going up."""
    import cv2

    smaller = height < image.shape[0]
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cast(Grid, cv2.resize(image, (width, height), interpolation=method))


def bounding_box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is true."""
    import cv2

    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return left, top, width, height


def center_of_mass(image: NDArray[np.uint8]) -> tuple[float, float]:
    """Row and column of the center of mass of an image that is not all 0."""
    import cv2

    moments = cv2.moments(image)
    return moments["m01"] / moments["m00"], moments["m10"] / moments["m00"]


def depth(mask: Mask) -> float:
    """The largest distance of a pixel of the mask from its edge, in pixels; the border is no edge."""
    import cv2

    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())


def components(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Connected components of 8 neighbors.

    Returns:
        The number of each pixel's component, `(height, width)`, 0 outside the mask; and left, top, width and
        height of each, `(1 + n, 4)`, row 0 being that of what is outside.
    """
    import cv2

    if mask.size <= SMALL:
        few = _few_components(mask)
        if few is not None:
            return few
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return cast(NDArray[np.int32], labels), np.asarray(stats[:, :4], np.int64)


def _few_components(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]] | None:
    """The same for a small mask of a few components, by flood filling; None if there are more.

    OpenCV's own search shares even 28 rows among its threads: twice the processor time for all of reading.
    """
    import cv2

    filled = (mask > 0).astype(np.uint8)
    height, width = filled.shape
    boxes = [(0, 0, width, height)]
    left = int(np.count_nonzero(filled))
    while left and len(boxes) <= FEW:
        seed = int((filled == 1).argmax())
        point = seed % width, seed // width
        area, _, _, (x, y, wide, high) = cv2.floodFill(filled, None, point, len(boxes) + 1, flags=8)
        boxes.append((x, y, wide, high))
        left -= area
    if left:
        return None
    labels = np.maximum(filled, 1).astype(np.int32) - 1
    return labels, np.array(boxes, np.int64)


def inside(boxes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which components, by their boxes, touch no border of an image of that shape."""
    ends = boxes[:, :2] + boxes[:, 2:]
    between = (boxes[:, :2] > 0) & (ends < np.array(shape[::-1]))
    return np.asarray(between.all(axis=1))
