"""Logits of many inputs."""

import numpy as np
import torch

from digitlab.evaluation import predict_logits
from digitlab.networks import build


def test_batches_do_not_show():
    network = build("mlp", inputs=4, hidden=(3,), dropout=0.5)
    inputs = torch.rand(2345, 4, generator=torch.Generator().manual_seed(0))
    logits = predict_logits(network, inputs)
    assert (logits.shape, logits.dtype) == ((2345, 10), np.float32)
    with torch.no_grad():
        np.testing.assert_allclose(logits, network.eval()(inputs), atol=1e-6)


def test_the_mode_is_as_before_and_nothing_is_dropped():
    network = build("mlp", inputs=4, dropout=0.9)
    inputs = torch.rand(5, 4)
    scored = predict_logits(network.train(), inputs)
    assert network.training
    np.testing.assert_array_equal(scored, predict_logits(network.eval(), inputs))
    assert not network.training
    assert all(value.grad is None for value in network.parameters())
