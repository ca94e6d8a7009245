"""Photos as they go wrong: each gives the same MNIST digit as a clean picture of the same strokes.

Digits of MNIST's training set are drawn as strokes; what comes out is compared with what comes out of black
strokes on white.
"""

import cv2
import numpy as np
import pytest

from digitlab.data.mnist import mnist
from digitlab.data.normalize import to_mnist_format

HEIGHT, WIDTH = 360, 480
Y, X = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
TRAIN = mnist("train").take(100)
DIGITS = [TRAIN.images[np.flatnonzero(TRAIN.labels == digit)[0]] for digit in (7, 8, 2)]


def strokes(digit, bold=1, left=150, top=70, side=200):
    """How much of each pixel is ink, 0 to 1, with sharp edges."""
    large = cv2.resize(digit[4:24, 4:24] / 255, (side, side), interpolation=cv2.INTER_CUBIC)
    large = 1 / (1 + np.exp(-14 * (large - 0.5)))
    if bold > 1:
        large = cv2.dilate(large, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (bold, bold)))
    page = np.zeros((HEIGHT, WIDTH))
    page[top : top + side, left : left + side] = cv2.GaussianBlur(large, (0, 0), 1)
    return page


def photo(light, ink, seed=0, noise=3):
    """Paper that lies in the light, with ink that takes three quarters of it away, and camera noise."""
    levels = light * (1 - 0.75 * ink) + np.random.default_rng(seed).normal(0, noise, ink.shape)
    return levels.clip(0, 255).astype(np.uint8)


def lines(spacing, thickness, slope, across=True, down=False):
    page = np.zeros((HEIGHT, WIDTH))
    for at in range(-HEIGHT, 2 * WIDTH, spacing):
        if across:
            cv2.line(page, (0, at), (WIDTH, round(at + slope * WIDTH)), 1.0, thickness, cv2.LINE_AA)
        if down:
            cv2.line(page, (at, 0), (round(at - slope * HEIGHT), HEIGHT), 1.0, thickness, cv2.LINE_AA)
    return page


def assert_same(picture, clean):
    """Pixels differ by 13 levels of 255 on the average at most, once moved by a pixel at most."""
    form = to_mnist_format(picture).astype(int)
    wanted = to_mnist_format((255 - 255 * clean).round().astype(np.uint8))
    moved = [np.roll(form, (down, along), (0, 1)) for down in (-1, 0, 1) for along in (-1, 0, 1)]
    assert min(np.abs(one - wanted).mean() for one in moved) < 13


@pytest.fixture(params=DIGITS, ids=["7", "8", "2"])
def digit(request):
    return request.param


def test_partly_over_exposed_paper(digit):
    ink = strokes(digit)
    light = 290 + 150 * X  # white from a little left of the middle on, and half as bright at the border
    assert 0.3 < (light > 255).mean() < 0.7
    assert_same(photo(light, ink), ink)


@pytest.mark.parametrize("contrast", [0.2, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("slope", [0, 0.03])
def test_ruled_paper(digit, contrast, slope):
    ink = strokes(digit)
    ruled = contrast * lines(40, 2, slope)
    assert_same(photo(np.full_like(ink, 225), np.maximum(ink, ruled)), ink)


@pytest.mark.parametrize("contrast", [0.2, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("slope", [0, -0.02])
def test_squared_paper(digit, contrast, slope):
    ink = strokes(digit)
    squared = contrast * lines(30, 2, slope, down=True)
    assert_same(photo(np.full_like(ink, 225), np.maximum(ink, squared)), ink)


def test_squared_paper_in_uneven_light(digit):
    ink = strokes(digit)
    assert_same(photo(190 + 40 * X - 20 * Y, np.maximum(ink, 0.5 * lines(30, 2, 0.02, down=True))), ink)


def test_a_stroke_that_crosses_a_line_is_whole():
    ink = np.zeros((HEIGHT, WIDTH))
    ink[60:300, 230:234] = 1  # a pen as thin as two lines
    ink[60:64, 160:234] = 1
    picture = photo(np.full_like(ink, 230), np.maximum(ink, lines(40, 2, 0)), noise=0)
    assert_same(picture, ink)


def test_bars_of_a_digit_are_no_ruled_lines():
    ink = np.zeros((HEIGHT, WIDTH))
    ink[60:66, 60:400] = 1
    ink[60:300, 394:400] = 1
    assert_same(photo(np.full_like(ink, 230), ink), ink)


@pytest.mark.parametrize("depth", [0.7, 0.5, 0.35])
@pytest.mark.parametrize("turn", [0.1, 1.2, 2.0])
def test_a_hard_shadow_over_half_of_the_paper(digit, depth, turn):
    ink = strokes(digit)
    edge = (np.cos(turn) * X + np.sin(turn) * Y) * HEIGHT / 2
    assert_same(photo(215 * (1 - (1 - depth) / (1 + np.exp(-edge / 2))), ink), ink)


@pytest.mark.parametrize("bold", [1, 15])
@pytest.mark.parametrize("turn", [0.4, 2.6, 4.4, 5.5])
def test_strokes_half_in_a_deep_shadow(digit, bold, turn):
    ink = strokes(digit, bold)
    edge = (np.cos(turn) * X + np.sin(turn) * Y + 0.1) * HEIGHT / 2
    assert_same(photo(215 * (1 - 0.7 / (1 + np.exp(-edge / 2))), ink), ink)


@pytest.mark.parametrize("bold", [15, 25])
def test_bold_strokes_in_uneven_light(digit, bold):
    ink = strokes(digit, bold)
    assert_same(photo(185 + 45 * X - 30 * Y - 20 * (X * X + Y * Y), ink), ink)


@pytest.mark.parametrize("side", ["left", "bottom"])
def test_the_edge_of_a_table_is_no_digit(digit, side):
    ink = strokes(digit, side=120, left=200, top=100)
    light = np.full_like(ink, 225)
    if side == "left":
        light[:, :40] = 60
    else:
        light[-60:] = 60
    assert_same(photo(light, ink), ink)


def test_light_ink_on_dark_paper_in_uneven_light(digit):
    ink = strokes(digit)
    board = photo(60 + 15 * X + 10 * Y, np.zeros_like(ink), noise=3).astype(float)
    assert_same((board + 120 * ink).clip(0, 255).astype(np.uint8), ink)
