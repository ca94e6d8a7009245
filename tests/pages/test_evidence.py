"""From evidence to probability: the logistic function by hand, and the calibration that ships."""

from __future__ import annotations

import json
import math
from dataclasses import astuple

import pytest

from digitlab.decisions import ThresholdRow, ThresholdTable
from digitlab.pages.evidence import FEATURES, READING_MODEL, Calibration, Evidence, calibration, logistic
from digitlab.pages.options import MAX_ERROR

TABLE = ThresholdTable("test", 10, (ThresholdRow(0.1, 0.5, 0.8, 8, 0, 0.3),))


def made(**intercepts: float) -> Calibration:
    """Weights of 0 but for these intercepts."""
    zeros = (0.0,) * len(FEATURES)
    return Calibration(
        (intercepts.get("number", 0.0), *zeros),
        (intercepts.get("right", 0.0), *zeros),
        (intercepts.get("digit", 0.0), 0.5, 2.0),
        TABLE,
        TABLE,
    )


def test_the_logistic_function_by_hand() -> None:
    assert logistic([0.0], []) == 0.5
    # 1 - 2 * 3 + 0.5 * 4 = -3
    assert logistic([1.0, -2.0, 0.5], [3.0, 4.0]) == pytest.approx(1 / (1 + math.e**3))
    assert 0 < logistic([-1000.0], []) < 1e-12
    assert logistic([1000.0], []) == pytest.approx(1)
    with pytest.raises(ValueError, match="zip"):
        logistic([0.0, 1.0], [1.0, 2.0])


def test_features_are_the_evidence_in_order_and_bounded() -> None:
    evidence = Evidence(4, -0.1, -0.3, -1.0, -2.0, 3.0, -0.5, 0.25)
    assert evidence.features() == [math.log(4), *astuple(evidence)[1:]]
    assert len(FEATURES) == len(evidence.features())
    worst = Evidence(1, -99, -99, -99, -99, -8, -99, 1)
    assert worst.features() == [0, -6, -8, -8, -12, -8, -8, 1]


def test_a_string_is_right_if_it_is_a_number_and_its_digits_are() -> None:
    evidence = Evidence(4, -0.1, -0.3, -1.0, -2.0, 3.0, -0.5, 0.25)
    given = made(number=math.log(3), right=math.log(4))  # odds of 3 : 1 and of 4 : 1
    assert given.number_probability(evidence) == pytest.approx(0.75)
    assert given.right_probability(evidence) == pytest.approx(0.75 * 0.8)


def test_a_digit_is_weighed_by_its_margin_and_its_score() -> None:
    # 1 + 0.5 * 2 + 2 * -0.25 = 1.5
    assert made(digit=1.0).digit_probability(2.0, -0.25) == pytest.approx(1 / (1 + math.exp(-1.5)))
    assert made().digit_probability(2.0, -50.0) == made().digit_probability(2.0, -8.0)
    # A string of which all digits are right with 0.9 has none that is less.
    assert made(digit=1.0).digit_probability(2.0, -0.25, 0.9) == 0.9
    assert made(digit=1.0).digit_probability(2.0, -0.25, 0.3) == made(digit=1.0).digit_probability(2.0, -0.25)


def test_a_calibration_comes_back_from_json() -> None:
    given = made(number=1.25, right=-0.5, digit=3.0)
    assert Calibration.from_dict(json.loads(json.dumps(given.to_dict()))) == given
    assert given.to_dict()["features"] == list(FEATURES)


def test_the_calibration_that_ships_is_whole() -> None:
    given = calibration()
    assert Calibration.from_dict(given.to_dict()) == given
    assert len(given.number) == len(given.right) == 1 + len(FEATURES)
    assert len(given.digit) == 3
    assert all(math.isfinite(weight) for weight in (*given.number, *given.right, *given.digit))
    assert READING_MODEL.is_file()


@pytest.mark.parametrize("name", ["strings", "digits"])
def test_smaller_errors_ask_for_higher_thresholds_and_answer_less(name: str) -> None:
    table = getattr(calibration(), name)
    thresholds = [row.threshold for row in table.rows]
    coverages = [row.coverage for row in table.rows]
    assert len(table.rows) >= 3
    assert thresholds == sorted(thresholds)
    assert coverages == sorted(coverages, reverse=True)
    # The default can be promised, and is in this table.
    assert table.threshold_for(MAX_ERROR) < 1
    assert table.smallest_error <= MAX_ERROR


def test_more_of_what_speaks_for_a_string_makes_it_more_probable() -> None:
    given = calibration()
    clear = Evidence(4, -0.001, -0.003, -0.4, -0.8, 7.0, 0.0, 0.0)
    doubtful = Evidence(4, -0.4, -1.2, -1.5, -3.0, 0.5, 0.0, 0.0)
    letters = Evidence(4, -2.5, -5.0, -4.0, -7.0, 0.0, -2.0, 0.5)
    right = [given.right_probability(one) for one in (clear, doubtful, letters)]
    assert right == sorted(right, reverse=True)
    assert right[0] > given.strings.threshold_for(0.05)
    assert right[2] < 0.2
    assert given.digit_probability(8.0, -0.001) > 0.95 > 0.5 > given.digit_probability(-4.0, -4.0)
