"""Any picture gives a valid answer or an error of ours; boxes lie inside the page and never repeat."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from digitlab.errors import DigitlabError
from digitlab.pages import Page, read
from digitlab.pages.composition import compose_strings

SIDES = st.integers(1, 90)


@st.composite
def pages(draw):
    """Even, noisy, striped or blotted arrays, gray or RGB."""
    height, width = draw(SIDES), draw(SIDES)
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    base = np.full((height, width), draw(st.integers(0, 255)), np.int64)
    kind = draw(st.sampled_from(["even", "noise", "stripes", "blots"]))
    if kind == "noise":
        base += rng.integers(-120, 121, base.shape)
    elif kind == "stripes":
        base[:: draw(st.integers(2, 9))] = draw(st.integers(0, 255))
    elif kind == "blots":
        for _ in range(draw(st.integers(1, 8))):
            top, left = rng.integers(0, height), rng.integers(0, width)
            base[top : top + rng.integers(1, 30), left : left + rng.integers(1, 30)] = rng.integers(0, 256)
    gray = base.clip(0, 255).astype(np.uint8)
    return np.repeat(gray[..., None], 3, axis=2) if draw(st.booleans()) else gray


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "length": st.integers(1, 6),
        "count": st.integers(1, 4),
        "pattern": st.sampled_from(["d", "dd.dd", "d,ddd", "-d"]),
        "cells": st.sampled_from(["auto", "1x3", "2x2"]),
        "region": st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(1, 99), st.integers(1, 99)),
    },
)


def _check(page, shape):
    assert (page.height, page.width) in (shape[:2], shape[1::-1]) or page.to_upright[0][0] != 1
    boxes = [digit.box for string in page.strings for digit in string.digits]
    assert len(set(boxes)) == len(boxes)
    boxes += [mark.box for string in page.strings for mark in string.separators]
    boxes += [part.box for part in page.left_out]
    for left, top, width, height in boxes:
        assert left >= 0 <= top
        assert width >= 1 <= height
        assert left + width <= page.width
        assert top + height <= page.height
    for string in page.strings:
        assert 0 <= string.second_probability <= 1
        for part in (string, *string.digits):
            assert 0 <= part.probability <= 1
    assert Page.from_dict(json.loads(json.dumps(page.to_dict(), allow_nan=False))) == page


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(pages(), OPTIONS)
def test_any_array(pixels, options):
    try:
        (page,) = read(pixels, **options)
    except DigitlabError:
        return
    _check(page, pixels.shape)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((60, 90), np.uint8),
        np.full((60, 90), 255, np.uint8),
        np.zeros((1, 3000), np.uint8),
        np.tile(np.array([0, 255], np.uint8), (1, 1500)),
        np.tile(np.array([[0], [255]], np.uint8), (1500, 1)),
        np.random.default_rng(0).integers(0, 256, (400, 300), np.uint8),
        (np.indices((300, 300)).sum(axis=0) / 2.4).astype(np.uint8),
    ],
    ids=["black", "blank", "strip", "striped strip", "striped column", "noise", "shading"],
)
def test_pages_on_which_nothing_is_written(pixels):
    (page,) = read(pixels)
    _check(page, pixels.shape)
    assert not any(string.status == "sure" for string in page.strings)


def test_composed_pages():
    for composed in compose_strings(12, 3):
        (page,) = read(composed.gray)
        _check(page, composed.gray.shape)
        assert page.strings
