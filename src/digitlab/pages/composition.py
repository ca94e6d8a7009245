"""Pages composed by code from single digits, with what is written on them and where: to measure reading.

`layouts` puts digits on paper, `handwriting` and `strokes` draw them, `camera` makes a scan or a photo of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.data.mnist import mnist
from digitlab.errors import SettingError
from digitlab.pages.answers import Box
from digitlab.pages.camera import Shot, photograph, scan, smooth_noise
from digitlab.pages.handwriting import Hand, Mark, indices_by_digit
from digitlab.pages.layouts import LAYOUTS, Draft
from digitlab.pages.scoring import Truth, upright_boxes
from digitlab.pages.strokes import INK

__all__ = [
    "KINDS",
    "STRENGTHS",
    "STRING_KINDS",
    "Composed",
    "Outline",
    "compose",
    "compose_strings",
    "held_out",
]

KINDS = tuple(LAYOUTS)
"""What is composed, from the easiest to the hardest."""

STRENGTHS = ("light", "medium", "strong")

STRING_KINDS = ("clean", "loose", "boxes", "ruled", "photo", "touching")
"""Kinds of few strings; the others are whole pages."""

HELD_OUT, SEED = 5000, 7

Outline = NDArray[np.float64]
"""Corners of the convex hull of a digit's ink, `(k, 2)`: x and y of pixels, those at the border included."""

SHOTS = (
    Shot(turn=3, tilt=0.006, shade=0.2, shadow=0.2, edge=0.0, blur=0.6, noise=3, quality=80, grain=1.5),
    Shot(turn=6, tilt=0.015, shade=0.4, shadow=0.6, edge=0.25, blur=0.9, noise=6, quality=65, grain=2.5),
    Shot(turn=10, tilt=0.03, shade=0.6, shadow=0.9, edge=0.4, blur=1.3, noise=10, quality=45, grain=4),
)
PAGE_SHOTS = tuple(replace(shot, turn=turn) for shot, turn in zip(SHOTS, (1, 2.5, 5), strict=True))


@dataclass(frozen=True, eq=False)
class Composed:
    """A composed picture and what is written on it.

    Attributes:
        gray: `(height, width)`, `uint8`, 0 = black, 255 = white.
        lines: From top to bottom: the digits of each string, from left to right.
        boxes: Each digit and the box around its ink, in reading order.
        outlines: The same digits' ink as convex hulls, for pictures that are turned upright before reading.
        kind: One of `KINDS`.
        strength: One of `STRENGTHS`.
        cells: Rows and columns of a form or a table whose cells fill the page; None for the rest.
    """

    gray: NDArray[np.uint8]
    lines: tuple[tuple[str, ...], ...]
    boxes: tuple[tuple[int, Box], ...]
    outlines: tuple[Outline, ...]
    kind: str
    strength: str
    cells: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The strings of a line parted by spaces, and the lines by line breaks."""
        return "\n".join(" ".join(strings) for strings in self.lines)

    def truth(self, to_upright: ArrayLike) -> Truth:
        """What is written, with boxes in the upright page that the picture became.

        Args:
            to_upright: `(3, 3)`, see `Page`.
        """
        boxes = upright_boxes(self.outlines, to_upright)
        digits = (digit for digit, _ in self.boxes)
        return Truth(self.lines, tuple(zip(digits, boxes, strict=True)))


def compose(
    kind: str,
    strength: str,
    rng: np.random.Generator,
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
) -> Composed:
    """Composes a picture.

    Args:
        kind: One of `KINDS`.
        strength: One of `STRENGTHS`: how hard it is to read.
        rng: Where the randomness comes from; the same state gives the same bytes.
        images: `(n, 28, 28)` digits in MNIST's format, `uint8`, 0 = paper, 255 = ink.
        labels: `(n,)`, 0 to 9; each of the ten at least once.

    Raises:
        SettingError: If there is no such kind or strength, or a digit is missing from the labels.
    """
    return _Composer(images, labels).compose(kind, strength, rng)


def compose_strings(
    n: int,
    seed: int,
    images: NDArray[np.uint8] | None = None,
    labels: NDArray[np.integer] | None = None,
    kinds: Sequence[str] = STRING_KINDS,
) -> Iterator[Composed]:
    """Composes many pictures, each kind and strength in turn.

    Args:
        n: How many. Picture i of a seed is the same, however many are made.
        seed: Decides them.
        images: As for `compose`; by default the digits that were held out of MNIST's training digits.
        labels: Theirs.
        kinds: Which.

    Raises:
        SettingError: If there is no such kind, or a digit is missing from the labels.
    """
    if images is None or labels is None:
        images, labels = held_out()
    composer = _Composer(images, labels)
    for number in range(n):
        strength = STRENGTHS[number // len(kinds) % len(STRENGTHS)]
        yield composer.compose(kinds[number % len(kinds)], strength, np.random.default_rng((seed, number)))


def held_out() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """MNIST's validation digits: those that the shipped model was not trained on (`random:5000:7`)."""
    digits = mnist("train").split(HELD_OUT, "random", SEED)[1]
    return digits.images, digits.labels


