"""Layers: those that torch lacks, and dense layers and convolutions initialized from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

__all__ = [
    "Crop",
    "Dropout",
    "GlobalPool",
    "Initialization",
    "Normalize",
    "Projection",
    "SelectPixels",
    "Unsqueeze",
    "convolution",
    "dense",
]

Initialization = Literal["glorot", "he", "kaiming-uniform", "truncated-normal", "normal-0.01", "zeros"]


class Unsqueeze(nn.Module):
    """Adds a channel axis: images `(n, height, width)` become `(n, 1, height, width)`."""

    def forward(self, images: Tensor) -> Tensor:
        """Adds the channel axis."""
        return images.unsqueeze(1)


class Crop(nn.Module):
    """Crops a margin off every side of images `(n, channels, height, width)`.

    Attributes:
        margin: Pixels cut off each side, at least 1.
    """

    def __init__(self, margin: int) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, images: Tensor) -> Tensor:
        """The images without their margin."""
        inside = slice(self.margin, -self.margin)
        return images[:, :, inside, inside]

    def extra_repr(self) -> str:
        """The margin, for printing."""
        return f"margin={self.margin}"


class Normalize(nn.Module):
    """Normalization by MNIST's mean ink 0.1307 and standard deviation 0.3081.

    The two numbers are those of all pixels of the 60,000 training images.
    """

    def forward(self, images: Tensor) -> Tensor:
        """Normalized `images`, of the same shape."""
        return (images - 0.1307) / 0.3081


class SelectPixels(nn.Module):
    """Feature selection: of inputs `(n, features)` keeps those of given indices, `(n, len(indices))`.

    Attributes:
        indices: Which features, from 0, in the order of the output. Built from the network's options, so it
            is in no weights file.
    """

    indices: Tensor

    def __init__(self, indices: Sequence[int]) -> None:
        super().__init__()
        # On the CPU also where `load_network` builds without memory: no file would fill it later.
        self.register_buffer("indices", torch.tensor(list(indices), device="cpu"), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """The selected features."""
        return inputs.index_select(1, self.indices)

    def extra_repr(self) -> str:
        """How many features, for printing."""
        return f"{len(self.indices)} indices"


class Projection(nn.Module):
    """Fixed linear projection onto components, such as principal components: `(x - mean) @ components.T`.

    Both buffers are NaN until `set_projection` fills them, so that a network that lacks its projection can
    neither train nor be loaded unnoticed.

    Attributes:
        mean: `(features,)`, subtracted from every input.
        components: `(n_components, features)`; one row for each number of the output.
    """

    mean: Tensor
    components: Tensor

    def __init__(self, features: int, n_components: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((features,), torch.nan))
        self.register_buffer("components", torch.full((n_components, features), torch.nan))

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs `(n, features)` as `(n, n_components)`."""
        return (inputs - self.mean) @ self.components.T

    def extra_repr(self) -> str:
        """The sizes, for printing."""
        return f"features={self.components.shape[1]}, n_components={self.components.shape[0]}"


class Dropout(nn.Module):
    """Dropout whose randomness comes from a given generator instead of a global one.

    While training, each value is kept with probability `1 - rate` and then divided by it; otherwise
    nothing is done (Srivastava et al. 2014, in the scaled form that TensorFlow and torch use).

    Attributes:
        rate: Probability that a value is set to 0, in [0, 1).
        generator: Where the randomness comes from; None is torch's global generator.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.generator: torch.Generator | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """Drops values of `inputs` (any shape) while training."""
        if not self.training or self.rate == 0:
            return inputs
        keep = 1 - self.rate
        mask = torch.empty_like(inputs).bernoulli_(keep, generator=self.generator)
        return inputs * mask.div_(keep)

    def extra_repr(self) -> str:
        """The rate, for printing."""
        return f"rate={self.rate}"


class GlobalPool(nn.Module):
    """Largest and mean value of each channel: `(n, channels, height, width)` becomes `(n, 2 channels)`."""

    def forward(self, maps: Tensor) -> Tensor:
        """The largest values of all channels, then their means."""
        return torch.cat([maps.amax((2, 3)), maps.mean((2, 3))], 1)


def dense(
    in_features: int,
    out_features: int,
    init: Initialization,
    generator: torch.Generator,
    bias: float = 0.0,
) -> nn.Linear:
    """A dense layer `(n, in_features) -> (n, out_features)`, its weights drawn from `generator`.

    Args:
        in_features: Numbers in one input.
        out_features: Units.
        init: Initialization of the weights: `glorot` (uniform; Glorot and Bengio 2010), `he` (normal; He et
            al. 2015), `kaiming-uniform` (uniform within 1 / sqrt(in_features), biases too: the default of
            torch's own layers), `truncated-normal` (standard deviation 0.1, cut at two of them),
            `normal-0.01` (standard deviation 0.01, biases too: the default of TensorFlow.jl), or `zeros`.
        generator: Where the randomness comes from.
        bias: Initial value of every bias, where `init` does not draw it.
    """
    layer: nn.Linear = skip_init(nn.Linear, in_features, out_features, device=torch.get_default_device())
    _initialize(layer, init, generator, bias)
    return layer


def convolution(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    init: Initialization,
    generator: torch.Generator,
    *,
    padding: int = 0,
    groups: int = 1,
    bias: float | None = 0.0,
) -> nn.Conv2d:
    """A convolution with square kernels, its weights drawn from `generator`.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output, one kernel each.
        kernel_size: Height and width of a kernel in pixels.
        init: Initialization of the weights, as in `dense`.
        generator: Where the randomness comes from.
        padding: Pixels of zeros added on every side.
        groups: Groups of channels that do not see each other; as many as channels: a depthwise convolution.
        bias: Initial value of every bias, where `init` does not draw it; None: without biases, as before
            batch normalization.
    """
    layer: nn.Conv2d = skip_init(
        nn.Conv2d,
        in_channels,
        out_channels,
        kernel_size,
        padding=padding,
        groups=groups,
        bias=bias is not None,
        device=torch.get_default_device(),
    )
    _initialize(layer, init, generator, bias)
    return layer


def _initialize(
    layer: nn.Linear | nn.Conv2d, init: Initialization, generator: torch.Generator, bias: float | None
) -> None:
    weight = layer.weight
    if weight.is_meta:
        return  # only its shape is wanted: see `load_network`
    if layer.bias is not None and bias is not None:
        nn.init.constant_(layer.bias, bias)
    if init == "glorot":
        nn.init.xavier_uniform_(weight, generator=generator)
    elif init == "he":
        nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
    elif init == "kaiming-uniform":
        bound = weight[0].numel() ** -0.5
        nn.init.uniform_(weight, -bound, bound, generator=generator)
        if layer.bias is not None:
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    elif init == "truncated-normal":
        nn.init.trunc_normal_(weight, std=0.1, a=-0.2, b=0.2, generator=generator)
    elif init == "normal-0.01":
        nn.init.normal_(weight, std=0.01, generator=generator)
        if layer.bias is not None:
            nn.init.normal_(layer.bias, std=0.01, generator=generator)
    else:
        nn.init.zeros_(weight)
