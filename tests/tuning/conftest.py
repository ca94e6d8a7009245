"""Small examples that a network learns in a moment."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from digitlab.training import Examples


@pytest.fixture
def examples():
    """120 examples of three digits, 12 features: noise around one point for each digit."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 3, 120)
    points = random.random((3, 12))
    inputs = (points[labels] + 0.3 * random.normal(size=(120, 12))).astype(np.float32)
    return Examples(torch.from_numpy(inputs), torch.from_numpy(labels))
