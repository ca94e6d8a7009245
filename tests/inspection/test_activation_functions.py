"""Activations, softmax and cross-entropy, against hand-worked cases and torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection import (
    InspectedModel,
    activation_curves,
    cross_entropy_steps,
    inspect,
    softmax_steps,
    softmax_sweep,
)
from digitlab.networks import build


def test_softmax_of_source_001_step_by_step():
    steps = softmax_steps([1, 2, 3, 4])
    assert steps.shifted.tolist() == [-3, -2, -1, 0]
    # e^-3 + e^-2 + e^-1 + 1 = 0.0498 + 0.1353 + 0.3679 + 1 = 1.5530
    assert steps.total == pytest.approx(1.5530, abs=1e-4)
    assert steps.probabilities.round(2).tolist() == [0.03, 0.09, 0.24, 0.64]
    torchs = torch.softmax(torch.tensor([1.0, 2, 3, 4], dtype=torch.float64), 0).numpy()
    np.testing.assert_allclose(steps.probabilities, torchs, rtol=1e-15)


def test_softmax_does_not_overflow():
    assert softmax_steps([1000.0, 1000.0]).probabilities.tolist() == [0.5, 0.5]


def test_a_sweep_moves_one_logit_alone():
    swept = softmax_sweep([1, 2, 3, 4], 3, [4, 3])
    np.testing.assert_allclose(swept[0], softmax_steps([1, 2, 3, 4]).probabilities)
    assert swept[1, 2] == swept[1, 3]  # both logits are 3
    np.testing.assert_allclose(swept.sum(axis=1), 1)


def test_activations_and_their_slopes():
    z = np.array([-2.0, 0.0, 2.0])
    curves = {curve.name: curve for curve in activation_curves(z)}
    assert curves["ReLU"].a.tolist() == [0, 0, 2]
    assert curves["ReLU"].slope.tolist() == [0, 0, 1]
    assert curves["sigmoid"].a[1] == 0.5
    assert curves["sigmoid"].slope[1] == 0.25
    step = 1e-6
    for name, curve in curves.items():
        nearby = {other.name: other for other in activation_curves(z + step)}[name]
        where = z != 0  # ReLU has no derivative at 0
        np.testing.assert_allclose(((nearby.a - curve.a) / step)[where], curve.slope[where], atol=1e-5)


def test_the_toy_cross_entropy_of_source_002():
    steps = cross_entropy_steps([[0.9, 0.1, 0.1], [0.9, 0.1, 0.1]], [[1, 0, 0], [1, 0, 0]])
    # -ln 0.9 = 0.105361 for both items
    np.testing.assert_allclose(steps.losses, [0.10536052, 0.10536052], rtol=1e-7)
    assert steps.mean == pytest.approx(0.10536051565782628)
    assert steps.products[0].tolist() == [pytest.approx(-0.10536052), 0, 0]


def test_cross_entropy_against_torch():
    random = np.random.default_rng(3)
    logits = random.normal(size=(5, 10))
    labels = random.integers(0, 10, 5)
    p = np.array([softmax_steps(row).probabilities for row in logits])
    torchs = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels)).item()
    assert cross_entropy_steps(p, np.eye(10)[labels]).mean == pytest.approx(torchs)


def test_the_softmax_view_takes_logits_of_ones_own():
    model = InspectedModel(build("softmax"), "softmax", mnist("test").take(1))
    result = inspect(model, "softmax", logits=(2.0, -1.0, 0.0))
    np.testing.assert_allclose(result.data["probabilities"], softmax_steps([2, -1, 0]).probabilities)
    assert result.summary == "softmax(2, -1, 0) = 0.8438, 0.04201, 0.1142"  # 7.389, 0.368, 1 of 8.757
    assert inspect(model, "softmax").data["logits"].tolist() == [1, 2, 3, 4]
    with pytest.raises(SettingError, match="logits"):
        inspect(model, "softmax", logits=(1.0,))
