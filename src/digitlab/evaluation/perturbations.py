"""Perturbations of digits: ten disturbances that cameras, scanners, paper and pens make, at three strengths.

They measure robustness only: no network trains on them, and no kind or level is one of MNIST-C's fifteen
corruptions. Images are `(n, height, width)`, `uint8`, 0 = paper, 255 = ink.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import SettingError

__all__ = ["PERTURBATIONS", "STRENGTHS", "Perturbation", "perturb"]

STRENGTHS = (1, 2, 3)
FULL = 255.0
Images = NDArray[np.uint8]
Apply = Callable[[Images, float, np.random.Generator], NDArray[np.floating] | Images]


@dataclass(frozen=True)
class Perturbation:
    """One kind of disturbance.

    Attributes:
        name: `defocus` and so on.
        unit: What its levels are, for tables.
        levels: Of the strengths 1, 2 and 3.
        apply: `(images, level, generator)` to perturbed images, ink 0 to 255.
    """

    name: str
    unit: str
    levels: tuple[float, float, float]
    apply: Apply


def perturb(images: Images, name: str, strength: int, seed: int = 0) -> Images:
    """Perturbs images; the same arguments give the same images.

    Args:
        images: `(n, height, width)`, `uint8`, 0 = paper, 255 = ink; at least 8 x 8 pixels.
        name: A key of `PERTURBATIONS`.
        strength: 1, 2 or 3.
        seed: 0 or more.

    Returns:
        The same shape and type.

    Raises:
        SettingError: If there is no such perturbation or strength.
    """
    if name not in PERTURBATIONS:
        raise SettingError(f"unknown perturbation {name!r}", f"Those there are: {', '.join(PERTURBATIONS)}.")
    if strength not in STRENGTHS:
        raise SettingError(f"a strength of {strength}", "Give 1, 2 or 3.")
    chosen = PERTURBATIONS[name]
    random = np.random.default_rng((seed, list(PERTURBATIONS).index(name), strength))
    changed = chosen.apply(images, chosen.levels[strength - 1], random)
    return np.clip(np.rint(changed), 0, FULL).astype(np.uint8)


def _blur(images: NDArray[np.floating] | Images, sigma: float, mode: str = "constant") -> NDArray[np.float32]:
    from scipy.ndimage import gaussian_filter  # scipy takes 0.1 s to import

    blurred: NDArray[np.float32] = gaussian_filter(images.astype(np.float32), (0, sigma, sigma), mode=mode)
    return blurred


def _defocus(images: Images, radius: float, random: np.random.Generator) -> NDArray[np.float32]:
    """A lens out of focus: each point becomes a disk."""
    from scipy.ndimage import convolve

    reach = int(np.ceil(radius))
    steps = (np.arange(10 * (2 * reach + 1)) + 0.5) / 10 - reach - 0.5  # ten samples a pixel and axis
    fine = (steps[:, None] ** 2 + steps**2 <= radius**2).astype(np.float32)
    kernel = fine.reshape(2 * reach + 1, 10, 2 * reach + 1, 10).mean(axis=(1, 3))
    blurred: NDArray[np.float32] = convolve(
        images.astype(np.float32), (kernel / kernel.sum())[None], mode="constant"
    )
    return blurred


def _jpeg(images: Images, quality: float, random: np.random.Generator) -> Images:
    """Stored as a JPEG of dark ink on white paper."""

    def compressed(image: Images) -> Images:
        file = io.BytesIO()
        Image.fromarray(255 - image).save(file, "JPEG", quality=int(quality))
        return 255 - np.asarray(Image.open(file))

    return np.stack([compressed(image) for image in images])


def _pixelation(images: Images, cells: float, random: np.random.Generator) -> Images:
    """A camera of few pixels: averages over coarse cells."""

    def coarse(image: Images) -> Images:
        small = Image.fromarray(image).resize((int(cells), int(cells)), Image.Resampling.BOX)
        return np.asarray(small.resize(image.shape[::-1], Image.Resampling.NEAREST))

    return np.stack([coarse(image) for image in images])


def _gaussian_noise(images: Images, std: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Noise of a sensor in little light, of each pixel on its own."""
    noise = random.standard_normal(images.shape, np.float32)
    noisy: NDArray[np.float32] = images.astype(np.float32) + np.float32(std) * noise
    return noisy


