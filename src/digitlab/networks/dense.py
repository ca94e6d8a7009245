"""Networks of dense layers: `softmax` and `mlp`. They take any picture or feature vector."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import nn

from digitlab.networks.layers import Dropout, Initialization, dense
from digitlab.settings import CommaSeparated, settings

__all__ = ["MlpOptions", "SoftmaxOptions", "mlp_layers", "softmax_layers"]

Width = Annotated[int, Field(ge=1, le=100_000)]
Outputs = Annotated[int, Field(ge=2, le=1000)]
LARGEST = 100_000_000
ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


@settings("option of softmax")
class SoftmaxOptions:
    """Options of `softmax`."""

    inputs: Width = 784  # numbers in one input: 784 for 28x28, 400 for the classroom set
    outputs: Outputs = 10  # classes, one logit each


def softmax_layers(options: SoftmaxOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """Softmax regression: one dense layer that starts at zero (sources 000 and 002)."""
    return {"flatten": nn.Flatten(), "logits": dense(options.inputs, options.outputs, "zeros", generator)}


@settings("option of mlp")
class MlpOptions:
    """Options of `mlp`."""

    inputs: Width = 784  # numbers in one input: 784 for 28x28, 400 for the classroom set
    hidden: Annotated[tuple[Width, ...], CommaSeparated, Field(min_length=1, max_length=100)] = (
        100,
    )  # units
    activation: Literal["relu", "sigmoid", "tanh"] = "relu"  # of every hidden layer
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # rate after every hidden layer
    initialization: Literal["by-activation", "glorot", "he", "small-normal"] = "by-activation"  # he for relu
    outputs: Outputs = 10  # classes, one logit each

    @model_validator(mode="after")
    def _not_too_large(self) -> Self:
        widths = (self.inputs, *self.hidden, self.outputs)
        parameters = sum((a + 1) * b for a, b in pairwise(widths))
        if parameters > LARGEST:
            raise ValueError(f"inputs and hidden make {parameters:,} parameters, more than {LARGEST:,}")
        return self


def mlp_layers(options: MlpOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """A multi-layer perceptron: dense layers with an activation, then a logit for each class.

    A `dropout` layer follows each activation only when `dropout` is above 0. Weights start as Glorot's
    or He's do, by default He's for relu and Glorot's else; logits as Glorot's. `small-normal` is for all
    of them: normal with a standard deviation of 0.01, biases too (source 000's TensorFlow.jl).
    """
    start: Initialization = "he" if options.activation == "relu" else "glorot"
    if options.initialization != "by-activation":
        start = options.initialization
    layers: dict[str, nn.Module] = {"flatten": nn.Flatten()}
    width = options.inputs
    for number, units in enumerate(options.hidden, start=1):
        layers[f"hidden{number}"] = dense(width, units, start, generator)
        layers[f"{options.activation}{number}"] = ACTIVATIONS[options.activation]()
        if options.dropout:
            layers[f"dropout{number}"] = Dropout(options.dropout)
        width = units
    last: Initialization = "small-normal" if start == "small-normal" else "glorot"
    layers["logits"] = dense(width, options.outputs, last, generator)
    return layers
