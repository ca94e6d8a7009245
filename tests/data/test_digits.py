"""`Digits`: what it refuses, and that a split is a fair and repeatable partition."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image

from digitlab.data import Digits, SplitMethod, scale_ink, stratified_sample
from digitlab.errors import DataError, SettingError


def numbered(labels: list[int]) -> Digits:
    """Digits of 1x2 pixels that hold their own index, so that they can be told apart."""
    index = np.arange(len(labels))
    images = np.stack([index // 256, index % 256], axis=1).astype(np.uint8)[:, None, :]
    return Digits(images, np.array(labels), "numbered")


def indices(digits: Digits) -> list[int]:
    return [int(high) * 256 + int(low) for high, low in digits.images[:, 0]]


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (np.zeros((2, 4), np.uint8), np.array([0, 1]), "shape (2, 4)"),
        (np.zeros((2, 2, 2), np.float32), np.array([0, 1]), "float32"),
        (np.zeros((2, 2, 2), np.uint8), np.array([0]), "2 images but labels of shape (1,)"),
        (np.zeros((0, 2, 2), np.uint8), np.zeros(0, int), "no digits"),
        (np.zeros((2, 2, 2), np.uint8), np.array([0, 10]), "label 10 at index 1"),
        (np.zeros((2, 2, 2), np.uint8), np.array([-1, 0]), "label -1 at index 0"),
    ],
)
def test_what_is_not_digits_is_refused(images: Any, labels: Any, words: str) -> None:
    with pytest.raises(DataError) as caught:
        Digits(images, labels, "mine")
    assert words in str(caught.value)


def test_digits_cannot_be_changed() -> None:
    digits = numbered([1, 2])
    with pytest.raises(ValueError, match="read-only"):
        digits.images[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        digits.labels[0] = 1


def test_features_unroll_by_rows_and_by_columns() -> None:
    # The image  0 51 102 / 153 204 255  is ink 0 .2 .4 / .6 .8 1.
    digits = Digits(np.array([[[0, 51, 102], [153, 204, 255]]], np.uint8), np.array([7]), "one")
    np.testing.assert_allclose(digits.features(), [[0, 0.2, 0.4, 0.6, 0.8, 1]], rtol=1e-6)
    np.testing.assert_allclose(digits.features("columns"), [[0, 0.6, 0.2, 0.8, 0.4, 1]], rtol=1e-6)
    assert digits.features().dtype == np.float32


def test_take_and_subset_keep_order_and_say_so() -> None:
    digits = numbered([3, 1, 4, 1, 5])
    assert digits.take(2).labels.tolist() == [3, 1]
    assert digits.take(2).name == "numbered[first 2]"
    assert indices(digits.subset([4, 0, 4])) == [4, 0, 4]


@pytest.mark.parametrize("n", [0, 6, -1])
def test_take_refuses_what_is_not_there(n: int) -> None:
    with pytest.raises(SettingError, match=f"cannot take {n} of 5"):
        numbered([3, 1, 4, 1, 5]).take(n)


def test_stratified_gives_largest_remainders() -> None:
    # 7 zeros, 2 ones, 1 two; 5 of 10 are shares of 3.5, 1 and 0.5: floors 3, 1, 0 make 4, and the
    # one still missing goes to the first of the two equal remainders, the zeros.
    held = numbered([0] * 7 + [1] * 2 + [2]).split(5, "stratified", seed=3)[1]
    assert np.bincount(held.labels, minlength=3).tolist() == [4, 1, 0]


@given(
    labels=st.lists(st.integers(0, 9), min_size=2, max_size=300),
    share=st.floats(0, 1),
    how=st.sampled_from(["first", "last", "random", "stratified"]),
    seed=st.integers(0, 2**32),
)
def test_a_split_is_a_repeatable_partition(
    labels: list[int], share: float, how: SplitMethod, seed: int
) -> None:
    digits = numbered(labels)
    n = 1 + int(share * (len(labels) - 2))
    kept, held = digits.split(n, how, seed)
    assert len(held) == n
    assert sorted(indices(kept) + indices(held)) == list(range(len(labels)))
    assert indices(digits.split(n, how, seed)[1]) == indices(held)
    if how == "stratified":
        exact = np.bincount(labels, minlength=10) * n / len(labels)
        assert (np.abs(np.bincount(held.labels, minlength=10) - exact) < 1).all()


def test_a_stratified_sample_has_some_of_each_class() -> None:
    # 4 of 97 and 3: shares of 3.88 and 0.12, which largest remainders make 4 and 0.
    labels = np.array([0] * 97 + [2] * 3)
    for fewest, expected in [(0, [4, 0, 0]), (1, [3, 0, 1]), (2, [2, 0, 2])]:
        chosen = stratified_sample(labels, 4, seed=1, fewest=fewest)
        assert np.bincount(labels[chosen], minlength=3).tolist() == expected
        assert (np.diff(chosen) > 0).all()
    assert stratified_sample(labels, 100, seed=1, fewest=1).tolist() == list(range(100))


def test_a_split_and_a_sample_are_one() -> None:
    digits = numbered([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9] * 20)
    assert indices(digits.split(90, "stratified", 5)[1]) == stratified_sample(digits.labels, 90, 5).tolist()


def test_other_seeds_hold_out_other_digits() -> None:
    digits = numbered([0] * 500)
    held = {tuple(indices(digits.split(20, "random", seed)[1])) for seed in range(5)}
    assert len(held) == 5


def test_a_split_of_everything_or_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SettingError, match="cannot hold out 2 of 2"):
        numbered([0, 1]).split(2)
    with pytest.raises(SettingError, match="'middle'"):
        numbered([0, 1]).split(1, "middle")  # type: ignore[arg-type]


def test_pixels_are_scaled_to_ink() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(2, 128)
    ink = scale_ink(pixels)
    assert (ink.dtype, ink.shape) == (np.float32, (2, 128))
    assert (ink.min(), ink.max()) == (0, 1)
    # The nearest float32 to 1 / 255 is 0x3b808081; 128 times it has the same digits and an exponent 7 higher.
    assert ink[0, 1].tobytes().hex() == "8180803b"
    assert ink[1, 0].tobytes().hex() == "8180003f"
    np.testing.assert_allclose(ink.reshape(-1), np.arange(256) / 255, rtol=1e-7)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(("n", "shown"), [(1, 1), (25, 10)])
def test_html_for_notebooks(n: int, shown: int) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (n, 20, 16), np.uint8)
    digits = Digits(images, random.integers(0, 10, n), '<b>"a" & b</b>')
    page = _Page()
    page.feed(digits._repr_html_())
    assert [tag for tag, _ in page.tags] == ["div", "strong", "br", "img", "br"]
    size = "1 image of 20x16" if n == 1 else "25 images of 20x16"
    labels = " ".join(map(str, digits.labels[:shown]))
    assert page.text == f'<b>"a" & b</b>: {size}labels: {labels}'
    image = page.tags[3][1]
    assert image["alt"] == f"The first {shown}: {labels}"
    head, _, content = str(image["src"]).partition(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        pixels = 255 - np.asarray(picture)
    np.testing.assert_array_equal(pixels, np.concatenate(list(images[:shown]), axis=1))


def test_large_images_are_reduced_in_notebooks() -> None:
    digits = Digits(np.zeros((12, 500, 300), np.uint8), np.zeros(12, np.int64), "large")
    page = _Page()
    page.feed(digits._repr_html_())
    content = str(page.tags[3][1]["src"]).partition(",")[2]
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        assert picture.size == (672, 112)  # 3,000 x 500 at the scale 112 / 500
