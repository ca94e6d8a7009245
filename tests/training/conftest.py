"""Small sets of real digits."""

import pytest
import torch

from digitlab.data import mnist
from digitlab.training import Examples


@pytest.fixture(scope="session")
def train_digits():
    """The first 1,000 training digits."""
    return Examples.of(mnist("train").take(1000))


@pytest.fixture(scope="session")
def validation_digits():
    """500 other training digits."""
    return Examples.of(mnist("train").subset(range(1000, 1500)))


@pytest.fixture
def tiny():
    """Two inputs of two numbers, labels 0 and 1."""
    return Examples(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1]))
