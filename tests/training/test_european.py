"""Digits drawn as in Europe: their format, and that they are what their label says."""

import numpy as np
import pytest

from digitlab.pages.candidates import recognize
from digitlab.reader import DEFAULT_MODEL, OnnxModel
from digitlab.training.european import draw_european


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    made = [draw_european(rng) for _ in range(300)]
    return np.stack([image for image, _ in made]), np.array([label for _, label in made])


def test_ones_and_sevens_in_mnists_format(drawn):
    images, labels = drawn
    assert (images.shape, images.dtype) == ((300, 28, 28), np.uint8)
    assert set(labels.tolist()) == {1, 7}
    assert 0.55 < np.mean(labels == 1) < 0.75
    assert len({image.tobytes() for image in images}) == 300
    assert (images.max(axis=(1, 2)) == 255).all()
    inked = images > 25
    tall, wide = inked.any(axis=2).sum(axis=1), inked.any(axis=1).sum(axis=1)
    assert (np.maximum(tall, wide) == 20).all()
    assert np.mean(tall >= wide) > 0.9  # a 7 with a long bar may be wider than tall


def test_the_model_that_ships_reads_most_as_they_are_labeled(drawn):
    """Three seeds of 300: 85 to 89 % of the 1s, whose flags MNIST does not have, 99 to 100 % of the 7s."""
    images, labels = drawn
    read = recognize(OnnxModel(DEFAULT_MODEL), list(images))[:, :10].argmax(axis=1)
    assert np.mean(read[labels == 1] == 1) > 0.75
    assert np.mean(read[labels == 7] == 7) > 0.95


def test_a_seed_draws_the_same():
    one, same, other = (draw_european(np.random.default_rng(seed))[0].tobytes() for seed in (1, 1, 2))
    assert one == same != other
