"""Makes three of the pictures in `samples/`: what the model that ships must not take for one sure digit.

    python docs/write_samples.py [DIR]

They are made by code: handwriting of MNIST's training digits, and a letter drawn as three strokes, in ink on
unevenly lit, grainy paper, stored as JPEG. The other pictures of `samples/` were drawn for this project.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitlab.data.mnist import mnist

SAMPLES = Path(__file__).parents[1] / "samples"
HEIGHT = 320
FOUR_OR_NINE = 24210
"""A training digit that people read as either; its label is 9."""
FOUR_AND_TWO = (9, 16)
Ink = NDArray[np.float64]


def letter() -> Image.Image:
    """The letter K, drawn by hand as three strokes."""
    big = Image.new("L", (2 * HEIGHT, 2 * HEIGHT))
    draw = ImageDraw.Draw(big)
    for stroke in (
        [(208, 140), (214, 300), (206, 490)],
        [(420, 150), (330, 250), (216, 322)],
        [(262, 292), (340, 380), (446, 486)],
    ):
        draw.line(stroke, fill=255, width=30, joint="curve")
        for x, y in stroke:
            draw.ellipse((x - 15, y - 15, x + 15, y + 15), fill=255)
    ink = big.resize((HEIGHT, HEIGHT), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(1))
    return on_paper(np.asarray(ink) / 255, seed=1)


def digits(numbers: tuple[int, ...], seed: int) -> Image.Image:
    """MNIST training digits of these numbers side by side."""
    side = 7 * 28
    images = mnist("train").images
    ink = np.zeros((HEIGHT, HEIGHT + (len(numbers) - 1) * side))
    top = (HEIGHT - side) // 2
    for place, number in enumerate(numbers):
        large = Image.fromarray(images[number]).resize((side, side), Image.Resampling.BICUBIC)
        left = top + place * side
        ink[top : top + side, left : left + side] = np.asarray(large) / 255
    return on_paper(ink, seed)


def on_paper(ink: Ink, seed: int) -> Image.Image:
    """Dark ink on paper that is lit from one side, with grain and a soft shadow.

    Args:
        ink: `(height, width)`, 0 = paper, 1 = ink.
        seed: Of grain, light and shadow.
    """
    random = np.random.default_rng(seed)
    height, width = ink.shape
    y, x = np.mgrid[:height, :width] / max(ink.shape)
    angle = random.uniform(0, 2 * np.pi)
    light = 1 - 0.3 * (0.5 + (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle))
    middle_x, middle_y = random.uniform(0.1, 0.9, 2)
    light = light - 0.15 * np.exp(-((x - middle_x) ** 2 + (y - middle_y) ** 2) / 0.08)
    grain = random.normal(0, 3, ink.shape)
    tones = np.array([238, 232, 216])  # of paper: a warm white
    pen = np.array([38, 44, 92])  # blue-black
    color = tones + ink[:, :, None] * (pen - tones)
    return Image.fromarray((color * light[:, :, None] + grain[:, :, None]).clip(0, 255).astype(np.uint8))


def main() -> None:
    """Writes the three."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in {
        "letter.jpg": letter(),
        "four-or-nine.jpg": digits((FOUR_OR_NINE,), seed=2),
        "four-and-two.jpg": digits(FOUR_AND_TWO, seed=3),
    }.items():
        picture.save(folder / name, quality=88)


if __name__ == "__main__":
    main()
