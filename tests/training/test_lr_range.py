"""The learning-rate range test: its rates, its smoothing, its end, and the rate that it suggests."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from digitlab.errors import SettingError, TrainingError
from digitlab.networks import build
from digitlab.training import Examples, LrRange, Recipe, fit, lr_range_test
from digitlab.training.lr_range import suggest_rate
from digitlab.training.randomness import epoch_order

RECIPE = Recipe(optimizer="sgd", batch_size=20, threads=1)


def _range(train, **arguments):
    return lr_range_test(build("softmax"), RECIPE, train, **arguments)


def test_rates_rise_exponentially_and_losses_are_those_of_training(train_digits):
    found = _range(train_digits, low=1e-6, high=1e-2, steps=81)
    assert not found.diverged
    assert found.rates == pytest.approx(np.geomspace(1e-6, 1e-2, 81))
    assert found.rates[20] == pytest.approx(1e-5)  # 20 of 80 intervals are a quarter of four powers of ten
    network = build("softmax")
    first = epoch_order(0, len(train_digits), 0)[:20]
    loss = cross_entropy(network(train_digits.inputs[first]), train_digits.labels[first])
    assert found.losses[0] == pytest.approx(loss.item(), rel=1e-5)


def test_smoothing_is_a_bias_corrected_average(train_digits):
    found = _range(train_digits, steps=50)
    first, second, third = found.losses[:3]
    assert found.smoothed[0] == pytest.approx(first)
    # 0.1 (0.9 first + second) / (1 - 0.9^2)
    assert found.smoothed[1] == pytest.approx((0.09 * first + 0.1 * second) / 0.19)
    assert found.smoothed[2] == pytest.approx((0.081 * first + 0.09 * second + 0.1 * third) / 0.271)


def test_it_ends_where_the_smoothed_loss_exceeds_four_times_its_minimum(train_digits):
    found = _range(train_digits, high=100, steps=100)
    assert found.diverged
    assert 10 < len(found.rates) < 100
    smoothed = np.array(found.smoothed)
    above = smoothed > 4 * np.minimum.accumulate(smoothed)
    assert above.tolist() == [False] * (len(smoothed) - 1) + [True]


def test_a_loss_that_is_not_finite_ends_it(train_digits):
    inputs = train_digits.inputs.clone()
    inputs[epoch_order(0, len(inputs), 0)[30 * 20]] = math.nan  # in the batch of step 30, from 0
    damaged = Examples(inputs, train_digits.labels)
    with pytest.raises(TrainingError):
        fit(build("softmax"), dataclasses.replace(RECIPE, max_steps=50), damaged)
    found = _range(damaged, low=1e-4, steps=50)
    assert found.diverged
    assert len(found.losses) == 30
    assert found == dataclasses.replace(found, losses=_range(train_digits, low=1e-4, steps=50).losses[:30])


def test_the_network_given_is_not_changed(train_digits):
    network = build("mlp", hidden=(5,))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    lr_range_test(network, RECIPE, train_digits, steps=50)
    assert network.training == build("mlp", hidden=(5,)).training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_the_recipe_decides_the_optimizer_and_not_the_rates(train_digits):
    others = {"warmup_fraction": 0.5, "patience": 3, "ema_decay": 0.9, "learning_rate": 7.0, "epochs": 3}
    plain = _range(train_digits, steps=60)
    changed = dataclasses.replace(RECIPE, **others)
    assert lr_range_test(build("softmax"), changed, train_digits, steps=60) == plain
    scheduled = dataclasses.replace(changed, schedule="linear")
    found = lr_range_test(build("softmax"), scheduled, train_digits, steps=60)
    assert (found.rates, found.losses) == (plain.rates, plain.losses)
    expected = suggest_rate(plain.rates, plain.smoothed, falling=True)
    assert found.suggestion == pytest.approx(expected, rel=0.05)  # rounded to two digits
    assert found.suggestion > plain.suggestion
    adam = lr_range_test(
        build("softmax"), dataclasses.replace(RECIPE, optimizer="adam"), train_digits, steps=60
    )
    assert adam.suggestion < plain.suggestion


def test_equal_seeds_give_equal_results(train_digits):
    found = _range(train_digits, steps=60)
    assert found == _range(train_digits, steps=60)
    assert isinstance(found, LrRange)
    assert float(f"{found.suggestion:.1e}") == found.suggestion  # two digits
    other = lr_range_test(build("softmax"), dataclasses.replace(RECIPE, seed=1), train_digits, steps=60)
    assert other.losses != found.losses


RATES = np.geomspace(1e-6, 10, 141)  # 20 steps for each power of ten


def _curve(fall, rise=1.0):
    """A loss of 2.3 that falls by 2, fastest at the rate `fall`, and rises fast at `rise`.

    The fall is logistic in log10(rate), whose slope is greatest in its middle.
    """
    x = np.log10(RATES)
    return 0.3 + 2 / (1 + np.exp(4 * (x - np.log10(fall)))) + 3 * np.exp(10 * (x - np.log10(rise)))


@pytest.mark.parametrize("fall", [1e-4, 1e-3, 1e-2])
def test_the_suggestion_is_where_the_loss_falls_fastest(fall):
    assert suggest_rate(RATES, _curve(fall)) == pytest.approx(fall)


def test_for_a_schedule_that_lowers_the_rate_the_suggestion_is_higher():
    curve = _curve(1e-3)
    curve[90] = 0.1  # the minimum: 10^(-6 + 90 / 20) = 10^-1.5
    assert suggest_rate(RATES, curve, falling=True) == pytest.approx(10 ** ((-3 - 1.5) / 2))


def test_noise_at_the_start_and_falls_after_the_minimum_are_not_suggested():
    curve = _curve(1e-3)
    curve[:8] += np.linspace(5, 0, 8)  # falls faster than the curve itself
    curve[-6:] -= np.linspace(0, 500, 6)
    curve[-6:] = curve[-6:].clip(min=1)
    assert suggest_rate(RATES, curve) == pytest.approx(1e-3)


def test_a_single_step_down_weighs_less_than_a_long_fall():
    curve = _curve(1e-2)
    curve[40] += 0.3  # at 1e-4: up by 0.3 and down again, a slope of 6 a power of ten, above the curve's 2
    assert suggest_rate(RATES, curve) == pytest.approx(1e-2)


def test_a_loss_that_never_falls_has_no_suggestion():
    with pytest.raises(TrainingError, match="does not fall at any learning rate from 1e-06 to 10"):
        suggest_rate(RATES, np.linspace(2.3, 3, len(RATES)))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"low": 0}, "from 0 to 10"),
        ({"low": 1, "high": 1}, "from 1 to 1"),
        ({"high": 101}, "to 101"),
        ({"high": math.nan}, "to nan"),
        ({"steps": 49}, "49 steps"),
    ],
)
def test_what_is_not_allowed(arguments, problem, train_digits):
    with pytest.raises(SettingError, match=problem):
        _range(train_digits, **arguments)


def test_a_range_that_diverges_at_once(train_digits):
    huge = Examples(train_digits.inputs * 1e6, train_digits.labels)
    with pytest.raises(TrainingError, match=r"within \d+ steps from a learning rate of 1"):
        lr_range_test(build("softmax"), RECIPE, huge, low=1, high=10)


def test_several_processes_are_refused(train_digits, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SettingError, match="2 processes"):
        _range(train_digits)
