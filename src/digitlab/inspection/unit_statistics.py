"""Unit values over many digits: box plots of units, and a scatter plot of two with centroids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import SettingError
from digitlab.figures.distributions import draw_box_grid, draw_boxes, draw_scatter
from digitlab.formatting import format_count
from digitlab.inspection.activations import activation_shapes, iter_activations
from digitlab.inspection.input_images import random_indices
from digitlab.inspection.lookup import (
    check_position,
    check_unit,
    find_layer,
    first_hidden_layer,
    page_of_units,
)
from digitlab.inspection.selectivity import choose_pair
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult, short_name
from digitlab.networks import Network, multiply_adds

__all__ = [
    "UnitValues",
    "box_plot_stats",
    "centroids",
    "sample_digits",
    "unit_values",
    "view_boxplot",
    "view_scatter",
]

POINTS = 5000
"""The most points that a scatter draws; centroids are over all."""
WORK = 2e10
"""Multiply-adds that a view spends on digits: about a second on two cores, 1,400 digits of `deep-mnist`."""
FEWEST = 100
"""The fewest digits that are evaluated all the same."""
BOX_PLOTS = 12
"""The most units whose box plots one figure holds."""


@dataclass(frozen=True, eq=False)
class UnitValues:
    """Values of a few units over many inputs.

    Attributes:
        layer: Where the units are.
        units: Which, k of them, from 0.
        values: `(n, k)`.
        logits: `(n, classes)`, the network's logits for the same inputs.
        meaning: What one value of a map is: `mean over the map`, `maximum over the map`, or `at row 3,
            column 5`; empty for units that have one value.
    """

    layer: str
    units: tuple[int, ...]
    values: NDArray[np.float32]
    logits: NDArray[np.float32]
    meaning: str

    @property
    def predictions(self) -> NDArray[np.int64]:
        """The predicted class of each input, `(n,)`."""
        read: NDArray[np.int64] = self.logits.argmax(axis=1)
        return read


def unit_values(
    network: Network,
    ink: NDArray[np.floating],
    layer: str,
    units: Sequence[int],
    position: tuple[int, int] | None = None,
    pooling: Literal["mean", "maximum"] = "mean",
) -> UnitValues:
    """Activations of some units, with the predictions, in one pass and bounded memory.

    Args:
        network: Any network.
        ink: `(n, height, width)` or `(n, features)`; images are ink in [0, 1].
        layer: Where the units are; of maps, a unit is a map.
        units: Which, from 0.
        position: Row and column in the maps; None for one value of the whole map.
        pooling: What that value is: the mean or the maximum over the map.

    Raises:
        SettingError: If there is no such layer, unit or position.
        DataError: If the network takes inputs of another size.
    """
    shape = activation_shapes(network, [layer])[layer]
    maps = len(shape) == 3
    for unit in units:
        check_unit(unit, shape, layer)
    meaning = f"{pooling} over the map" if maps else ""
    if position is not None:
        check_position(position, shape, layer)
        meaning = f"at row {position[0]}, column {position[1]}"
    last = tuple(network.layers)[-1]
    classes = activation_shapes(network, [last])[last][0]
    values = np.empty((len(ink), len(units)), dtype=np.float32)
    logits = np.empty((len(ink), classes), dtype=np.float32)
    start = 0
    for part in iter_activations(network, ink, [layer, last]):
        chosen = part[layer][:, list(units)]
        if position is not None:
            chosen = chosen[:, :, position[0], position[1]]
        elif maps:
            chosen = chosen.mean(axis=(2, 3)) if pooling == "mean" else chosen.max(axis=(2, 3))
        read = slice(start, start + len(chosen))
        values[read], logits[read] = chosen, part[last]
        start = read.stop
    return UnitValues(layer, tuple(units), values, logits, meaning)


def box_plot_stats(
    values: NDArray[np.floating], classes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Smallest, lower quartile, median, upper quartile and largest of the values of each class.

    Args:
        values: `(n,)`.
        classes: `(n,)`, 0 to 9.

    Returns:
        `(10, 5)`, NaN for a class that there is none of, and how many there are, `(10,)`.
    """
    summary = np.full((10, 5), np.nan)
    counts = np.bincount(classes, minlength=10)
    for digit in np.flatnonzero(counts):
        summary[digit] = np.percentile(values[classes == digit], [0, 25, 50, 75, 100])
    return summary, counts


