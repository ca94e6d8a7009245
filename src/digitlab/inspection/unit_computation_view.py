"""Unit computation as a view: an image, a patch or bars of products, and their sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import nn

from digitlab.figures.product_sum import (
    ProductSum,
    draw_image_computation,
    draw_patch_computation,
    draw_product_bars,
)
from digitlab.formatting import format_count
from digitlab.inspection.lookup import first_layer, one_unit
from digitlab.inspection.unit_computation import INPUT, UnitComputation, compute_unit
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult

__all__ = ["view_unit_computation"]

BARS = 15
"""How many products of a dense unit are drawn unless a count is given."""
MOST_BARS = 60
ROWS = 3
"""How many maps before a convolution are drawn unless a count is given."""
MOST_ROWS = 16


def view_unit_computation(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The computation of one unit: inputs, weights, products, sum, bias."""
    layer = options.layer or first_layer(model.network, nn.Linear, nn.Conv2d)
    unit = one_unit(options.unit, "the computation")
    image = model.input_image(options.image)
    found = compute_unit(model.network, image.ink, layer, unit, options.position)
    title = f"Unit computation: how does {found.label()} get its value?\n{model.name}, {image.name}"
    if found.position is not None:
        figure = _draw_patch(found, min(options.count or ROWS, MOST_ROWS), title)
    elif _reads_image(found):
        figure = _draw_image(found, title)
    else:
        figure = _draw_bars(found, min(options.count or BARS, MOST_BARS), title)
    return ViewResult(_data(found), figure, f"{found.label()}, {image.name}: {found.equation()}")


def _draw_image(found: UnitComputation, title: str) -> Figure:
    shape = found.source_maps.shape[-2:]
    inputs, weights, products = (
        each.reshape(shape) for each in (found.inputs, found.weights, found.products)
    )
    name = "ink" if found.source == INPUT else f"output of {found.source}"
    return draw_image_computation(
        inputs, weights, products, _product_sum(found, _by_sign(found)), title, name
    )


def _draw_patch(found: UnitComputation, rows: int, title: str) -> Figure:
    assert found.patch_origin is not None
    sums = found.map_sums
    shown = np.argsort(-np.abs(sums), kind="stable")[:rows]
    if len(sums) == 1:
        names, terms = [found.source], _by_sign(found)
    else:
        names = [f"{found.source} {number}" for number in shown]
        terms = [(f"products with {found.source} {number}", float(sums[number])) for number in shown]
        rest = np.delete(sums, shown)
        if len(rest):
            terms.append((f"the other {format_count(len(rest), 'map')}", float(rest.sum())))
    return draw_patch_computation(
        found.source_maps[shown],
        names,
        found.patch_origin,
        found.inputs[shown],
        found.weights[shown],
        found.products[shown],
        _product_sum(found, terms),
        title,
    )


def _draw_bars(found: UnitComputation, number: int, title: str) -> Figure:
    shown = np.argsort(-np.abs(found.products), kind="stable")[:number]
    rest = np.delete(found.products, shown)
    terms, which = _by_sign(found), "largest first"
    if len(rest):
        terms = [
            (
                "this product" if len(shown) == 1 else f"these {_products(len(shown))}",
                float(found.products[shown].sum()),
            ),
            (f"the other {_products(len(rest))}", float(rest.sum())),
        ]
        which = f"the {len(shown) if len(shown) > 1 else 'one'} largest of {len(found.products):,}, by size"
    return draw_product_bars(
        [found.input_name(int(each)) for each in shown],
        found.inputs[shown],
        found.weights[shown],
        found.products[shown],
        _product_sum(found, terms),
        title,
        f"input × weight: {which}",
    )


def _by_sign(found: UnitComputation) -> list[tuple[str, float]]:
    """The products as two terms: those above 0 and those below."""
    products = found.products.ravel()
    return [
        (f"{_products(int((products > 0).sum()))} above 0", float(products[products > 0].sum())),
        (f"{_products(int((products < 0).sum()))} below 0", float(products[products < 0].sum())),
    ]


def _products(n: int) -> str:
    return format_count(n, "product")


def _product_sum(found: UnitComputation, terms: list[tuple[str, float]]) -> ProductSum:
    """The sum with its bias, and the steps after it."""
    after, value = [], found.value
    for step in found.steps:
        what = f"{step.kind} of that"
        if step.kind == "max":
            what = f"the largest of {len(step.inputs)}" + (", not this" if step.value > value else "")
        value = step.value
        after.append((f"{step.layer}: {what}", step.value))
    return ProductSum([*terms, ("bias", found.bias)], "z", after, found.equation())


def _reads_image(found: UnitComputation) -> bool:
    shape = found.source_maps.shape
    return len(shape) == 2 or (len(shape) == 3 and shape[0] == 1)


def _data(found: UnitComputation) -> dict[str, NDArray[Any]]:
    data: dict[str, NDArray[Any]] = {
        "unit": np.array(found.unit),
        "inputs": found.inputs,
        "weights": found.weights,
        "products": found.products,
        "sum_of_products": np.array(found.sum_of_products),
        "bias": np.array(found.bias),
        "total": np.array(found.total),
        "value": np.array(found.value),
    }
    if found.position is not None:
        data["position"] = np.array(found.position)
    return {**data, **{step.layer: np.array(step.value) for step in found.steps}}
