"""Non-digits: pictures that show no digit, made by code from training digits and by drawing.

A network with a no-digit output learns from them what it must not read. All are of MNIST's size, light on
black. What looks like a digit in somebody's hand is left out: halves and mirror images of digits that give
another digit or the same, circles, upright lines, and the letters O o I i L l S s Z z B G g J j q b y.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digitlab.training.drawing import (
    BOX,
    CANVAS,
    SIDE,
    Pixels,
    canvas,
    draw_line,
    draw_width,
    fit_to_box,
    reduce_drawing,
    smooth_curve,
    smooth_noise,
    to_bytes,
    trim,
    write_text,
)

__all__ = ["make_non_digits"]

LETTERS = "ACDEFHKMNPQRTUVWXYacdefhkmnprtuvwx"
SIGNS = "#%&@*+=~<>{}"
CUT_ACROSS, MIRRORED, UPSIDE_DOWN, LYING = (0, 2, 3, 5), (3, 4, 7, 2, 5), (3, 4, 7), (2, 3, 4, 5, 7)
"""Digits whose upper and lower halves, mirror images, and turns by a half and a quarter are no digit."""

Maker = Callable[["_Source"], Pixels]


class _Source:
    """What the makers draw from: random numbers, and training digits by label."""

    images: Pixels

    def __init__(self, images: Pixels, labels: NDArray[np.integer], rng: np.random.Generator) -> None:
        self.rng = rng
        self.images = images
        self.by_label = [np.flatnonzero(labels == digit) for digit in range(10)]

    def digit(self, among: Sequence[int] = range(10)) -> Pixels:
        """A random training digit of one of these labels; of any, if there is none of these."""
        there = [digit for digit in among if len(self.by_label[digit])]
        own = self.by_label[self.rng.choice(there)] if there else np.arange(len(self.images))
        image: Pixels = self.images[self.rng.choice(own)]
        return image


def make_non_digits(
    images: NDArray[np.uint8], labels: NDArray[np.integer], n: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Makes pictures that show no digit.

    Args:
        images: `(m, 28, 28)` training digits, `uint8`, 0 = paper, 255 = ink.
        labels: `(m,)`, 0 to 9.
        n: How many to make.
        rng: Where the randomness comes from.

    Returns:
        `(n, 28, 28)`, `uint8`: each kind of `KINDS` as often as its weight says, in random order.
    """
    source = _Source(images, labels, rng)
    weights = np.array([weight for _, weight in KINDS], dtype=float)
    kinds = rng.choice(len(KINDS), size=n, p=weights / weights.sum())
    made = np.empty((n, SIDE, SIDE), np.uint8)
    for i, kind in enumerate(kinds):
        made[i] = KINDS[kind][0](source)
    return made


def _half(source: _Source) -> Pixels:
    """The upper or lower half of a digit, where it was or in the middle."""
    image = source.digit(CUT_ACROSS).copy()
    cut = int(source.rng.integers(12, 16))
    if source.rng.random() < 0.5:
        image[cut:] = 0
    else:
        image[:cut] = 0
    return fit_to_box(image, BOX) if source.rng.random() < 0.5 else image


def _several(source: _Source) -> Pixels:
    """Two or three digits side by side, touching or apart, scaled to the size of one digit or larger."""
    parts = [trim(source.digit()) for _ in range(2 if source.rng.random() < 0.7 else 3)]
    height = max(len(part) for part in parts)
    gap = int(source.rng.integers(-3, 5))
    width = sum(part.shape[1] for part in parts) + gap * (len(parts) - 1)
    line = np.zeros((height, max(width, 4) + 6), np.uint8)
    left = 0
    for part in parts:
        top = int(source.rng.integers(0, height - len(part) + 1))
        where = line[top : top + len(part), left : left + part.shape[1]]
        np.maximum(where, part[:, : where.shape[1]], out=where)
        left = max(0, left + part.shape[1] + gap)
    return fit_to_box(line, BOX if source.rng.random() < 0.6 else int(source.rng.integers(22, 29)))