class _Composer:
    """Composes from one set of digits."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> None:
        self.images = images
        self.thin: dict[int, bool] = {}
        self.by_digit = indices_by_digit(labels)
        missing = [str(digit) for digit, own in enumerate(self.by_digit) if not len(own)]
        if missing:
            raise SettingError(
                f"no image of {', '.join(missing)} to compose from", "Give at least one image of each digit."
            )

    def compose(self, kind: str, strength: str, rng: np.random.Generator) -> Composed:
        for name, value, known in (("kind", kind, KINDS), ("strength", strength, STRENGTHS)):
            if value not in known:
                raise SettingError(f"unknown {name} {value!r}", f"Those there are: {', '.join(known)}.")
        level = STRENGTHS.index(strength)
        hand = self._hand(kind, level, rng)
        draft = LAYOUTS[kind](hand, level)
        _write(draft, hand.level, rng)
        marks = [mark for line in draft.lines for string in line for mark in string.marks]
        digits = [mark for mark in marks if mark.digit is not None]
        gray, outlines = _picture(kind, level, draft, [_outline(mark) for mark in digits], rng)
        boxes = [_box(outline, gray.shape) for outline in outlines]
        return Composed(
            gray,
            tuple(tuple(string.text for string in line) for line in draft.lines),
            tuple((int(mark.digit or 0), box) for mark, box in zip(digits, boxes, strict=True)),
            tuple(outlines),
            kind,
            strength,
            draft.cells,
        )

    def _hand(self, kind: str, level: int, rng: np.random.Generator) -> Hand:
        """Somebody's hand: on whole pages it is small."""
        small, large = (24, 44) if kind in ("page", "table") else (24, 90)
        height = float(rng.uniform(small, large))
        ink = float(rng.uniform((0, 10, 20)[level], (60, 95, 130)[level]))
        # Half write as MNIST's people did, with a broad pen; half with a ball pen of 1/20 to 1/9.
        pen = max(1.4, height * rng.uniform(0.05, 0.11)) if rng.random() < 0.5 else 0.0
        slant = float(rng.normal(0, (0.03, 0.06, 0.1)[level]))
        loose = 1.0 if kind in ("loose", "photo", "page") else 0.5
        size, wobble = (0.06, 0.12, 0.2)[level] * loose, (0.03, 0.06, 0.1)[level] * loose
        return Hand(self.images, self.by_digit, rng, height, ink, pen, slant, size, wobble, self.thin)


def _write(draft: Draft, pen_level: float, rng: np.random.Generator) -> None:
    """Puts the ink of strings and words on the sheet; where it crosses something, the darker one shows."""
    sheet = draft.sheet
    pressure = 1 - np.abs(0.06 * smooth_noise(sheet.shape, 25, rng))
    written = [string for line in draft.lines for string in line] + draft.words
    for mark in (mark for writing in written for mark in writing.marks):
        top, left = max(mark.top, 0), max(mark.left, 0)
        cover = mark.cover[top - mark.top :, left - mark.left :]
        part = sheet[top : top + cover.shape[0], left : left + cover.shape[1]]
        cover = cover[: part.shape[0], : part.shape[1]]
        dark = cover * pressure[top : top + part.shape[0], left : left + part.shape[1]]
        np.minimum(part, part * (1 - dark) + pen_level * dark, out=part)


def _outline(mark: Mark) -> Outline:
    points = cv2.findNonZero((mark.cover > INK).view(np.uint8))
    hull = np.asarray(cv2.convexHull(points), np.float64).reshape(-1, 2)
    moved: Outline = hull + np.array([mark.left, mark.top])
    return moved


def _picture(
    kind: str, level: int, draft: Draft, outlines: list[Outline], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], list[Outline]]:
    """The sheet as a scan or a photo, and where the outlines are in it."""
    photo = kind == "photo" or (kind in ("page", "table") and rng.random() < (0.2, 0.5, 0.8)[level])
    if not photo:
        if kind == "clean":
            return scan(draft.sheet, rng, blur=(0.0, 0.4, 0.6)[level]), outlines
        noise, quality = (0.5, 2.0, 4.0)[level], (90, 75, 55)[level]
        return scan(draft.sheet, rng, noise=noise, quality=quality), outlines
    shots = SHOTS if kind == "photo" else PAGE_SHOTS
    gray, matrix = photograph(draft.sheet, shots[level], rng)
    return gray, [cv2.perspectiveTransform(outline[None], matrix)[0] for outline in outlines]


def _box(outline: Outline, shape: tuple[int, ...]) -> Box:
    """The pixels from the first to the last that an outline reaches, inside the picture."""
    height, width = shape
    left, top = (int(edge) for edge in np.rint(outline.min(axis=0)))
    right, bottom = (int(edge) for edge in np.rint(outline.max(axis=0)))
    left, top = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    return left, top, min(right + 1, width) - left, min(bottom + 1, height) - top
