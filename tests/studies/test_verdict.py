"""A published figure beside ours."""

from __future__ import annotations

import pytest

from digitlab.report import Measurement, SeedSpread
from digitlab.studies import PublishedValue
from digitlab.studies.verdict import compare, compare_all


def _measured(*values: float) -> Measurement:
    mean = sum(values) / len(values)
    n = len(values)
    std = (sum((value - mean) ** 2 for value in values) / (n - 1)) ** 0.5 if n > 1 else 0.0
    return Measurement(mean=mean, std=std, values=values)


def test_between_our_lowest_and_highest_is_inside():
    # mean 0.92, standard deviation sqrt((0.02^2 + 0 + 0.02^2) / 2) = 0.02
    found = compare(_measured(0.90, 0.92, 0.94), PublishedValue(0.905, "Out [1]"))
    assert found.verdict == "inside"
    assert found.difference == pytest.approx(0.015)
    assert found.scale == pytest.approx(0.02)
    assert found.deviations == pytest.approx(0.75)
    assert found.scale_of == "seeds"


@pytest.mark.parametrize(("published", "verdict"), [(0.965, "near"), (0.979, "near"), (0.985, "outside")])
def test_three_deviations_are_the_limit(published, verdict):
    assert compare(_measured(0.90, 0.92, 0.94), PublishedValue(published, "Out [1]")).verdict == verdict


def test_one_seed_is_measured_by_the_standard_error_of_its_digits():
    # p = 0.98 of 10,000 digits: sqrt(0.98 * 0.02 / 10000) = 0.0014; of two such figures sqrt(2) times it
    found = compare(_measured(0.98), PublishedValue(0.9825, "Out [1]"), error=0.0014)
    assert found.scale == pytest.approx(0.0014 * 2**0.5)
    assert found.scale_of == "digits"
    assert found.deviations == pytest.approx(-0.0025 / (0.0014 * 2**0.5))
    assert found.verdict == "near"


def test_what_has_no_spread_must_be_equal():
    assert compare(_measured(10575.0), PublishedValue(10575, "Out [1]")).verdict == "inside"
    assert compare(_measured(0.0321), PublishedValue(0.03, "Out [1], two decimals")).verdict == "inside"
    assert compare(_measured(0.0351), PublishedValue(0.03, "Out [1], two decimals")).verdict == "outside"
    far = compare(_measured(10575.0), PublishedValue(10576, "Out [1]"))
    assert far.verdict == "outside"
    assert far.deviations is None


def test_an_aim_is_met_from_there_on():
    aim = PublishedValue(0.95, "what the exercise asks for", at_least=True)
    assert compare(_measured(0.970, 0.971), aim).verdict == "inside"
    assert compare(_measured(0.940, 0.941), aim).verdict == "outside"


def test_one_seed_is_judged_by_the_recorded_spread_too():
    # Two runs differ by sqrt(2 (0.03^2 + 0.04^2)) = sqrt(2) 0.05, where one run's digits alone give 0.03.
    found = compare(_measured(1.0), PublishedValue(1.07, "Out [1]"), error=0.03, seed_std=0.04)
    assert found.scale == pytest.approx(0.05 * 2**0.5)
    assert found.scale_of == "recorded seeds"
    assert found.verdict == "inside"
    assert compare(_measured(1.0), PublishedValue(1.07, "Out [1]"), error=0.03).verdict == "near"


def test_the_recorded_spread_is_for_one_seed_and_makes_how_a_training_went_comparable():
    spread = SeedSpread(std={"history_entries": 2.0, "test_loss": 0.1}, n=3, machine="m", date="2026-11-24")
    published = {
        "history_entries": PublishedValue(14, "Out [1]"),
        "final_loss": PublishedValue(0.1, "Out [1]"),
        "train_seconds": PublishedValue(9.0, "Out [1]"),
    }
    one = {name: _measured(13.0) for name in published}
    found = compare_all(one, published, {}, spread)
    assert {name: each.scale_of for name, each in found.items()} == {"history_entries": "recorded seeds"}
    assert compare_all(one, published, {}) == {}
    several = compare_all({"history_entries": _measured(13.0, 15.0)}, published, {}, spread)
    assert several["history_entries"].scale_of == "seeds"
