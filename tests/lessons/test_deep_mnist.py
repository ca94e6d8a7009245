"""What the checks of lesson `deep-mnist` say of right and wrong answers."""

import re

import numpy as np
import pytest

import digitlab
from digitlab.lessons.checking import check_answer
from digitlab.lessons.exercises.deep_mnist import EXERCISES
from digitlab.runs import DataConfig
from digitlab.training import Recipe


def _convolve(image, kernel, bias, border=2):
    padded = np.pad(image, border)
    rows, columns = padded.shape[0] - 4, padded.shape[1] - 4
    return np.array(
        [[(padded[i : i + 5, j : j + 5] * kernel).sum() + bias for j in range(columns)] for i in range(rows)]
    )


def _repeat_border(image, kernel, bias):
    return _convolve(np.pad(image, 2, mode="edge"), kernel, bias, border=0)


def _max_pool(feature_map, take=np.max):
    rows, columns = feature_map.shape
    return np.array(
        [[take(feature_map[i : i + 2, j : j + 2]) for j in range(0, columns, 2)] for i in range(0, rows, 2)]
    )


def _cross_entropy(probabilities, targets, log=np.log):
    return -(targets * log(probabilities)).sum(axis=1).mean()


VERTICAL = np.tile([-0.5, -0.25, 1, 0.75, -1], (5, 1))
ACCURACY = {"accuracy": 0.9979, "n": 10_000}
"""One standard error is sqrt(0.9979 * 0.0021 / 10,000) = 0.000458."""


