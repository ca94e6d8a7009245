"""Activations: every layer's output, all at once or a batch at a time, feature maps, and the ten outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.errors import SettingError
from digitlab.evaluation import predict_logits
from digitlab.figures.layer_outputs import (
    MAPS_OF_A_LAYER,
    draw_activations,
    draw_feature_maps,
    draw_outputs,
)
from digitlab.formatting import format_probability
from digitlab.inspection.activation_functions import softmax_steps
from digitlab.inspection.lookup import find_layer, first_layer, page_of_units, to_input_tensor
from digitlab.inspection.view import InputImage, InspectedModel, ViewOptions, ViewResult, format_label
from digitlab.networks import Dropout, Network, layer_table

__all__ = [
    "LIMIT",
    "activation_shapes",
    "compute_activations",
    "iter_activations",
    "map_layers",
    "view_activations",
    "view_feature_maps",
    "view_outputs",
]

BATCH = 500
LIMIT = 4 * 2**30
"""The most bytes that `compute_activations` fills unless told otherwise."""
PICTURED = 64
"""The most feature maps that one figure holds unless a count is given."""
SAME_NUMBERS = (nn.Flatten, Dropout)


def activation_shapes(network: Network, layers: Sequence[str] | None = None) -> dict[str, tuple[int, ...]]:
    """What shape each layer's output has for one input, `(channels, height, width)` or `(units,)`.

    Args:
        network: Any network.
        layers: Which layers; None for all.

    Returns:
        By name, in the order of the layers, whatever the order they are asked for in.

    Raises:
        SettingError: If there is no such layer, or none is asked for.
    """
    if layers is not None:
        if not layers:
            raise SettingError("no layer is asked for", f"Name some of: {', '.join(network.layers)}.")
        for name in layers:
            find_layer(network, name)
    with _evaluating(network):
        rows = layer_table(network)
    wanted = network.layers if layers is None else layers  # the table lists a no-digit layer, too
    return {row.name: row.output_shape for row in rows if row.name in wanted}


def map_layers(network: Network) -> tuple[str, ...]:
    """Names of the layers that put out maps `(channels, height, width)`."""
    return tuple(name for name, shape in activation_shapes(network).items() if len(shape) == 3)


def iter_activations(
    network: Network,
    ink: NDArray[np.floating],
    layers: Sequence[str] | None = None,
    batch: int = BATCH,
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """What layers put out, a batch at a time, so that memory holds one batch only.

    The network runs in evaluation mode, without gradients, and no further than the last layer asked
    for. Between two batches it is in whatever mode it was in before.

    Args:
        network: On any device.
        ink: `(n, height, width)` or `(n, features)`; images are ink in [0, 1].
        layers: Which layers; None for all.
        batch: Inputs in one forward pass, at least 1.

    Returns:
        For each batch of up to `batch` inputs: arrays `(up to batch, ...)` by name, in the order of the
        layers. Layers that only pass numbers on, such as `flatten`, share memory with the layer before.

    Raises:
        SettingError: If there is no such layer, or `batch` is less than 1.
        DataError: If the network takes inputs of another size.
    """
    wanted = activation_shapes(network, layers)
    to_input_tensor(network, ink[:0])
    if batch < 1:
        raise SettingError(f"batches of {batch} inputs", "A batch holds 1 or more.")
    return (_read(network, ink[start : start + batch], tuple(wanted)) for start in range(0, len(ink), batch))


def compute_activations(
    network: Network,
    ink: NDArray[np.floating],
    layers: Sequence[str] | None = None,
    batch: int = BATCH,
    limit: int = LIMIT,
) -> dict[str, NDArray[np.float32]]:
    """What layers put out for all inputs, in one call.

    Args:
        network: On any device; left in the mode it was in.
        ink: `(n, height, width)` or `(n, features)`; images are ink in [0, 1].
        layers: Which layers; None for all.
        batch: Inputs in one forward pass, at least 1.
        limit: The most bytes that the answer may take.

    Returns:
        Arrays `(n, channels, height, width)` or `(n, units)` by name, in the order of the layers.

    Raises:
        SettingError: If there is no such layer, or the answer would take more than `limit`.
        DataError: If the network takes inputs of another size.
    """
    shapes = activation_shapes(network, layers)
    needed = {name: 4 * len(ink) * math.prod(shape) for name, shape in shapes.items()}
    if sum(needed.values()) > limit:
        largest = max(needed, key=lambda name: needed[name])
        raise SettingError(
            f"the activations of {len(shapes)} layers for {len(ink):,} inputs take "
            f"{_size(sum(needed.values()))}, more than {_size(limit)}",
            f"Choose layers ({largest} takes most, {_size(needed[largest])}), or take them batch by batch "
            "with `iter_activations`.",
        )
    batches = iter_activations(network, ink, list(shapes), batch)
    whole = {name: np.empty((len(ink), *shape), dtype=np.float32) for name, shape in shapes.items()}
    for start, part in zip(range(0, len(ink), batch), batches, strict=True):
        for name, values in part.items():
            whole[name][start : start + len(values)] = values
    return whole


def _read(
    network: Network, ink: NDArray[np.floating], layers: tuple[str, ...]
) -> dict[str, NDArray[np.float32]]:
    """One batch. Nothing of torch's state is changed while the caller holds the result."""
    signal = to_input_tensor(network, ink.astype(np.float32, copy=False))
    signal = signal.to(next(network.parameters()).device)
    found = {}
    with _evaluating(network), torch.inference_mode():
        for name, layer in network.layers.items():
            signal = layer(signal)
            if name in layers:
                found[name] = _array(signal)
            if name == layers[-1]:
                break
    return found


