"""Pages of units: every unit of a layer is on one of them, numbered."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import InspectedModel, inspect
from digitlab.inspection.lookup import page_of_units
from digitlab.networks import build

FEW = mnist("test").take(30)


@pytest.mark.parametrize(("n", "size"), [(1, 10), (10, 10), (11, 10), (100, 36)])
def test_every_unit_is_on_one_page(n, size):
    first = page_of_units(None, 1, n, size, "relu1")
    shown = [
        unit for page in range(1, first.n_pages + 1) for unit in page_of_units(None, page, n, size, "a").units
    ]
    assert shown == list(range(n))
    with pytest.raises(SettingError, match=f"no page {first.n_pages + 1} of relu1"):
        page_of_units(None, first.n_pages + 1, n, size, "relu1")


def test_what_a_page_is_called():
    assert page_of_units(None, 1, 700, 40, "a").hint() == "units 0 to 39 of 700; --page 2 shows the next"
    assert page_of_units(None, 18, 700, 40, "a").hint() == "units 680 to 699 of 700; --page 1 shows the first"
    assert page_of_units(None, 1, 16, 40, "a", "map").hint() == ""
    assert page_of_units(None, 1, 16, 40, "a", "map").format() == "all 16 maps"
    assert page_of_units(None, 1, 1, 40, "a").format() == "the one unit"
    assert page_of_units((3, 1), 1, 16, 40, "a").format() == "units 3, 1"
    assert page_of_units((3,), 1, 16, 40, "a").format() == "unit 3"


def test_units_that_cannot_be_shown():
    with pytest.raises(SettingError, match="page 2 of units that are named"):
        page_of_units((3,), 2, 16, 4, "a")
    with pytest.raises(SettingError, match="5 units in one figure") as caught:
        page_of_units((0, 1, 2, 3, 4), 1, 16, 4, "a")
    assert caught.value.remedy == "Name 1 to 4 (--unit)."
    with pytest.raises(SettingError, match="no map of conv1 number 16"):
        page_of_units((16,), 1, 16, 4, "conv1", "map")


def _numbers(figure):
    texts = [text for axes in figure.axes for text in axes.texts] + list(figure.texts)
    first_lines = [text.get_text().partition(":")[0].partition("\n")[0] for text in texts]
    return [int(each) for each in first_lines if each.isdigit()]


@pytest.mark.parametrize(
    ("name", "options", "numbers"),
    [
        ("weights", {}, range(25)),
        ("weights", {"count": 10, "page": 3}, range(20, 25)),
        ("weights", {"unit": (7, 3)}, [7, 3]),
        ("activation-maximization", {"layer": "relu1", "count": 4, "page": 2}, range(4, 8)),
        ("activation-maximization", {"layer": "relu1", "unit": (9, 2)}, [9, 2]),
    ],
)
def test_units_in_a_grid_are_numbered(name, options, numbers):
    model = InspectedModel(build("mlp", hidden=(25,), seed=1).eval(), "mlp", FEW)
    assert _numbers(inspect(model, name, **options).figure) == list(numbers)


@pytest.mark.parametrize(
    ("name", "options", "numbers"),
    [
        ("kernels", {}, range(16)),
        ("kernels", {"unit": (5, 2)}, [5, 2]),
        ("kernels", {"layer": "conv2", "unit": 31}, range(16)),
        ("feature-maps", {"layer": "conv2", "count": 10, "page": 4}, [30, 31]),
        ("feature-maps", {"layer": "conv2", "unit": 31}, [31]),
    ],
)
def test_maps_in_a_grid_are_numbered(name, options, numbers):
    model = InspectedModel(build("swift", seed=1).eval(), "swift", FEW)
    result = inspect(model, name, **options)
    assert _numbers(result.figure) == list(numbers)
    assert result.data["shown"].tolist() == list(numbers)


def test_box_plots_of_every_unit_are_on_pages():
    model = InspectedModel(build("mlp", hidden=(25,), seed=1).eval(), "mlp", FEW)
    last = inspect(model, "boxplot", page=3)
    assert "does unit 24 of relu1 separate" in last.figure.axes[0].get_title()  # alone, and so large
    second = inspect(model, "boxplot", page=2)
    assert [axes.get_title() for axes in second.figure.axes] == [f"unit {unit}" for unit in range(12, 24)]
    assert second.summary.endswith("units 12 to 23 of 25; --page 3 shows the next")
    assert second.data["values"].shape == (30, 12)
    one = inspect(model, "boxplot", unit=13)
    assert (second.data["values"][:, 1] == one.data["values"][:, 0]).all()
    assert np.array_equal(second.data["box_plot_stats"][1], one.data["box_plot_stats"][0], equal_nan=True)


def test_one_unit_at_a_time_says_how_to_see_another():
    model = InspectedModel(build("mlp", hidden=(25,), seed=1).eval(), "mlp", FEW)
    assert inspect(model, "unit-weights", unit=24).summary == "unit 24 of 25; --unit 0 shows another"
    with pytest.raises(SettingError, match="the weights of 2 units"):
        inspect(model, "unit-weights", unit=(1, 2))
