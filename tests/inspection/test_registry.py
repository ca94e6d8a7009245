"""The registry of views, and the recipe "How to add a view" of ARCHITECTURE.md."""

from __future__ import annotations

import ast
import importlib
import inspect as python_inspect
import pkgutil
import textwrap
from dataclasses import fields
from types import MappingProxyType

import numpy as np
import pytest

import digitlab
from digitlab import inspection
from digitlab.data import mnist
from digitlab.errors import DataError, SettingError
from digitlab.figures import draw_pixel_values
from digitlab.inspection import (
    THEMES,
    VIEWS,
    InspectedModel,
    View,
    ViewOptions,
    ViewResult,
    registry,
    write_view,
    write_views,
)
from digitlab.networks import build


@pytest.fixture
def model():
    return InspectedModel(build("softmax"), "softmax", mnist("test").take(5))


def test_every_view_function_is_registered_under_its_name():
    functions = {}
    for module in pkgutil.iter_modules(inspection.__path__, "digitlab.inspection."):
        found = importlib.import_module(module.name)
        functions |= {
            name: each
            for name, each in vars(found).items()
            if name.startswith("view_") and python_inspect.isfunction(each) and each.__module__ == module.name
        }
    registered = {f"view_{name.replace('-', '_')}": view.render for name, view in VIEWS.items()}
    assert registered == functions


def test_views_are_described_in_a_sentence_and_named_once():
    names = [view.name for views in THEMES.values() for view in views]
    assert len(names) == len(set(names))
    for view in VIEWS.values():
        assert view.description[0].isupper() or view.description.startswith("t-SNE")
        assert view.description.endswith(".")
        assert view.render.__doc__


def test_a_view_is_added_by_a_function_and_a_line_in_the_registry(model, monkeypatch, tmp_path):
    def view_ink(model, options):
        """Total ink of one image."""
        ink = model.input_image(options.image).ink
        figure = draw_pixel_values(np.rint(ink * 255).astype(int), "Ink")
        return ViewResult({"ink": ink}, figure, f"ink: {ink.sum():.1f}")

    added = {
        **THEMES,
        "Input images": (*THEMES["Input images"], View("ink", "Total ink.", view_ink, ("image",))),
    }
    views = {view.name: view for theme in added.values() for view in theme}
    monkeypatch.setattr(registry, "VIEWS", MappingProxyType(views))
    result = digitlab.inspect(model, "ink", image=2)
    assert result.summary == f"ink: {model.digits.ink()[2].sum():.1f}"
    (written,) = write_views(model, ["ink"], tmp_path, arrays=True)
    assert (written.figure, written.shapes) == (tmp_path / "ink.png", {"ink": (28, 28)})
    with np.load(tmp_path / "ink.npz") as arrays:
        assert (arrays["ink"] == model.digits.ink()[0]).all()


def options_used(function, seen=frozenset()):
    """Names of the options that a function reads, itself or in functions that it gives its options to."""
    tree = ast.parse(textwrap.dedent(python_inspect.getsource(function)))
    found = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "options"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and any(
            isinstance(given, ast.Name) and given.id == "options" for given in node.args
        ):
            assert isinstance(node.func, ast.Name), ast.dump(node.func)
            called = function.__globals__[node.func.id]
            if called not in seen:
                found |= options_used(called, seen | {called})
    return found


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_declares_the_options_that_it_uses(name):
    every = [each.name for each in fields(ViewOptions)]
    declared = VIEWS[name].options
    assert list(declared) == [option for option in every if option in declared]
    assert set(declared) == options_used(VIEWS[name].render)


def test_an_option_that_the_view_ignores_is_refused(model):
    with pytest.raises(SettingError, match="view averages takes no --seed"):
        digitlab.inspect(model, "averages", seed=3)
    assert digitlab.inspect(model, "averages", seed=0, image=0, unit=None).data["counts"].sum() == 5


@pytest.mark.parametrize(
    ("name", "options", "stem"),
    [
        ("confusion", {"image": 3}, "confusion"),
        ("unit-computation", {"unit": 3, "layer": "hidden1"}, "unit-computation_layer-hidden1_unit-3"),
        ("feature-maps", {"unit": (3, 4), "image": 12}, "feature-maps_image-12_unit-3,4"),
        ("softmax", {"logits": (1.5, -2.0)}, "softmax_logits-1.5,-2"),
    ],
)
def test_options_are_part_of_the_files_name(model, tmp_path, name, options, stem):
    result = digitlab.inspect(model, "averages")
    assert write_view(name, result, tmp_path, options=ViewOptions(**options)).figure.name == f"{stem}.png"


def test_names_of_files_are_told_apart_and_short(model, tmp_path):
    result = digitlab.inspect(model, "averages")
    names = {
        write_view("image", result, tmp_path, options=ViewOptions(image=image)).figure.name
        for image in ("a/x.png", "b/x.png", "a/x.jpg", "0", "a/x.png")
    }
    assert len(names) == 4
    many = ViewOptions(logits=tuple(0.123456789 + n for n in range(20)))
    other = ViewOptions(logits=tuple(0.123456789 + n for n in range(19)))
    long = [write_view("softmax", result, tmp_path, options=each).figure.name for each in (many, other)]
    assert long[0] != long[1]
    assert max(map(len, long)) < 200


def test_views_that_a_model_cannot_give_are_skipped_as_long_as_it_gives_one(model, tmp_path):
    with pytest.raises(SettingError, match="without a history"):
        list(write_views(model, ["learning-curves", "image"], tmp_path))
    skipped, written = write_views(model, ["learning-curves", "image"], tmp_path, skip=True)
    assert "without a history" in skipped.reason
    assert written.figure.exists()
    with pytest.raises(SettingError, match="without a history"):
        list(write_views(model, ["learning-curves", "label-errors"], tmp_path, skip=True))


def test_an_image_file_of_another_size_is_refused(tmp_path):
    seven = InspectedModel(build("mlp", inputs=7, hidden=(3,)), "seven", mnist("test").take(1))
    from PIL import Image

    Image.fromarray(np.where(np.eye(40), 0, 255).astype(np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="takes inputs of 7; these are 28 x 28"):
        seven.input_image(str(tmp_path / "a.png"))


def test_an_unknown_view_is_told_the_near_one(tmp_path):
    with pytest.raises(SettingError, match=r"unknown view 'saliancy'\nDid you mean saliency\?"):
        inspection.view("saliancy")


def test_what_digitlab_open_returns_is_inspected(tmp_path):
    digitlab.networks.save_network(digitlab.networks.build("softmax", seed=1), tmp_path / "a.safetensors")
    opened = digitlab.open(tmp_path / "a.safetensors")
    result = digitlab.inspect(opened, "architecture")
    assert result.summary == digitlab.inspect(tmp_path / "a.safetensors", "architecture").summary
