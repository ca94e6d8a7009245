"""Augmentation: a batch of pictures, each changed at random as pen, paper and camera change it.

Everything is computed for the whole batch at once and on its device. Each picture has its own random
parameters; what changes only some pictures is computed for all and taken for those.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, avg_pool2d, conv2d, grid_sample, interpolate, max_pool2d, pad

from digitlab.training.hyperparameters import Recipe

__all__ = ["augment"]

CHANGES_OF_DEGRADED = 0.4
"""Share of the degraded pictures to which each kind of degradation happens, independently."""
ELASTIC_NODES = 6
"""Random displacements along a side, between which those of all pixels are interpolated."""
MOST_BLUR = 6
"""Passes of a 3x3 binomial filter at most: each adds 0.5 to the variance, so the deviation is 1.7 pixels."""
MOST_THINNING = 0.6
"""Most pixels that are taken off strokes; they are two to four wide."""


def augment(ink: Tensor, recipe: Recipe, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Changes every picture of a batch at random, as the recipe says.

    Each picture is rotated by up to `recipe.rotate` degrees, shifted by up to `recipe.shift` pixels along
    each axis, made larger or smaller by up to `recipe.zoom` along each axis by itself, and sheared by up to
    `recipe.shear` degrees, all evenly distributed; it is deformed by a smooth random displacement field of
    `recipe.elastic` pixels (root mean square); what comes in from outside is paper. Strokes become thicker or
    thinner by up to `recipe.thickness` pixels. Of a share `recipe.degrade`, the picture is degraded: see
    `_degraded`.

    Args:
        ink: `(n, height, width)`, `float32`, ink in [0, 1].
        recipe: Says how far.
        generator: Where the randomness comes from; on the device of `ink`.
        strength: In [0, 1]; all of these numbers are multiplied by it.

    Returns:
        New pictures of the same shape.
    """
    ink = _warped(ink, recipe, generator, strength)
    if recipe.thickness:
        ink = _thickened(ink, recipe.thickness * strength, generator)
    if recipe.degrade:
        ink = _degraded(ink, recipe.degrade * strength, generator)
    return ink


def _warped(ink: Tensor, recipe: Recipe, generator: torch.Generator, strength: float) -> Tensor:
    """Affine map and elastic deformation, in one bilinear interpolation."""
    n, height, width = ink.shape
    random = _uniform(generator, 6, n).mul_(2).sub_(1).mul_(strength)
    angle = random[0] * math.radians(recipe.rotate)
    slant = torch.tan(random[1] * math.radians(recipe.shear))
    zoom_x, zoom_y = 1 + recipe.zoom * random[2], 1 + recipe.zoom * random[3]
    cosine, sine = torch.cos(angle), torch.sin(angle)
    # affine_grid asks where each pixel of the result comes from, in units of half a side.
    shift_x, shift_y = random[4] * recipe.shift * 2 / width, random[5] * recipe.shift * 2 / height
    x_from = torch.stack([cosine / zoom_x, (slant * cosine - sine) / zoom_x, shift_x], dim=1)
    y_from = torch.stack([sine / zoom_y, (slant * sine + cosine) / zoom_y, shift_y], dim=1)
    maps = torch.stack([x_from, y_from], dim=1)
    grid = affine_grid(maps, [n, 1, height, width], align_corners=False)
    if recipe.elastic:
        field = _smooth_field(generator, n, ELASTIC_NODES, (height, width), channels=2)
        pixels = torch.tensor([2 / width, 2 / height], device=ink.device) * (recipe.elastic * strength)
        grid = grid + field.permute(0, 2, 3, 1) * pixels
    return grid_sample(ink.unsqueeze(1), grid, align_corners=False).squeeze(1)


