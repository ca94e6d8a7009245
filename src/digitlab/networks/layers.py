"""Layers that torch does not have as we need them, and layers whose start is a given seed."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

__all__ = ["Crop", "Dropout", "Initialization", "Normalize", "Unsqueeze", "convolution", "dense"]

Initialization = Literal["glorot", "he", "fan-in", "truncated-normal", "small-normal", "zeros"]


class Unsqueeze(nn.Module):
    """Makes pictures `(n, height, width)` into one-channel maps `(n, 1, height, width)`."""

    def forward(self, ink: Tensor) -> Tensor:
        """Adds the channel axis."""
        return ink.unsqueeze(1)


class Crop(nn.Module):
    """Cuts a margin off every side of maps `(n, channels, height, width)`.

    Attributes:
        margin: Pixels cut off each side, at least 1.
    """

    def __init__(self, margin: int) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, maps: Tensor) -> Tensor:
        """The maps without their margin."""
        inside = slice(self.margin, -self.margin)
        return maps[:, :, inside, inside]

    def extra_repr(self) -> str:
        """The margin, for printing."""
        return f"margin={self.margin}"


class Normalize(nn.Module):
    """Takes MNIST's mean ink 0.1307 off and divides by its standard deviation 0.3081.

    The two figures are those of all pixels of the 60,000 training images.
    """

    def forward(self, ink: Tensor) -> Tensor:
        """Standardized `ink`, of the same shape."""
        return (ink - 0.1307) / 0.3081


class Dropout(nn.Module):
    """Dropout whose randomness comes from a given generator instead of a global one.

    While training, each value is kept with probability `1 - rate` and then divided by it; otherwise
    nothing is done (Srivastava et al. 2014, in the scaled form that TensorFlow and torch use).

    Attributes:
        rate: Probability that a value is set to 0, from 0 up to but without 1.
        generator: Where the randomness comes from; None is torch's global generator.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.generator: torch.Generator | None = None

    def forward(self, signal: Tensor) -> Tensor:
        """Drops values of `signal` (any shape) while training."""
        if not self.training or self.rate == 0:
            return signal
        keep = 1 - self.rate
        mask = torch.empty_like(signal).bernoulli_(keep, generator=self.generator)
        return signal * mask.div_(keep)

    def extra_repr(self) -> str:
        """The rate, for printing."""
        return f"rate={self.rate}"


def dense(
    inputs: int, outputs: int, start: Initialization, generator: torch.Generator, bias: float = 0.0
) -> nn.Linear:
    """A dense layer `(n, inputs) -> (n, outputs)` with its weights drawn from `generator`.

    Args:
        inputs: Numbers that come in.
        outputs: Units.
        start: How the weights start: `glorot` uniform (Glorot and Bengio 2010), `he` normal (He et
            al. 2015), `fan-in` (even within one over the root of the inputs, biases too, as torch's own
            layers start), `truncated-normal` (standard deviation 0.1, cut at two), `small-normal` (standard
            deviation 0.01, biases too, as TensorFlow.jl starts a variable), or `zeros`.
        generator: Where the randomness comes from.
        bias: What every bias starts at.
    """
    layer: nn.Linear = skip_init(nn.Linear, inputs, outputs, device=torch.get_default_device())
    _start(layer, start, generator, bias)
    return layer


def convolution(
    inputs: int,
    outputs: int,
    size: int,
    start: Initialization,
    generator: torch.Generator,
    *,
    padding: int = 0,
    bias: float = 0.0,
) -> nn.Conv2d:
    """A convolution with square kernels, its weights drawn from `generator`.

    Args:
        inputs: Maps that come in.
        outputs: Maps that come out.
        size: Height and width of a kernel in pixels.
        start: How the weights start, as in `dense`.
        generator: Where the randomness comes from.
        padding: Pixels of paper added on every side.
        bias: What every bias starts at.
    """
    layer: nn.Conv2d = skip_init(
        nn.Conv2d, inputs, outputs, size, padding=padding, device=torch.get_default_device()
    )
    _start(layer, start, generator, bias)
    return layer


def _start(
    layer: nn.Linear | nn.Conv2d, start: Initialization, generator: torch.Generator, bias: float
) -> None:
    weight = layer.weight
    assert layer.bias is not None
    if weight.is_meta:
        return  # only its shape is wanted: see `load_network`
    nn.init.constant_(layer.bias, bias)
    if start == "glorot":
        nn.init.xavier_uniform_(weight, generator=generator)
    elif start == "he":
        nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
    elif start == "fan-in":
        bound = weight[0].numel() ** -0.5
        nn.init.uniform_(weight, -bound, bound, generator=generator)
        nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    elif start == "truncated-normal":
        nn.init.trunc_normal_(weight, std=0.1, a=-0.2, b=0.2, generator=generator)
    elif start == "small-normal":
        nn.init.normal_(weight, std=0.01, generator=generator)
        nn.init.normal_(layer.bias, std=0.01, generator=generator)
    else:
        nn.init.zeros_(weight)
