"""The architecture of a network: its layers with their shapes and parameters, as a diagram."""

from __future__ import annotations

import numpy as np

from digitlab.figures.network_diagram import LayerBox, draw_network
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult
from digitlab.networks import Network, layer_table

__all__ = ["layer_boxes", "view_architecture"]


def layer_boxes(network: Network) -> list[LayerBox]:
    """The input and every layer of `network`, in order, as a diagram shows them."""
    boxes = [LayerBox("input", "input", None, network.input_shape, 0)]
    for row in layer_table(network):
        boxes.append(LayerBox(row.name, row.kind, boxes[-1].output_shape, row.output_shape, row.parameters))
    return boxes


def view_architecture(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Diagram of the network: each layer's kind, shape of input and output, number of parameters."""
    network = model.network
    boxes = layer_boxes(network)
    total = network.parameter_count()
    title = f"Network architecture: which layers does {model.network_name} have?\n{total:,} parameters"
    return ViewResult(
        data={
            "layers": np.array([box.name for box in boxes]),
            "kinds": np.array([box.kind for box in boxes]),
            "parameters": np.array([box.parameters for box in boxes]),
            "output_sizes": np.array([int(np.prod(box.output_shape)) for box in boxes]),
        },
        figure=draw_network(boxes, title),
        summary=f"{len(boxes) - 1} layers, {total:,} trainable parameters",
    )
