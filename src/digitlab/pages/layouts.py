"""Layouts of composed pages: where strings stand, on which paper, between which lines and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.camera import draw_line, smooth_noise
from digitlab.pages.handwriting import Hand, Mark, Writing, line_of, print_text

__all__ = ["LAYOUTS", "Draft"]

# fmt: off
WORDS = (
    "amount", "paid", "total", "date", "name", "number", "street", "water", "gas", "meter", "reading",
    "home", "points", "score", "round", "class", "teacher", "price", "sum", "order", "item", "unit",
    "pack", "weight", "length", "room", "floor", "bank", "account", "signature", "page",
)
# fmt: on
HEADINGS = ("Meter readings", "Score sheet", "Marks of the class", "Stock on hand", "Members and numbers")


@dataclass(eq=False)
class Draft:
    """A sheet before the pen touches it, and what will be written.

    Attributes:
        sheet: Paper with what is printed on it: `(height, width)` gray levels, `float32`, 255 = white.
        lines: From top to bottom, the strings of each line from left to right, where they stand on the sheet.
        words: What is written and is no string of digits.
        cells: Rows and columns of the cells that were drawn, if they fill the sheet.
    """

    sheet: NDArray[np.float32]
    lines: list[list[Writing]]
    words: list[Writing] = field(default_factory=list)
    cells: tuple[int, int] | None = None


def _clean(hand: Hand, level: int) -> Draft:
    """White paper; one string whose digits do not touch."""
    low, high = ((0.12, 0.3), (0.08, 0.22), (0.06, 0.14))[level]
    string = hand.string(_digits(hand, 3, 9), _gaps(hand, low, high), upright=level == 0)
    return _on_paper(hand, [[string]], 255.0)


def _loose(hand: Hand, level: int) -> Draft:
    """One or two lines of one or two strings: uneven gaps, sizes and baselines; points, commas and dashes."""
    low, high = ((0.08, 0.35), (0.08, 0.5), (0.06, 0.6))[level]
    signs = (0.3, 0.5, 0.7)[level]
    lines = [
        _line(hand, [_number(hand, 2, 8, signs) for _ in range(_few(hand, 0.4))], low, high, level)
        for _ in range(_few(hand, 0.4))
    ]
    return _on_paper(hand, lines, float(hand.rng.uniform(235, 255)))


def _touching(hand: Hand, level: int) -> Draft:
    """One string; most neighbors overlap by one to several pixels."""
    share, deep = (0.5, 0.75, 1.0)[level], (0.03, 0.05, 0.08)[level]
    rng, height = hand.rng, hand.height

    overlaps = rng.random(6) < share
    overlaps[0] |= not overlaps.any()  # a string in which nothing touches would be of another kind
    gaps = np.where(
        overlaps, -np.maximum(1, height * deep * rng.random(6)), height * rng.uniform(0.06, 0.2, 6)
    )
    string = hand.string(_digits(hand, 2, 7), map(float, gaps).__next__)
    return _on_paper(hand, [[string]], float(rng.uniform(240, 255)))


def _photo(hand: Hand, level: int) -> Draft:
    """One or two lines of one or two strings on gray or white paper, with room around them."""
    lines = [
        _line(hand, [_digits(hand, 2, 8) for _ in range(_few(hand, 0.3))], 0.08, 0.35, level)
        for _ in range(_few(hand, 0.4))
    ]
    paper = float(hand.rng.uniform((225, 205, 185)[level], 252))
    return _on_paper(hand, lines, paper, room=hand.rng.uniform(1.0, 2.5))


def _ruled(hand: Hand, level: int) -> Draft:
    """One to three lines on ruled or squared paper: digits stand on the lines or cross them."""
    rng, height = hand.rng, hand.height
    squared = rng.random() < 0.5
    step = height * (rng.uniform(0.45, 0.9) if squared else rng.uniform(1.25, 1.7))
    every = int(np.ceil(1.6 * height / step))
    first = 1 + int(np.ceil(0.6 * height / step))
    start = height * rng.uniform(0.6, 1.5)
    lines = []
    for number in range(1 + int(rng.integers(0, 3))):
        strings = [_digits(hand, 2, 8) for _ in range(_few(hand, 0.3))]
        # With light lines the digits stand on them; with strong ones anywhere.
        off = rng.uniform(-1, 1) * (0.06, 0.12, 0.25)[level] * height
        down = step * (first + (number + 1) * every) + off
        lines.append(
            [one.moved(start, down) for one in _line(hand, strings, 0.08, 0.3, level, slope=0.004 * level)]
        )
    width = int(max(line[-1].right for line in lines) + height * rng.uniform(0.6, 1.5))
    bottom = int(step * (first + len(lines) * every) + height * rng.uniform(0.6, 1.4))
    sheet = _paper((bottom, width), float(rng.uniform(238, 255)), hand)
    # Nobody writes in a pencil that is paler than the lines of the paper.
    dark = max(float(rng.uniform(*((195, 225), (130, 195), (50, 140))[level])), hand.level + 20)
    thick = float(rng.uniform(1.0, (1.3, 2.0, 2.8)[level]))
    for y in np.arange(step, bottom, step):
        draw_line(sheet, (-5, y), (width + 5, y + rng.normal(0, 0.5)), thick, dark)
    if squared:
        for x in np.arange(step * rng.random(), width, step):
            draw_line(sheet, (x, -5), (x + rng.normal(0, 0.5), bottom + 5), thick, dark)
    elif rng.random() < 0.3:  # the red line of the margin, where nothing is written
        x = start - 0.35 * height
        draw_line(sheet, (x, -5), (x, bottom + 5), thick, dark - 15)
    return Draft(sheet, lines)


def _boxes(hand: Hand, level: int) -> Draft:
    """A printed form: one to three rows of boxes, a digit in each; some touch the boxes or cross them."""
    rng, height = hand.rng, hand.height
    rows, columns = 1 + int(rng.integers(0, 3)), int(rng.integers(3, 10))
    wide, high = height * rng.uniform(1.1, 1.5), height * rng.uniform(1.25, 1.6)
    apart = 0.0 if rng.random() < 0.6 else height * rng.uniform(0.08, 0.3)
    below = height * rng.uniform(0.3, 0.8)
    left, top = height * rng.uniform(0.4, 1.2), height * rng.uniform(0.5, 1.2)
    size = (int(2 * top + rows * (high + below) - below), int(2 * left + columns * (wide + apart) - apart))
    sheet = _paper(size, float(rng.uniform(240, 255)), hand)
    dark = float(rng.uniform(*((150, 210), (70, 180), (0, 110))[level]))
    thick = float(rng.uniform(1.0, (1.6, 2.4, 3.4)[level]))
    shift = (0.06, 0.12, 0.2)[level] * height
    lines = []
    for row in range(rows):
        y = top + row * (high + below)
        first = int(rng.integers(0, max(1, columns // 2))) if rng.random() < 0.25 else 0  # aligned right
        marks = []
        for column in range(columns):
            x = left + column * (wide + apart)
            for start, end in pairwise([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)]):
                draw_line(sheet, start, end, thick, dark)
            if column >= first:
                marks.append(_inside(hand.digit(int(rng.integers(10))), x, y, wide, high, shift, rng))
        lines.append([Writing(tuple(marks))])
    return Draft(sheet, lines, cells=(rows, columns))


def _table(hand: Hand, level: int) -> Draft:
    """A ruled table of numbers of two digits; with strength, some of one digit and some empty cells."""
    rng, height = hand.rng, hand.height
    rows, columns = int(rng.integers(5, 13)), int(rng.integers(4, 9))
    wide, high = height * rng.uniform(2.2, 3.0), height * rng.uniform(1.35, 1.8)
    left, top = height * rng.uniform(0.4, 1.0), height * rng.uniform(0.4, 1.0)
    size = (int(2 * top + rows * high), int(2 * left + columns * wide))
    sheet = _paper(size, float(rng.uniform(235, 255)), hand)
    dark = float(rng.uniform(*((110, 190), (50, 150), (0, 90))[level]))
    thick = float(rng.uniform(1.0, (1.5, 2.2, 3.0)[level]))
    for row in range(rows + 1):
        y = top + row * high
        draw_line(sheet, (left, y), (left + columns * wide, y), thick, dark)
    for column in range(columns + 1):
        x = left + column * wide
        draw_line(sheet, (x, top), (x, top + rows * high), thick, dark)
    lines = []
    for row in range(rows):
        strings = []
        for column in range(columns):
            odd = rng.random()
            if odd < (0.0, 0.03, 0.06)[level]:
                continue
            text = _digits(hand, 1, 2) if odd > (1.0, 0.97, 0.92)[level] else str(rng.integers(10, 100))
            string = hand.string(text, _gaps(hand, 0.06, 0.2))
            x, y = left + column * wide, top + row * high
            room = max(0.0, wide - (string.right - string.left)) / 2
            strings.append(
                string.moved(
                    x + room - string.left + rng.uniform(-0.5, 0.5) * room,
                    y + 0.5 * (high + height) + rng.uniform(-1, 1) * (0.04, 0.08, 0.14)[level] * height,
                )
            )
        if strings:
            lines.append(strings)
    return Draft(sheet, lines, cells=(rows, columns))


def _page(hand: Hand, level: int) -> Draft:
    """A whole page: a printed heading, 5 to 20 lines of one to four strings, some after a word."""
    rng, height = hand.rng, hand.height
    margin = height * rng.uniform(1.0, 2.0)
    printed, head = [], print_text(HEADINGS[rng.integers(len(HEADINGS))], height * rng.uniform(0.8, 1.1))
    printed.append(head.moved(margin, margin + height))
    y = margin + height * 2.8
    lines, words, right = [], [], printed[0].right
    spacing = height * rng.uniform(1.7, 2.4)
    for number in range(int(rng.integers(5, 21))):
        x = margin + height * rng.uniform(0, 0.6)
        word, odd = WORDS[rng.integers(len(WORDS))], rng.random()
        if odd < 0.15:
            mark = print_text(word.capitalize(), height * rng.uniform(0.55, 0.75)).moved(x, y)
            printed.append(mark)
            x = mark.right + height * rng.uniform(1.2, 2.5)
        elif odd < 0.3:
            written = hand.word(word)
            words.append(written.moved(x - written.left, y))
            x = words[-1].right + height * rng.uniform(1.2, 2.5)
        right = max(right, int(x))
        if number == 0 or odd < 0.12 or rng.random() > 0.05:
            texts = [
                _number(hand, 1 if rng.random() < 0.1 else 2, 6, 0.15) for _ in range(rng.integers(1, 5))
            ]
            placed = _line(hand, texts, 0.06, 0.3, level, slope=0.004 * level)
            lines.append([one.moved(x, y) for one in placed])
            right = max(right, lines[-1][-1].right)
        y += spacing * rng.uniform(0.95, 1.05)
    sheet = _paper((int(y + margin), int(right + margin)), float(rng.uniform(232, 255)), hand)
    for mark in printed:
        part = sheet[mark.top : mark.top + mark.cover.shape[0], mark.left : mark.right]
        part *= 1 - 0.9 * mark.cover
    return Draft(sheet, lines, words)


def _digits(hand: Hand, low: int, high: int) -> str:
    """At least `low` and fewer than `high` random digits."""
    rng = hand.rng
    return "".join(str(digit) for digit in rng.integers(0, 10, int(rng.integers(low, high))))


def _number(hand: Hand, low: int, high: int, signs: float) -> str:
    """Digits, and with probability `signs` a point, a comma or a dash somewhere between them."""
    text = _digits(hand, low, high)
    if len(text) > 1 and hand.rng.random() < signs:
        at = int(hand.rng.integers(1, len(text)))
        text = text[:at] + ".,-"[hand.rng.integers(3)] + text[at:]
    return text


def _few(hand: Hand, more: float) -> int:
    return 1 + int(hand.rng.random() < more)


def _gaps(hand: Hand, low: float, high: float) -> Callable[[], float]:
    """Gaps between neighbors, as shares of the height of a digit; never below 2 pixels."""
    return lambda: float(max(2.0, hand.height * hand.rng.uniform(low, high)))


def _line(
    hand: Hand, texts: list[str], low: float, high: float, level: int, slope: float | None = None
) -> list[Writing]:
    """Strings on one line, wide apart."""
    strings = [hand.string(text, _gaps(hand, low, high)) for text in texts]
    wide = [float(hand.height * hand.rng.uniform(1.6, 3.0)) for _ in strings[1:]]
    fall = (0.01, 0.025, 0.05)[level] if slope is None else slope
    return line_of(strings, wide, float(hand.rng.uniform(-1, 1)) * fall)


def _on_paper(hand: Hand, lines: list[list[Writing]], paper: float, room: float | None = None) -> Draft:
    """Lines below each other on plain paper, cut out with a margin."""
    rng, height = hand.rng, hand.height
    margin = height * (rng.uniform(0.4, 1.2) if room is None else room)
    down, placed = 0.0, []
    for line in lines:
        placed.append([string.moved(rng.uniform(0, 0.5) * height, down) for string in line])
        down += height * rng.uniform(1.7, 2.3)
    marks = [mark for line in placed for string in line for mark in string.marks]
    left, top = min(mark.left for mark in marks), min(mark.top for mark in marks)
    bottom = max(mark.top + len(mark.cover) for mark in marks)
    right = max(mark.right for mark in marks)
    shifted = [[string.moved(margin - left, margin - top) for string in line] for line in placed]
    return Draft(
        _paper((int(bottom - top + 2 * margin), int(right - left + 2 * margin)), paper, hand), shifted
    )


def _paper(size: tuple[int, int], level: float, hand: Hand) -> NDArray[np.float32]:
    """Paper of a gray level; all but white paper is not quite even."""
    sheet = np.full(size, level, np.float32)
    if level < 255:
        sheet += np.minimum(1.5 * smooth_noise(size, 80, hand.rng), 255 - level)
    return sheet


def _inside(
    mark: Mark, x: float, y: float, wide: float, high: float, shift: float, rng: np.random.Generator
) -> Mark:
    """A digit in a box: in its middle but for a random shift."""
    rows, columns = mark.cover.shape
    right = x + (wide - columns) / 2 + shift * rng.uniform(-1, 1)
    down = y + (high - rows) / 2 + shift * rng.uniform(-1, 1)
    return mark.moved(right - mark.left, down - mark.top)


LAYOUTS: Mapping[str, Callable[[Hand, int], Draft]] = {
    "clean": _clean,
    "loose": _loose,
    "boxes": _boxes,
    "ruled": _ruled,
    "photo": _photo,
    "touching": _touching,
    "page": _page,
    "table": _table,
}
"""How each kind is laid out, from a hand and a strength from 0 to 2."""
