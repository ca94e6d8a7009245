"""Foreground extraction: the ink of a gray image without its paper, noise, ruled lines and specks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.data.background import above_paper, paper_noise, quantile
from digitlab.data.morphology import Grid, closing, components, dilation, inside, resized, smoothed
from digitlab.data.ruled_lines import remove_ruled_lines
from digitlab.errors import NoInkError

__all__ = ["Foreground", "extract_ink", "foreground"]

WORK = 512  # pixels on the long side to work on; larger pictures are averaged down to it
PHOTO = 192  # pixels on the long side from which a picture has noise and ruled lines that show one by one
FAINTEST = 20  # levels of 255 by which ink must differ from paper
NOISE = 5.0  # standard deviations of the paper's noise by which ink must differ from it
LARGE = 0.05  # a component with this share of the largest one's ink may be the digit itself
SPECK = 0.03  # a component with a smaller share of the largest one's ink is a speck
SMALLEST = 0.025  # share of the picture's length that a component has that is no grain of a photo
LONG = 0.08  # a component of this length (share of the picture's) inside may be the digit however light it is
ALONG = 0.97  # share of a side of the picture along which no digit runs, and half of it no flat one
FLAT = 0.3  # share of the picture that what is flat reaches from its side
FRAME = 0.08  # ink of a frame lies so near to its sides (share of its length)
FRAMED = 0.2  # share of a frame's length that what it frames has at least
FRINGE = 5  # pixels of faint edge that a stroke of a large picture keeps


@dataclass(frozen=True, eq=False)
class Foreground:
    """The ink of a picture, in its connected components.

    Attributes:
        ink: `(height, width)`, 0 = paper, 255 = ink; as large as the picture, or reduced to a long side
            of 512.
        labels: `(height, width)`, the number of the component that each pixel belongs to, fringe
            included; 0 in paper, in specks, and in what runs off the picture beside free ink.
        boxes: `(n, 4)`, left, top, width and height of components 1 to n, without fringe.
        masses: `(n,)`, their amounts of ink.
        scale: Pixels of the picture for a pixel of `ink`.
    """

    ink: NDArray[np.uint8]
    labels: NDArray[np.int32]
    boxes: NDArray[np.int64]
    masses: NDArray[np.float64]
    scale: float


def extract_ink(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Extracts the ink of an image: foreground segmentation.

    Args:
        gray: `(height, width)`, dark ink on light paper or light on dark.

    Returns:
        `(h, w)`, 0 = paper, 255 = ink: as large as `gray`, or reduced to a long side of 512.

    Raises:
        NoInkError: If no ink stands out from the paper.
    """
    return foreground(gray).ink


def foreground(gray: NDArray[np.uint8]) -> Foreground:
    """Extracts the ink of an image with its connected components.

    Args:
        gray: `(height, width)`, dark ink on light paper or light on dark.

    Returns:
        The ink and its components.

    Raises:
        NoInkError: If no ink stands out from the paper.
    """
    picture = _reduced(gray)
    ink, brightness = above_paper(picture)
    large = max(ink.shape) > PHOTO
    noise: Grid | np.float32 = paper_noise(_smooth(ink * brightness, large)) / brightness
    smooth = _checked(_smooth(ink, large), noise)
    if large:
        faintest: Grid | np.float32 = np.maximum(3 * noise, 0.1 * smooth.max())
        ink = remove_ruled_lines(ink, faintest)
        smooth = _checked(_smooth(ink, large), noise)
    share = 0.25 if noise.any() else 0.1
    clear = smooth > share * float(smooth.max())
    labels, boxes, masses = _components(smooth, clear)
    full = quantile(ink[clear & (labels > 0)], 0.8)
    ink = np.where((labels > 0) & (smooth > 0), ink, 0)
    bright = np.minimum(ink * (255 / full) + 0.5, 255).astype(np.uint8)
    return Foreground(bright, labels, boxes, masses, max(gray.shape) / max(ink.shape))


def _smooth(ink: Grid, large: bool) -> Grid:
    return smoothed(ink) if large else ink


def _checked(smooth: Grid, noise: Grid | np.float32) -> Grid:
    """Ink without what may be noise."""
    least = NOISE * noise
    ink: Grid = np.where(smooth > least, smooth, 0)
    if ink.max() <= FAINTEST:
        raise _no_ink()
    return ink


