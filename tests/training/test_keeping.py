"""The moving average and the best weights, worked by hand."""

import pytest
import torch
from torch import nn

from digitlab.networks import Network, build
from digitlab.training import HistoryEntry, Recipe
from digitlab.training.keeping import EMA, EarlyStopping


def _set(network, value):
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(value)


def test_the_average_by_hand():
    network = build("softmax", inputs=2)
    average = EMA(network, decay=0.5)
    weight = average.weights["layers.logits.weight"]
    _set(network, 1.0)
    average.update(1)
    # early, the decay is (1 + 1) / (10 + 1) = 2/11: 2/11 * 0 + 9/11 * 1 = 9/11
    assert weight[0, 0].item() == pytest.approx(9 / 11)
    _set(network, 2.0)
    average.update(2)
    # 3/12: 1/4 * 9/11 + 3/4 * 2 = 9/44 + 3/2 = 75/44
    assert weight[0, 0].item() == pytest.approx(75 / 44)
    _set(network, 0.0)
    average.update(1000)
    # 1001/1010 is above 0.5, so 0.5 it is
    assert weight[0, 0].item() == pytest.approx(75 / 88)


def _with_batch_norm():
    layers = {"norm": nn.BatchNorm1d(2), "logits": nn.Linear(2, 10)}
    return Network("test", {}, (2,), layers)


def test_buffers_are_averaged_and_whole_numbers_copied():
    network = _with_batch_norm()
    average = EMA(network, decay=0.9)
    network.train()(torch.tensor([[0.0, 4.0], [2.0, 8.0]]))  # means 1 and 6; momentum 0.1
    live = network.state_dict()
    assert live["layers.norm.running_mean"].tolist() == pytest.approx([0.1, 0.6])
    average.update(1)
    # decay 2/11 of the start, 0 for the mean, and 9/11 of what there is
    assert average.weights["layers.norm.running_mean"].tolist() == pytest.approx([0.9 / 11, 5.4 / 11])
    assert average.weights["layers.norm.num_batches_tracked"].item() == 1
    network(torch.rand(2, 2))
    average.update(2)
    assert average.weights["layers.norm.num_batches_tracked"].item() == 2


def test_the_average_is_in_the_network_for_a_block_only():
    network = build("softmax", inputs=2)
    average = EMA(network, decay=0.5)
    _set(network, 3.0)
    average.update(1)
    with average.put_into(network):
        inside = network.layers["logits"].weight[0, 0].item()
    assert inside == pytest.approx(27 / 11)
    assert (network.layers["logits"].weight == 3).all()
    average.update(2)  # and it goes on following the live weights: 1/4 * 27/11 + 3/4 * 3
    assert average.weights["layers.logits.weight"][0, 0].item() == pytest.approx(27 / 44 + 9 / 4)


def test_a_restored_average_goes_on():
    network = build("softmax", inputs=2)
    average = EMA(network, decay=0.5)
    stored = {name: torch.full_like(value, 8.0) for name, value in average.weights.items()}
    average.restore(stored)
    average.update(1000)
    assert average.weights["layers.logits.bias"][0].item() == 4
    assert stored["layers.logits.bias"][0].item() == 8


def _period(number, loss, accuracy=0.5):
    return HistoryEntry(number, number * 10, number, 0.1, 1.0, 0.5, loss, accuracy)


def _follow(recipe, losses, accuracies=None):
    """Early stopping after entries with these figures (weights of entry i are all i), and its end."""
    network, best = build("softmax", inputs=2), EarlyStopping(recipe)
    ends = None
    for number, loss in enumerate(losses, start=1):
        _set(network, number)
        best.consider(_period(number, loss, accuracies[number - 1] if accuracies else 0.5), network)
        if ends is None and best.exhausted(number):
            ends = number
    return best, ends


def test_best_by_loss():
    best, ends = _follow(Recipe(patience=2), [0.9, 0.5, 0.7, 0.6, 0.8])
    assert best.entry.entry == 2
    assert (best.weights["layers.logits.weight"] == 2).all()
    assert ends == 4  # two periods, 3 and 4, brought nothing better


def test_equal_is_not_better():
    best, ends = _follow(Recipe(patience=2), [0.5, 0.5, 0.5])
    assert (best.entry.entry, ends) == (1, 3)


def test_best_by_accuracy():
    recipe = Recipe(patience=1, monitor="validation_accuracy")
    best, ends = _follow(recipe, [0.1, 0.5, 0.9, 0.2], [0.7, 0.8, 0.9, 0.85])
    assert (best.entry.entry, ends) == (3, 4)
    assert (best.weights["layers.logits.bias"] == 3).all()


def test_weights_are_kept_only_when_they_will_be_restored():
    best, ends = _follow(Recipe(patience=1, restore_best=False), [0.5, 0.9])
    assert (best.entry.entry, ends) == (1, 2)
    assert best.weights == {}


def test_without_patience_nothing_is_kept():
    best, ends = _follow(Recipe(), [0.5, 0.9, 0.9])
    assert (best.entry, best.weights, ends) == (None, {}, None)
