"""Layers as the page needs them: what a cell of each reads, and whose units its outputs are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digitlab.networks import Network

__all__ = ["described_layers"]


def described_layers(network: Network) -> list[dict[str, Any]]:
    """Describes the layers that change numbers.

    Returns:
        For each: `name`, `kind`, `shape`; `maker`, the layer with weights whose units its outputs are, or
        None; `last`, whether its outputs are the logits; and of those that read windows their `kernel`,
        `stride`, `padding` and `groups` (0 where each map is read by itself), or the `margin` cut off.
    """
    from torch import nn

    from digitlab.inspection import activation_shapes
    from digitlab.inspection.lookup import ACTIVATIONS
    from digitlab.networks import Dropout

    described: list[dict[str, Any]] = []
    maker: str | None = None
    names = list(network.layers)
    for name, shape in activation_shapes(network).items():
        layer = network.layers[name]
        if isinstance(layer, nn.Flatten | Dropout):
            continue
        weighted = isinstance(layer, nn.Linear | nn.Conv2d)
        keeps = weighted or isinstance(layer, (*ACTIVATIONS, nn.BatchNorm2d, nn.MaxPool2d))
        maker = name if weighted else maker if keeps else None
        described.append(
            {
                "name": name,
                "kind": type(layer).__name__,
                "shape": shape,
                "maker": maker,
                "last": name == names[-1],
                **_geometry(layer),
            }
        )
    return described


def _geometry(layer: Any) -> dict[str, Any]:
    """What a cell of a layer reads: a window of maps, or another pixel."""
    from torch import nn

    from digitlab.networks.layers import Crop

    if isinstance(layer, nn.Conv2d):
        return {
            "kernel": layer.kernel_size,
            "stride": layer.stride,
            "padding": layer.padding,
            "groups": layer.groups,
        }
    if isinstance(layer, nn.MaxPool2d):
        kernel, stride = (
            [value] * 2 if isinstance(value, int) else value for value in (layer.kernel_size, layer.stride)
        )
        return {"kernel": kernel, "stride": stride, "padding": [0, 0], "groups": 0}
    if isinstance(layer, Crop):
        return {"margin": layer.margin}
    return {}