@contextmanager
def _evaluating(network: Network) -> Iterator[None]:
    """Evaluation mode for the length of a block; afterwards every part is as it was, also after an error."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def _array(signal: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = signal.float().cpu().numpy()
    return array


def _size(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.1f} MiB"


def view_activations(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The activations of every layer for one image, down to the probabilities."""
    image = model.input_image(options.image)
    found = {name: values[0] for name, values in compute_activations(model.network, image.ink[None]).items()}
    probabilities = softmax_steps(next(reversed(found.values()))).probabilities
    drawn = {
        name: values
        for name, values in found.items()
        if name != "image" and not isinstance(model.network.layers[name], SAME_NUMBERS)
    }
    prediction = _format_prediction(probabilities, image)
    title = f"Activations: what does each layer of {model.name} compute for {image.name}?\n{prediction}"
    figure = draw_activations(image.ink, drawn, probabilities, title)
    shapes = (f"{name} {' x '.join(map(str, values.shape))}" for name, values in found.items())
    hints = [
        f"maps 0 to {MAPS_OF_A_LAYER - 1} of {len(values)} of {name}; --view feature-maps --layer {name} "
        f"--page {MAPS_OF_A_LAYER // PICTURED + 1} shows the next"
        for name, values in drawn.items()
        if values.ndim == 3 and len(values) > MAPS_OF_A_LAYER
    ]
    data = {"ink": image.ink, **found, "probabilities": probabilities}
    return ViewResult(data, figure, "\n".join([", ".join(shapes), *hints]))


def view_feature_maps(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The feature maps of one layer for one image."""
    network = model.network
    layer = options.layer or first_layer(network, nn.Conv2d)
    find_layer(network, layer)
    shape = activation_shapes(network, [layer])[layer]
    if len(shape) != 3:
        there = ", ".join(map_layers(network)) or "this network has none"
        raise SettingError(f"{layer} has no feature maps", f"Layers that have: {there}.")
    image = model.input_image(options.image)
    maps = compute_activations(network, image.ink[None], [layer])[layer][0]
    size = min(options.count or PICTURED, 4 * PICTURED)
    page = page_of_units(options.unit, options.page, shape[0], size, layer, "map")
    numbers = list(page.units)
    title = (
        f"Feature maps of {layer}: where does each map respond to {image.name}?\n"
        f"{model.name}; {page.format()}, {shape[1]} x {shape[2]}, on one scale"
    )
    name = format_label(image)
    figure = draw_feature_maps(image.ink, maps[numbers], numbers, title, name, f"output of {layer}")
    data = {"ink": image.ink, "maps": maps, "shown": np.array(numbers)}
    return ViewResult(data, figure, page.hint())


def view_outputs(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The ten outputs for one image: logits, softmax, probabilities."""
    image = model.input_image(options.image)
    steps = softmax_steps(predict_logits(model.network, to_input_tensor(model.network, image.ink[None]))[0])
    said = _format_prediction(steps.probabilities, image)
    title = f"Softmax: how do the ten logits of {model.name} become probabilities?\n{said}"
    figure = draw_outputs(
        image.ink, steps.logits, steps.shifted, steps.exponentials, steps.probabilities, title, image.name
    )
    data = {"ink": image.ink, **{name: np.asarray(each) for name, each in vars(steps).items()}}
    return ViewResult(data, figure, f"{image.name}: {said}")


def _format_prediction(probabilities: NDArray[np.float64], image: InputImage) -> str:
    read = int(probabilities.argmax())
    truth = "" if image.label is None else f", is {image.label}"
    return f"said {read} ({format_probability(probabilities[read])}){truth}"
