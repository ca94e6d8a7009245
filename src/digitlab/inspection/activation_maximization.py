"""Activation maximization by gradient ascent on the input (Erhan et al. 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from digitlab.evaluation import predict_logits
from digitlab.figures.pixel_maps import draw_maximizing_images
from digitlab.formatting import format_number, format_probability
from digitlab.inspection.activations import activation_shapes
from digitlab.inspection.lookup import check_position, check_unit, page_of_units, to_input_tensor
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult
from digitlab.networks import Dropout, Network
from digitlab.probabilities import softmax

__all__ = [
    "MaximizingImages",
    "maximize_activation",
    "view_activation_maximization",
]

STEPS = 128
INK = 0.13
"""The mean ink that an image may have at most: that of MNIST's digits."""
STRIDE = 1.0
"""Length of the first step, as the root of the sum of squared ink; steps shrink evenly to nothing."""
SPREAD = 0.1
"""Which share of the difference from each of its four neighbors a pixel gives up at a full step."""
MAP_SPREAD = 0.02
"""The same for feature maps, which see little more than a few pixels."""
COST = 0.003
"""The ink that every pixel loses at a full step, so that only ink that raises the activation stays."""
BLUR = (0.061, 0.245, 0.388, 0.245, 0.061)
"""A Gaussian of one pixel's deviation, with which the gradients of units that see it all are smoothed."""
MAP_BLUR = (0.0, 0.16, 0.68, 0.16, 0.0)
"""A narrower one for feature maps."""
SHIFT = 1
"""By how many pixels at most the image is moved before each step for units that see it all."""
RISING = (nn.ReLU, nn.Sigmoid, nn.Tanh, Dropout)
GRID = 10
"""How many units of a layer a page holds unless a count is given."""
PICTURED = 100
"""The most images that one figure holds."""


@dataclass(frozen=True)
class MaximizingImages:
    """Images that maximize the activation of units.

    Attributes:
        images: `(n, height, width)`, ink in [0, 1].
        values: `(n,)`: the value each unit has for its image, as the layer named puts it out.
        position: Row and column of the value in a feature map; None for units that see the whole image.
    """

    images: NDArray[np.float32]
    values: NDArray[np.float32]
    position: tuple[int, int] | None


def maximize_activation(
    network: Network,
    shape: tuple[int, int],
    layer: str,
    units: Sequence[int],
    position: tuple[int, int] | None = None,
    seed: int = 0,
) -> MaximizingImages:
    """Activation maximization: for each unit, an image with as large an activation as gradient ascent finds.

    It starts from faint noise. Unconstrained ascent would end in noise that no pen makes, so the image is
    regularized: after each step it is projected to ink in [0, 1] of at most a digit's usual amount (`INK`);
    a step against the sum of squared differences of neighbors smooths it; every pixel loses a little ink;
    gradients are blurred; and for units that see the whole image it is shifted at random by up to a pixel
    before each step. No knowledge of what digits look like goes in.

    Of a feature map one value is maximized, not the mean of the map, so that the image shows the one pattern
    that the map detects. In place of an activation its input is maximized, which has a gradient where the
    activation is flat. The result is a local maximum; another seed may find another. It may hold ink where
    training digits never had any: weights there keep their initial values, and units respond to them.

    Args:
        network: In evaluation mode.
        shape: Height and width of the images that the network takes.
        layer: A layer by name.
        units: Units or maps of that layer, from 0.
        position: Row and column in a feature map; None for its middle.
        seed: Seed of the noise and the shifts. The image of a unit does not depend on the other units.

    Raises:
        DataError: If the network takes images of another size.
        SettingError: If there is no such layer, unit or position.
    """
    outputs = activation_shapes(network, [layer])[layer]
    start = np.random.default_rng(seed).random((1, *shape), dtype=np.float32) * np.float32(0.1)
    device = next(network.parameters()).device
    images = to_input_tensor(network, start).to(device)
    numbers = torch.tensor([check_unit(unit, outputs, layer) for unit in units])
    if position is not None:
        check_position(position, outputs, layer)
    elif len(outputs) == 3:
        position = outputs[1] // 2, outputs[2] // 2
    images = images.repeat(len(units), 1, 1)
    whole = position is None
    blur, spread = (BLUR, SPREAD) if whole else (MAP_BLUR, MAP_SPREAD)
    climbed = _before_activation(network, layer)
    moves = np.random.default_rng((seed, 1)).integers(-SHIFT, SHIFT + 1, (STEPS, 2)).tolist()
    for step, move in enumerate(moves):
        with torch.enable_grad():
            images = images.detach().requires_grad_()
            moved = images.roll(move, (1, 2)) if whole else images
            values = _values(_signal(network, moved, climbed), numbers, position)
            (slope,) = torch.autograd.grad(values.sum(), images)
        with torch.no_grad():
            slope = _blurred(slope, blur)
            # Gradients that point out of [0, 1] at a bound must not count in the length of a step.
            slope[((images <= 0) & (slope < 0)) | ((images >= 1) & (slope > 0))] = 0
            slope /= slope.flatten(1).norm(dim=1)[:, None, None] + 1e-12
            stride = STRIDE * (1 - step / STEPS)
            images = _projected(images + stride * (slope + spread * _neighbors(images) - COST))
    with torch.no_grad():
        values = _values(_signal(network, images, layer), numbers, position)
    return MaximizingImages(images.cpu().numpy(), values.cpu().numpy(), position)