def _with_neighbor(source: _Source) -> Pixels:
    """A digit into whose picture half of another or more reaches."""
    image, other = source.digit(), source.digit()
    if source.rng.random() < 0.5:
        image, other = image[:, ::-1], other[:, ::-1]  # turned back at the end: the neighbor is on the left
        turned_back = slice(None, None, -1)
    else:
        turned_back = slice(None)
    shift = int(source.rng.integers(9, 15))
    total = other.sum(dtype=np.int64)
    while 2 * other[:, :-shift].sum(dtype=np.int64) < total:  # less than half of it would be seen
        shift -= 1
    both = np.roll(image, -(shift // 3), axis=1)
    both[:, shift:] = np.maximum(
        both[:, shift:], np.roll(other, int(source.rng.integers(-4, 5)), 0)[:, :-shift]
    )
    return both[:, turned_back]


def _turned(source: _Source) -> Pixels:
    """A digit mirrored, upside down or lying."""
    way = source.rng.random()
    if way < 0.35:
        among = MIRRORED[:3] if source.rng.random() < 0.8 else MIRRORED[3:]
        return source.digit(among)[:, ::-1]
    if way < 0.55:
        return source.digit(UPSIDE_DOWN)[::-1, ::-1]
    return np.rot90(source.digit(LYING), 1 if source.rng.random() < 0.5 else 3)


def _permuted(source: _Source) -> Pixels:
    """A digit cut into 2 x 2 or 4 x 4 squares, in another order."""
    parts = 2 if source.rng.random() < 0.4 else 4
    side = SIDE // parts
    tiles = source.digit().reshape(parts, side, parts, side).transpose(0, 2, 1, 3).reshape(-1, side, side)
    order = source.rng.permutation(len(tiles))
    if parts == 2:  # of four, a random order leaves too much in its place
        order = np.array([(3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1), (1, 2, 3, 0)])[source.rng.integers(4)]
    return tiles[order].reshape(parts, parts, side, side).transpose(0, 2, 1, 3).reshape(SIDE, SIDE)


def _scribble(source: _Source) -> Pixels:
    """A long line through many random points, smooth or with corners, or several such lines."""
    rng = source.rng
    image, draw = canvas()
    for _ in range(int(rng.integers(1, 4))):
        corners = rng.uniform(10, CANVAS - 10, (int(rng.integers(5, 14)), 2))
        if rng.random() < 0.3:  # a random walk
            corners = CANVAS / 2 + np.cumsum(rng.normal(0, 16, (int(rng.integers(8, 30)), 2)), axis=0)
        points = smooth_curve(corners) if rng.random() < 0.7 else corners
        draw.line([tuple(point) for point in points.tolist()], 255, draw_width(rng), joint="curve")
    return reduce_drawing(image, rng)


def _lines(source: _Source) -> Pixels:
    """Lines that are not upright: one or two of them, crosses, or many alike."""
    rng = source.rng
    image, draw = canvas()
    width = draw_width(rng)
    if rng.random() < 0.4:
        angle = math.radians(rng.uniform(-90, 90))
        step, offset = rng.uniform(14, 40), rng.uniform(0, 40)
        for i in range(-8, 9):
            draw_line(draw, angle, offset + i * step, CANVAS, width)
        return reduce_drawing(image, rng)
    count = int(rng.integers(1, 4))
    for _ in range(count):
        angle = math.radians(rng.uniform(-30, 30) if count == 1 else rng.uniform(-55, 55))  # from level
        draw_line(draw, angle, rng.uniform(-25, 25), rng.uniform(20, 60), width)
    return reduce_drawing(image, rng)


def _dots(source: _Source) -> Pixels:
    """Filled dots, one or several, small or large."""
    rng = source.rng
    image, draw = canvas()
    for _ in range(int(rng.integers(1, 9))):
        x, y = rng.uniform(15, CANVAS - 15, 2)
        radius = rng.uniform(3, 16)
        stretch = rng.uniform(0.7, 1.4)
        draw.ellipse((x - radius, y - radius * stretch, x + radius, y + radius * stretch), fill=255)
    return reduce_drawing(image, rng)


def _shape(source: _Source) -> Pixels:
    """A polygon, star, cross, arrow, check mark or grid; its outline, or filled."""
    rng = source.rng
    image, draw = canvas()
    middle, radius, turn = CANVAS / 2, rng.uniform(25, 50), rng.uniform(0, 2 * math.pi)
    kind = rng.integers(7)
    width = draw_width(rng)
    stretch = np.array([rng.uniform(0.6, 1.3), 1.0])

    def around(angles: NDArray[np.float64], radii: NDArray[np.float64] | float) -> list[tuple[float, ...]]:
        points = np.stack([np.cos(angles + turn) * radii, np.sin(angles + turn) * radii], 1)
        return [tuple(point) for point in (middle + points * stretch).tolist()]

    def closed(points: list[tuple[float, ...]]) -> None:
        if rng.random() < 0.4:
            draw.polygon(points, fill=255)
        else:
            draw.line([*points, points[0], points[1]], 255, width, joint="curve")

    if kind <= 1:  # triangle to pentagon
        corners = int(rng.integers(3, 6))
        angles = np.arange(corners) * 2 * math.pi / corners + rng.normal(0, 0.12, corners)
        closed(around(angles, radius))
    elif kind == 2:  # star
        corners = int(rng.integers(4, 7))
        radii = np.where(np.arange(2 * corners) % 2, rng.uniform(0.35, 0.6), 1.0) * radius
        closed(around(np.arange(2 * corners) * math.pi / corners, radii))
    elif kind == 3:  # cross
        for angle in (0.0, math.pi / 2 + rng.normal(0, 0.15)):
            draw.line(around(np.array([angle, angle + math.pi]), radius * rng.uniform(0.7, 1)), 255, width)
    elif kind == 4:  # arrow
        tip = around(np.array([0.0]), radius)[0]
        draw.line([around(np.array([math.pi]), radius)[0], tip], 255, width)
        for angle in (0.5, -0.5):
            draw.line([tip, around(np.array([angle]), radius * 0.55)[0]], 255, width)
    elif kind == 5:  # check mark
        points = np.array([(25, 60), (48, 88), (92, 22)]) + rng.normal(0, 4, (3, 2))
        draw.line([tuple(point) for point in points.tolist()], 255, width, joint="curve")
    else:  # grid
        step = rng.uniform(18, 40)
        for angle in (turn, turn + math.pi / 2):
            for i in range(-4, 5):
                draw_line(draw, angle, i * step, CANVAS, width)
    return reduce_drawing(image, rng)


def _blob(source: _Source) -> Pixels:
    """A filled shape of random outline, with texture or shading: objects, clothes."""
    rng = source.rng
    image, draw = canvas()
    angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    radii = np.full(40, rng.uniform(25, 50))
    for wave in range(1, 7):
        radii += rng.normal(0, 9) * np.cos(wave * angles + rng.uniform(0, 2 * math.pi))
    points = np.stack([np.cos(angles) * rng.uniform(0.5, 1.2), np.sin(angles)], 1) * radii[:, None].clip(6)
    if rng.random() < 0.5:  # angular: of few of the points
        points = points[np.sort(rng.choice(40, int(rng.integers(5, 12)), replace=False))]
    draw.polygon([tuple(point) for point in (CANVAS / 2 + points).tolist()], fill=255)
    mask = reduce_drawing(image, rng, fit=rng.random() < 0.5).astype(np.float64) / 255
    shade = smooth_noise(rng, rng.uniform(0.7, 6)) * rng.uniform(0, 0.7) + rng.uniform(0.3, 1)
    if rng.random() < 0.3:
        shade = shade * (0.6 + 0.4 * np.sign(np.sin(np.arange(SIDE) * rng.uniform(0.5, 2.5))))
    return to_bytes(mask * shade.clip(0.15, 1))


def _texture(source: _Source) -> Pixels:
    """Noise of any grain, gray or black and white, everywhere or under a smooth window."""
    rng = source.rng
    sigma = rng.choice([0.0, 0.5, 1.0, 1.5, 2.5, 4.0])
    field = smooth_noise(rng, sigma)
    if rng.random() < 0.4:
        field = (field > rng.uniform(-0.3, 1.2)).astype(np.float64)
    else:
        field = field * rng.uniform(0.1, 0.6) + rng.uniform(0, 0.7)
    if rng.random() < 0.3:
        field = field * (smooth_noise(rng, 5.0) > 0)
    return to_bytes(field)


def _blank(source: _Source) -> Pixels:
    """Paper of one gray, or with a gradient, some of it with specks."""
    rng = source.rng
    rows, columns = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    slope = rng.normal(0, 0.2, 2) if rng.random() < 0.5 else (0.0, 0.0)
    page = (rng.uniform(0, 1) if rng.random() < 0.6 else 0.0) + slope[0] * rows + slope[1] * columns
    for _ in range(int(rng.integers(0, 5)) if rng.random() < 0.6 else 0):
        y, x = rng.integers(0, SIDE, 2)
        page[y : y + int(rng.integers(1, 3)), x : x + int(rng.integers(1, 3))] += rng.uniform(-1, 1)
    return to_bytes(page)


def _letter(source: _Source) -> Pixels:
    """A letter or a sign, of any style of type, slanted and stretched."""
    rng = source.rng
    text = rng.choice(list(LETTERS)) if rng.random() < 0.85 else rng.choice(list(SIGNS))
    return write_text(rng, str(text))


def _word(source: _Source) -> Pixels:
    """Two to five letters, scaled to the size of one digit."""
    rng = source.rng
    return write_text(rng, "".join(rng.choice(list(LETTERS), int(rng.integers(2, 6)))))


KINDS: tuple[tuple[Maker, float], ...] = (
    (_half, 1.0),
    (_several, 2.0),
    (_with_neighbor, 1.0),
    (_turned, 2.0),
    (_permuted, 1.0),
    (_scribble, 2.0),
    (_lines, 1.0),
    (_dots, 0.5),
    (_shape, 2.0),
    (_blob, 1.5),
    (_texture, 1.0),
    (_blank, 0.5),
    (_letter, 4.0),
    (_word, 1.0),
)
"""The kinds of non-digits, with how often each comes in relation to the others."""
