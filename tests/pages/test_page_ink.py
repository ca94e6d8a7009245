"""The ink of pages: what is writing, whatever the light and the polarity, and what stays paper."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitlab.errors import NoInkError
from digitlab.pages.page_ink import page_ink, stroke_width

SHAPE = (240, 400)


def drawn(stroke: int = 5, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Where the ink of two rows of rings and bars is: a mask, 0 or 1."""
    mask = np.zeros(shape, np.uint8)
    for top in range(45, shape[0] - 30, 100):
        for number, left in enumerate(range(45, shape[1] - 30, 60)):
            if number % 2:
                cv2.line(mask, (left, top - 20), (left - 6, top + 20), 1, stroke)
            else:
                cv2.ellipse(mask, (left, top), (13, 20), 0, 0, 360, 1, stroke)
    return mask


def on_paper(mask: np.ndarray, paper: np.ndarray | float, ink: float) -> np.ndarray:
    """A blurred picture of ink on paper."""
    gray = np.where(mask > 0, ink, paper).astype(np.float32)
    return cv2.GaussianBlur(gray, (0, 0), 0.7).round().clip(0, 255).astype(np.uint8)


def grown(mask: np.ndarray, by: int) -> np.ndarray:
    """All pixels that are at most `by` rows and columns away from a mask."""
    return cv2.dilate(mask, np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0


def agree(found: np.ndarray, truth: np.ndarray) -> bool:
    """Whether nearly all ink is found and nothing else, but for a pixel at the blurred edges of strokes."""
    return bool(grown(found, 1)[truth > 0].mean() > 0.97 and grown(truth, 1)[found > 0].mean() > 0.97)


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (230, 120), (150, 60), (0, 255), (60, 200)])
@pytest.mark.parametrize("stroke", [3, 7])
def test_ink_is_found_on_light_and_on_dark_paper(paper: int, ink: int, stroke: int) -> None:
    truth = drawn(stroke)
    found = page_ink(on_paper(truth, paper, ink))
    assert agree(found.mask, truth)
    assert found.stroke == pytest.approx(stroke_width(truth), abs=1)
    # Ink is 255 where a black pen has covered white paper.
    light, dark = max(paper, ink), min(paper, ink)
    contrast = light - dark
    negative_paper = light if paper > ink else 255 - paper
    assert found.level == pytest.approx(255 * contrast / negative_paper, rel=0.25)


def test_chalk_on_a_board_and_ink_on_the_paper_beside_it_are_both_found() -> None:
    shape = (240, 800)
    truth = drawn(5, shape)
    board = np.zeros(shape, np.bool_)
    board[:, 410:] = True
    paper = np.where(board, 40.0, 235.0)
    gray = on_paper(truth, paper, 0.0)
    gray[board & (truth > 0)] = 220
    found = page_ink(gray).mask
    # Close to their edge the polarity is not sharp.
    for part in (slice(0, 360), slice(500, 800)):
        assert agree(found[:, part], truth[:, part])


@pytest.mark.parametrize("depth", [0.5, 0.75])
def test_the_hard_edge_of_a_shadow_stays_paper(depth: float) -> None:
    truth = drawn(4)
    shadow = np.ones(SHAPE)
    rows, columns = np.indices(SHAPE)
    shadow[columns + 0.4 * rows > 230] = depth
    light = on_paper(truth, 225.0, 50.0) * shadow
    found = page_ink(light.round().astype(np.uint8))
    inner = (slice(12, -12), slice(12, -12))  # at the border, part of a shadow may look like a stroke
    assert agree(found.mask[inner], truth[inner])
    assert not found.mask[inner][~grown(truth, 4)[inner]].any()


def test_slow_changes_of_light_stay_paper() -> None:
    truth = drawn(4)
    light = np.linspace(1.0, 0.35, SHAPE[1])[None, :]
    found = page_ink((on_paper(truth, 230.0, 40.0) * light).round().astype(np.uint8))
    assert agree(found.mask, truth)


def test_noise_of_the_paper_is_no_ink() -> None:
    truth = drawn(5)
    noise = np.random.default_rng(0).normal(0, 7, SHAPE)
    found = page_ink((on_paper(truth, 200.0, 60.0) + noise).clip(0, 255).astype(np.uint8))
    assert found.mask[~grown(truth, 2)].mean() < 0.002
    assert found.mask[truth > 0].mean() > 0.97


def test_thick_digits_among_thin_lines_keep_their_inside() -> None:
    truth = np.zeros((400, 600), np.uint8)
    for row in range(10, 400, 24):
        cv2.line(truth, (0, row), (599, row), 1, 2)
    thick = np.zeros_like(truth)
    for left in (120, 260, 400):
        cv2.ellipse(thick, (left, 200), (30, 50), 0, 0, 360, 1, 18)
    found = page_ink(on_paper(truth | thick, 240.0, 30.0))
    assert found.mask[thick > 0].mean() > 0.97


def test_faint_ends_of_strokes_belong_to_them_and_faint_specks_do_not() -> None:
    truth = drawn(6)
    gray = on_paper(truth, 230.0, 40.0).astype(np.float32)
    # A stroke that fades, and a speck as faint as its end that touches nothing.
    gray[200:206, 100:160] = np.linspace(40, 165, 60)
    gray[205:211, 300:306] = 165
    found = page_ink(gray.astype(np.uint8))
    assert found.mask[202:204, 145:155].mean() > 0.5
    assert not found.mask[204:212, 299:307].any()


def test_crowded_thick_strokes_on_white_paper_are_no_noise() -> None:
    truth = np.zeros((120, 600), np.uint8)
    for left in range(60, 540, 30):
        cv2.ellipse(truth, (left, 60), (12, 24), 0, 0, 360, 1, 11)
    found = page_ink(on_paper(truth, 255.0, 25.0))
    assert found.mask[truth > 0].mean() > 0.75


@pytest.mark.parametrize("level", [0, 1, 128, 254, 255])
@pytest.mark.parametrize("shape", [(80, 120), (1, 500), (500, 1), (3, 3), (1, 1)])
def test_even_pages_have_no_ink(level: int, shape: tuple[int, int]) -> None:
    with pytest.raises(NoInkError, match="no ink found"):
        page_ink(np.full(shape, level, np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (2, 2), (3, 7), (90, 120)])
def test_noise_has_ink_or_none(shape: tuple[int, int]) -> None:
    gray = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    try:
        found = page_ink(gray)
    except NoInkError:
        return
    assert found.ink.shape == found.mask.shape == shape
    assert set(np.unique(found.mask)) <= {0, 1}
    assert np.isfinite(found.ink).all()
    assert found.ink.min() >= 0
    assert found.stroke >= 1
    assert 0 < found.level <= 256


@pytest.mark.parametrize("stroke", [2, 4, 7, 12])
def test_the_width_of_strokes_is_measured(stroke: int) -> None:
    mask = np.zeros((300, 300), np.uint8)
    for top in range(30, 280, 50):
        mask[top : top + stroke, 30:270] = 1
    assert stroke_width(mask) == pytest.approx(stroke, abs=1)


def test_what_touches_the_border_tells_the_width_of_strokes_only_by_itself() -> None:
    mask = np.zeros((300, 300), np.uint8)
    mask[0:40] = 1  # the table beside a sheet
    assert stroke_width(mask) == pytest.approx(40, rel=0.15)
    for top in range(60, 280, 50):
        mask[top : top + 4, 30:270] = 1
    assert stroke_width(mask) == pytest.approx(4, abs=0.8)
    assert stroke_width(np.zeros((9, 9), np.uint8)) == 2
