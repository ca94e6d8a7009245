"""Pictures changed at random: rotated, shifted, zoomed and sheared, a batch at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from digitlab.training.recipe import Recipe

__all__ = ["augment"]


def augment(ink: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Changes every picture of a batch by its own random affine map.

    Each picture is rotated by up to `recipe.rotate` degrees, shifted by up to `recipe.shift` pixels
    along each axis, made larger or smaller by up to `recipe.zoom` along each axis by itself, and
    sheared by up to `recipe.shear` degrees, all evenly distributed; what comes in from outside is
    paper. Values between pixels are interpolated bilinearly.

    Args:
        ink: `(n, height, width)`, `float32`, ink in [0, 1].
        recipe: Says how far.
        generator: Where the randomness comes from; on the processor.

    Returns:
        New pictures of the same shape.
    """
    n, height, width = ink.shape
    random = torch.rand(6, n, generator=generator).mul_(2).sub_(1)
    angle = random[0] * math.radians(recipe.rotate)
    slant = torch.tan(random[1] * math.radians(recipe.shear))
    zoom_x, zoom_y = 1 + recipe.zoom * random[2], 1 + recipe.zoom * random[3]
    cosine, sine = torch.cos(angle), torch.sin(angle)
    # affine_grid asks where each pixel of the result comes from, in units of half a side.
    shift_x, shift_y = random[4] * recipe.shift * 2 / width, random[5] * recipe.shift * 2 / height
    x_from = torch.stack([cosine / zoom_x, (slant * cosine - sine) / zoom_x, shift_x], dim=1)
    y_from = torch.stack([sine / zoom_y, (slant * sine + cosine) / zoom_y, shift_y], dim=1)
    maps = torch.stack([x_from, y_from], dim=1)
    grid = affine_grid(maps.to(ink.device), [n, 1, height, width], align_corners=False)
    return grid_sample(ink.unsqueeze(1), grid, align_corners=False).squeeze(1)
