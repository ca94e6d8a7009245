"""`Dropout` with a generator of its own."""

import pytest
import torch

from digitlab.networks import Dropout


def test_values_are_dropped_by_the_mask_and_the_others_scaled():
    layer = Dropout(0.2).train()
    layer.generator = torch.Generator().manual_seed(5)
    signal = torch.arange(1.0, 13).reshape(3, 4)
    seen = layer(signal)
    # A value is kept where the same generator's draw is 1, and divided by the 0.8 with which it is kept.
    mask = torch.empty(3, 4).bernoulli_(0.8, generator=torch.Generator().manual_seed(5))
    assert 0 < mask.sum() < 12
    torch.testing.assert_close(seen, signal * mask * 1.25)


def test_the_mean_stays():
    layer = Dropout(0.7).train()
    layer.generator = torch.Generator().manual_seed(0)
    seen = layer(torch.ones(400_000))
    assert (seen == 0).double().mean().item() == pytest.approx(0.7, abs=0.005)
    # standard deviation of the mean: sqrt(0.7 / 0.3 / 400,000) = 0.0024
    assert seen.mean().item() == pytest.approx(1, abs=0.01)


def test_nothing_is_dropped_when_scoring_or_at_rate_0():
    signal = torch.rand(5, 5)
    assert torch.equal(Dropout(0.9).eval()(signal), signal)
    assert torch.equal(Dropout(0.0).train()(signal), signal)


def test_the_global_randomness_is_not_used():
    before = torch.get_rng_state()
    layer = Dropout(0.5).train()
    layer.generator = torch.Generator().manual_seed(1)
    layer(torch.ones(100))
    assert torch.equal(torch.get_rng_state(), before)


def test_gradients_pass_where_values_were_kept():
    layer = Dropout(0.5).train()
    layer.generator = torch.Generator().manual_seed(1)
    signal = torch.ones(50, requires_grad=True)
    seen = layer(signal)
    seen.sum().backward()
    assert torch.equal(signal.grad, seen.detach())
