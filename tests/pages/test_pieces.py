"""Connected components, and cuts where two digits may touch."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from digitlab.pages.pieces import components, cut


def rings(centers: list[int], radius: int = 20, stroke: int = 6) -> np.ndarray:
    """Zeros: rings side by side, of 8-bit ink 0 or 1."""
    mask = np.zeros((2 * radius + 20, max(centers) + radius + 10), np.uint8)
    for center in centers:
        cv2.circle(mask, (center, radius + 10), radius, 1, stroke)
    return mask


def test_components_hold_each_pixel_once() -> None:
    mask = rings([40, 120])
    mask[2:4, 2:4] = 1
    found = components(mask)
    again = np.zeros(mask.shape, int)
    for piece in found:
        x, y, width, height = piece.box
        again[y : y + height, x : x + width] += piece.mask
    assert len(found) == 3
    assert (again == mask).all()


def test_components_know_how_thick_they_are() -> None:
    mask = np.zeros((40, 60), np.uint8)
    mask[5:35, 5:8] = 1
    mask[10:30, 20:40] = 1
    thickness = sorted(piece.thickness for piece in components(mask))
    assert abs(thickness[0] - 3) <= 1
    assert abs(thickness[1] - 20) <= 2


@pytest.mark.parametrize("apart", [38, 40, 42, 44])
def test_two_rings_are_cut_along_the_stroke_that_they_share(apart: int) -> None:
    mask = rings([40, 40 + apart])
    (whole,) = components(mask)
    pieces = cut(whole, 6.0, 46.0)
    assert any(abs(piece.box[0] - 40 - apart / 2) <= 2 for piece in pieces[1:])
    assert pieces[0].cut == 0
    assert all(piece.cut > 0 for piece in pieces[1:])


def test_cuts_part_a_component_without_rest_and_overlap() -> None:
    mask = rings([40, 78, 116])
    (whole,) = components(mask)
    again = np.zeros(mask.shape, int)
    for piece in cut(whole, 6.0, 46.0):
        x, y, width, height = piece.box
        assert piece.mask.any(axis=0).all() or width > 1
        again[y : y + height, x : x + width] += piece.mask
    assert (again == mask).all()


def test_a_cut_follows_slanted_strokes() -> None:
    mask = np.zeros((90, 90), np.uint8)
    cv2.line(mask, (45, 5), (15, 85), 1, 6)
    cv2.line(mask, (75, 5), (45, 85), 1, 6)
    cv2.line(mask, (28, 50), (60, 45), 1, 3)  # a thin bridge between two slanted strokes
    (whole,) = components(mask)
    pieces = cut(whole, 6.0, 80.0)
    assert min(piece.cut for piece in pieces[1:]) < 1.5
    assert len({piece.box[0] // 30 for piece in pieces if piece.mask.sum() > 300}) >= 2


def test_what_is_narrow_is_not_cut() -> None:
    mask = np.zeros((60, 20), np.uint8)
    mask[5:55, 8:12] = 1
    (whole,) = components(mask)
    assert cut(whole, 4.0, 50.0) == [whole]
