"""A training watched afterwards goes through the weights that it went through before."""

from __future__ import annotations

import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.networks import build
from digitlab.training import Examples, Recipe, fit, snapshots

TRAIN = Examples.of(mnist("train").take(200))
RECIPE = Recipe(max_steps=30, eval_every=10, batch_size=20, schedule="cosine", seed=4)


def _network():
    return build("mlp", hidden=(6,), dropout=0.3, seed=4)


def test_the_last_snapshot_is_the_trained_network_and_an_earlier_one_a_shorter_training():
    trained, watched = _network(), _network()
    fit(trained, RECIPE, TRAIN)
    taken = snapshots(watched, RECIPE, TRAIN, [0, 7, 30, 500])
    assert [one.step for one in taken] == [0, 7, 30]
    for name, value in trained.state_dict().items():
        assert torch.equal(taken[-1].weights[name], value), name
    for name, value in _network().state_dict().items():
        assert torch.equal(taken[0].weights[name], value), name


def test_training_ends_with_the_last_step_asked_for_on_the_whole_schedule():
    taken = snapshots(_network(), RECIPE, TRAIN, [5])
    whole = snapshots(_network(), RECIPE, TRAIN, [5, 30])
    assert [one.step for one in taken] == [5]
    for name, value in taken[0].weights.items():
        assert torch.equal(whole[0].weights[name], value), name


def test_no_validation_is_needed_for_a_recipe_with_patience():
    from dataclasses import replace

    taken = snapshots(_network(), replace(RECIPE, patience=2), TRAIN, [3])
    assert taken[0].step == 3


@pytest.mark.parametrize("steps", [[0], [0, 0]])
def test_only_the_start_takes_no_step(steps):
    (start,) = snapshots(_network(), RECIPE, TRAIN, steps)
    assert start.step == 0


@pytest.mark.parametrize("steps", [[], [-1, 5]])
def test_steps_that_are_none_are_refused(steps):
    with pytest.raises(SettingError, match="weights after"):
        snapshots(_network(), RECIPE, TRAIN, steps)