def centroids(
    points: NDArray[np.floating], classes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The mean point of each class.

    Args:
        points: `(n, k)`.
        classes: `(n,)`, 0 to 9.

    Returns:
        `(10, k)`, NaN for a class that there is none of, and how many there are, `(10,)`.
    """
    means = np.full((10, points.shape[1]), np.nan)
    counts = np.bincount(classes, minlength=10)
    for digit in np.flatnonzero(counts):
        means[digit] = points[classes == digit].mean(axis=0, dtype=np.float64)
    return means, counts


def view_boxplot(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Box plots of units' activations by predicted digit: one large, several in a grid."""
    layer = options.layer or first_hidden_layer(model.network)
    find_layer(model.network, layer)
    shape = activation_shapes(model.network, [layer])[layer]
    kind = "map" if len(shape) == 3 else "unit"
    page = page_of_units(options.unit, options.page, shape[0], BOX_PLOTS, layer, kind)
    indices, some = sample_digits(model, options.count, options.seed)
    ink = model.digits.subset(indices).ink()
    found = unit_values(model.network, ink, layer, page.units, options.position)
    read = found.predictions
    stats = np.stack([box_plot_stats(values, read)[0] for values in found.values.T])
    groups = [[values[read == digit] for digit in range(10)] for values in found.values.T]
    if len(page.units) == 1:
        question = f"which digits does {kind} {page.units[0]} of {layer} separate?"
        figure = draw_boxes(
            groups[0], f"Box plot: {question}\n{model.name}; {some}", _axis(found, 0), "predicted digit"
        )
    else:
        question = f"which digits does each {kind} of {layer} separate?"
        title = f"Box plots: {question}\n{model.name}; {page.format()}; {some}"
        value_name = f"output of the {kind}" + (f", {found.meaning}" if found.meaning else "")
        names = [f"{kind} {unit}" for unit in page.units]
        figure = draw_box_grid(groups, names, title, value_name, "predicted digit")
    lines = [
        _format_medians(f"{layer} {unit}", stats[i], found.values[:, i]) for i, unit in enumerate(page.units)
    ]
    data: dict[str, NDArray[Any]] = {
        "units": np.array(page.units),
        "indices": indices,
        "values": found.values,
        "predictions": read,
        "box_plot_stats": stats,
        "counts": np.bincount(read, minlength=10),
    }
    return ViewResult(data, figure, "\n".join(filter(None, (*lines, page.hint()))))


def _format_medians(name: str, stats: NDArray[np.float64], values: NDArray[np.float32]) -> str:
    """For which digits the median of one unit is highest and lowest."""
    most, least = int(np.nanargmax(stats[:, 2])), int(np.nanargmin(stats[:, 2]))
    return (
        f"{name}: median highest for digits predicted as {most} ({stats[most, 2]:.2f}), "
        f"lowest for {least} ({stats[least, 2]:.2f}); exactly 0 for {(values == 0).mean():.0%} of digits"
    )


def view_scatter(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Scatter plot of two units' activations, colored by predicted digit."""
    layer = options.layer or first_hidden_layer(model.network)
    find_layer(model.network, layer)
    n = activation_shapes(model.network, [layer])[layer][0]
    if n < 2:
        raise SettingError(
            f"{layer} of this {model.network_name} has only one unit, and a scatter needs two",
            "Look at it as a box plot (--view boxplot), or name another layer (--layer).",
        )
    units = options.unit
    if units and (len(units) != 2 or units[0] == units[1]):
        raise SettingError(
            f"a scatter of units {', '.join(map(str, units))}", "Name two different ones: --unit 0,1."
        )
    indices, some = sample_digits(model, options.count, options.seed)
    ink = model.digits.subset(indices).ink()
    found = unit_values(model.network, ink, layer, units or range(n), options.position)
    read, values, why = found.predictions, found.values, ""
    if units is None:
        pair = choose_pair(values, read)
        units, values, why = pair.units, values[:, list(pair.units)], pair.format(layer)
    middles, counts = centroids(values, read)
    drawn = random_indices(len(read), options.count or POINTS, options.seed)
    few = f", {len(drawn):,} drawn" if len(drawn) < len(read) else ""
    kind = "maps" if found.meaning else "units"
    title = (
        f"Scatter plot: do {kind} {units[0]} and {units[1]} of {layer} separate the digits?\n"
        f"{model.name}; {some}{few}; large: centroids"
    )
    shown = replace(found, units=units)
    names = (_axis(shown, 0), _axis(shown, 1))
    figure = draw_scatter(
        values[drawn], read[drawn], middles, counts.tolist(), title, names, "predicted digit"
    )
    data: dict[str, NDArray[Any]] = {
        "units": np.array(units),
        "indices": indices,
        "values": values,
        "predictions": read,
        "centroids": middles,
        "counts": counts,
        "drawn": drawn,
    }
    return ViewResult(data, figure, why)


def sample_digits(model: InspectedModel, count: int | None, seed: int) -> tuple[NDArray[np.int64], str]:
    """A random sample of a model's digits: `count`, or as many as a second or so allows.

    Returns:
        Indices `(n,)`, ascending; and how many of which digits they are in words.
    """
    digits = model.digits
    affordable = max(FEWEST, int(WORK / multiply_adds(model.network)) // 100 * 100)
    n = min(len(digits), count or affordable)
    indices = np.sort(random_indices(len(digits), n, seed))
    total = format_count(len(digits), "digit")
    some = f"the {total}" if n == len(digits) else f"{format_count(n)} of the {total}"
    return indices, f"{some} of {short_name(digits)}"


def _axis(found: UnitValues, which: int) -> str:
    unit = found.units[which]
    if not found.meaning:
        return f"output of unit {unit} of {found.layer}"
    return f"output of map {unit} of {found.layer}, {found.meaning}"
