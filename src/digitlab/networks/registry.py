"""Registry of networks: `ARCHITECTURES` by name, and `build`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from digitlab.arguments import check_arguments
from digitlab.errors import SettingError
from digitlab.networks.deep_mnist import DeepMnistOptions, deep_mnist_layers
from digitlab.networks.dense import MlpOptions, SoftmaxOptions, mlp_layers, softmax_layers
from digitlab.networks.network import Network
from digitlab.networks.recognizer import (
    MicroOptions,
    RecognizerOptions,
    micro_layers,
    recognizer_layers,
)
from digitlab.networks.swift import SwiftOptions, swift_layers
from digitlab.settings import to_dict

__all__ = ["ARCHITECTURES", "Architecture", "architecture", "build"]


@dataclass(frozen=True)
class Architecture:
    """Architecture: a kind of network that can be built by name.

    Attributes:
        summary: Its description, in one line.
        options: Its options, a `@settings` class.
        build_layers: Makes the layers by name, from options and a generator of random numbers. One called
            `no_digit` stands beside the last of the others, see `Network.no_digit`.
        input_shape: Shape of one image, or None where the option `inputs` decides.
    """

    summary: str
    options: type
    build_layers: Callable[[Any, torch.Generator], dict[str, nn.Module]]
    input_shape: tuple[int, int] | None = (28, 28)

    def with_defaults(self, options: Mapping[str, object]) -> dict[str, Any]:
        """All options as plain data: `options` checked, the others with their defaults.

        Raises:
            SettingError: If an option is unknown, or a value is not allowed.
        """
        return to_dict(self.options(**options))


ARCHITECTURES: Mapping[str, Architecture] = {
    "softmax": Architecture(
        "softmax regression: one dense layer, initialized with zeros", SoftmaxOptions, softmax_layers, None
    ),
    "mlp": Architecture("multi-layer perceptron: dense layers of any widths", MlpOptions, mlp_layers, None),
    "deep-mnist": Architecture(
        "two 5x5 convolutions and 1,024 units, as in the study `deep-mnist`",
        DeepMnistOptions,
        deep_mnist_layers,
    ),
    "swift": Architecture(
        "small convolutional network: 99 % in seconds on two cores", SwiftOptions, swift_layers
    ),
    "recognizer": Architecture(
        "eight convolutions with batch normalization, ten digits and `no digit`: the model that ships",
        RecognizerOptions,
        recognizer_layers,
    ),
    "micro": Architecture(
        "the same outputs from at most 10,000 parameters: separable convolutions", MicroOptions, micro_layers
    ),
}


@check_arguments
def architecture(name: str) -> Architecture:
    """The architecture called `name`.

    Raises:
        SettingError: If there is none of that name; the message lists those there are.
    """
    if name not in ARCHITECTURES:
        raise SettingError(f"unknown network {name!r}", f"Those there are: {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]


@check_arguments
def build(name: str, /, *, seed: int = 0, **options: object) -> Network:
    """Builds a network with freshly initialized weights.

    Args:
        name: A name from `ARCHITECTURES`.
        seed: Decides the weights; the same seed gives the same weights.
        **options: The architecture's options; those left out have their defaults.

    Raises:
        SettingError: If the name or an option is unknown, or a value is not allowed.

    Example:
        >>> build("mlp", hidden=(25, 15), inputs=400).parameter_count()
        10575
    """
    kind = architecture(name)
    chosen = kind.options(**options)
    shape = kind.input_shape or (chosen.inputs,)
    layers = kind.build_layers(chosen, torch.Generator().manual_seed(seed))
    no_digit = layers.pop("no_digit", None)
    return Network(name, to_dict(chosen), shape, layers, no_digit)
