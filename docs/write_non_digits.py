"""Draws pictures that show no digit, to measure how a model refuses them: 300 each of five kinds.

    python docs/write_non_digits.py non-digits
    digitlab evaluate MODEL --non-digits non-digits

The kinds are `scribbles`, `shapes`, `letters`, `noise` and `blank` (paper with dirt, shade and grain).
Letters that look like digits in some hand are left out. The font is Pillow's own, which no training code
uses: what a model has learned to refuse is not what is measured here. Every picture is decided by its kind
and its number.
"""

from __future__ import annotations

import math
import string
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

COUNT = 300
SIDE = 128
LOOK_ALIKES = "OoIilLSsZzBgqbyJjG"
LETTERS = "".join(letter for letter in string.ascii_letters if letter not in LOOK_ALIKES)
Random = np.random.Generator


def scribbles(random: Random) -> Image.Image:
    """One to three long strokes that wander about."""
    picture, draw, ink, width = _paper(random)
    for _ in range(random.integers(1, 4)):
        angle, turn = random.uniform(0, 2 * math.pi), 0.0
        points = [tuple(random.uniform(30, SIDE - 30, 2))]
        for _ in range(random.integers(25, 90)):
            turn = 0.7 * turn + random.normal(0, 0.35)
            angle += turn
            x, y = points[-1]
            step = random.uniform(4, 8)
            x, y = x + step * math.cos(angle), y + step * math.sin(angle)
            if not (12 < x < SIDE - 12 and 12 < y < SIDE - 12):
                angle += math.pi / 2
                x, y = min(max(x, 12), SIDE - 12), min(max(y, 12), SIDE - 12)
            points.append((x, y))
        draw.line(points, fill=ink, width=width, joint="curve")
    return picture


