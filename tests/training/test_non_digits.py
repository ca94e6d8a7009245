"""Pictures that show no digit, and the batches that they come in."""

import numpy as np
import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.networks import build
from digitlab.probabilities import NO_DIGIT
from digitlab.training import Examples, Recipe, StepCounts, batches, fit, non_digits
from digitlab.training.batches import iter_batches, make_examples
from digitlab.training.non_digits import KINDS, make_non_digits


@pytest.fixture(scope="module")
def digits():
    return mnist("train").take(500)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(batches, "NON_DIGITS", 50)


@pytest.mark.parametrize("maker", [maker for maker, _ in KINDS], ids=lambda maker: maker.__name__)
def test_every_kind_makes_different_pictures_of_mnists_size(maker, digits):
    source = non_digits._Source(digits.images, digits.labels, np.random.default_rng(0))
    made = [maker(source) for _ in range(30)]
    assert {(image.shape, image.dtype.name) for image in made} == {((28, 28), "uint8")}
    assert len({image.tobytes() for image in made}) > 20
    if maker not in (non_digits._blank, non_digits._lines):  # lines may cover all
        assert min(int(image.max()) - int(image.min()) for image in made) > 50
    known = {image.tobytes() for image in digits.images}
    assert not known & {image.tobytes() for image in made}


def test_the_same_seed_makes_the_same(digits):
    one, same, other = (
        make_non_digits(digits.images, digits.labels, 40, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_digits_that_stay_digits_are_never_turned():
    """A mirrored 8 is an 8, a 6 upside down a 9."""
    assert not {0, 1, 6, 8, 9} & set(non_digits.MIRRORED)
    assert not {0, 1, 2, 5, 6, 8, 9} & set(non_digits.UPSIDE_DOWN)
    assert not {1, 6, 8, 9} & set(non_digits.CUT_ACROSS)


@pytest.mark.parametrize("label", range(10))
def test_a_digit_is_drawn_among_the_labels_asked_for(label, digits):
    source = non_digits._Source(digits.images, digits.labels, np.random.default_rng(label))
    drawn = [source.digit((label,)) for _ in range(9)]
    found = [int(np.flatnonzero((digits.images == image).all((1, 2)))[0]) for image in drawn]
    assert set(digits.labels[found]) == {label}
    assert len(set(found)) > 3


def test_letters_that_look_like_digits_are_not_drawn():
    assert not set("OoIiLlSsZzBGgJjqby") & set(non_digits.LETTERS)


def test_batches_end_with_the_non_digits(digits):
    train = Examples.of(digits)
    recipe = Recipe(batch_size=40, non_digits=0.25, seed=3)
    counts = StepCounts.of(recipe, len(train))
    extra = make_examples(train, recipe)
    every = list(iter_batches(train, [3, 4], recipe, counts, 0, 2, extra))
    assert [tuple(inputs.shape) for inputs, _ in every] == [(2, 50, 28, 28)] * 2
    for inputs, labels in every:
        assert (labels[:, 40:] == NO_DIGIT).all()
        assert (labels[:, :40] < NO_DIGIT).all()
        assert not torch.equal(inputs[0, 40:], inputs[1, 40:])  # each seed draws its own
    ((again, _),) = iter_batches(train, [3, 4], recipe, counts, 1, 2, extra)  # as a resumed training does
    assert torch.equal(again, every[1][0])


def test_a_network_learns_to_refuse(digits):
    train = Examples.of(digits)
    network = build("recognizer", width=4)
    recipe = Recipe(batch_size=50, max_steps=60, learning_rate=0.01, non_digits=0.5, threads=1)
    fit(network, recipe, train)
    unseen = make_non_digits(digits.images, digits.labels, 200, np.random.default_rng(7))
    network.eval()
    with torch.inference_mode():
        refused = network.outputs(torch.from_numpy(unseen).float() / 255).argmax(1) == NO_DIGIT
        kept = network.outputs(Examples.of(mnist("train").take(700)).inputs[500:]).argmax(1) < NO_DIGIT
    assert refused.float().mean() > 0.6
    assert kept.float().mean() > 0.8


@pytest.mark.parametrize(
    ("network", "side", "message"),
    [("swift", 28, "has no output for `no digit`"), ("mlp", 20, "has no output for `no digit`")],
)
def test_networks_without_the_output_are_refused(network, side, message, digits):
    edge = (28 - side) // 2
    inputs = Examples.of(digits).inputs[:, edge : edge + side, edge : edge + side]
    options = {"inputs": side * side} if network == "mlp" else {}
    with pytest.raises(SettingError, match=message):
        fit(build(network, **options), Recipe(non_digits=0.5), Examples(inputs, Examples.of(digits).labels))
