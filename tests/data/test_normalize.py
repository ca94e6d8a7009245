"""Normalization step by step: all steps give MNIST's format, and each left out shows what it is for."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitlab.data import mnist
from digitlab.data.normalize import STEPS, normalization_steps, to_mnist_format
from digitlab.errors import DataError, NoInkError, SettingError


def _drawn(points, width=14, side=168, paper=255, ink=0):
    picture = Image.new("L", (side, side), paper)
    ImageDraw.Draw(picture).line(points, fill=ink, width=width, joint="curve")
    return np.array(picture)


SEVEN = _drawn([(20, 20), (70, 20), (40, 90)])


def test_with_all_steps_the_last_image_is_the_format_of_mnist():
    random = np.random.default_rng(0)
    pictures = [255 - image for image in mnist("train").images[:20]]
    for side in (100, 168, 300):
        points = [tuple(map(int, point)) for point in random.integers(10, side - 10, (6, 2))]
        pictures += [_drawn(points, width, side) for width in (2, 8, 20)]
    for gray in pictures:
        steps = normalization_steps(gray)
        assert [step.name for step in steps] == list(STEPS)
        assert (steps[-1].pixels == to_mnist_format(gray)).all()


def test_without_ink_the_paper_counts_as_ink():
    seen = {step.name: step.pixels for step in normalization_steps(SEVEN, ["ink"])}
    assert (seen["ink"] == SEVEN).all()
    assert seen["center"].mean() > 100  # mostly white, where the digit alone has a tenth of that
    assert to_mnist_format(SEVEN).mean() < 50


def test_without_thickening_thin_strokes_fade():
    thin = _drawn([(30, 30), (130, 30), (80, 140)], width=2)
    with_it, without = normalization_steps(thin), normalization_steps(thin, ["thicken"])
    assert without[-1].pixels.sum() < 0.7 * with_it[-1].pixels.sum()
    assert without[1].pixels.sum() < 0.7 * with_it[1].pixels.sum()


def test_without_scaling_the_digit_has_its_size_on_the_pad():
    last = normalization_steps(SEVEN, ["scale"])[-1].pixels
    rows = np.flatnonzero((last > 100).any(1))
    assert abs(len(rows) - 84 / 6) <= 1  # six pixels of the pad are one of the network's
    assert len(np.flatnonzero((to_mnist_format(SEVEN) > 100).any(1))) == 20


@pytest.mark.parametrize("without", [["center"], ["center", "scale"]])
def test_without_centering_the_digit_stays_where_it_was(without):
    last = normalization_steps(SEVEN, without)[-1].pixels
    rows, columns = np.nonzero(last > 100)
    top, left = ((rows.min() + rows.max() + 1) / 2, (columns.min() + columns.max() + 1) / 2)
    inked = np.nonzero(SEVEN < 100)
    middle = [(places.min() + places.max() + 1) / 2 / 6 for places in inked]
    assert abs(left - middle[1]) <= 1
    assert abs(top - max(middle[0], 11 if "scale" not in without else 0)) <= 1  # it may not leave the image


def test_a_digit_that_fills_the_pad_is_cut_to_the_image_without_scaling():
    full = _drawn([(0, 0), (167, 167), (0, 167), (167, 0)], width=20)
    for without in (["ink", "scale"], ["scale"], list(STEPS)):
        assert normalization_steps(full, without)[-1].pixels.shape == (28, 28)


def test_errors_are_words():
    with pytest.raises(SettingError, match=r"no step 'crop'\n.*ink, thicken, scale, center"):
        normalization_steps(SEVEN, ["crop"])
    blank = np.zeros((30, 30), np.uint8)
    for without in ([], ["ink"]):
        with pytest.raises(NoInkError):
            normalization_steps(blank, without)
    with pytest.raises(DataError, match="shape"):
        normalization_steps(SEVEN[None])
