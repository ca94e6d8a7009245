"""`Examples` in memory, and the batches of an epoch, augmented where the recipe says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from digitlab.arguments import check_arguments
from digitlab.data import Digits
from digitlab.data.digits import scale_ink
from digitlab.errors import DataError
from digitlab.formatting import format_count
from digitlab.networks import Network
from digitlab.notebook import text_html
from digitlab.probabilities import NO_DIGIT
from digitlab.training.augmentation import augment
from digitlab.training.hyperparameters import Recipe
from digitlab.training.non_digits import make_non_digits
from digitlab.training.randomness import RngStream, epoch_order, generator_for

__all__ = ["Examples", "MadeExamples", "StepCounts", "iter_batches", "make_examples"]


NON_DIGITS = 40_000
"""How many non-digits are made for a training; each is augmented anew in every step that it comes in."""
STRING_PARTS = 60_000
"""How many parts of strings are made for a training; they, too, are augmented anew in every step."""
GENTLER = 0.4
"""Strength of their augmentation: they are cut and centered already, as reading shows them."""
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
        labels: `(n,)`, `int64`, 0 to 9; of examples made by code also 10 for no digit.
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


@dataclass(frozen=True, eq=False)
class MadeExamples:
    """What is made by code before training, to be drawn from in every step; None: nothing of the kind.

    Attributes:
        non_digits: Pictures that show no digit.
        string_parts: Parts of written strings: digits, and what wrong cuts leave.
    """

    non_digits: Examples | None = None
    string_parts: Examples | None = None


def iter_batches(
    train: Examples,
    seeds: Sequence[int],
    recipe: Recipe,
    counts: StepCounts,
    start: int,
    end: int,
    made: MadeExamples = MadeExamples(),
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
        made: Of which `recipe.non_digits` and `recipe.string_parts` are drawn for each digit of a batch, at
            random.

    Yields:
        Inputs `(R, batch, *shape)`, `float32`, and labels `(R, batch)`: digits, then non-digits, then
        parts of strings.
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
                cut = round(recipe.string_parts * batch) if made.string_parts else 0
                if made.non_digits:
                    n = round(recipe.non_digits * batch)
                    part, own = _with_drawn(part, own, made.non_digits, n, seeds, "non-digits", step)
                if made.string_parts:
                    part, own = _with_drawn(part, own, made.string_parts, cut, seeds, "string-parts", step)
                if recipe.augments:
                    part = _augmented(part, cut, seeds, recipe, step, counts.total_steps)
                yield part, own
                step += 1


def make_examples(train: Examples, recipe: Recipe) -> MadeExamples:
    """Makes what the recipe draws from: `NON_DIGITS` non-digits and `STRING_PARTS` parts of strings.

    They are made from the training digits and by drawing; `recipe.seed` decides them.

    Args:
        train: Digits of 28 x 28, if the recipe asks for any of these.
        recipe: Says which of them are needed.
    """
    if not (recipe.non_digits or recipe.string_parts):
        return MadeExamples()
    images = (train.inputs * 255).round().byte().cpu().numpy()
    labels, device = train.labels.cpu().numpy(), str(train.inputs.device)
    non_digits = string_parts = None
    if recipe.non_digits:
        rng = np.random.default_rng((recipe.seed, NON_DIGITS))
        made = make_non_digits(images, labels, NON_DIGITS, rng)
        none = torch.full((NON_DIGITS,), NO_DIGIT)
        non_digits = Examples(torch.from_numpy(scale_ink(made)), none).to(device)
    if recipe.string_parts:
        from digitlab.training.string_parts import make_string_parts  # loads what reads pages

        rng = np.random.default_rng((recipe.seed, STRING_PARTS))
        parts, theirs = make_string_parts(images, labels, STRING_PARTS, rng)
        string_parts = Examples(torch.from_numpy(scale_ink(parts)), torch.from_numpy(theirs)).to(device)
    return MadeExamples(non_digits, string_parts)


def _with_drawn(
    inputs: Tensor, labels: Tensor, pool: Examples, n: int, seeds: Sequence[int], stream: RngStream, step: int
) -> tuple[Tensor, Tensor]:
    """A batch `(R, batch, ...)` with `n` examples of a pool, drawn for each seed, at its end."""
    drawn = [torch.randint(len(pool), (n,), generator=generator_for(seed, stream, step)) for seed in seeds]
    indices = torch.stack(drawn).to(labels.device)
    return torch.cat([inputs, pool.inputs[indices]], 1), torch.cat([labels, pool.labels[indices]], 1)


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


def _augmented(
    inputs: Tensor, gentler: int, seeds: Sequence[int], recipe: Recipe, step: int, total: int
) -> Tensor:
    """A batch `(R, batch, ...)` augmented, the last `gentler` of each seed with less strength."""
    device, whole = str(inputs.device), inputs.shape[1] - gentler
    strength = min(1.0, (total - step) / (recipe.augment_fade * total)) if recipe.augment_fade else 1.0
    every = []
    for part, seed in zip(inputs, seeds, strict=True):
        generator = generator_for(seed, "augmentation", step, device)
        every.append(augment(part[:whole], recipe, generator, strength))
        if gentler:
            every[-1] = torch.cat([every[-1], augment(part[whole:], recipe, generator, GENTLER * strength)])
    return torch.stack(every)