def _contrast(images: Images, factor: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Pale ink on gray paper: both come nearer to the middle gray."""
    return 127.5 + np.float32(factor) * (images.astype(np.float32) - 127.5)


def _light_gradient(images: Images, loss: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Light that falls off to one side: full on one end, less by `loss` on the other."""
    n, height, width = images.shape
    angle = random.uniform(0, 2 * np.pi, (n, 1, 1))
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    along = np.cos(angle) * x + np.sin(angle) * y
    along = along / (np.abs(np.cos(angle)) + np.abs(np.sin(angle)))  # -1 to 1 in each image
    return _lit(images, 1 - loss * (along + 1) / 2)


def _paper_texture(images: Images, depth: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Rough, fibrous, stained paper: darker by up to `depth` in a pattern of three sizes."""
    field = np.zeros(images.shape, np.float32)
    for sigma, weight in ((0.7, 0.4), (1.5, 0.6), (4.0, 1.0)):
        part = _blur(random.standard_normal(images.shape, np.float32), sigma, "reflect")
        field += weight * part / part.std(axis=(1, 2), keepdims=True)
    field -= field.min(axis=(1, 2), keepdims=True)
    field /= field.max(axis=(1, 2), keepdims=True)
    return _lit(images, 1 - depth * field)


def _lit(images: Images, light: NDArray[np.floating]) -> NDArray[np.float32]:
    """Ink and paper under a light in [0, 1], as ink: what a camera sees dark is taken for ink."""
    seen = (1 - images / FULL) * light
    ink: NDArray[np.float32] = (FULL * (1 - seen)).astype(np.float32)
    return ink


def _ink_bleed(images: Images, reach: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Ink that runs into wet or soft paper, unevenly: strokes swell and frays join them."""
    wet = _blur(random.standard_normal(images.shape, np.float32), 1.5, "reflect")
    wet = wet / wet.std(axis=(1, 2), keepdims=True)
    spread = _blur(images, reach) * np.clip(1.6 + 0.7 * wet, 0.4, 2.6)
    bled: NDArray[np.float32] = np.maximum(images.astype(np.float32), spread)
    return bled


def _perspective(images: Images, pixels: float, random: np.random.Generator) -> Images:
    """A page photographed from the side: each corner moves by up to `pixels` of 28 along each axis."""
    n, height, width = images.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)
    size = np.array([width, height]) / 28
    moved = corners + pixels * size * random.uniform(-1, 1, (n, 4, 2))

    def tilted(image: Images, seen: NDArray[np.float64]) -> Images:
        picture = Image.fromarray(image)
        data = _homography(corners, seen)
        method = Image.Transform.PERSPECTIVE
        return np.asarray(picture.transform(picture.size, method, data, Image.Resampling.BICUBIC))

    return np.stack([tilted(image, seen) for image, seen in zip(images, moved, strict=True)])


def _homography(corners: NDArray[np.float64], seen: NDArray[np.float64]) -> tuple[float, ...]:
    """The eight numbers of the projection that takes each corner to where it is seen (Pillow's order)."""
    rows, right = [], []
    for (x, y), (u, v) in zip(corners, seen, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(right)).tolist())


def _occlusion(images: Images, side: float, random: np.random.Generator) -> Images:
    """A square piece of paper lies on the digit: its middle is a random pixel of ink."""
    n, height, width = images.shape
    # The smallest of random keys among inked pixels; without ink, any pixel.
    keys = random.random(images.shape) + (images < 128)
    middle = keys.reshape(n, -1).argmin(axis=1)
    y, x = middle // width, middle % width
    half = side / 2
    rows = np.abs(np.arange(height) - y[:, None]) < half
    columns = np.abs(np.arange(width) - x[:, None]) < half
    return np.where(rows[:, :, None] & columns[:, None, :], np.uint8(0), images)


PERTURBATIONS: dict[str, Perturbation] = {
    each.name: each
    for each in (
        Perturbation("defocus", "radius, pixels", (1.5, 2.2, 3.0), _defocus),
        Perturbation("jpeg", "quality", (15, 8, 4), _jpeg),
        Perturbation("pixelation", "cells a side", (12, 9, 7), _pixelation),
        Perturbation("gaussian-noise", "std, of 255", (40, 70, 100), _gaussian_noise),
        Perturbation("contrast", "factor", (0.6, 0.4, 0.2), _contrast),
        Perturbation("light-gradient", "loss of light", (0.3, 0.5, 0.7), _light_gradient),
        Perturbation("paper-texture", "depth", (0.3, 0.45, 0.6), _paper_texture),
        Perturbation("ink-bleed", "reach, pixels", (0.8, 1.2, 1.6), _ink_bleed),
        Perturbation("perspective", "pixels", (3, 5, 7), _perspective),
        Perturbation("occlusion", "side, pixels", (3, 5, 7), _occlusion),
    )
}
"""By name, in the order of tables."""
