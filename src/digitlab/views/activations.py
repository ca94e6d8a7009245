"""Views of activations: of all layers, the maps of one, units over many digits, and the ten outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from digitlab.errors import SettingError
from digitlab.evaluation import predict_logits
from digitlab.figures.activations import draw_activations, draw_maps
from digitlab.figures.outputs import draw_outputs
from digitlab.figures.units import draw_boxes, draw_scatter
from digitlab.formatting import format_probability
from digitlab.inspection import as_inputs, check_number, find_layer, first_layer, softmax_steps
from digitlab.inspection.activations import activation_shapes, capture, map_layers
from digitlab.inspection.digits import random_indices
from digitlab.inspection.units import UnitValues, centroids, first_hidden, five_numbers, unit_values
from digitlab.networks import Dropout, multiply_adds
from digitlab.views import arithmetic
from digitlab.views.subject import InputImage, InspectedModel, short_name
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["VIEWS"]

PICTURED = 64
"""The most maps that one picture holds unless units are named."""
POINTS = 5000
"""The most points that a scatter draws; centroids are over all."""
WORK = 2e10
"""Multiply-adds that a view spends on digits: about a second on two cores, 1,400 digits of `deep-mnist`."""
FEWEST = 100
"""The fewest digits that are read all the same."""
SAME_NUMBERS = (nn.Flatten, Dropout)


def _activations(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    picture = subject.picture(choices.image)
    found = {name: values[0] for name, values in capture(subject.network, picture.ink[None]).items()}
    probabilities = softmax_steps(next(reversed(found.values()))).probabilities
    drawn = {
        name: values
        for name, values in found.items()
        if name != "image" and not isinstance(subject.network.layers[name], SAME_NUMBERS)
    }
    title = f"What does each layer of {subject.name} make of {picture.name}?\n{_said(probabilities, picture)}"
    figure = draw_activations(picture.ink, drawn, probabilities, title)
    shapes = (f"{name} {' x '.join(map(str, values.shape))}" for name, values in found.items())
    return ViewResult(
        {"ink": picture.ink, **found, "probabilities": probabilities}, figure, ", ".join(shapes)
    )


def _features(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    network = subject.network
    layer = choices.layer or first_layer(network, nn.Conv2d)
    find_layer(network, layer)
    shape = activation_shapes(network, [layer])[layer]
    if len(shape) != 3:
        there = ", ".join(map_layers(network)) or "this network has none"
        raise SettingError(f"{layer} puts out no maps", f"Layers that do: {there}.")
    picture = subject.picture(choices.image)
    maps = capture(network, picture.ink[None], [layer])[layer][0]
    if choices.unit is None:
        numbers = list(range(min(shape[0], choices.number or PICTURED, 4 * PICTURED)))
    else:
        numbers = [check_number(unit, shape[0], f"map of {layer}") for unit in choices.unit]
    some = f"{len(numbers)} of its {shape[0]} maps" if len(numbers) < shape[0] else f"its {shape[0]} maps"
    size = f"{shape[1]} x {shape[2]}"
    title = f"What does {layer} of {subject.name} make of {picture.name}?\n{some}, {size}, on one scale"
    what = picture.name if picture.label is None else f"{picture.name}, a {picture.label}"
    figure = draw_maps(picture.ink, maps[numbers], numbers, title, what, f"output of {layer}")
    return ViewResult({"ink": picture.ink, "maps": maps, "shown": np.array(numbers)}, figure)


def _boxplot(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    units = choices.unit or (0,)
    if len(units) != 1:
        raise SettingError(f"a box plot of {len(units)} units", "Name one (--unit 3); `scatter` takes two.")
    found, indices, some = _values(subject, choices, units)
    values, read = found.values[:, 0], found.predictions
    summary, counts = five_numbers(values, read)
    name = f"{found.layer} {units[0]}"
    title = f"Which digits does unit {units[0]} of {found.layer} tell apart?\n{subject.name}; {some}"
    groups = [values[read == digit] for digit in range(10)]
    figure = draw_boxes(groups, title, _axis(found, 0), "digit read")
    most, least = int(np.nanargmax(summary[:, 2])), int(np.nanargmin(summary[:, 2]))
    words = (
        f"{name}: median highest for digits read as {most} ({summary[most, 2]:.2f}), "
        f"lowest for {least} ({summary[least, 2]:.2f}); exactly 0 for {(values == 0).mean():.0%} of digits"
    )
    data: dict[str, NDArray[Any]] = {
        "indices": indices,
        "values": values,
        "predictions": read,
        "five_numbers": summary,
        "counts": counts,
    }
    return ViewResult(data, figure, words)


def _scatter(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    layer = choices.layer or first_hidden(subject.network)
    find_layer(subject.network, layer)
    n = activation_shapes(subject.network, [layer])[layer][0]
    if n < 2:
        raise SettingError(
            f"{layer} of this {subject.network.name} has only one unit, and a scatter needs two",
            "Look at it as a box plot (--what boxplot), or name another layer (--layer).",
        )
    units = choices.unit or (0, 1)
    if len(units) != 2 or units[0] == units[1]:
        raise SettingError(
            f"a scatter of units {', '.join(map(str, units))}", "Name two different ones: --unit 0,1."
        )
    found, indices, some = _values(subject, choices, units)
    read = found.predictions
    middles, counts = centroids(found.values, read)
    drawn = random_indices(len(read), POINTS, choices.seed)
    few = f", {len(drawn):,} drawn" if len(drawn) < len(read) else ""
    title = (
        f"Do units {units[0]} and {units[1]} of {layer} tell the digits apart?\n"
        f"{subject.name}; {some}{few}; large: centroids"
    )
    names = (_axis(found, 0), _axis(found, 1))
    figure = draw_scatter(
        found.values[drawn], read[drawn], middles, counts.tolist(), title, names, "digit read"
    )
    data: dict[str, NDArray[Any]] = {
        "indices": indices,
        "values": found.values,
        "predictions": read,
        "centroids": middles,
        "counts": counts,
        "drawn": drawn,
    }
    return ViewResult(data, figure)


def _outputs(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    picture = subject.picture(choices.image)
    steps = softmax_steps(predict_logits(subject.network, as_inputs(subject.network, picture.ink[None]))[0])
    said = _said(steps.probabilities, picture)
    title = f"How do the ten outputs of {subject.name} become probabilities?\n{said}"
    figure = draw_outputs(
        picture.ink, steps.logits, steps.shifted, steps.exponentials, steps.probabilities, title, picture.name
    )
    data = {"ink": picture.ink, **{name: np.asarray(each) for name, each in vars(steps).items()}}
    return ViewResult(data, figure, f"{picture.name}: {said}")


def _values(
    subject: InspectedModel, choices: ViewOptions, units: tuple[int, ...]
) -> tuple[UnitValues, NDArray[np.int64], str]:
    """Values of units for as many digits as a second or so allows, which digits, and how many in words."""
    layer = choices.layer or first_hidden(subject.network)
    digits = subject.digits
    affordable = max(FEWEST, int(WORK / multiply_adds(subject.network)) // 100 * 100)
    n = min(len(digits), choices.number or affordable)
    indices = np.sort(random_indices(len(digits), n, choices.seed))
    ink = digits.subset(indices).ink()
    found = unit_values(subject.network, ink, layer, units, choices.position)
    some = f"the {n:,} digits" if n == len(digits) else f"{n:,} of the {len(digits):,} digits"
    return found, indices, f"{some} of {short_name(digits)}"


def _axis(found: UnitValues, which: int) -> str:
    unit = found.units[which]
    if not found.meaning:
        return f"output of unit {unit} of {found.layer}"
    return f"output of map {unit} of {found.layer}, {found.meaning}"


def _said(probabilities: NDArray[np.float64], picture: InputImage) -> str:
    read = int(probabilities.argmax())
    truth = "" if picture.label is None else f", is {picture.label}"
    return f"said {read} ({format_probability(probabilities[read])}){truth}"


VIEWS: tuple[View, ...] = (
    View("activations", "What every layer puts out for one image, down to the probabilities.", _activations),
    View("features", "The feature maps of one layer for one image.", _features),
    View("boxplot", "A unit's values by the digit that was read.", _boxplot),
    View("scatter", "Two units against each other, colored by the digit that was read.", _scatter),
    View("outputs", "The ten outputs for one image, from logits to probabilities.", _outputs),
    *arithmetic.VIEWS,
)