def _no_ink() -> NoInkError:
    return NoInkError("no ink found", "Give a picture of one digit that stands out clearly from its paper.")


def _reduced(gray: NDArray[np.uint8]) -> Grid:
    scale = WORK / max(gray.shape)
    picture = gray.astype(np.float32)
    if scale >= 1:
        return picture
    height, width = (max(1, round(side * scale)) for side in gray.shape)
    return resized(picture, height, width)


def _components(
    ink: Grid, clear: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:
    """Labels, boxes and masses of the large connected components of clear ink, with a fringe around them.

    Components that run off the picture (the edge of the table, a neighbor) are no digit if another large
    component lies free inside; a box that is drawn around another component is none, either.

    Raises:
        NoInkError: If there is nothing but specks and what runs along a side of the picture.
    """
    size = FRINGE if max(ink.shape) > PHOTO else 1
    # Gaps of a pixel, from noise and from pens that run dry, part no component.
    solid = closing(clear.astype(np.uint8), 3, 3) if size > 1 else clear.astype(np.uint8)
    labels, boxes = components(solid)
    count = len(boxes)
    if count == 2 and size == 1:
        return _widened(labels, size), boxes[1:], ink.sum(dtype=np.float64, where=clear).reshape(1)
    masses = np.zeros(count)
    masses[:] = np.bincount(labels.reshape(-1), weights=np.where(clear, ink, 0).reshape(-1), minlength=count)
    masses[0] = 0
    if size == FRINGE:
        masses[_surroundings(labels, boxes)] = 0
        masses[boxes[:, 2:].max(1) < SMALLEST * max(ink.shape)] = 0
        if not masses.any():
            raise _no_ink()
    share = masses / masses.max()
    free = inside(boxes, ink.shape)
    digit = share >= SPECK
    long = free & (share > 0) & (boxes[:, 2:].max(1) >= LONG * max(ink.shape))
    if long.any() or share[free].max(initial=0) >= LARGE:
        digit = free & (masses >= SPECK * masses[free].max())
    digit[0] = False
    for frame in np.flatnonzero(digit):
        digit[frame] = not _is_frame(int(frame), labels, boxes, digit)
    numbers = np.zeros(count, np.int32)
    numbers[digit] = np.arange(1, digit.sum() + 1)
    labels = _widened(numbers[labels], size)
    return labels, boxes[digit], masses[digit]


def _surroundings(labels: NDArray[np.int32], boxes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which components are the table beside the paper, or a shadow there: along one side, and flat.

    A digit that is cut out closely may touch much of a side as well, but reaches far from it.
    """
    height, width = labels.shape
    depths = boxes[:, [3, 3, 2, 2]] / (height, height, width, width)
    beside = np.zeros(len(boxes), np.bool_)
    for side, depth in zip((labels[0], labels[-1], labels[:, 0], labels[:, -1]), depths.T, strict=True):
        along = np.bincount(side, minlength=len(boxes)) / len(side)
        beside |= (along >= ALONG) | ((along >= ALONG / 2) & (depth <= FLAT))
    beside[0] = False
    return beside


def _is_frame(
    component: int, labels: NDArray[np.int32], boxes: NDArray[np.int64], digit: NDArray[np.bool_]
) -> bool:
    """Whether a component is a box drawn around another: all its ink lies along the sides of its own."""
    left, top, width, height = (int(value) for value in boxes[component])
    starts, ends = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    inside = (starts > (left, top)).all(1) & (ends < (left + width, top + height)).all(1)
    framed = digit & inside & (boxes[:, 2:].max(1) >= FRAMED * max(width, height))
    if not framed.any():
        return False
    margin = max(2, round(FRAME * max(width, height)))
    whole = labels[top : top + height, left : left + width] == component
    core = whole[margin : height - margin, margin : width - margin]
    return int(core.sum()) < 0.05 * int(whole.sum())


def _widened(labels: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Labels spread by `size` pixels over paper; where two meet, the higher one has it."""
    spread = dilation(labels.astype(np.float32), 2 * size + 1, 2 * size + 1)
    return np.where(labels > 0, labels, spread.astype(np.int32))
