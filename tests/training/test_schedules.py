"""Learning rates against values worked by hand and against torch's schedulers."""

import dataclasses
import math

import pytest
import torch
from torch.optim import lr_scheduler

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.networks import build
from digitlab.training import Examples, HistoryEntry, Recipe, fit, plan_stacks
from digitlab.training.schedules import learning_rate_at, plateau_factor


def _rates(recipe, total, epoch_steps=10):
    return [learning_rate_at(recipe, step, total, epoch_steps) for step in range(total)]


def _torch_rates(make, total, rate):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler = make(optimizer)
    rates = []
    for step in range(total):
        if step:
            optimizer.step()
            scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def test_constant():
    assert _rates(Recipe(learning_rate=0.3), 4) == [0.3] * 4


def test_warm_up_climbs_evenly():
    # a fifth of 10 steps: 1/2 and 2/2 of the rate, then the schedule
    assert _rates(Recipe(learning_rate=0.4, warmup_fraction=0.2), 10) == [0.2, 0.4, *[0.4] * 8]


def test_step_by_hand():
    recipe = Recipe(learning_rate=0.8, schedule="step", lr_decay=0.5, lr_decay_epochs=2)
    # epochs of 2 steps: halved every 4 steps
    assert _rates(recipe, 9, epoch_steps=2) == [*[0.8] * 4, *[0.4] * 4, 0.2]


def test_exponential_by_hand():
    recipe = Recipe(learning_rate=0.8, schedule="exponential", lr_decay=0.25, lr_decay_epochs=1)
    # 0.25 ** (step / 2): halved every step
    assert _rates(recipe, 4, epoch_steps=2) == pytest.approx([0.8, 0.4, 0.2, 0.1])


def test_cosine_by_hand():
    recipe = Recipe(learning_rate=2.0, schedule="cosine", final_lr_ratio=0.5)
    # 5 steps: 1 + (2 - 1) (1 + cos(pi k / 4)) / 2, from 2 to 2 * 0.5
    half = math.sqrt(0.5)
    assert _rates(recipe, 5) == pytest.approx([2, 1.5 + half / 2, 1.5, 1.5 - half / 2, 1])


def test_cosine_after_a_warm_up():
    rates = _rates(Recipe(learning_rate=1, schedule="cosine", warmup_fraction=0.5), 8)
    # 4 steps up, then 4 steps of cosine from 1 to 0: shares 0, 1/3, 2/3, 1
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 0.75, 0.25, 0])


def test_one_cycle_by_hand():
    # 11 steps, pct_start 0.4: the highest at step 4, 1/25 of it at step 0, halfway up at step 2
    rates = _rates(Recipe(learning_rate=1, schedule="one-cycle", pct_start=0.4, final_lr_ratio=0.1), 11)
    assert rates[0] == pytest.approx(0.04)
    assert rates[2] == pytest.approx((0.04 + 1) / 2)
    assert rates[4] == max(rates) == 1
    assert rates[7] == pytest.approx((1 + 0.1) / 2)
    assert rates[10] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("total", "pct_start", "final_lr_ratio"), [(101, 0.3, 0.01), (47, 0.5, 0.0), (215, 0.12, 0.2)]
)
def test_one_cycle_is_torchs(total, pct_start, final_lr_ratio):
    recipe = Recipe(
        learning_rate=0.7, schedule="one-cycle", pct_start=pct_start, final_lr_ratio=final_lr_ratio
    )
    # torch: highest at step pct * total - 1, ours at pct_start * (total - 1); its last rate is
    # highest / div_factor / final_div_factor, ours highest * final_lr_ratio.
    theirs = _torch_rates(
        lambda optimizer: lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=0.7,
            total_steps=total,
            pct_start=(pct_start * (total - 1) + 1) / total,
            div_factor=25,
            final_div_factor=1 / (25 * final_lr_ratio) if final_lr_ratio else 1e30,
            cycle_momentum=False,
        ),
        total,
        0.7,
    )
    assert _rates(recipe, total) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("final_lr_ratio", [0.0, 0.1])
