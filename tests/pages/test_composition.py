"""Composed pages: the same seed gives the same bytes, and what they say is written on them is there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitlab.errors import SettingError
from digitlab.pages.camera import draw_line, photograph
from digitlab.pages.composition import (
    KINDS,
    SHOTS,
    STRENGTHS,
    STRING_KINDS,
    Composed,
    compose,
    compose_strings,
    held_out,
)
from digitlab.pages.handwriting import Hand, indices_by_digit


@pytest.fixture(scope="module")
def digits():
    return held_out()


def composed(kind: str, strength: str, seed: int, digits) -> Composed:
    return compose(kind, strength, np.random.default_rng(seed), *digits)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strength", STRENGTHS)
def test_truth_is_whole_and_lies_in_the_picture(kind, strength, digits):
    page = composed(kind, strength, 3, digits)
    height, width = page.gray.shape
    assert page.gray.dtype == np.uint8
    assert (page.kind, page.strength) == (kind, strength)
    assert "".join(str(digit) for digit, _ in page.boxes) == "".join("".join(line) for line in page.lines)
    assert len(page.outlines) == len(page.boxes)
    for _, (left, top, wide, high) in page.boxes:
        assert left >= 0
        assert top >= 0
        assert wide > 0
        assert high >= 10
        assert left + wide <= width
        assert top + high <= height
    assert (page.cells is not None) == (kind in ("boxes", "table"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_decides_every_byte(kind, digits):
    first, again, other = (composed(kind, "strong", seed, digits) for seed in (5, 5, 6))
    assert first.gray.tobytes() == again.gray.tobytes()
    assert (first.lines, first.boxes) == (again.lines, again.boxes)
    assert first.gray.tobytes() != other.gray.tobytes()


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("seed", range(5))
def test_boxes_hold_all_ink_and_no_more(strength, seed, digits):
    page = composed("clean", strength, seed, digits)
    dark = page.gray < (int(page.gray.min()) + 255) / 2
    boxed = np.zeros_like(dark)
    for _, (left, top, wide, high) in page.boxes:
        boxed[top : top + high, left : left + wide] = True
        # Its first and last rows and columns hold ink, but for what blur takes away.
        rows, columns = np.nonzero(dark[top : top + high, left : left + wide])
        assert max(rows.min(), columns.min(), high - 1 - rows.max(), wide - 1 - columns.max()) <= 2
    grown = cv2.dilate(boxed.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert not (dark & ~grown).any()


def test_an_outline_of_a_photo_is_darker_than_around_it(digits):
    darker = []
    for seed in range(8):
        page = composed("photo", "strong", seed, digits)
        for outline, (_, (left, top, wide, high)) in zip(page.outlines, page.boxes, strict=True):
            assert left - 0.51 <= outline[:, 0].min()
            assert outline[:, 1].max() <= top + high - 0.49
            inside = page.gray[top : top + high, left : left + wide]
            around = page.gray[max(0, top - 4) : top + high + 4, max(0, left - 4) : left + wide + 4]
            darker.append(np.percentile(inside, 5) < np.median(around) - 8)
    assert len(darker) > 30
    assert np.mean(darker) == 1


@pytest.mark.parametrize("seed", range(6))
def test_the_matrix_of_a_photo_takes_a_point_to_where_it_is_seen(seed):
    sheet = np.full((300, 500), 240, np.float32)
    sheet[100:140, 300:380] = 0
    seen, matrix = photograph(sheet, SHOTS[2], np.random.default_rng(seed))
    corners = np.array([[[300, 100], [379, 100], [379, 139], [300, 139]]], float)
    expected = cv2.perspectiveTransform(corners, matrix)[0]
    bright = cv2.GaussianBlur(seen, (0, 0), 2.0)
    x, y = expected.mean(axis=0).round().astype(int)
    _, labels = cv2.connectedComponents((bright < 0.5 * np.median(bright)).astype(np.uint8))
    rows, columns = np.nonzero(labels == labels[y, x])
    assert labels[y, x]
    found = columns.min(), rows.min(), columns.max(), rows.max()
    assert np.abs(np.array(found) - [*expected.min(axis=0), *expected.max(axis=0)]).max() < 4


@pytest.mark.parametrize("seed", range(6))
def test_touching_digits_have_connected_ink(seed, digits):
    page = composed("touching", "strong", seed, digits)
    ink = (page.gray < (int(page.gray.min()) + 255) / 2).astype(np.uint8)
    count, _ = cv2.connectedComponents(ink, connectivity=8)
    n = len(page.boxes)
    pieces = sum(
        cv2.connectedComponents(ink[top : top + high, left : left + wide])[0] - 1
        for _, (left, top, wide, high) in page.boxes
    )
    assert count - 1 < n <= pieces


def test_gaps_hold(digits):
    for seed in range(6):
        page = composed("clean", "light", seed, digits)
        for (_, (left, _, wide, _)), (_, (after, _, _, _)) in zip(page.boxes, page.boxes[1:], strict=False):
            assert after - left - wide >= 2
        page = composed("page", "medium", seed, digits)
        tallest = max(high for _, (_, _, _, high) in page.boxes)
        boxes = iter(page.boxes)
        for line in page.lines:
            ends = None
            for string in line:
                own = [next(boxes)[1] for _ in string]
                left = min(box[0] for box in own)
                assert ends is None or left - ends > 0.9 * tallest
                ends = max(box[0] + box[2] for box in own)


def test_signs_are_no_digits(digits):
    images, labels = digits
    hand = Hand(images, indices_by_digit(labels), np.random.default_rng(0), height=60.0, pen=4.0)
    for sign in ".,-":
        string = hand.string(f"4{sign}2", lambda: 5.0)
        assert string.text == "42"
        first, mark, last = string.marks
        assert mark.digit is None
        assert first.right < mark.left < mark.right < last.left
        assert len(mark.cover) < 0.5 * len(first.cover)
    assert hand.word("paid").text == ""


def test_many_strings_come_in_turn(digits):
    some = list(compose_strings(7, 11, *digits))
    more = list(compose_strings(8, 11))
    assert [page.gray.tobytes() for page in some] == [page.gray.tobytes() for page in more[:7]]
    assert [page.kind for page in some[:6]] == list(STRING_KINDS)
    assert [page.strength for page in some] == ["light"] * 6 + ["medium"]
    assert [page.kind for page in compose_strings(3, 1, kinds=("table",))] == ["table"] * 3


def test_held_out_digits_are_those_of_the_recognizer():
    from digitlab.data import mnist

    images, labels = held_out()
    chosen = np.sort(np.random.default_rng(7).permutation(60_000)[:5000])
    assert (labels == mnist("train").labels[chosen]).all()
    assert (images == mnist("train").images[chosen]).all()


def test_lines_are_as_wide_and_dark_as_asked():
    sheet = np.full((40, 60), 255, np.float32)
    draw_line(sheet, (10, 20), (49, 20), 3.0, 100.0)
    assert (sheet[19:22, 12:48] == 100).all()
    assert (sheet[:18] == 255).all()
    assert (sheet[23:] == 255).all()
    sheet[:] = 50
    draw_line(sheet, (0, 0), (59, 39), 3.0, 100.0)
    assert (sheet == 50).all()  # paler than what is there


def test_refusals(digits):
    images, labels = digits
    with pytest.raises(SettingError, match="unknown kind 'letter'"):
        composed("letter", "light", 0, digits)
    with pytest.raises(SettingError, match="unknown strength 'weak'"):
        composed("clean", "weak", 0, digits)
    kept = ~np.isin(labels, (3, 5))
    with pytest.raises(SettingError, match="no image of 3, 5"):
        compose("clean", "light", np.random.default_rng(0), images[kept], labels[kept])


def test_digits_whose_loops_are_filled_are_not_made_thin(digits):
    image = np.zeros((28, 28), np.uint8)
    cv2.circle(image, (13, 14), 7, 255, 2)
    ring, filled = image, cv2.circle(image.copy(), (13, 14), 7, 255, -1)
    by_digit = tuple(np.array([0, 1]) for _ in range(10))
    hand = Hand(np.stack([filled, ring]), by_digit, np.random.default_rng(2), height=60.0, pen=4.0)
    for _ in range(10):
        cover = hand.digit(0).cover
        assert cover[len(cover) // 2, cover.shape[1] // 2] == 0
        assert 2 < (cover[len(cover) // 2] > 0.5).sum() < 12  # two strokes of 4 pixels
    assert hand.thin == {0: False, 1: True}
