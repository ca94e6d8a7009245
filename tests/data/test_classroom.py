"""The classroom set, against a slow and obvious way of cutting it."""

from __future__ import annotations

import time

import numpy as np

from digitlab.data import classroom, classroom_matrix, mnist


def test_shape_order_and_name() -> None:
    digits = classroom()
    assert digits.images.shape == (5000, 20, 20)
    assert digits.labels.tolist() == [digit for digit in range(10) for _ in range(500)]
    assert digits.name == "classroom"


def test_each_image_is_its_ink_centered() -> None:
    digits, train = classroom(), mnist("train")
    for index in range(0, 5000, 37):
        digit, nth = divmod(index, 500)
        image = train.images[np.flatnonzero(train.labels == digit)[nth]]
        rows, columns = np.nonzero(image)
        ink = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        top, left = ((20 - length) // 2 for length in ink.shape)
        expected = np.zeros((20, 20), np.uint8)
        expected[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
        np.testing.assert_array_equal(digits.images[index], expected)


def test_no_ink_is_lost() -> None:
    digits, train = classroom(), mnist("train")
    chosen = np.concatenate([np.flatnonzero(train.labels == digit)[:500] for digit in range(10)])
    sums = train.images[chosen].sum(axis=(1, 2), dtype=int)
    assert digits.images.sum(axis=(1, 2), dtype=int).tolist() == sums.tolist()


def test_the_matrix_is_as_the_course_loads_it() -> None:
    X, y = classroom_matrix()  # noqa: N806
    assert (X.shape, X.dtype.name, y.shape, y.dtype.name) == ((5000, 400), "float32", (5000, 1), "uint8")
    assert (X.min(), X.max()) == (0, 1)
    digits = classroom()
    upright = X[2500].reshape(20, 20).T
    np.testing.assert_array_equal(np.rint(upright * 255), digits.images[2500])
    assert y.ravel().tolist() == digits.labels.tolist()


def test_it_is_quick() -> None:
    mnist("train")
    start = time.perf_counter()
    classroom()
    assert time.perf_counter() - start < 0.5  # measured: 0.04


def test_the_reduced_form_is_the_whole_image_made_smaller() -> None:
    digits, train = classroom("reduced"), mnist("train")
    assert digits.name == "classroom-reduced"
    assert digits.labels.tolist() == classroom().labels.tolist()
    # Reducing keeps the mean: ink on 28x28 spread over 20x20.
    chosen = np.concatenate([np.flatnonzero(train.labels == digit)[:500] for digit in range(10)])
    whole = train.images[chosen].mean(axis=(1, 2))
    assert np.abs(digits.images.mean(axis=(1, 2)) - whole).max() < 3
    # A digit's margin stays: four of 28 rows are about three of 20.
    assert (digits.images[:, :2] == 0).mean() > 0.99
