"""Layers that torch does not have as we need them, and layers whose start is a given seed."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

__all__ = ["AddChannel", "Dropout", "Initialisation", "convolution", "dense"]

Initialisation = Literal["glorot", "he", "truncated-normal", "zeros"]


class AddChannel(nn.Module):
    """Makes pictures `(n, height, width)` into one-channel maps `(n, 1, height, width)`."""

    def forward(self, ink: Tensor) -> Tensor:
        """Adds the channel axis."""
        return ink.unsqueeze(1)


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
    inputs: int, outputs: int, start: Initialisation, generator: torch.Generator, bias: float = 0.0
) -> nn.Linear:
    """A dense layer `(n, inputs) -> (n, outputs)` with its weights drawn from `generator`.

    Args:
        inputs: Numbers that come in.
        outputs: Units.
        start: How the weights start: `glorot` uniform (Glorot and Bengio 2010), `he` normal (He et
            al. 2015), `truncated-normal` (standard deviation 0.1, cut at two), or `zeros`.
        generator: Where the randomness comes from.
        bias: What every bias starts at.
    """
    layer: nn.Linear = skip_init(nn.Linear, inputs, outputs, device=torch.get_default_device())
    _start(layer.weight, start, generator)
    nn.init.constant_(layer.bias, bias)
    return layer


def convolution(
    inputs: int,
    outputs: int,
    size: int,
    start: Initialisation,
    generator: torch.Generator,
    *,
    stride: int = 1,
    padding: int = 0,
    bias: float | None = 0.0,
) -> nn.Conv2d:
    """A convolution with square kernels, its weights drawn from `generator`.

    Args:
        inputs: Maps that come in.
        outputs: Maps that come out.
        size: Height and width of a kernel in pixels.
        start: How the weights start, as in `dense`.
        generator: Where the randomness comes from.
        stride: Pixels from one place of the kernel to the next.
        padding: Pixels of paper added on every side.
        bias: What every bias starts at; None for no biases.
    """
    layer: nn.Conv2d = skip_init(
        nn.Conv2d,
        inputs,
        outputs,
        size,
        stride=stride,
        padding=padding,
        bias=bias is not None,
        device=torch.get_default_device(),
    )
    _start(layer.weight, start, generator)
    if layer.bias is not None and bias is not None:
        nn.init.constant_(layer.bias, bias)
    return layer


def _start(weight: Tensor, start: Initialisation, generator: torch.Generator) -> None:
    if weight.is_meta:
        return  # only its shape is wanted: see `load_network`
    if start == "glorot":
        nn.init.xavier_uniform_(weight, generator=generator)
    elif start == "he":
        nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
    elif start == "truncated-normal":
        nn.init.trunc_normal_(weight, std=0.1, a=-0.2, b=0.2, generator=generator)
    else:
        nn.init.zeros_(weight)
