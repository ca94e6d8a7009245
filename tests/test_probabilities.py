"""Softmax and its logarithm, against torch and where a plain formula overflows."""

import math

import numpy as np
import pytest
import torch

from digitlab.errors import ModelError
from digitlab.probabilities import digit_probabilities, log_softmax, softmax


def test_both_are_those_of_torch():
    logits = np.random.default_rng(0).normal(scale=20, size=(50, 10)).astype(np.float32)
    ours, theirs = softmax(logits), torch.softmax(torch.from_numpy(logits).double(), 1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    np.testing.assert_allclose(log_softmax(logits), theirs.log(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.sum(axis=1), 1)
    assert ours.dtype == log_softmax(logits).dtype == np.float64


def test_nothing_overflows():
    logits = np.array([1000.0, 0.0])
    assert softmax(logits).tolist() == [1, 0]
    assert log_softmax(logits).tolist() == [0, -1000]
    assert log_softmax(np.zeros((1, 4)))[0, 0] == -math.log(4)


def test_digits_of_ten_and_of_eleven_outputs():
    # e^0, ..., with ln 2 and ln 3: weights 2 and 3 beside nine or eight ones
    ten = np.zeros((1, 10))
    ten[0, 4] = math.log(2)
    digits, no_digit = digit_probabilities(ten)
    assert (digits[0, 4], digits[0, 0], no_digit[0]) == pytest.approx((2 / 11, 1 / 11, 0))
    eleven = np.append(ten, [[math.log(3)]], axis=1)
    digits, no_digit = digit_probabilities(eleven)
    assert digits.shape == (1, 10)
    assert (digits[0, 4], digits[0, 0], no_digit[0]) == pytest.approx((2 / 14, 1 / 14, 3 / 14))


def test_a_temperature_divides_the_outputs():
    outputs = np.random.default_rng(0).normal(scale=4, size=(20, 11)).astype(np.float32)
    digits, no_digit = digit_probabilities(outputs, 2.5)
    theirs = torch.softmax(torch.from_numpy(outputs).double() / 2.5, 1).numpy()
    np.testing.assert_allclose(np.column_stack([digits, no_digit]), theirs, rtol=1e-12)


@pytest.mark.parametrize(
    ("shape", "temperature"),
    [((3, 9), 1), ((3, 12), 1), ((10,), 1), ((3, 10), 0), ((3, 10), -1), ((3, 10), math.nan)],
)
def test_outputs_and_temperatures_that_are_none(shape, temperature):
    with pytest.raises(ModelError):
        digit_probabilities(np.zeros(shape), temperature)
