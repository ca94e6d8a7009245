"""Networks by name: the architectures, the layer table, weights in and out."""

from digitlab.networks.dense import set_projection
from digitlab.networks.layers import Dropout
from digitlab.networks.network import LayerRow, Network, layer_table, multiply_adds
from digitlab.networks.onnx_export import export_onnx
from digitlab.networks.registry import ARCHITECTURES, Architecture, architecture, build
from digitlab.networks.weights import load_network, load_weights, save_network

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "Dropout",
    "LayerRow",
    "Network",
    "architecture",
    "build",
    "export_onnx",
    "layer_table",
    "load_network",
    "load_weights",
    "multiply_adds",
    "save_network",
    "set_projection",
]
