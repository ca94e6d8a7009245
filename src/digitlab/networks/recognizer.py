"""`recognizer`: the network of the model that ships; `micro`: the same outputs from 10,000 parameters.

Both have a no-digit output beside the ten digits. It takes the same features, so that a picture is a digit
or not by what the network sees in it, not by how small its ten logits are.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from digitlab.networks.layers import GlobalPool, Unsqueeze, convolution, dense
from digitlab.settings import settings

__all__ = ["MicroOptions", "RecognizerOptions", "micro_layers", "recognizer_layers"]


@settings("option of recognizer")
class RecognizerOptions:
    """Options of `recognizer`."""

    width: Annotated[int, Field(ge=4, le=256, multiple_of=4)] = 32
    """Scales all convolutions: 3/4, 2 and 4 times as many channels before, between and after the poolings."""


def recognizer_layers(options: RecognizerOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """Eight 3x3 convolutions with batch normalization: two, a 2x2 max pooling, three, another, and three.

    The largest and the mean value of each of the last feature maps are the features from which a dense layer
    makes ten logits, and another the one of "no digit". 466,000 parameters at width 32.
    """
    width = options.width
    stages = ((3 * width // 4,) * 2, (2 * width,) * 3, (4 * width,) * 3)
    layers: dict[str, nn.Module] = {"image": Unsqueeze()}
    channels, number = 1, 0
    for stage, widths in enumerate(stages):
        if stage:
            layers[f"pool{stage}"] = nn.MaxPool2d(2)
        for out in widths:
            number += 1
            layers[f"conv{number}"] = convolution(channels, out, 3, "he", generator, padding=1, bias=None)
            layers[f"norm{number}"] = nn.BatchNorm2d(out)
            layers[f"relu{number}"] = nn.ReLU()
            channels = out
    return {**layers, **_head(channels, generator)}


@settings("option of micro")
class MicroOptions:
    """Options of `micro`: none."""


def micro_layers(options: MicroOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """A 3x3 convolution and five separable ones, with batch normalization and two 2x2 max poolings.

    A separable convolution is a depthwise 3x3 convolution, which sees each channel by itself, and a 1x1
    convolution, which mixes them: an eighth of the parameters of one that does both.
    """
    channels = 16
    layers: dict[str, nn.Module] = {
        "image": Unsqueeze(),
        "conv1": convolution(1, channels, 3, "he", generator, padding=1, bias=None),
        "norm1": nn.BatchNorm2d(channels),
        "relu1": nn.ReLU(),
    }
    for number, (out, pooled) in enumerate(
        ((32, False), (36, True), (40, False), (44, True), (44, False)), start=2
    ):
        if pooled:
            layers[f"pool{number}"] = nn.MaxPool2d(2)
        layers[f"depth{number}"] = convolution(
            channels, channels, 3, "he", generator, padding=1, groups=channels, bias=None
        )
        layers[f"conv{number}"] = convolution(channels, out, 1, "he", generator, bias=None)
        layers[f"norm{number}"] = nn.BatchNorm2d(out)
        layers[f"relu{number}"] = nn.ReLU()
        channels = out
    return {**layers, **_head(channels, generator)}


def _head(channels: int, generator: torch.Generator) -> dict[str, nn.Module]:
    return {
        "pool": GlobalPool(),
        "logits": dense(2 * channels, 10, "kaiming-uniform", generator),
        "no_digit": dense(2 * channels, 1, "kaiming-uniform", generator),
    }
