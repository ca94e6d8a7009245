"""Reading from pixels to strings, on composed pictures of fixed seeds: floors well below what is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from digitlab.errors import DataError
from digitlab.pages import Page, read, reading
from digitlab.pages.composition import Composed, compose, held_out
from digitlab.pages.evidence import READING_MODEL
from digitlab.pages.handwriting import Hand, Mark, indices_by_digit, print_text
from digitlab.pages.layouts import WORDS
from digitlab.pages.options import ReadOptions
from digitlab.pages.reading import read_page
from digitlab.pages.scoring import Score, score
from digitlab.pages.stage_pictures import LABEL, TILE
from digitlab.pages.stages import Stages
from digitlab.reader import Model, OnnxModel

Box = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    return held_out()


@pytest.fixture(scope="module")
def model() -> Model:
    return OnnxModel(READING_MODEL)


def pictures(kind: str, n: int, digits: tuple[np.ndarray, np.ndarray], first: int = 0) -> list[Composed]:
    return [compose(kind, "light", np.random.default_rng(seed), *digits) for seed in range(first, first + n)]


def judged(page: Page, composed: Composed) -> Score:
    return score(page, composed.truth(page.to_upright))


@pytest.fixture(scope="module")
def clean(digits: tuple[np.ndarray, np.ndarray], model: Model) -> list[tuple[Composed, Page]]:
    """12 strings on white paper, and what was read."""
    return [(one, read_page(one.gray, model)) for one in pictures("clean", 12, digits)]


def test_clean_strings_are_read(clean: list[tuple[Composed, Page]]) -> None:
    scores = [judged(page, composed) for composed, page in clean]
    assert sum(one.lines_right for one in scores) >= 10
    assert np.mean([one.digits_right for one in scores]) > 0.85
    assert np.mean([one.box_f1 for one in scores]) > 0.85
    assert sum(sum(one.wrong) for one in scores) <= 1


@pytest.mark.parametrize(
    ("kind", "right", "digits_right"),
    [
        ("loose", 3, 0.85),
        ("boxes", 4, 0.9),
        ("ruled", 3, 0.85),
        ("photo", 3, 0.85),
        ("touching", 2, 0.7),
    ],
)
def test_harder_strings_are_read(
    kind: str, right: int, digits_right: float, digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    scores = [judged(read_page(one.gray, model), one) for one in pictures(kind, 6, digits)]
    assert sum(one.joined_right for one in scores) >= right
    assert np.mean([one.digits_right for one in scores]) > digits_right


def test_sides_of_boxes_that_digits_touch_are_not_read_as_ones(
    digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    """Of these three forms many sides, or all, are found only by the boxes beside and below them."""
    forms = [("medium", (15, 2, 1, 3)), ("strong", (15, 2, 2, 0)), ("strong", (15, 2, 2, 1))]
    for strength, seed in forms:
        composed = compose("boxes", strength, np.random.default_rng(seed), *digits)
        assert judged(read_page(composed.gray, model), composed).digits_right > 0.85


def test_the_recognizer_of_single_digits_can_be_used(clean: list[tuple[Composed, Page]]) -> None:
    other = OnnxModel()
    scores = [judged(read_page(composed.gray, other), composed) for composed, _ in clean]
    assert np.mean([one.digits_right for one in scores]) > 0.8


def test_light_ink_is_read_as_dark_ink_is(clean: list[tuple[Composed, Page]], model: Model) -> None:
    same = [read_page(255 - composed.gray, model).text == page.text for composed, page in clean]
    assert sum(same) >= 10


def inside(page: Page) -> bool:
    boxes = [digit.box for string in page.strings for digit in string.digits]
    boxes += [one.box for one in page.left_out]
    return all(
        min(left, top) >= 0 and left + width <= page.width and top + height <= page.height
        for left, top, width, height in boxes
    )


def sheet(
    texts: Sequence[str], digits: tuple[np.ndarray, np.ndarray], gap: float = 120.0, inner: float = 8.0
) -> tuple[np.ndarray, list[Box]]:
    """Strings in one line on white paper, `gap` pixels apart, digits `inner`; and the box around each."""
    images, labels = digits
    hand = Hand(
        images, indices_by_digit(labels), np.random.default_rng(5), 50.0, 20.0, 0.0, 0.0, 0.03, 0.02, {}
    )
    gray, left, boxes = np.full((150, 1000), 255, np.float32), 40.0, []
    for text in texts:
        string = hand.string(text, lambda: inner)
        string = string.moved(left - string.left, 100)
        paint(gray, string.marks)
        top = min(mark.top for mark in string.marks)
        bottom = max(mark.top + len(mark.cover) for mark in string.marks)
        boxes.append((string.left, top, string.right - string.left, bottom - top))
        left = string.right + gap
    return gray.astype(np.uint8), boxes


def paint(gray: np.ndarray, marks: Sequence[Mark]) -> None:
    for mark in marks:
        part = gray[mark.top : mark.top + len(mark.cover), mark.left : mark.right]
        part *= 1 - 0.9 * mark.cover


def test_strings_are_split_at_wide_gaps_and_separators_are_told(
    digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    gray, _ = sheet(["24.12", "473", "60"], digits, inner=18)
    page = read_page(gray, model)
    assert [string.text for string in page.strings] == ["2412", "473", "60"]
    first = page.strings[0]
    assert first.written == "24.12"
    assert first.digits[1].box[0] < first.separators[0].box[0] < first.digits[2].box[0]


def test_a_length_and_a_pattern_steer_the_reading(
    digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    gray, _ = sheet(["123456", "987654"], digits, gap=12)
    for options in (ReadOptions(length=3), ReadOptions(pattern="ddd")):
        assert read_page(gray, model, options).text == "123 456 987 654"
    gray, _ = sheet(["24.12", "31.01"], digits, gap=60)
    page = read_page(gray, model, ReadOptions(pattern="dd.dd"))
    assert [string.written for string in page.strings] == ["24.12", "31.01"]


def test_no_string_of_another_length_is_sure(digits: tuple[np.ndarray, np.ndarray], model: Model) -> None:
    for composed in pictures("touching", 3, digits):
        n = len(composed.boxes)
        for length in (n, n + 1):
            page = read_page(composed.gray, model, ReadOptions(length=length))
            assert all(len(one.text) == length for one in page.strings if one.probability > 0)


def test_a_count_splits_or_joins_strings(digits: tuple[np.ndarray, np.ndarray], model: Model) -> None:
    gray, _ = sheet(["4736", "205", "8146"], digits, gap=40)
    for count, expected in ((1, "47362058146"), (3, "4736 205 8146")):
        assert read_page(gray, model, ReadOptions(count=count)).text == expected


def test_cells_of_a_form_hold_one_digit_each(digits: tuple[np.ndarray, np.ndarray], model: Model) -> None:
    right = total = 0
    for composed in pictures("boxes", 4, digits):
        page = read_page(composed.gray, model, ReadOptions(cells=composed.cells))
        assert all(len(string.text) == 1 for string in page.strings)
        assert composed.cells is not None
        rows, columns = composed.cells
        found = {string.cell: string.text for string in page.strings}
        for row, (text,) in enumerate(composed.lines):
            # A row that is shorter than the form stands at its right.
            expected = {(row, columns - len(text) + at): digit for at, digit in enumerate(text)}
            right += sum(found.get(cell) == digit for cell, digit in expected.items())
            total += len(expected)
        assert {cell[0] for cell in found if cell is not None} <= set(range(rows))
    assert right >= 0.9 * total


def test_cells_of_a_table_are_found_by_its_lines(digits: tuple[np.ndarray, np.ndarray], model: Model) -> None:
    (composed,) = pictures("table", 1, digits, first=2)
    page = read_page(composed.gray, model, ReadOptions(cells="auto"))
    found = [string.cell for string in page.strings]
    assert composed.cells is not None
    rows, columns = composed.cells
    assert sorted(set(found)) == [(row, column) for row in range(rows) for column in range(columns)]
    assert judged(page, composed).digits_right > 0.95


def test_cells_that_the_picture_does_not_show_are_refused(
    digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    (composed,) = pictures("boxes", 1, digits)
    with pytest.raises(DataError, match="cells 5x5 were asked for, but the lines on the page show 2x9"):
        read_page(composed.gray, model, ReadOptions(cells=(5, 5)))
    gray, _ = sheet(["123"], digits)
    with pytest.raises(DataError, match="no cells found"):
        read_page(gray, model, ReadOptions(cells="auto"))


def test_stages_are_kept_in_order(digits: tuple[np.ndarray, np.ndarray], model: Model) -> None:
    stages = Stages()
    gray, _ = sheet(["12.50", "473"], digits)
    read_page(gray, model, stages=stages)
    assert [stage.name for stage in stages.every] == ["page", "ink", "lines", "rows", "pieces", "digits"]
    for stage in stages.every:
        assert stage.picture.dtype == np.uint8
        assert stage.picture.size
        assert np.ptp(stage.picture) > 100
    nothing = Stages()
    read_page(np.full((50, 80), 255, np.uint8), model, stages=nothing)
    assert len(nothing.every) <= 1


@pytest.mark.parametrize("printed", [True, False])
def test_words_give_nothing_sure(printed: bool, digits: tuple[np.ndarray, np.ndarray], model: Model) -> None:
    images, labels = digits
    rng = np.random.default_rng(0)
    hand = Hand(images, indices_by_digit(labels), rng, 36.0, 30.0, 3.0, 0.0, 0.1, 0.05, {})
    gray = np.full((240, 700), 245, np.float32)
    for y in range(70, 220, 60):
        x = 30
        for text in rng.choice(WORDS, 3):
            word = print_text(str(text), 26.0) if printed else hand.word(str(text))
            word = word.moved(x - word.left, y)
            if word.right > 690:
                break
            paint(gray, [word] if isinstance(word, Mark) else word.marks)
            x = word.right + 30
    page = read_page(gray.astype(np.uint8), model)
    assert [string.text for string in page.strings if string.status == "sure"] == []
    assert page.left_out


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 3), (2, 5)])
def test_tiny_pages_hold_nothing(shape: tuple[int, int], model: Model) -> None:
    gray = np.full(shape, 255, np.uint8)
    gray[0, 0] = 0
    page = read_page(gray, model)
    assert (page.height, page.width) == shape
    assert not [string for string in page.strings if string.status == "sure"]
    assert inside(page)


def test_pixels_of_other_kinds_are_refused(model: Model) -> None:
    for pixels in (np.zeros((20, 20)), np.zeros((20, 20, 3), np.uint8), np.zeros((0, 5), np.uint8)):
        with pytest.raises(DataError):
            read_page(pixels, model)


def test_options_of_read_reach_the_page(digits: tuple[np.ndarray, np.ndarray]) -> None:
    gray, boxes = sheet(["1234", "56"], digits)
    left, top, width, height = boxes[0]
    (page,) = read(gray, length=2, region=(left - 10, top - 10, width + 20, height + 20))
    assert page.text == "12 34"
    # Colors and a picture of half the size are read alike.
    color = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)
    small = cv2.resize(gray, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    assert [page.text for page in read([color, small])] == ["1234 56", "1234 56"]


def test_a_count_parts_a_number_at_its_widest_gaps(
    digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    gray, _ = sheet(["47", "36"], digits, gap=22.0, inner=6.0)
    assert read_page(gray, model).text == "4736"
    assert read_page(gray, model, ReadOptions(count=2)).text == "47 36"


def test_cells_that_the_writing_lies_across_are_refused(
    digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    gray, _ = sheet(["47362058"], digits)
    with pytest.raises(DataError, match="4x8 were asked for"):
        read_page(gray, model, ReadOptions(cells=(4, 8)))


def test_words_beside_a_count_of_strings_are_told(
    digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    page = np.full((300, 1000), 255, np.float32)
    page[:150] = sheet(["4736", "205", "8146"], digits, gap=200)[0]
    paint(page, [print_text("Summe", 40.0).moved(40, 250)])
    gray = page.astype(np.uint8)
    word = [one.box for one in read_page(gray, model).left_out if one.reason == "no number"]
    assert word
    counted = read_page(gray, model, ReadOptions(count=3))
    assert counted.text == "4736 205 8146"
    assert [one.box for one in counted.left_out if one.reason == "no number"] == word


@pytest.mark.parametrize("known", [{"length": 3}, {"pattern": "ddd"}])
def test_a_count_of_strings_of_a_form_is_searched_once(
    known: dict[str, Any],
    digits: tuple[np.ndarray, np.ndarray],
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gray, _ = sheet(["473", "205", "814"], digits)
    calls = []
    inner = reading.find_strings
    monkeypatch.setattr(
        reading, "find_strings", lambda *rest, **named: (calls.append(1), inner(*rest, **named))[1]
    )
    page = read_page(gray, model, ReadOptions(count=2, **known))
    assert len(calls) == 1
    assert len(page.strings) == 2
    assert [one.reason for one in page.left_out] == ["more than the count"]


def test_the_stage_of_digits_shows_those_of_the_answer(
    digits: tuple[np.ndarray, np.ndarray], model: Model
) -> None:
    gray, _ = sheet(["4736"], digits)
    for options in (ReadOptions(), ReadOptions(length=3), ReadOptions(length=5)):
        stages = Stages()
        page = read_page(gray, model, options, stages=stages)
        (picture,) = [stage.picture for stage in stages.every if stage.name == "digits"]
        shown = sum(len(string.digits) for string in page.strings)
        assert picture.shape == (TILE + LABEL, shown * (TILE + 8))
