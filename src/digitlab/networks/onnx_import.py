"""ONNX in: the `Network` of a file that `export_onnx` has written, so that its layers can be looked at."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from digitlab.arguments import check_arguments
from digitlab.errors import ModelError, SettingError
from digitlab.networks.network import Network
from digitlab.networks.onnx_export import onnx_difference
from digitlab.networks.registry import build

__all__ = ["network_from_onnx"]

CHECKED = 8
"""Even noise with which the network is compared with its file."""
LARGEST_DIFFERENCE = 1e-4
REMEDY = "Look at its run or its weights file."


@check_arguments
def network_from_onnx(path: str | os.PathLike[str]) -> Network:
    """Builds the network of an ONNX file again, by the name, the options and the weights in the file.

    Batch normalization is part of the convolutions in such a file, so the network has none: each convolution
    has a bias, and layers keep their names.

    Returns:
        The network in evaluation mode; its logits are within 1e-4 of the file's.

    Raises:
        ModelError: If the file cannot be read, or `export_onnx` has not written it.
    """
    path = Path(path)
    description, tensors, shape = _content(path)
    try:
        network = build(str(description["network"]), **description["options"])
    except (KeyError, TypeError, SettingError) as error:
        reason = error.problem if isinstance(error, SettingError) else repr(error)
        raise ModelError(f"{path} names a network that cannot be built: {reason}", REMEDY) from None
    layers = {name: layer for name, layer in network.layers.items() if not isinstance(layer, nn.BatchNorm2d)}
    for name, layer in layers.items():
        _fill(layer, f"network.layers.{name}", tensors, path)
    if network.no_digit is not None:
        _fill(network.no_digit, "network.no_digit", tensors, path)
    folded = Network(network.name, network.options, network.input_shape, layers, network.no_digit).eval()
    noise = torch.rand(CHECKED, *shape, generator=torch.Generator().manual_seed(0))
    difference = onnx_difference(folded, path, noise)
    if not difference <= LARGEST_DIFFERENCE:
        raise ModelError(f"the logits of {path} differ by {difference:.2g} from its layers'", REMEDY)
    return folded


def _content(path: Path) -> tuple[dict[str, Any], dict[str, Tensor], list[int]]:
    """The description of the network, all tensors of floats by name, and the shape of one input."""
    import onnx
    from onnx import numpy_helper

    try:
        model = onnx.load(path, load_external_data=False)
        text = {each.key: each.value for each in model.metadata_props}["digitlab"]
        description: dict[str, Any] = json.loads(text)
        tensors = {
            each.name: torch.from_numpy(numpy_helper.to_array(each).copy())
            for each in model.graph.initializer
            if each.data_type == onnx.TensorProto.FLOAT
        }
        sides = model.graph.input[0].type.tensor_type.shape.dim[1:]
    except KeyError:
        raise ModelError(f"{path} does not say which network it holds", REMEDY) from None
    except Exception as error:  # the errors of protocol buffers share no parent of their own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"cannot read {path}: {reason}", REMEDY) from error
    return description, tensors, [side.dim_value for side in sides]


def _fill(layer: nn.Module, name: str, tensors: dict[str, Tensor], path: Path) -> None:
    """Gives a layer its weights from the file, and a convolution its bias, which it may have had none of."""
    if isinstance(layer, nn.Conv2d) and layer.bias is None:
        layer.bias = nn.Parameter(torch.zeros(layer.out_channels))
    for own, value in layer.state_dict().items():
        found = tensors.get(f"{name}.{own}", tensors.get(f"{name}.weight_{own}"))
        if found is None and own == "bias":  # the exporter leaves out biases that are all 0
            found = torch.zeros_like(value)
        if found is None or found.shape != value.shape:
            raise ModelError(f"{path} holds no {name}.{own} of {list(value.shape)}", REMEDY)
        value.copy_(found)
