"""Answers: how strings are written, and boxes moved, by hand."""

from __future__ import annotations

import pytest

from digitlab.pages.answers import LeftOut, Line, Page, ReadDigit, ReadString, Separator


def string(status: str = "sure") -> ReadString:
    digits = tuple(ReadDigit(digit, 0.9, "sure", 0, (10 * digit, 0, 8, 20)) for digit in (1, 2, 3))
    marks = (Separator(".", (18, 18, 2, 2), 1), Separator("?", (28, 0, 2, 2), 2))
    return ReadString(digits, 0.9, status, separators=marks)


@pytest.mark.parametrize(("status", "marked"), [("sure", "1.2 3"), ("unsure", "1.2 3?")])
def test_a_question_mark_tells_that_a_number_is_unsure(status: str, marked: str) -> None:
    assert string(status).written == "1.2?3"
    assert string(status).marked == marked


def test_every_box_is_moved_and_nothing_else() -> None:
    page = Page(
        "a.png", 2, 100, 50, 0.5, (Line((string(),)), Line((string(),))), (LeftOut((1, 2, 3, 4), "x"),)
    )
    moved = page.with_boxes(lambda box: (box[0] + 5, *box[1:]))
    for one in moved.strings:
        assert [digit.box for digit in one.digits] == [(15, 0, 8, 20), (25, 0, 8, 20), (35, 0, 8, 20)]
        assert [mark.box for mark in one.separators] == [(23, 18, 2, 2), (33, 0, 2, 2)]
    assert moved.left_out == (LeftOut((6, 2, 3, 4), "x"),)
    assert moved.with_boxes(lambda box: (box[0] - 5, *box[1:])) == page
