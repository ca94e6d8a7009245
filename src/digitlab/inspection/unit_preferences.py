"""Preferences of units: the digits that activate each most, and its mean activation for each digit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitlab.figures.unit_preferences import draw_class_selectivity, draw_top_activating
from digitlab.formatting import format_count
from digitlab.inspection.activations import activation_shapes
from digitlab.inspection.lookup import UnitPage, find_layer, first_hidden_layer, page_of_units
from digitlab.inspection.selectivity import ACTIVE, class_selectivity, hardly_active, top_activating
from digitlab.inspection.unit_statistics import sample_digits, unit_values
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult, short_name

__all__ = ["view_class_selectivity", "view_maximally_activating_digits"]

TOP = 8
"""How many digits of each unit are shown unless a count is given."""
MAX_TOP = 20
TOP_UNITS = 10
"""Units in one figure of their most activating digits."""
SELECTIVITY_UNITS = 40
"""Units in one figure of class selectivity."""
NAMED = 5
"""How many of the most selective units the summary names."""


def view_maximally_activating_digits(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Maximally activating digits: for each unit those with its largest activations, with values and labels.

    A dead unit, whose activation is 0 for all digits, has none.

    Of a feature map the value is its maximum over all positions.
    """
    layer, page = _page(model, options, TOP_UNITS)
    digits = model.digits
    found = unit_values(model.network, digits.ink(), layer, page.units, pooling="maximum")
    top = top_activating(found.values, min(options.count or TOP, MAX_TOP))
    values = np.take_along_axis(found.values, top.T, axis=0).T
    labels = digits.labels[top]
    title = (
        f"Maximally activating digits: what does each {page.kind} of {layer} detect?\n{model.name}; "
        f"{page.format()}; of {format_count(len(digits), 'digit')} of {short_name(digits)}"
    )
    value = f"activation{f' ({found.meaning})' if found.meaning else ''}"
    dead: NDArray[np.bool_] = (found.values == 0).all(axis=0)
    figure = draw_top_activating(
        digits.images[top] / 255,
        labels,
        np.where(dead[:, None], np.nan, values),
        [f"{page.kind} {unit}" for unit in page.units],
        f"{title}\nbelow each: label, {value}",
    )
    lines = []
    for unit, of_unit, is_dead in zip(page.units, labels, dead, strict=True):
        if is_dead:
            lines.append(f"{layer} {unit}: dead, 0 for all {format_count(len(digits), 'digit')}")
            continue
        counts = np.bincount(of_unit, minlength=10)
        most = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        lines.append(f"{layer} {unit}: labels {', '.join(f'{digit} ({counts[digit]}x)' for digit in most)}")
    data = {"units": np.array(page.units), "indices": top, "labels": labels, "values": values}
    return ViewResult(data, figure, "\n".join(filter(None, (*lines, page.hint()))))


def view_class_selectivity(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Class selectivity: the mean activation of each unit for each true digit, and its selectivity index.

    Of a feature map the value is its mean over all positions, as Morcos et al. (2018) have it. Units that are
    dead or nearly so have no index: it would be 1 for one that a single digit excites by a hair.
    """
    layer, page = _page(model, options, SELECTIVITY_UNITS)
    indices, some = sample_digits(model, options.count, options.seed)
    n = activation_shapes(model.network, [layer])[layer][0]
    found = unit_values(model.network, model.digits.subset(indices).ink(), layer, range(n))
    every = class_selectivity(found.values, model.digits.labels[indices])
    few = hardly_active(every.means)
    index = np.where(few, np.nan, every.index)
    shown = list(page.units)
    title = (
        f"Class selectivity: which digits does each {page.kind} of {layer} respond to?\n"
        f"{model.name}; {page.format()}; {some}"
    )
    figure = draw_class_selectivity(
        every.means[shown],
        index[shown],
        every.preferred[shown],
        few[shown],
        [str(unit) for unit in shown],
        title,
        f"mean output of the {page.kind}" + (f", {found.meaning}" if found.meaning else ""),
        page.kind,
        (float(np.nanmin(every.means)), float(np.nanmax(every.means))),
    )
    data = {
        "units": np.array(shown),
        "indices": indices,
        "means": every.means,
        "preferred": every.preferred,
        "selectivity_index": index,
        "hardly_active": few,
    }
    order = [unit for unit in np.argsort(-index, kind="stable") if np.isfinite(index[unit])]
    named = ", ".join(
        f"{unit} (digit {every.preferred[unit]}, index {index[unit]:.2f})" for unit in order[:NAMED]
    )
    first = f"most selective {page.kind}s of {layer}: {named}"
    if not order:
        first = f"no {page.kind} of {layer} has a selectivity index: means are negative, or all are 0"
    return ViewResult(data, figure, "\n".join(filter(None, (first, _count_few(few, page.kind), page.hint()))))


def _count_few(few: NDArray[np.bool_], kind: str) -> str:
    """How many units are dead or nearly so; empty for none."""
    if not few.any():
        return ""
    units = np.flatnonzero(few)
    named = ", ".join(map(str, units[:NAMED])) + (", ..." if len(units) > NAMED else "")
    return (
        f"{len(units)} of {format_count(len(few), kind)} left out as dead or nearly so "
        f"(no mean reaches {ACTIVE:.0%} of the layer's largest): {named}"
    )


def _page(model: InspectedModel, options: ViewOptions, size: int) -> tuple[str, UnitPage]:
    """The layer, by default the first with hidden units, and which of its units are shown."""
    layer = options.layer or first_hidden_layer(model.network)
    find_layer(model.network, layer)
    shape = activation_shapes(model.network, [layer])[layer]
    kind = "map" if len(shape) == 3 else "unit"
    return layer, page_of_units(options.unit, options.page, shape[0], size, layer, kind)
