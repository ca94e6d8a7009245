"""Networks of dense layers: `softmax` and `mlp`. They take images and feature vectors of any size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator
from torch import nn

from digitlab.errors import SettingError
from digitlab.formatting import format_count
from digitlab.networks.layers import Dropout, Initialization, Projection, SelectPixels, dense
from digitlab.networks.network import Network
from digitlab.settings import CommaSeparated, settings

__all__ = ["MlpOptions", "SoftmaxOptions", "fit_projection", "mlp_layers", "set_projection", "softmax_layers"]

Width = Annotated[int, Field(ge=1, le=100_000)]
Outputs = Annotated[int, Field(ge=2, le=1000)]
MAX_PARAMETERS = 100_000_000
ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


@settings("option of softmax")
class SoftmaxOptions:
    """Options of `softmax`."""

    inputs: Width = 784
    """Numbers in one input: 784 for 28x28, 400 for the classroom set."""
    outputs: Outputs = 10
    """Classes, one logit each."""


def softmax_layers(options: SoftmaxOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """Softmax regression: one dense layer initialized with zeros."""
    return {"flatten": nn.Flatten(), "logits": dense(options.inputs, options.outputs, "zeros", generator)}


@settings("option of mlp")
class MlpOptions:
    """Options of `mlp`."""

    inputs: Width = 784
    """Numbers in one input: 784 for 28x28, 400 for the classroom set."""
    hidden: Annotated[tuple[Width, ...], CommaSeparated, Field(min_length=1, max_length=100)] = (100,)
    """Units of each hidden layer."""
    activation: Literal["relu", "sigmoid", "tanh"] = "relu"
    """Activation function of every hidden layer."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout rate after every hidden layer."""
    initialization: Literal["auto", "glorot", "he", "kaiming-uniform", "normal-0.01"] = "auto"
    """Initial weights; `auto` is `he` for hidden layers with relu, else `glorot`."""
    outputs: Outputs = 10
    """Classes, one logit each."""
    pixels: Annotated[tuple[Annotated[int, Field(ge=0)], ...], CommaSeparated, Field(max_length=100_000)] = ()
    """Feature selection: indices of the input's numbers that the first layer takes; none for all."""
    components: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Fixed projection of the input to so many principal components of the training images; 0 for none."""

    @model_validator(mode="after")
    def _check_first_layer(self) -> Self:
        if self.pixels and self.components:
            raise ValueError("pixels and components are two choices of a first layer")
        if self.pixels and max(self.pixels) >= self.inputs:
            raise ValueError(f"pixels holds {max(self.pixels)}, and inputs={self.inputs} has 0 to inputs - 1")
        if len(set(self.pixels)) < len(self.pixels):
            raise ValueError("pixels holds an index twice")
        return self

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        widths = (len(self.pixels) or self.components or self.inputs, *self.hidden, self.outputs)
        parameters = sum((a + 1) * b for a, b in pairwise(widths)) + self.components * self.inputs
        if parameters > MAX_PARAMETERS:
            raise ValueError(
                f"inputs and hidden make {parameters:,} parameters, more than {MAX_PARAMETERS:,}"
            )
        return self


def mlp_layers(options: MlpOptions, generator: torch.Generator) -> dict[str, nn.Module]:
    """Multi-layer perceptron: dense layers with an activation function, then a logit for each class.

    A `dropout` layer follows each activation only when `dropout` is above 0. `pixels` and `components` put
    a fixed layer first. The last layer is initialized like the hidden ones, but where those are `he` it is
    `glorot`, because no relu follows it.
    """
    init: Initialization = "he" if options.activation == "relu" else "glorot"
    if options.initialization != "auto":
        init = options.initialization
    layers: dict[str, nn.Module] = {"flatten": nn.Flatten()}
    width = options.inputs
    if options.pixels:
        width = len(options.pixels)
        layers["pixels"] = SelectPixels(options.pixels)
    elif options.components:
        width = options.components
        layers["projection"] = Projection(options.inputs, width)
    for number, units in enumerate(options.hidden, start=1):
        layers[f"hidden{number}"] = dense(width, units, init, generator)
        layers[f"{options.activation}{number}"] = ACTIVATIONS[options.activation]()
        if options.dropout:
            layers[f"dropout{number}"] = Dropout(options.dropout)
        width = units
    layers["logits"] = dense(width, options.outputs, "glorot" if init == "he" else init, generator)
    return layers


def set_projection(network: Network, mean: ArrayLike, components: ArrayLike) -> None:
    """Fills the fixed projection of `network`, an `mlp` with the option `components`, in place.

    Args:
        network: The network; `logits = mlp((x - mean) @ components.T)` afterwards.
        mean: `(inputs,)`, subtracted from every input.
        components: `(n_components, inputs)`, for example the principal components of the training images.

    Raises:
        SettingError: If the network has no projection, or one of another shape, or a value is not finite.
    """
    layer = next((each for each in network.layers.values() if isinstance(each, Projection)), None)
    if layer is None:
        raise SettingError(
            f"{network.name} has no projection to fill", 'Build it with one: build("mlp", components=N).'
        )
    for name, buffer, values in (("mean", layer.mean, mean), ("components", layer.components, components)):
        given = torch.tensor(np.asarray(values, dtype=np.float32))
        if given.shape != buffer.shape or not given.isfinite().all():
            raise SettingError(
                f"{name} of shape {tuple(given.shape)}, {format_count(int((~given.isfinite()).sum()))} "
                "of its values not finite",
                f"Give finite numbers of shape {tuple(buffer.shape)}.",
            )
        buffer.copy_(given)


def fit_projection(networks: Sequence[Network], inputs: NDArray[np.float32]) -> None:
    """Fills the fixed projection of networks that have one with the principal components of training inputs.

    A projection that is filled stays as it is.

    Args:
        networks: Of one architecture, with the same options.
        inputs: `(n, features)`.

    Raises:
        SettingError: If the inputs have fewer principal components than the networks take.
    """
    n_components = networks[0].options.get("components", 0)
    if not n_components or all(values.isfinite().all() for values in networks[0].buffers()):
        return
    from sklearn.decomposition import PCA

    if n_components > min(inputs.shape):
        raise SettingError(
            f"option of {networks[0].name} components={n_components}: {len(inputs)} inputs of "
            f"{inputs.shape[1]} features have {min(inputs.shape)} principal components",
            "Ask for fewer.",
        )
    pca = PCA(n_components=n_components, svd_solver="covariance_eigh").fit(inputs)
    for network in networks:
        set_projection(network, np.asarray(pca.mean_), np.asarray(pca.components_))