def test_cosine_is_torchs(final_lr_ratio):
    recipe = Recipe(learning_rate=0.3, schedule="cosine", final_lr_ratio=final_lr_ratio)
    theirs = _torch_rates(
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=49, eta_min=0.3 * final_lr_ratio),
        50,
        0.3,
    )
    assert _rates(recipe, 50) == pytest.approx(theirs, abs=1e-9)


def test_step_and_exponential_are_torchs():
    recipe = Recipe(learning_rate=0.3, schedule="step", lr_decay=0.7, lr_decay_epochs=3)
    theirs = _torch_rates(lambda optimizer: lr_scheduler.StepLR(optimizer, 3, 0.7), 20, 0.3)
    assert _rates(recipe, 20, epoch_steps=1) == pytest.approx(theirs)
    recipe = Recipe(learning_rate=0.3, schedule="exponential", lr_decay=0.7, lr_decay_epochs=1)
    theirs = _torch_rates(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.7), 20, 0.3)
    assert _rates(recipe, 20, epoch_steps=1) == pytest.approx(theirs)


@pytest.mark.parametrize("schedule", ["constant", "step", "exponential", "cosine", "one-cycle"])
@pytest.mark.parametrize("total", [1, 2, 3, 50])
def test_never_outside_0_and_the_highest(schedule, total):
    for warmup_fraction in (0.0, 0.5, 0.99):
        if warmup_fraction and schedule == "one-cycle":
            continue
        recipe = Recipe(learning_rate=0.2, schedule=schedule, warmup_fraction=warmup_fraction)
        assert all(0 <= rate <= 0.2 + 1e-12 for rate in _rates(recipe, total))


def test_linear_by_hand():
    # 10 steps, 2 of warm-up: 0.5, 1; then from 1 at step 2 evenly to 0.3 at step 9: 0.1 a step
    recipe = Recipe(schedule="linear", learning_rate=1.0, warmup_fraction=0.2, final_lr_ratio=0.3)
    rates = [learning_rate_at(recipe, step, 10, 10) for step in range(10)]
    assert rates == pytest.approx([0.5, 1.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])


def _entries(losses):
    return [HistoryEntry(i, 10 * i, i, 0.1, 1.0, 0.5, loss, 0.5) for i, loss in enumerate(losses, start=1)]


def test_plateaus_by_hand():
    recipe = Recipe(schedule="reduce-on-plateau", plateau_patience=2, lr_decay=0.5)
    losses = [0.9, 0.8, 0.8, 0.85, 0.7, 0.71, 0.72, 0.73, 0.74]
    # 0.8 is not bettered by the 3rd and 4th; 0.7 not by the 6th and 7th, nor by the 8th and 9th
    factors = [plateau_factor(recipe, _entries(losses[:n])) for n in range(len(losses) + 1)]
    assert factors == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert _rates(recipe, 3) == [1e-3] * 3
    assert plateau_factor(Recipe(), _entries(losses)) == 1


def test_a_rate_that_falls_at_plateaus_in_a_training():
    digits = Examples.of(mnist("train").take(200))
    recipe = Recipe(
        optimizer="sgd", learning_rate=1e-30, epochs=6, lr_decay=0.5, schedule="reduce-on-plateau"
    )
    fitted = fit(build("softmax"), dataclasses.replace(recipe, plateau_patience=2), digits, digits)
    # nothing is learned, so that every entry after the first is one without improvement
    rates = [entry.learning_rate / 1e-30 for entry in fitted.history]
    assert rates == pytest.approx([1, 1, 1, 0.5, 0.5, 0.25])
    with pytest.raises(SettingError, match="needs validation digits"):
        fit(build("softmax"), recipe, digits)
    with pytest.raises(SettingError, match="one by one"):
        fit([build("softmax"), build("softmax")], recipe, digits, digits, seeds=[0, 1])
    assert plan_stacks(build("softmax"), recipe, [0, 1]) == [(0,), (1,)]
