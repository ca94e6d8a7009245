"""Accuracy of trained networks on the real digits: floors, far enough below what was measured."""

import statistics

import pytest

from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import build
from digitlab.runs import DataConfig
from digitlab.training import Examples, fit, standard_recipe


def _test_accuracy(name, seed, train, test):
    network = build(name, seed=seed)
    fit(network, standard_recipe(name, None, {"seed": seed}), train)
    return accuracy_and_log_loss(predict_logits(network, test.inputs), test.labels.numpy())[0]


def _examples(validation):
    data = DataConfig(validation=validation, test="mnist:test").load()
    return Examples.of(data.train), Examples.of(data.test)


@pytest.mark.slow
def test_softmax_reaches_what_source_002_says():
    # Study `deep-mnist`: about 92 %. On the test digits: mean 91.07 %, standard deviation 0.85 over seeds
    # 0 to 9 (best 91.82, seed 9 ends at 88.83); 91.13 and 0.60 over seeds 0 to 39. The last steps, of size
    # 0.5 on 50 digits, spread it; other threads and instructions gave the same ten figures.
    train, test = _examples("last:5000")
    accuracies = [_test_accuracy("softmax", seed, train, test) for seed in range(10)]
    assert statistics.mean(accuracies) >= 0.910
    assert max(accuracies) >= 0.915


@pytest.mark.slow
def test_swift_reaches_99():
    # Measured with seeds 0 and 1: 99.17 % and 99.06 %; over ten seeds see `docs/performance.md`.
    train, test = _examples("none")
    assert _test_accuracy("swift", 0, train, test) >= 0.987