def _signal(network: Network, images: Tensor, last: str) -> Tensor:
    """What layer `last` puts out: `(n, units)` or `(n, maps, height, width)`."""
    signal = images
    for name, layer in network.layers.items():
        signal = layer(signal)
        if name == last:
            break
    return signal


def _values(signal: Tensor, units: Tensor, position: tuple[int, int] | None) -> Tensor:
    """Of the i-th image the value of the i-th unit, `(n,)`."""
    if position is not None:
        signal = signal[:, :, position[0], position[1]]
    return signal[torch.arange(len(units)), units]


def _before_activation(network: Network, layer: str) -> str:
    """The nearest layer, from `layer` backwards, that is no activation and no dropout."""
    names = list(network.layers)
    number = names.index(layer)
    while number and isinstance(network.layers[names[number]], RISING):
        number -= 1
    return names[number]


def _blurred(slope: Tensor, weights: tuple[float, ...]) -> Tensor:
    kernel = torch.tensor(weights, device=slope.device)
    along = functional.conv2d(slope[:, None], kernel[None, None, :, None], padding=(2, 0))
    return functional.conv2d(along, kernel[None, None, None, :], padding=(0, 2))[:, 0]


def _neighbors(images: Tensor) -> Tensor:
    """For each pixel the sum of its four neighbors' differences from it; none across the border."""
    wide = functional.pad(images[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    across = wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:]
    return across + wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1] - 4 * images


def _projected(images: Tensor) -> Tensor:
    """The nearest images with ink in [0, 1] and a mean of at most `INK`.

    Nearest is to take one number off every pixel and cut at 0 and 1; it is found by halving.
    """
    low = torch.zeros(len(images), 1, 1, device=images.device)
    high = images.amax((1, 2), keepdim=True).clamp(min=0)
    enough = images.clamp(0, 1).mean((1, 2), keepdim=True) <= INK
    for _ in range(16):
        middle = (low + high) / 2
        over = (images - middle).clamp(0, 1).mean((1, 2), keepdim=True) > INK
        low, high = torch.where(over, middle, low), torch.where(over, high, middle)
    return (images - torch.where(enough, 0, high)).clamp(0, 1)


def view_activation_maximization(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The image that maximizes each logit, or any unit's activation."""
    network = model.network
    shape = (model.digits.height, model.digits.width)
    last = list(network.layers)[-1]
    layer = options.layer or last
    outputs = activation_shapes(network, [layer])[layer]
    kind = "map" if len(outputs) == 3 else "unit"
    size = min(options.count or (PICTURED if options.unit else GRID), PICTURED)
    page = page_of_units(options.unit, options.page, outputs[0], size, layer, kind)
    units = page.units
    found = maximize_activation(network, shape, layer, units, options.position, options.seed)
    data = {"images": found.images, "units": np.array(units), "values": found.values}
    if layer == last:
        logits = predict_logits(network, to_input_tensor(network, found.images))
        probabilities = softmax(logits)[np.arange(len(units)), units]
        data["probabilities"] = probabilities
        captions = [
            f"{unit}: logit {format_number(value, 1)}\nprobability {format_probability(probability)}"
            for unit, value, probability in zip(units, found.values, probabilities, strict=True)
        ]
        title = f"Activation maximization: which image maximizes each logit of {model.name}?"
    else:
        captions = [
            f"{unit}: {format_number(value, 2)}" for unit, value in zip(units, found.values, strict=True)
        ]
        place = f" at row {found.position[0]}, column {found.position[1]}" if found.position else ""
        which = f"this {kind}" if len(units) == 1 else f"each of these {kind}s"
        title = (
            f"Activation maximization: which image maximizes {which} of {layer}?\n"
            f"{model.name}; {page.format()}; below each: its number and value{place}"
        )
    return ViewResult(data, draw_maximizing_images(found.images, captions, title), page.hint())
