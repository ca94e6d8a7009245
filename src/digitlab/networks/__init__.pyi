from .dense import fit_projection as fit_projection, set_projection as set_projection
from .layers import Dropout as Dropout
from .network import (
    LayerRow as LayerRow,
    Network as Network,
    layer_table as layer_table,
    multiply_adds as multiply_adds,
)
from .onnx_export import export_onnx as export_onnx
from .onnx_import import network_from_onnx as network_from_onnx
from .registry import (
    ARCHITECTURES as ARCHITECTURES,
    Architecture as Architecture,
    architecture as architecture,
    build as build,
)
from .weights import load_network as load_network, load_weights as load_weights, save_network as save_network
