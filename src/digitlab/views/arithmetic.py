"""The view of one unit's arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import nn

from digitlab.errors import SettingError
from digitlab.figures.arithmetic import Sum, draw_image_arithmetic, draw_patch_arithmetic, draw_product_bars
from digitlab.inspection import first_layer
from digitlab.inspection.arithmetic import Arithmetic, unit_arithmetic
from digitlab.views.subject import InspectedModel
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["VIEWS"]

BARS = 15
"""How many products of a dense unit are drawn unless a number is given."""
MOST_BARS = 60
ROWS = 3
"""How many maps before a convolution are drawn unless a number is given."""
MOST_ROWS = 16


def _arithmetic(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    layer = choices.layer or first_layer(subject.network, nn.Linear, nn.Conv2d)
    if choices.unit is not None and len(choices.unit) != 1:
        raise SettingError(f"the arithmetic of {len(choices.unit)} units", "Name one: --unit 3.")
    unit = None if choices.unit is None else choices.unit[0]
    picture = subject.picture(choices.image)
    found = unit_arithmetic(subject.network, picture.ink, layer, unit, choices.position)
    title = f"How does {found.place()} get its value?\n{subject.name}, {picture.name}"
    if found.position is not None:
        figure = _patch(found, min(choices.number or ROWS, MOST_ROWS), title)
    elif _sees_a_picture(found):
        figure = _image(found, title)
    else:
        figure = _bars(found, min(choices.number or BARS, MOST_BARS), title)
    return ViewResult(_data(found), figure, f"{found.place()}, {picture.name}: {found.equation()}")


def _image(found: Arithmetic, title: str) -> Figure:
    shape = found.source_maps.shape[-2:]
    inputs, weights, products = (
        each.reshape(shape) for each in (found.inputs, found.weights, found.products)
    )
    name = "ink" if found.source == "image" else f"output of {found.source}"
    return draw_image_arithmetic(inputs, weights, products, _sum(found, _by_sign(found)), title, name)


def _patch(found: Arithmetic, rows: int, title: str) -> Figure:
    assert found.corner is not None
    sums = found.map_sums
    shown = np.argsort(-np.abs(sums), kind="stable")[:rows]
    if len(sums) == 1:
        names, terms = [found.source], _by_sign(found)
    else:
        names = [f"{found.source} {number}" for number in shown]
        terms = [(f"products with {found.source} {number}", float(sums[number])) for number in shown]
        rest = np.delete(sums, shown)
        if len(rest):
            terms.append((f"the other {len(rest)} maps", float(rest.sum())))
    return draw_patch_arithmetic(
        found.source_maps[shown],
        names,
        found.corner,
        found.inputs[shown],
        found.weights[shown],
        found.products[shown],
        _sum(found, terms),
        title,
    )


def _bars(found: Arithmetic, number: int, title: str) -> Figure:
    shown = np.argsort(-np.abs(found.products), kind="stable")[:number]
    rest = np.delete(found.products, shown)
    terms, which = _by_sign(found), "largest first"
    if len(rest):
        terms = [
            (f"these {len(shown)} products", float(found.products[shown].sum())),
            (f"the other {len(rest):,} products", float(rest.sum())),
        ]
        which = f"the {len(shown)} largest of {len(found.products):,}, by size"
    return draw_product_bars(
        [found.input_name(int(each)) for each in shown],
        found.inputs[shown],
        found.weights[shown],
        found.products[shown],
        _sum(found, terms),
        title,
        f"input × weight: {which}",
    )


def _by_sign(found: Arithmetic) -> list[tuple[str, float]]:
    """The products as two terms: those above 0 and those below."""
    products = found.products.ravel()
    return [
        (f"{int((products > 0).sum()):,} products above 0", float(products[products > 0].sum())),
        (f"{int((products < 0).sum()):,} products below 0", float(products[products < 0].sum())),
    ]


def _sum(found: Arithmetic, terms: list[tuple[str, float]]) -> Sum:
    """The sum with its bias, and the steps after it."""
    after, value = [], found.value
    for step in found.steps:
        what = f"{step.kind} of that"
        if step.kind == "max":
            what = f"the largest of {len(step.inputs)}" + (", not this" if step.value > value else "")
        value = step.value
        after.append((f"{step.layer}: {what}", step.value))
    return Sum([*terms, ("bias", found.bias)], "z", after, found.equation())


def _sees_a_picture(found: Arithmetic) -> bool:
    shape = found.source_maps.shape
    return len(shape) == 2 or (len(shape) == 3 and shape[0] == 1)


def _data(found: Arithmetic) -> dict[str, NDArray[Any]]:
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


VIEWS: tuple[View, ...] = (
    View("arithmetic", "How one unit gets its value: inputs, weights, products, sum, bias.", _arithmetic),
)