def _thickened(ink: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Strokes thicker or thinner by up to `most` pixels, half on each side: gray dilation and erosion by 3x3.

    A part of a pixel is that part of the way to the dilated or eroded picture.
    """
    change = _uniform(generator, len(ink), 1, 1).mul_(2).sub_(1).mul_(most)
    thicker, thinner = change.clamp(0, 1), (-change).clamp(0, MOST_THINNING)
    ink = torch.lerp(ink, max_pool2d(ink, 3, 1, 1), thicker)
    return torch.lerp(ink, -max_pool2d(-ink, 3, 1, 1), thinner)


def _degraded(ink: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Degrades a share of the pictures, as cheap cameras, screens and paper do.

    To each of those happens, each with probability `CHANGES_OF_DEGRADED`: blur; a coarser resolution; gamma;
    another gray of ink and paper with uneven light (of a fifth of these, light ink becomes dark); noise, fine
    and coarse; and a rectangle of one gray that hides a part.
    """
    n = len(ink)
    degraded = _uniform(generator, n, 1, 1) < share

    def some() -> Tensor:
        return degraded & (_uniform(generator, n, 1, 1) < CHANGES_OF_DEGRADED)

    ink = _blurred(ink, some(), generator)
    ink = _coarsened(ink, some(), generator)
    gamma = torch.exp(_uniform(generator, n, 1, 1).mul_(1.6).sub_(0.8))
    ink = torch.where(some(), ink.clamp(0, 1).clamp_min(1e-6) ** gamma, ink)
    ink = torch.where(some(), _lit(ink, generator), ink)
    ink = torch.where(some(), ink + _noise(ink, generator), ink)
    ink = torch.where(some() & _rectangles(ink, generator), _uniform(generator, n, 1, 1), ink)
    return ink.clamp(0, 1)


def _blurred(ink: Tensor, chosen: Tensor, generator: torch.Generator) -> Tensor:
    passes = _uniform(generator, len(ink), 1, 1).mul_(MOST_BLUR) * chosen
    row = torch.tensor([0.25, 0.5, 0.25], device=ink.device)
    kernel = torch.outer(row, row)[None, None]
    for done in range(MOST_BLUR):
        smooth = conv2d(pad(ink.unsqueeze(1), (1, 1, 1, 1), "replicate"), kernel).squeeze(1)
        ink = torch.lerp(ink, smooth, (passes - done).clamp(0, 1))
    return ink


def _coarsened(ink: Tensor, chosen: Tensor, generator: torch.Generator) -> Tensor:
    """Scaled down to half or 0.7 of the side and up again, smoothly or in squares."""
    size = ink.shape[1:]
    half = avg_pool2d(ink.unsqueeze(1), 2, ceil_mode=True)
    less = interpolate(ink.unsqueeze(1), scale_factor=0.7, mode="area")
    ways = (
        interpolate(half, size, mode="nearest"),
        interpolate(half, size, mode="bilinear"),
        interpolate(less, size, mode="bilinear"),
    )
    way = _uniform(generator, len(ink), 1, 1).mul_(len(ways))
    for i, coarse in enumerate(ways):
        ink = torch.where(chosen & (way >= i) & (way < i + 1), coarse.squeeze(1), ink)
    return ink


def _lit(ink: Tensor, generator: torch.Generator) -> Tensor:
    """Ink and paper of any two grays at least a quarter apart, the paper unevenly lit."""
    n = len(ink)
    random = _uniform(generator, 4, n, 1, 1)
    low = 0.75 * random[0] ** 1.5
    high = low + (0.25 + 0.75 * random[1]) * (1 - low)
    paper, stroke = torch.where(random[2] < 0.2, high, low), torch.where(random[2] < 0.2, low, high)
    field = _smooth_field(generator, n, 4, tuple(ink.shape[1:])).squeeze(1)
    paper = paper + (0.35 * random[3] * (high - low) * field).clamp(-0.6, 0.6)
    return paper + ink * (stroke - paper)


def _noise(ink: Tensor, generator: torch.Generator) -> Tensor:
    n, height, width = ink.shape
    amounts = _uniform(generator, 2, n, 1, 1)
    fine = torch.randn(n, height, width, generator=generator, device=ink.device)
    coarse = torch.randn(n, 1, height // 2, width // 2, generator=generator, device=ink.device)
    coarse = interpolate(coarse, (height, width), mode="bilinear").squeeze(1)
    return 0.18 * amounts[0] * fine + 0.18 * amounts[1] * coarse


def _rectangles(ink: Tensor, generator: torch.Generator) -> Tensor:
    """Where a random rectangle of 3 to 12 pixels a side lies in each picture."""
    n, height, width = ink.shape
    random = _uniform(generator, 4, n, 1, 1)
    inside = torch.ones((), dtype=torch.bool, device=ink.device)
    for axis, side, (center, extent) in (
        (1, height, (random[0], random[1])),
        (2, width, (random[2], random[3])),
    ):
        at = torch.arange(side, device=ink.device).view((1, -1, 1) if axis == 1 else (1, 1, -1))
        inside = inside & ((at - center * side).abs() < 1.5 + 4.5 * extent)
    return inside


def _smooth_field(
    generator: torch.Generator, n: int, nodes: int, size: tuple[int, ...], channels: int = 1
) -> Tensor:
    """Random fields `(n, channels, *size)`, smooth, of mean 0 and mean square about 1."""
    coarse = torch.randn(n, channels, nodes, nodes, generator=generator, device=generator.device)
    # Interpolation averages over nodes: it leaves 0.82 of the deviation.
    return interpolate(coarse, size, mode="bicubic", align_corners=True) / 0.82


def _uniform(generator: torch.Generator, *shape: int) -> Tensor:
    """Evenly distributed in [0, 1), on the device of the generator."""
    return torch.rand(*shape, generator=generator, device=generator.device)
