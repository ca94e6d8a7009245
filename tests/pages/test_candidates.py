"""Candidates: runs of pieces, the ink that they share with their neighbors, and their pictures."""

from __future__ import annotations

import numpy as np
import pytest

from digitlab.data.normalize import normalize_ink
from digitlab.pages.candidates import Candidate, PieceImages, list_candidates, list_sharing
from digitlab.pages.page_ink import PageInk
from digitlab.pages.pieces import Piece

STROKE = 6
REACH = 7  # pixels that ink is shared beyond a cut: 1.2 strokes
CUT = 56  # column


@pytest.fixture
def wall() -> tuple[PageInk, list[Piece]]:
    """A box 50 pixels high, its left wall of 8 pixels cut in the middle; a bar touches it on the left."""
    ink = np.zeros((70, 120), np.float32)
    ink[10:60, CUT - 4 : 90] = ink[32:38, 20:CUT] = 255
    ink[16:54, CUT + 4 : 84] = 0  # white inside
    pieces = [
        Piece((20, 10, CUT - 20, 50), ink[10:60, 20:CUT] > 0, 0.0, 1),
        Piece((CUT, 10, 90 - CUT, 50), ink[10:60, CUT:90] > 0, 1.0, 1),
    ]
    return PageInk(ink, (ink > 0).astype(np.uint8), float(STROKE), 255.0), pieces


def test_a_candidate_shares_the_wall_and_no_more(wall: tuple[PageInk, list[Piece]]) -> None:
    page, pieces = wall
    images = PieceImages(page, pieces)
    alone, sharing = Candidate(1, 2, pieces[1].box), Candidate(1, 2, pieces[1].box, shares_before=True)
    assert (images.image(alone) == normalize_ink(page.ink[:, CUT:].astype(np.uint8))).all()
    assert (images.image(sharing) == normalize_ink(page.ink[:, CUT - REACH :].astype(np.uint8))).all()


def test_the_piece_behind_is_shared_too(wall: tuple[PageInk, list[Piece]]) -> None:
    page, pieces = wall
    sharing = Candidate(0, 1, pieces[0].box, shares_after=True)
    shown = PieceImages(page, pieces).image(sharing)
    assert (shown == normalize_ink(page.ink[:, : CUT + REACH].astype(np.uint8))).all()


def test_ink_is_shared_where_a_component_was_cut(wall: tuple[PageInk, list[Piece]]) -> None:
    _, pieces = wall
    apart = Piece((100, 10, 30, 50), pieces[1].mask, 0.0, 2)
    small = Piece((CUT, 30, 10, 10), np.ones((10, 10), bool), 1.0, 1)
    row = [*pieces, apart]

    def ways(row: list[Piece], start: int) -> list[tuple[bool, bool]]:
        found = list_sharing(row, Candidate(start, start + 1, row[start].box), 50.0)
        return [(one.shares_before, one.shares_after) for one in found]

    assert ways(row, 0) == [(False, True)]
    assert ways(row, 1) == [(True, False)]
    assert ways(row, 2) == []
    assert ways([pieces[0], pieces[1], pieces[1]], 1) == [(False, True), (True, False), (True, True)]
    assert ways([pieces[0], small], 1) == []


def test_runs_of_pieces_that_may_be_one_digit() -> None:
    def piece(left: int, width: int) -> Piece:
        return Piece((left, 0, width, 50), np.ones((50, width), bool), 0.0, left)

    row = [piece(0, 20), piece(25, 20), piece(60, 20)]  # gaps of 5 and of 15 pixels: more than 12.5
    spans = [(one.start, one.stop, one.box) for one in list_candidates(row, 50.0)]
    assert spans == [
        (0, 1, (0, 0, 20, 50)),
        (0, 2, (0, 0, 45, 50)),
        (1, 2, (25, 0, 20, 50)),
        (2, 3, (60, 0, 20, 50)),
    ]
    wide = [piece(0, 40), piece(42, 40)]  # together 82 pixels: more than 1.5 heights
    assert [one.stop - one.start for one in list_candidates(wide, 50.0)] == [1, 1]
    assert [one.stop - one.start for one in list_candidates(row[:2], 50.0, clear=row[:2])] == [1, 1]
