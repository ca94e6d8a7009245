"""The exponential moving average, worked by hand."""

import pytest
import torch
from torch import nn

from digitlab.training.state import EMA


def test_the_average_by_hand():
    weight = torch.zeros(3)
    ema = EMA([weight], decay=0.5)
    weight.fill_(1.0)
    ema.update(1)
    # early, the decay is (1 + 1) / (10 + 1) = 2/11: 2/11 * 0 + 9/11 * 1 = 9/11
    assert ema.averages[0][0].item() == pytest.approx(9 / 11)
    weight.fill_(2.0)
    ema.update(2)
    # 3/12: 1/4 * 9/11 + 3/4 * 2 = 9/44 + 3/2 = 75/44
    assert ema.averages[0][0].item() == pytest.approx(75 / 44)
    weight.fill_(0.0)
    ema.update(1000)
    # 1001/1010 is above 0.5, so 0.5 it is
    assert ema.averages[0][0].item() == pytest.approx(75 / 88)


def test_buffers_are_averaged_and_integers_copied():
    norm = nn.BatchNorm1d(2)
    live = norm.state_dict(keep_vars=True)
    ema = EMA(list(live.values()), decay=0.9)
    averages = dict(zip(live, ema.averages, strict=True))
    norm.train()(torch.tensor([[0.0, 4.0], [2.0, 8.0]]))  # means 1 and 6; momentum 0.1
    assert live["running_mean"].tolist() == pytest.approx([0.1, 0.6])
    ema.update(1)
    # decay 2/11 of the start, 0 for the mean, and 9/11 of the present
    assert averages["running_mean"].tolist() == pytest.approx([0.9 / 11, 5.4 / 11])
    assert averages["num_batches_tracked"].item() == 1
    norm(torch.rand(2, 2))
    ema.update(2)
    assert averages["num_batches_tracked"].item() == 2


def test_the_average_is_swapped_in_for_a_block_only():
    weight = nn.Parameter(torch.zeros(2))
    ema = EMA([weight], decay=0.5)
    weight.data.fill_(3.0)
    ema.update(1)
    with ema.swap_in():
        inside = weight[0].item()
    assert inside == pytest.approx(27 / 11)
    assert (weight == 3).all()
    ema.update(2)  # and it goes on following the live weights: 1/4 * 27/11 + 3/4 * 3
    assert ema.averages[0][0].item() == pytest.approx(27 / 44 + 9 / 4)
