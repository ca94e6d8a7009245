"""`Examples` in memory, and the batches of an epoch, augmented where the recipe says so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from digitlab.arguments import check_arguments
from digitlab.data import Digits
from digitlab.errors import DataError
from digitlab.formatting import format_count
from digitlab.networks import Network
from digitlab.notebook import text_html
from digitlab.training.hyperparameters import Recipe
from digitlab.training.randomness import epoch_order, generator_for

__all__ = ["Examples", "StepCounts", "augment", "iter_batches"]


GATHERED_BYTES = 2**20
"""About how much is gathered at once: less stays in the cache, more costs fewer calls."""


@dataclass(frozen=True)
class StepCounts:
    """How many steps an epoch has, how many lie between two history entries, and how many there are."""

    epoch_steps: int
    eval_every: int
    total_steps: int

    @classmethod
    def of(cls, recipe: Recipe, n: int) -> StepCounts:
        """The step counts of a recipe for `n` training examples."""
        whole, rest = divmod(n, recipe.batch_size)
        epoch_steps = max(1, whole if recipe.drop_last else whole + bool(rest))
        total = recipe.max_steps or recipe.epochs * epoch_steps
        return cls(epoch_steps, min(total, recipe.eval_every or epoch_steps), total)


@dataclass(frozen=True, eq=False)
class Examples:
    """What a network is trained on or scored with.

    Attributes:
        inputs: `(n, height, width)` ink in [0, 1], or `(n, features)`; `float32`.
        labels: `(n,)`, `int64`, 0 to 9.
    """

    inputs: Tensor
    labels: Tensor

    @classmethod
    @check_arguments
    def of(cls, digits: Digits) -> Examples:
        """The pictures and labels of `digits` as tensors."""
        return cls(torch.from_numpy(digits.ink()), torch.tensor(digits.labels))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.inputs.shape[1:]))
        return f"Examples({format_count(len(self), 'input')} of {shape})"

    def _repr_html_(self) -> str:
        return text_html(repr(self))

    def to(self, device: str) -> Examples:
        """The same on another device."""
        return Examples(self.inputs.to(device), self.labels.to(device))

    def check_fit(self, network: Network) -> None:
        """Checks that `network` takes these inputs.

        Raises:
            DataError: If it does not; the message says what it takes.
        """
        shape = tuple(self.inputs.shape[1:])
        if not network.takes(shape):
            here, there = (" x ".join(map(str, sides)) for sides in (shape, network.input_shape))
            raise DataError(
                f"{network.name} takes inputs of {there}; these are {here}",
                "Train softmax or mlp, which take any size, or choose other data.",
            )


def iter_batches(
    train: Examples, seeds: Sequence[int], recipe: Recipe, counts: StepCounts, start: int, end: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of steps `start` to `end` - 1, each seed's examples in its own order.

    Every epoch goes through all examples once, in an order that (seed, epoch) decides; augmentation is
    decided by (seed, step). The tensors of a batch are overwritten later on.

    Args:
        train: What to draw from.
        seeds: R seeds.
        recipe: Its batch size and augmentation.
        counts: Of the training.
        start: The first step, from 0.
        end: The step after the last.

    Yields:
        Inputs `(R, batch, *shape)`, `float32`, and labels `(R, batch)`.
    """
    size, shape = recipe.batch_size, train.inputs.shape[1:]
    example_bytes = train.inputs[0].numel() * train.inputs.element_size()
    most = max(1, GATHERED_BYTES // (len(seeds) * size * example_bytes))
    buffer = train.inputs.new_empty(min(most, end - start) * len(seeds) * min(size, len(train)), *shape)
    step = start
    while step < end:
        epoch, first = divmod(step, counts.epoch_steps)
        last = min(counts.epoch_steps, first + end - step)
        order = torch.stack([epoch_order(seed, len(train), epoch) for seed in seeds]).to(train.inputs.device)
        for chunk in _chunks(order, size, first, last, most):  # (steps, R, batch)
            count, batch = chunk.shape[0], chunk.shape[2]
            indices = chunk.reshape(-1)
            inputs = torch.index_select(train.inputs, 0, indices, out=buffer[: len(indices)])
            labels = train.labels.index_select(0, indices).view(count, len(seeds), batch)
            for part, own in zip(inputs.view(count, len(seeds), batch, *shape), labels, strict=True):
                yield (_augmented(part, seeds, recipe, step) if recipe.augments else part), own
                step += 1


def _chunks(order: Tensor, size: int, first: int, last: int, most: int) -> Iterator[Tensor]:
    """Indices `(steps, R, batch)` of the batches `first` to `last` - 1 of an epoch, at most `most` at once.

    Args:
        order: `(R, n)`: the epoch's order for each seed.
        size: Examples in a batch; the epoch's last may have fewer.
        first: The first batch.
        last: The batch after the last.
        most: Batches in a chunk.
    """
    whole = min(last, order.shape[1] // size)
    for start in range(first, whole, most):
        end = min(whole, start + most)
        yield order[:, start * size : end * size].unflatten(1, (-1, size)).transpose(0, 1)
    if last > max(first, whole):
        yield order[:, whole * size :].unsqueeze(0)


def _augmented(inputs: Tensor, seeds: Sequence[int], recipe: Recipe, step: int) -> Tensor:
    generators = [generator_for(seed, "augmentation", step) for seed in seeds]
    return torch.stack([augment(part, recipe, own) for part, own in zip(inputs, generators, strict=True)])


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
