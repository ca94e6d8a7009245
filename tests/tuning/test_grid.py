"""Grids: reading them, combining them, refusing what cannot be searched."""

from __future__ import annotations

import pytest
from sklearn.model_selection import ParameterGrid

from digitlab.errors import SettingError
from digitlab.training import Recipe
from digitlab.tuning import parse_grid
from digitlab.tuning.grid import expand_grid, sample_candidates


def test_values_with_parts_are_joined_with_plus():
    grid = parse_grid(
        "mlp", ["hidden=100+50,200", "learning_rate=1e-3,1e+1", "betas=0.9+0.99", "patience=none"]
    )
    assert grid == {
        "hidden": ["100,50", "200"],
        "learning_rate": ["1e-3", "1e+1"],
        "betas": ["0.9,0.99"],
        "patience": [None],
    }
    params = [of.params for of in expand_grid("mlp", grid, {}, Recipe())]
    assert params[0] == {"betas": [0.9, 0.99], "hidden": [100, 50], "learning_rate": 1e-3, "patience": None}


def test_combinations_in_scikit_learns_order():
    grid = {"hidden": [5, (6, 7)], "epochs": range(1, 4), "activation": ["relu", "tanh"]}
    candidates = expand_grid("mlp", grid, {"inputs": 9, "dropout": 0.5}, Recipe(seed=4))
    expected = [{**params, "hidden": params["hidden"]} for params in ParameterGrid(grid)]
    for candidate, params in zip(candidates, expected, strict=True):
        hidden = params["hidden"] if isinstance(params["hidden"], tuple) else (params["hidden"],)
        assert candidate.params == {**params, "hidden": list(hidden)}
        assert candidate.options["inputs"] == 9
        assert candidate.options["dropout"] == 0.5
        assert candidate.options["hidden"] == list(hidden)
        assert candidate.recipe == Recipe(seed=4, threads=1, epochs=params["epochs"])


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({}, "the grid is empty"),
        ({"width": [1]}, "the grid names 'width', which is neither"),
        ({"hidden": []}, "no values for hidden"),
        ({"hidden": "100"}, "no values for hidden"),
        ({"hidden": 100}, "no values for hidden"),
        ({"hidden": [0]}, "option of mlp hidden"),
        ({"epochs": ["many"]}, "recipe field epochs='many'"),
        ({"hidden": [5, (5,)]}, r"the grid has hidden=\[5\] twice"),
        ({"activation": ["relu"]}, "in the grid and given as an option"),
        ({"threads": [1, 2]}, "threads cannot be searched"),
        ({"seed": range(101), "epochs": range(1, 101)}, "10,100 combinations"),
        ({"warmup_fraction": [0.1], "schedule": ["one-cycle"]}, "do not go together"),
    ],
)
def test_refused(grid, words):
    with pytest.raises(SettingError, match=words):
        expand_grid("mlp", grid, {"activation": "tanh"}, Recipe())


@pytest.mark.parametrize("texts", [["hidden"], ["=5"], ["hidden=5", "hidden=6"], ["width=3"]])
def test_unreadable(texts):
    with pytest.raises(SettingError):
        parse_grid("mlp", texts)


def test_no_values_are_refused():
    with pytest.raises(SettingError, match="no values for hidden"):
        expand_grid("mlp", parse_grid("mlp", ["hidden=,"]), {}, Recipe())


def test_random_sample():
    candidates = expand_grid("mlp", {"hidden": range(1, 21)}, {}, Recipe())
    some = sample_candidates(candidates, 5, seed=1)
    assert [of.params["hidden"][0] for of in some] == sorted({of.params["hidden"][0] for of in some})
    assert len(some) == 5
    assert some == sample_candidates(candidates, 5, seed=1)
    assert some != sample_candidates(candidates, 5, seed=2)
    assert (
        sample_candidates(candidates, 99, seed=1) == sample_candidates(candidates, None, seed=1) == candidates
    )
    with pytest.raises(SettingError, match="n_candidates=0"):
        sample_candidates(candidates, 0, seed=1)


def test_a_field_without_effect_is_refused():
    with pytest.raises(SettingError, match="varies momentum, which has no effect") as caught:
        expand_grid("mlp", {"momentum": [0.5, 0.9]}, {}, Recipe())
    assert "only used when optimizer=momentum or nesterov" in caught.value.remedy
    mixed = {"optimizer": ["adam", "momentum"], "momentum": [0.5, 0.9]}
    assert len(expand_grid("mlp", mixed, {}, Recipe())) == 4