def shapes(random: Random) -> Image.Image:
    """A triangle, square, star, cross, arrow, heart, wave, grid, spiral or filled blob, distorted."""
    picture, draw, ink, width = _paper(random)
    kind = random.integers(10)
    turns = np.linspace(0, 2 * math.pi, 61)
    if kind == 8:  # a spiral of at least two turns
        radius = np.linspace(4, 44, 121)
        angle = np.linspace(0, 2 * math.pi * random.uniform(2, 3.5), 121)
        paths = [np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)]
    elif kind == 7:  # a grid
        at = np.linspace(-40, 40, int(random.integers(3, 5)))
        paths = [np.array([(x, -40), (x, 40)]) for x in at] + [np.array([(-40, y), (40, y)]) for y in at]
    elif kind == 6:  # a wave
        x = np.linspace(-46, 46, 60)
        paths = [np.stack([x, 18 * np.sin(x * random.uniform(0.15, 0.3))], 1)]
    elif kind == 5:  # a heart
        x, y = 16 * np.sin(turns) ** 3, -13 * np.cos(turns) + 5 * np.cos(2 * turns) + 2 * np.cos(3 * turns)
        paths = [2.6 * np.stack([x, y], 1)]
    elif kind == 4:  # an arrow with two barbs
        paths = [np.array([(-44, 0), (44, 0), (20, -22)]), np.array([(44, 0), (20, 22)])]
    elif kind == 3:  # a cross of two strokes
        paths = [np.array([(-40, -40), (40, 40)]), np.array([(-40, 40), (40, -40)])]
    else:  # polygons, stars, and a blob
        corners = (3, 4, 10, 0, 0, 0, 0, 0, 0, 24)[kind]
        radii = np.where(np.arange(corners) % 2, 0.42, 1.0) if kind == 2 else np.ones(corners)
        if kind == 9:
            radii = random.uniform(0.6, 1, corners)
        angle = 2 * math.pi * np.arange(corners) / corners
        outline = 46 * radii[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        paths = [np.concatenate([outline, outline[:1]])]
    matrix = _distortion(random, math.pi)
    for path in paths:
        points = [tuple(point) for point in path @ matrix.T + SIDE / 2]
        if kind == 9:
            draw.polygon(points, fill=ink)
        else:
            draw.line(points, fill=ink, width=width, joint="curve")
    return picture


def letters(random: Random) -> Image.Image:
    """One letter that looks like no digit, turned, sheared, stretched, thin or bold."""
    letter = LETTERS[random.integers(len(LETTERS))]
    big = Image.new("L", (2 * SIDE, 2 * SIDE), 0)
    font = ImageFont.load_default(float(random.integers(100, 150)))
    bold = int(random.integers(0, 8))
    ImageDraw.Draw(big).text((SIDE, SIDE), letter, fill=255, font=font, anchor="mm", stroke_width=bold)
    a, b, c, d = np.linalg.inv(_distortion(random, 0.2)).ravel()
    data = (a, b, SIDE * (1 - a - b), c, d, SIDE * (1 - c - d))
    turned = big.transform(big.size, Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    mask = turned.crop((SIDE // 2, SIDE // 2, 3 * SIDE // 2, 3 * SIDE // 2))
    picture, _, ink, _ = _paper(random)
    picture.paste(ink, mask=mask)
    return picture


def noise(random: Random) -> Image.Image:
    """Noise of one of four grains, from single pixels to clouds, or as stripes."""
    blur = (0.0, 1.5, 4.0, 9.0, 2.0)[random.integers(5)]
    field = random.normal(size=(SIDE, SIDE))
    if blur == 2.0:
        field = np.repeat(random.normal(size=(1, SIDE)), SIDE, 0)
        field = field if random.random() < 0.5 else field.T
    field = (field - field.min()) / np.ptp(field)
    smooth = Image.fromarray((255 * field).astype(np.uint8)).filter(ImageFilter.GaussianBlur(blur))
    pixels = np.asarray(smooth, dtype=float)
    pixels = (pixels - pixels.min()) / np.ptp(pixels) * random.uniform(100, 255)
    return Image.fromarray(pixels.astype(np.uint8))


def blank(random: Random) -> Image.Image:
    """Paper without writing: a shade, grain, and up to a dozen specks of dirt."""
    tone, slope = random.uniform(170, 255), random.uniform(0, 50)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    angle = random.uniform(0, 2 * math.pi)
    pixels = tone - slope * (0.5 + x * math.cos(angle) + y * math.sin(angle))
    pixels = pixels + random.normal(0, random.uniform(0, 6), pixels.shape)
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(random.integers(0, 13)):
        left, top = random.uniform(2, SIDE - 8, 2)
        wide, high = random.uniform(0.5, 4, 2)
        draw.ellipse((left, top, left + wide, top + high), fill=int(random.uniform(0, 0.8) * tone))
    return picture


def _paper(random: Random) -> tuple[Image.Image, ImageDraw.ImageDraw, int, int]:
    """Plain paper, what draws on it, the gray of the ink, and the width of a stroke."""
    picture = Image.new("L", (SIDE, SIDE), int(random.integers(225, 256)))
    return picture, ImageDraw.Draw(picture), int(random.integers(0, 90)), int(random.integers(4, 13))


def _distortion(random: Random, turn: float) -> np.ndarray:
    """A matrix that turns by at most `turn` radians, shears, and stretches each axis."""
    angle, shear = random.uniform(-turn, turn), random.uniform(-0.25, 0.25)
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return rotation @ np.array([[1, shear], [0, 1]]) @ np.diag(random.uniform(0.7, 1.1, 2))


KINDS: dict[str, Callable[[Random], Image.Image]] = {
    drawing.__name__: drawing for drawing in (scribbles, shapes, letters, noise, blank)
}


def write(folder: Path, count: int = COUNT) -> None:
    """Draws `count` pictures of each kind into a sub-folder of its name."""
    for place, (kind, drawing) in enumerate(KINDS.items()):
        own = folder / kind
        own.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            drawing(np.random.default_rng((place, number))).save(own / f"{number:03}.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/write_non_digits.py DIR")
    write(Path(sys.argv[1]))
    print(f"{sys.argv[1]}: {COUNT} pictures each of {', '.join(KINDS)}")
