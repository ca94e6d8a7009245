"""The estimator's network: new or continued, and applied."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.errors import SettingError
from digitlab.estimator.errors import InputError
from digitlab.estimator.parameters import Parameters, find_architecture, make_options, option_names
from digitlab.estimator.storage import N_DIGITS
from digitlab.evaluation import predict_logits
from digitlab.networks import Architecture, Network, build

__all__ = ["compute_logits", "start_network"]


def start_network(
    parameters: Parameters, fitted: Network | None, classes: NDArray[Any], n_features: int, seed: int
) -> Network:
    """The network to train: a copy of the fitted one; without one, a new one, its weights freshly drawn.

    Raises:
        SettingError: If the name or an option is unknown, not allowed, or another than the fitted network's.
        InputError: If there is one class only, or the network does not take these data.
    """
    kind, name = find_architecture(parameters), parameters["network"]
    if fitted is None:
        _check_data(kind, name, n_features, classes)
        return build(name, seed=seed, **make_options(parameters, n_features, len(classes)))
    before = {"network": fitted.name, **fitted.options}
    options = kind.with_defaults(make_options(parameters, n_features, len(classes)))
    for field, value in {"network": name, **options}.items():
        if field not in before or before[field] != value:
            raise SettingError(
                f"parameter {field}={value!r}; the fitted network has {before.get(field)!r}",
                f"Set {field} back to train that network further, or call fit with warm_start=False.",
            )
    return copy.deepcopy(fitted)


def compute_logits(network: Network, inputs: torch.Tensor) -> NDArray[np.float64]:
    """Logits `(n, outputs)`.

    Dense networks compute them in float64: in float32 the probabilities of an input would change by
    some 1e-7 with the number of inputs asked about together, which scikit-learn's checks refuse.
    """
    if len(network.input_shape) == 1:
        network, inputs = copy.deepcopy(network).cpu().double(), inputs.double()
    return predict_logits(network, inputs).astype(np.float64)


def _check_data(kind: Architecture, name: str, n_features: int, classes: NDArray[Any]) -> None:
    """Refuses classes and features that an architecture does not take."""
    k = len(classes)
    if k == 1:
        raise InputError(f"y holds one class only, {classes[0]!r}", "Give examples of at least two classes.")
    if "outputs" not in option_names(kind) and k > N_DIGITS:
        raise InputError(f"y holds {k} classes; {name} tells ten apart", "Train softmax or mlp instead.")
    if kind.input_shape and math.prod(kind.input_shape) != n_features:
        sides = " x ".join(map(str, kind.input_shape))
        raise InputError(
            f"{name} takes pictures of {sides}; X has {n_features} features",
            "Train softmax or mlp, which take any number of features.",
        )