@pytest.mark.parametrize(
    ("exercise", "answer", "given", "right", "says"),
    [
        ("first loss", np.log(10), {}, True, "2.303"),
        ("first loss", 0.1, {}, False, "minus its logarithm"),
        ("first loss", -2.303, {}, False, "minus that"),
        ("first loss", 1, {}, False, "base 10"),
        ("first loss", 3.3219, {}, False, "base 2"),
        ("first loss", 0.0, {}, False, "ten zeros"),
        ("first loss", 0.6931, {}, False, "two classes"),
        ("first loss", 5, {}, False, "ten equal logits"),
        ("standard error", 0.000458, ACCURACY, True, "0.05%, or 4.6 of the 10,000"),
        ("standard error", 0.0458, ACCURACY, False, "by the root of n"),
        ("standard error", 2.0956e-7, ACCURACY, False, "variance"),
        ("standard error", 4.578e-6, ACCURACY, False, "under the root"),
        ("standard error", 0.5, ACCURACY, False, "n = 10,000"),
        ("convolution", _convolve, {}, True, "25 products"),
        ("convolution", lambda i, k, b: _convolve(i, k, b, border=0), {}, False, "two rows and columns"),
        ("convolution", lambda i, k, b: _convolve(i, k, 0), {}, False, "bias is missing"),
        ("convolution", lambda i, k, b: _convolve(i, k, 25 * b), {}, False, "25 times"),
        ("convolution", lambda i, k, b: _convolve(i, k[::-1, ::-1], b), {}, False, "turned by 180"),
        ("convolution", lambda i, k, b: _convolve(i, k.T, b), {}, False, "exchanged"),
        ("convolution", lambda i, k, b: np.maximum(_convolve(i, k, b), 0), {}, False, "ReLU"),
        ("convolution", _repeat_border, {}, False, "wrong at the border"),
        ("convolution", lambda i, k, b: i, {}, False, "row 4, column 3"),
        ("convolution", lambda i, k, b: ..., {}, None, "three dots"),
        ("vertical strokes", VERTICAL, {}, True, "solid ink 0.00"),
        ("vertical strokes", VERTICAL.T, {}, False, "exchanged"),
        ("vertical strokes", np.ones((5, 5)), {}, False, "tell them apart"),
        ("vertical strokes", -np.ones((5, 5)), {}, False, "above 0"),
        ("vertical strokes", np.tile([0, 1, 1, 0, 0], (5, 1)), {}, False, "sum to 0"),
        ("vertical strokes", np.ones((3, 3)), {}, False, r"must be \(5, 5\)"),
        ("max pooling", _max_pool, {}, True, "6 x 4 becomes one of 3 x 2"),
        ("max pooling", lambda m: _max_pool(m, np.mean), {}, False, "mean"),
        ("max pooling", lambda m: _max_pool(m, np.min), {}, False, "smallest"),
        ("max pooling", lambda m: _max_pool(m, lambda s: abs(s).max()), {}, False, "absolute"),
        ("max pooling", lambda m: np.maximum(_max_pool(m), 0), {}, False, "negative maximum"),
        ("max pooling", lambda m: m[::2, ::2], {}, False, "one corner"),
        ("max pooling", lambda m: m.reshape(3, 2, 2, 2).max(axis=(2, 3)), {}, False, "neighbors"),
        ("max pooling", lambda m: m[1:, 1:], {}, False, "overlap"),
        ("max pooling", lambda m: _max_pool(m) + 1, {}, False, "top left square"),
        ("second layer", (64, 7, 7), {}, True, "3,136"),
        ("second layer", (7, 7, 64), {}, False, "maps come first"),
        ("second layer", (64, 14, 14), {}, False, "once more"),
        ("second layer", (64, 4, 4), {}, False, "pad the image"),
        ("second layer", (1, 2, 3), {}, False, "layer by layer"),
        ("second layer", (64, 49), {}, False, "give three"),
        ("second layer", 3136, {}, False, "no shape"),
        ("parameters", 51_264, {}, True, "51,264"),
        ("parameters", 51_200, {}, False, "biases are missing"),
        ("parameters", 1664, {}, False, "all 32 maps"),
        ("parameters", 832, {}, False, "first convolution"),
        ("parameters", 7, {}, False, "64 kernels"),
        ("cross-entropy", _cross_entropy, {}, True, "0 times log 0"),
        ("cross-entropy", lambda p, t: -np.log((p * t).sum(axis=1)).mean(), {}, True, "stays finite"),
        ("cross-entropy", lambda p, t: 2 * _cross_entropy(p, t), {}, False, "sum over the items"),
        ("cross-entropy", lambda p, t: -_cross_entropy(p, t), {}, False, "sign is wrong"),
        ("cross-entropy", lambda p, t: -(t * np.log(p)).mean(), {}, False, "mean over all numbers"),
        ("cross-entropy", lambda p, t: _cross_entropy(p, t, np.log2), {}, False, "base 2"),
        ("cross-entropy", lambda p, t: _cross_entropy(p, t, np.log10), {}, False, "base 10"),
        ("cross-entropy", lambda p, t: -np.log(p).sum(axis=1).mean(), {}, False, "true class counts"),
        ("cross-entropy", lambda p, t: -(t * np.log(p)).sum(axis=1), {}, False, "number for each item"),
        ("cross-entropy", lambda p, t: 7.0, {}, False, "= 1.3863"),
        ("cross-entropy", lambda p, t: None, {}, False, "return"),
        ("cross-entropy", lambda p, t: ..., {}, None, "three dots"),
        ("learning rate", 0.001, {}, False, "no run"),
    ],
)
def test_answers(exercise, answer, given, right, says):
    found = check_answer(exercise, EXERCISES[exercise], answer, **given)
    assert found.right is right, found.message
    assert re.search(says, found.message), found.message


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    def with_recipe(network="deep-mnist", validation="last:20", **fields):
        data = DataConfig(train="mnist:train[:40]", validation=validation)
        return digitlab.train(network, {}, Recipe(**fields), data, tmp_path_factory.mktemp("runs") / "run")

    return with_recipe


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"max_steps": 1, "learning_rate": 1e-4}, "Try a higher"),
        ({"max_steps": 1, "learning_rate": 0.01}, "Try a lower"),
        ({"max_steps": 1, "validation": "mnist:test[:20]"}, "held out"),
        ({"max_steps": 1, "network": "softmax"}, "asked for is 'deep-mnist'"),
    ],
)
def test_runs_are_judged_by_held_out_digits(train, settings, says):
    found = check_answer("learning rate", EXERCISES["learning rate"], train(**settings))
    assert found.right is False
    assert says in found.message


def test_longer_runs_do_not_count(train, monkeypatch):
    monkeypatch.setattr("digitlab.lessons.exercises.deep_mnist.STEPS", 1)
    found = check_answer("learning rate", EXERCISES["learning rate"], train(max_steps=2, batch_size=40))
    assert "allowed are 1 steps of 50" in found.message
