"""Ablation: a network without some of its units or feature maps, and its accuracy then."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.data import Digits, scale_ink
from digitlab.errors import SettingError
from digitlab.evaluation import predict_logits
from digitlab.inspection.lookup import ACTIVATIONS, check_unit, find_layer, to_input_tensor
from digitlab.networks import Dropout, Network

__all__ = ["AblationAccuracy", "ablate", "ablation_accuracy"]

BATCH = 100
ELEMENTWISE = (*ACTIVATIONS, nn.BatchNorm2d, nn.MaxPool2d, Dropout)
"""Layers that make each map of the map of the same number alone."""


def ablate(network: Network, off: Mapping[str, Collection[int]]) -> Network:
    """A copy of a network in which some units or feature maps put out 0, whatever they get.

    A unit that is off puts out 0 after the layers as well that change its number alone, up to the next layer
    with weights: a sigmoid would make 0.5 of 0.

    Args:
        network: It stays as it is.
        off: Numbers of units or maps by dense layer or convolution; not of the last layer, whose outputs are
            the logits.

    Raises:
        SettingError: If there is no such layer or unit, or it is of the last layer.
    """
    names = list(network.layers)
    copied = copy.deepcopy(network)
    for name, units in off.items():
        layer = find_layer(network, name, nn.Linear, nn.Conv2d)
        if name == names[-1]:
            raise SettingError(f"{name} holds the answers", "Switch units of another layer off.")
        assert isinstance(layer, nn.Linear | nn.Conv2d)
        n = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
        for unit in units:
            check_unit(unit, (n,) if isinstance(layer, nn.Linear) else (n, 1, 1), name)
        if not units:
            continue
        hook = _zeroing(sorted(units))
        copied.layers[name].register_forward_hook(hook)
        for later in names[names.index(name) + 1 :]:
            if not isinstance(network.layers[later], ELEMENTWISE):
                break
            copied.layers[later].register_forward_hook(hook)
    return copied


def _zeroing(units: list[int]) -> Callable[[nn.Module, Any, Tensor], Tensor]:
    index = torch.tensor(units)

    def zero(_: nn.Module, __: Any, output: Tensor) -> Tensor:
        return output.index_fill(1, index.to(output.device), 0)

    return zero


@dataclass(frozen=True)
class AblationAccuracy:
    """How many digits a network gets right with and without some of its units.

    Attributes:
        n: How many digits were asked.
        before: How many of them the whole network gets right.
        after: How many without the units.
        total: How many digits there are.
    """

    n: int
    before: int
    after: int
    total: int


def ablation_accuracy(
    network: Network,
    ablated: Network,
    digits: Digits,
    seconds: float = math.inf,
    known: list[NDArray[np.bool_]] | None = None,
) -> AblationAccuracy:
    """Compares a network with its ablated copy on as many digits as a time allows, at least one batch.

    Args:
        network: The whole network.
        ablated: What `ablate` has made of it.
        digits: Asked in a fixed random order, so that those that are asked are a fair sample.
        seconds: The time, about.
        known: What the whole network gets right, batch by batch, from calls before; more is added.

    Raises:
        DataError: If the network takes images of another size.
    """
    start = time.perf_counter()
    known = [] if known is None else known
    order = np.random.default_rng(0).permutation(len(digits))
    n = before = after = 0
    took = 0.0
    for number, some in enumerate(_batches(order)):
        began = time.perf_counter()
        if number and began - start + took > seconds:
            break
        ink, labels = scale_ink(digits.images[some]), digits.labels[some]
        if number == len(known):
            known.append(_right(network, ink, labels))
        before += int(known[number].sum())
        after += int(_right(ablated, ink, labels).sum())
        n += len(some)
        took = time.perf_counter() - began
    return AblationAccuracy(n, before, after, len(digits))


def _batches(order: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    return (order[first : first + BATCH] for first in range(0, len(order), BATCH))


def _right(network: Network, ink: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    logits = predict_logits(network, to_input_tensor(network, ink))
    right: NDArray[np.bool_] = logits.argmax(1) == labels
    return right
