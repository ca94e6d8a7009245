"""`swift`: a small convolutional network made to reach 99 % in seconds on two processor cores."""

from __future__ import annotations

import torch
from torch import nn

from digitlab.networks.layers import AddChannel, convolution, dense
from digitlab.settings import settings

__all__ = ["SwiftOptions", "swift_layers"]


@settings("option of swift")
class SwiftOptions:
    """`swift` has no options."""


def swift_layers(options: SwiftOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """Two convolutions, each pooled 2x2, and two dense layers."""
    return {
        "image": AddChannel(),
        "conv1": convolution(1, 24, 5, "he", generator),
        "pool1": nn.MaxPool2d(2),
        "relu1": nn.ReLU(),
        "conv2": convolution(24, 32, 3, "he", generator),
        "pool2": nn.MaxPool2d(2),
        "relu2": nn.ReLU(),
        "flatten": nn.Flatten(),
        "dense3": dense(800, 128, "he", generator),
        "relu3": nn.ReLU(),
        "logits": dense(128, 10, "glorot", generator),
    }
