"""Numbers as text, each case by hand."""

import math

import pytest

from digitlab.formatting import (
    format_accuracy,
    format_count,
    format_number,
    format_probability,
    format_seconds,
    format_share,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0, "0"),
        (-3, "−3"),
        (1015, "1,015"),
        (-55000, "−55,000"),
        (0.05, "0.05"),
        (-0.00001, "−0.00001"),
        (0.123456, "0.1235"),
        (99.99999, "100"),
        (1234.5678, "1,235"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "nan"),
    ],
)
def test_numbers(value, text):
    assert format_number(value) == text


def test_decimals_digits_and_signs():
    assert format_number(-1234.5, 1) == "−1,234.5"
    assert format_number(1234.5678, significant=5) == "1,234.6"
    assert (format_number(0.5, 2, signed=True), format_number(-0.5, 2, signed=True)) == ("+0.50", "−0.50")


@pytest.mark.parametrize("value", [-0.001, 0.001, 0.0])
def test_a_number_that_rounds_to_zero_has_no_sign(value):
    assert format_number(value, 2) == format_number(value, 2, signed=True) == "0.00"


def test_counts():
    assert [format_count(n, "step") for n in (0, 1, 2000)] == ["0 steps", "1 step", "2,000 steps"]
    assert format_count(2, "loss", "losses") == "2 losses"
    assert format_count(60000) == "60,000"


def test_shares():
    assert [format_share(share) for share in (0.98181, 1, 0)] == ["98.18 %", "100.00 %", "0.00 %"]
    assert format_share(0.98181, 0) == "98 %"


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (1, "100 %"),
        (10, "90 %"),
        (100, "99 %"),  # a step of 1 %
        (101, "99.0 %"),
        (1000, "99.9 %"),
        (10_000, "99.99 %"),
        (60_000, "99.998 %"),  # a step of 0.0017 %
    ],
)
def test_an_accuracy_of_all_but_one(n, text):
    assert format_accuracy((n - 1) / n if n > 1 else 1, n) == text


@pytest.mark.parametrize("n", [1, 2, 3, 7, 99, 100, 101, 300, 999, 1000, 1001, 2500, 10_000])
def test_every_count_has_an_accuracy_of_its_own(n):
    texts = {format_accuracy(correct / n, n) for correct in range(n + 1)}
    assert len(texts) == n + 1


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.0, "<0.0001"),
        (0.00004, "<0.0001"),
        (0.0004, "0.0004"),
        (0.0049, "0.0049"),
        (0.005, "0.01"),
        (0.5, "0.50"),
        (0.994, "0.99"),
        (0.9951, "0.9951"),
        (0.99996, ">0.9999"),
        (1.0, ">0.9999"),
    ],
)
def test_no_probability_is_rounded_to_certainty(probability, text):
    assert format_probability(probability) == text


def test_a_probability_with_four_decimals():
    assert [format_probability(each, 4) for each in (0.00004, 0.5, 0.99994)] == [
        "<0.0001",
        "0.5000",
        "0.9999",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.004, "4 ms"),
        (0.000631, "0.63 ms"),
        (0.43, "0.43 s"),
        (12.34, "12.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (84.26, "1 min 24 s"),
        (2421.43, "40 min 21 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_seconds(seconds, text):
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.4, "0 s"), (12.34, "12 s"), (59.6, "1 min 0 s"), (184, "3 min 4 s"), (7500, "2 h 5 min")],
)
def test_whole_seconds(seconds, text):
    assert format_seconds(seconds, whole=True) == text
