"""Softmax and its logarithm, against torch and where a plain formula overflows."""

import math

import numpy as np
import torch

from digitlab.probabilities import log_softmax, softmax


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
