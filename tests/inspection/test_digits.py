"""Digits drawn at random, and their averages."""

import numpy as np
import pytest

from digitlab.inspection import average_digits, random_indices


def test_random_indices_differ_from_each_other_and_by_seed():
    chosen = random_indices(1000, 64, seed=0)
    assert len(set(chosen.tolist())) == 64
    assert chosen.min() >= 0
    assert chosen.max() < 1000
    assert chosen.tolist() == random_indices(1000, 64, seed=0).tolist()
    assert chosen.tolist() != random_indices(1000, 64, seed=1).tolist()
    assert sorted(random_indices(5, 64, seed=0)) == [0, 1, 2, 3, 4]


def test_averages():
    images = np.array([[[0, 255]], [[255, 255]], [[51, 0]]], dtype=np.uint8)
    averages, counts = average_digits(images, np.array([3, 3, 7]))
    assert averages.shape == (10, 1, 2)
    assert averages[3].tolist() == [[0.5, 1.0]]  # (0 + 255) / 2 / 255, (255 + 255) / 2 / 255
    assert averages[7] == pytest.approx(np.array([[0.2, 0.0]]))  # 51 / 255
    assert counts.tolist() == [0, 0, 0, 2, 0, 0, 0, 1, 0, 0]
    assert not averages[[0, 1, 2, 4, 5, 6, 8, 9]].any()  # paper where there is none
