"""Drawings: what is sure, not sure and left out is told apart by color and by line."""

import numpy as np
import pytest

from digitlab.pages import LeftOut, Line, Page, ReadDigit, ReadString, Separator
from digitlab.pages.drawing import LEFT_OUT, MARK, SURE, UNSURE, draw_page, upright_gray

WHITE = np.full((1500, 2000), 255, np.uint8)


def _string(status, box, separators=()):
    return ReadString((ReadDigit(7, 0.9, status, 1, box),), 0.8, status, separators=separators)


def _page(*strings, left_out=(), size=(2000, 1500), **more):
    return Page("a.png", 1, *size, 0.0, tuple(Line((one,)) for one in strings), left_out, **more)


def _count(drawing, color, box):
    left, top, right, bottom = box
    return int((np.asarray(drawing)[top:bottom, left:right] == color).all(axis=-1).sum())


def test_boxes_and_lines():
    mark = Separator(".", (520, 700, 10, 10), 1)
    page = _page(
        _string("sure", (200, 300, 100, 200)),
        _string("unsure", (600, 300, 100, 200)),
        _string("sure", (400, 600, 100, 100), (mark,)),
        left_out=(LeftOut((1000, 300, 100, 200), "a word"),),
    )
    drawing = draw_page(WHITE, page)
    assert drawing.size[0] == 2000
    assert drawing.size[1] > 1500  # a legend below
    # The left side of each box, in the middle half of its height: solid, dashed, dotted. Boxes of strings lie
    # four pixels outside those of their digits.
    share = {}
    for color, left in ((SURE, 196), (UNSURE, 596), (LEFT_OUT, 1000)):
        pixels = np.asarray(drawing)[350:450, left - 2 : left + 2]
        share[color] = (pixels == color).all(axis=-1).any(axis=1).mean()
    assert share[SURE] == 1
    assert 0.5 < share[UNSURE] < 0.9
    assert 0.2 < share[LEFT_OUT] < share[UNSURE]
    assert _count(drawing, MARK, (515, 708, 535, 725)) > 20
    assert _count(drawing, SURE, (1200, 0, 2000, 1500)) == 0


def test_a_reading_at_the_top_stands_below():
    drawing = draw_page(WHITE, _page(_string("sure", (200, 2, 100, 200))))
    below = _count(drawing, SURE, (190, 215, 400, 300))
    assert below > 1000
    middle = draw_page(WHITE, _page(_string("sure", (200, 502, 100, 200))))
    assert _count(middle, SURE, (190, 715, 400, 800)) == 0
    assert _count(middle, SURE, (190, 420, 400, 490)) > 1000


@pytest.mark.parametrize(("size", "width"), [((9000, 300), 4000), ((500, 20), 1500), ((1, 1), 6)])
def test_large_pages_are_drawn_smaller_and_small_ones_larger(size, width):
    box = (0, 0, max(1, size[0] // 2), size[1])
    page = _page(_string("unsure", box), left_out=(LeftOut(box, "too small"),), size=size)
    assert draw_page(np.zeros((3, 4), np.uint8), page).width == width


def test_the_page_as_it_is_upright():
    gray = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    assert upright_gray(gray, _page(size=(3, 2))) is gray
    # Turned clockwise: (x, y) becomes (1 - y, x).
    turn = ((0.0, -1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    turned = upright_gray(gray, _page(size=(2, 3), to_upright=turn))
    assert (turned == np.rot90(gray, -1)).all()
