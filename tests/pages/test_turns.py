"""Pages that lie turned or skewed, and regions of them, on composed pictures of fixed seeds."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from digitlab.errors import SettingError
from digitlab.pages import Page, read, reading
from digitlab.pages.answers import Box
from digitlab.pages.composition import Composed, compose, held_out
from digitlab.pages.evidence import READING_MODEL
from digitlab.pages.options import ReadOptions
from digitlab.pages.page_ink import page_ink
from digitlab.pages.reading import read_page
from digitlab.pages.scoring import Truth, score
from digitlab.pages.turns import find_turn, turn_matrix
from digitlab.reader import Model, OnnxModel

Compose = Callable[[str, int], Composed]


@pytest.fixture(scope="module")
def model() -> Model:
    return OnnxModel(READING_MODEL)


@pytest.fixture(scope="module")
def composed() -> Compose:
    digits = held_out()
    return lambda kind, seed: compose(kind, "light", np.random.default_rng(seed), *digits)


def turned(gray: np.ndarray, quarters: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(gray, quarters))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_the_matrix_of_a_turn_takes_each_pixel_where_numpy_does(quarters: int) -> None:
    pixels = np.arange(15).reshape(3, 5)
    there = np.rot90(pixels, quarters)
    for y, x in np.ndindex(pixels.shape):
        column, row, one = turn_matrix(quarters, pixels.shape) @ [x, y, 1]
        assert (there[int(row), int(column)], one) == (pixels[y, x], 1)


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("kind", ["loose", "ruled"])
def test_a_turned_page_is_read_and_its_boxes_lie_on_the_digits(
    kind: str, quarters: int, composed: Compose, model: Model
) -> None:
    one = composed(kind, 2 if kind == "ruled" else 3)
    page = read_page(turned(one.gray, quarters), model)
    assert (page.height, page.width) == one.gray.shape
    # numpy.rot90 takes the pixel (10, 20) there; the page must take it back.
    there = turn_matrix(quarters, one.gray.shape) @ [10, 20, 1]
    assert np.array(page.to_upright) @ there == pytest.approx([10, 20, 1])
    truth = Truth(one.lines, one.boxes)
    assert score(page, truth).box_f1 > 0.9
    assert score(page, truth).digits_right > 0.8


def test_turns_are_found_and_upright_pages_left(composed: Compose, model: Model) -> None:
    found = []
    for seed in range(2, 5):
        assert find_turn(page_ink(composed("touching", seed).gray), model) == 0
        for kind in ("clean", "loose"):
            gray = composed(kind, seed).gray
            assert find_turn(page_ink(gray), model) == 0
            found += [find_turn(page_ink(turned(gray, 4 - back)), model) == back for back in (1, 2, 3)]
    assert sum(found) >= 16


def test_too_few_digits_tell_no_turn(composed: Compose, model: Model) -> None:
    one = composed("clean", 2)
    left, top, width, height = one.boxes[0][1]
    digit = one.gray[max(top - 20, 0) : top + height + 20, max(left - 20, 0) : left + width + 5]
    assert [find_turn(page_ink(turned(digit, n)), model) for n in range(4)] == [0, 0, 0, 0]


def test_a_page_of_touching_digits_is_scored_once(
    composed: Compose, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    inner = reading.score_rows
    monkeypatch.setattr(reading, "score_rows", lambda *rest: (calls.append(1), inner(*rest))[1])
    read_page(composed("touching", 3).gray, model)
    assert len(calls) == 1


def around(page: Page, number: int, room: int) -> tuple[str, Box]:
    """A string of a page and the box around it."""
    string = page.strings[number]
    left, top, width, height = string.box
    left, top, width, height = left - room, top - room, width + 2 * room, height + 2 * room
    return string.text, (max(left, 0), max(top, 0), width + min(left, 0), height + min(top, 0))


def skewed(gray: np.ndarray, degrees: float) -> np.ndarray:
    height, width = gray.shape
    side = int(np.hypot(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    return np.asarray(cv2.warpAffine(gray, matrix, (side, side), borderValue=int(np.median(gray))), np.uint8)


@pytest.mark.parametrize("degrees", [0.0, 12.0, -20.0, 90.0, 180.0])
def test_the_box_of_an_answer_is_the_region_where_it_stands(
    degrees: float, composed: Compose, model: Model
) -> None:
    gray = composed("loose", 3).gray
    gray = turned(gray, round(degrees / 90)) if degrees >= 90 else skewed(gray, degrees) if degrees else gray
    whole = read_page(gray, model)
    assert len(whole.strings) >= 3
    for number in range(len(whole.strings)):
        text, region = around(whole, number, 8)
        page = read_page(gray, model, ReadOptions(region=region))
        assert (page.width, page.height) == (whole.width, whole.height)
        assert page.to_upright == whole.to_upright
        assert page.text == text
        assert page.strings[0].box == pytest.approx(whole.strings[number].box, abs=10)


def test_a_region_of_thin_strokes_has_its_boxes_on_the_page(composed: Compose, model: Model) -> None:
    gray = cv2.resize(composed("loose", 3).gray, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    whole = read_page(np.asarray(gray, np.uint8), model)
    text, region = around(whole, 1, 4)
    page = read_page(np.asarray(gray, np.uint8), model, ReadOptions(region=region))
    assert page.text == text
    assert page.strings[0].box == pytest.approx(whole.strings[1].box, abs=3)


def test_a_region_of_a_page_that_was_reduced_is_in_its_own_pixels(composed: Compose) -> None:
    small = cv2.resize(composed("clean", 2).gray, None, fx=2, fy=2)
    gray = np.full((len(small) + 200, 6100), int(np.median(small)), np.uint8)
    gray[100:-100, 3000 : 3000 + small.shape[1]] = small
    (whole,) = read(gray)
    assert (whole.height, whole.width) == gray.shape
    text, region = around(whole, 0, 30)
    (page,) = read(gray, region=region)
    assert page.text == text
    assert page.strings[0].box == pytest.approx(whole.strings[0].box, abs=8)


def test_a_region_outside_is_told_in_the_pixels_of_the_upright_page() -> None:
    gray = np.full((200, 6100), 255, np.uint8)
    with pytest.raises(
        SettingError, match=r"100,250,10,10 lies outside the page\nGive one inside its 6100 x 200"
    ):
        read(gray, region=(100, 250, 10, 10))
    (page,) = read(gray, region=(6090, 190, 500, 500))
    assert (page.width, page.height, page.strings) == (6100, 200, [])
    assert read_page(gray, OnnxModel(READING_MODEL), ReadOptions(region=(0, 200, 5, 5))).strings == []


def test_a_turn_that_components_suggest_is_refused_if_the_page_reads_well_as_it_is(
    monkeypatch: pytest.MonkeyPatch, composed: Compose, model: Model
) -> None:
    one = composed("clean", 1)
    expected = read_page(one.gray, model)
    monkeypatch.setattr(reading, "find_turn", lambda *_: 2)
    page = read_page(one.gray, model)
    assert page.to_upright == expected.to_upright
    assert page.text == expected.text == one.text


def test_a_turn_is_refused_if_the_page_shows_no_more_digits_turned(
    monkeypatch: pytest.MonkeyPatch, composed: Compose, model: Model
) -> None:
    given = turned(composed("clean", 1).gray, 2)  # unreadable as it is, and after another quarter
    monkeypatch.setattr(reading, "find_turn", lambda *_: 0)
    expected = read_page(given, model)
    monkeypatch.setattr(reading, "find_turn", lambda *_: 1)
    assert read_page(given, model).to_upright == expected.to_upright
