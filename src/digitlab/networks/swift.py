"""`swift`: a small convolutional network that reaches 99 % in seconds on two processor cores."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from digitlab.networks.layers import Crop, Initialization, Normalize, Unsqueeze, convolution, dense
from digitlab.settings import settings

__all__ = ["SwiftOptions", "swift_layers"]


@settings("option of swift")
class SwiftOptions:
    """Options of `swift`."""

    width: Annotated[int, Field(ge=1, le=512)] = 16
    """Channels of the first convolution; the second has twice as many, the dense layer 8 times."""


def swift_layers(options: SwiftOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """Two convolutions of `width` and 2 `width` channels, each max-pooled 2x2, 8 `width` units, ten logits.

    Made for speed: a margin of two pixels, which holds no ink in nearly all digits, is cropped first (a
    quarter of the work); pooling comes before the activation function, which gives the same numbers from a
    quarter of the activations; there is no batch normalization, only MNIST's own mean and standard
    deviation. How it was found: `docs/performance.md`.
    """
    width = options.width
    init: Initialization = "kaiming-uniform"
    return {
        "image": Unsqueeze(),
        "crop": Crop(2),
        "standardize": Normalize(),
        "conv1": convolution(1, width, 5, init, generator),
        "pool1": nn.MaxPool2d(2),
        "relu1": nn.ReLU(),
        "conv2": convolution(width, 2 * width, 3, init, generator),
        "pool2": nn.MaxPool2d(2),
        "relu2": nn.ReLU(),
        "flatten": nn.Flatten(),
        "dense3": dense(4 * 4 * 2 * width, 8 * width, init, generator),
        "relu3": nn.ReLU(),
        "logits": dense(8 * width, 10, init, generator),
    }
