"""`deep-mnist`: the deep convolutional network of the study `deep-mnist` (source 002)."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from digitlab.networks.layers import Dropout, Initialization, Unsqueeze, convolution, dense
from digitlab.settings import settings

__all__ = ["DeepMnistOptions", "deep_mnist_layers"]


@settings("option of deep-mnist")
class DeepMnistOptions:
    """Options of `deep-mnist`."""

    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Dropout rate before the last layer."""


def deep_mnist_layers(options: DeepMnistOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """Two 5x5 convolutions of 32 and 64 channels, each max-pooled 2x2, 1,024 units, dropout, ten logits.

    3,274,634 parameters. Initial weights are normal with a standard deviation of 0.1, cut at two of them;
    every bias is 0.1 at first (study `deep-mnist`, source 002, cells 64, 69, 75 and 81).
    """
    init: Initialization = "truncated-normal"
    return {
        "image": Unsqueeze(),
        "conv1": convolution(1, 32, 5, init, generator, padding=2, bias=0.1),
        "relu1": nn.ReLU(),
        "pool1": nn.MaxPool2d(2),
        "conv2": convolution(32, 64, 5, init, generator, padding=2, bias=0.1),
        "relu2": nn.ReLU(),
        "pool2": nn.MaxPool2d(2),
        "flatten": nn.Flatten(),
        "dense3": dense(7 * 7 * 64, 1024, init, generator, bias=0.1),
        "relu3": nn.ReLU(),
        "dropout": Dropout(options.dropout),
        "logits": dense(1024, 10, init, generator, bias=0.1),
    }
