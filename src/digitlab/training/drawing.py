"""Drawing of pictures of MNIST's size: strokes, smooth curves, text and noise, made large and reduced."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

__all__ = [
    "BOX",
    "CANVAS",
    "SIDE",
    "Pixels",
    "canvas",
    "draw_line",
    "draw_width",
    "fit_to_box",
    "reduce_drawing",
    "smooth_curve",
    "smooth_noise",
    "to_bytes",
    "trim",
    "write_text",
]

SIDE = 28
BOX = 20
"""The long side of an MNIST digit."""
SCALE = 4
"""Drawings are made so many times as large, and reduced."""
CANVAS = SIDE * SCALE
FONT_STYLES = (
    "DejaVuSans",
    "DejaVuSerif",
    "DejaVuSansMono",
    "STIXGeneral",
    "cmr10",
    "cmmi10",
    "cmss10",
    "cmtt10",
)

Pixels = NDArray[np.uint8]


def canvas() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty drawing, `SCALE` times as large as the picture it becomes, and what draws on it."""
    image = Image.new("L", (CANVAS, CANVAS))
    return image, ImageDraw.Draw(image)


def draw_width(rng: np.random.Generator) -> int:
    """Width of a stroke on the canvas: 1 to 4.5 pixels of the result."""
    return int(rng.integers(SCALE, 18))


def draw_line(draw: ImageDraw.ImageDraw, angle: float, offset: float, reach: float, width: int) -> None:
    """A line at an angle from level, by `offset` beside the middle, `reach` to either side."""
    along, across = (
        np.array([math.cos(angle), math.sin(angle)]),
        np.array([-math.sin(angle), math.cos(angle)]),
    )
    middle = CANVAS / 2 + offset * across
    draw.line(
        [tuple((middle - reach * along).tolist()), tuple((middle + reach * along).tolist())], 255, width
    )


def smooth_curve(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Catmull-Rom spline through the corners, ten points for each piece."""
    ends = np.concatenate([corners[:1], corners, corners[-1:]])
    t = np.linspace(0, 1, 10)[:, None]
    pieces = []
    for before, start, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        a, b = end - before, 2 * before - 5 * start + 4 * end - after
        c = 3 * (start - end) + after - before
        pieces.append(start + 0.5 * (a * t + b * t**2 + c * t**3))
    return np.concatenate(pieces)


def write_text(rng: np.random.Generator, text: str) -> Pixels:
    """Text in a random style, slanted, turned and stretched at random, fitted into the box of a digit."""
    fonts = _fonts()
    font = fonts[int(rng.integers(len(fonts)))]
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8))
    ImageDraw.Draw(image).text((4 - left, 4 - top), text, fill=255, font=font)
    turned = image.rotate(float(rng.normal(0, 6)), Image.Resampling.BILINEAR, expand=True)
    width, height = turned.size
    slant = float(rng.normal(0, 0.2))
    wide = int(width + abs(slant) * height)
    shift = -max(0.0, slant) * height
    turned = turned.transform(
        (wide, height), Image.Transform.AFFINE, (1, slant, shift, 0, 1, 0), Image.Resampling.BILINEAR
    )
    stretch = float(rng.uniform(0.7, 1.4))
    turned = turned.resize((max(4, int(wide * stretch)), height), Image.Resampling.BOX)
    pixels = np.asarray(turned)
    return fit_to_box(pixels, BOX) if pixels.any() else fit_to_box(np.eye(9, dtype=np.uint8) * 255, BOX)


@cache
def _fonts() -> list[ImageFont.FreeTypeFont]:
    """The typefaces that come with Matplotlib, in the styles that have letters."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    names = sorted(path for path in folder.glob("*.ttf") if path.stem.startswith(FONT_STYLES))
    return [ImageFont.truetype(path, 48) for path in names if "Display" not in path.stem]


def reduce_drawing(image: Image.Image, rng: np.random.Generator, *, fit: bool | None = None) -> Pixels:
    """A drawing reduced to 28 x 28: as it is, or brought to the size and place of a digit."""
    pixels = np.asarray(image)
    if fit is None:
        fit = rng.random() < 0.6
    if fit and pixels.any():
        return fit_to_box(pixels, BOX)
    return np.asarray(image.reduce(SCALE))


def trim(pixels: Pixels) -> Pixels:
    """The picture without its empty margins."""
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    if not len(rows):
        return pixels
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_to_box(pixels: Pixels, box: int) -> Pixels:
    """Scaled so that its long side is `box`, its center of mass in the middle, as MNIST's digits are."""
    part = trim(pixels)
    height, width = part.shape
    scale = box / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    small = np.asarray(Image.fromarray(part).resize(size, way)).astype(np.float64)
    total = max(small.sum(), 1.0)
    top = round(SIDE / 2 - float(small.sum(1) @ np.arange(len(small))) / total)
    left = round(SIDE / 2 - float(small.sum(0) @ np.arange(small.shape[1])) / total)
    top, left = min(max(top, 0), SIDE - size[1]), min(max(left, 0), SIDE - size[0])
    page = np.zeros((SIDE, SIDE))
    page[top : top + size[1], left : left + size[0]] = small
    return to_bytes(page / max(page.max(), 1.0))


def smooth_noise(rng: np.random.Generator, sigma: float) -> NDArray[np.float64]:
    """Smooth noise of mean 0 and variance 1; `sigma` is its grain in pixels."""
    noise = rng.normal(0, 1, (SIDE, SIDE))
    smooth: NDArray[np.float64] = gaussian_filter(noise, sigma, mode="wrap") if sigma else noise
    normal: NDArray[np.float64] = (smooth - smooth.mean()) / (smooth.std() + 1e-9)
    return normal


def to_bytes(page: NDArray[np.float64]) -> Pixels:
    """Ink from 0 to 1 as bytes; what is beyond is cut."""
    return (page.clip(0, 1) * 255).round().astype(np.uint8)
