"""Composes the pages that `docs/reading.md` and the README show: a form on a table, a line, a sheet of A4.

Handwriting is that of MNIST's validation digits, put on paper by the code that composes pages
(`digitlab.pages.composition`); nobody's page is shown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.camera import Shot, draw_line, photograph, scan
from digitlab.pages.composition import held_out
from digitlab.pages.handwriting import Hand, Mark, Writing, indices_by_digit, print_text

Pixels = NDArray[np.uint8]
Sheet = NDArray[np.float32]

ROWS = (
    ("03.11.", "4821", "10392.5"),
    ("10.11.", "4821", "10407.1"),
    ("17.11.", "4821", "10426.8"),
    ("24.11.", "4830", "00013.9"),
    ("01.12.", "4830", "00035.2"),
)
"""What is written on the form: date, meter, reading."""
HEADS = ("Date", "Meter", "Reading")
WIDTHS = (6.0, 5.0, 8.0)
"""Of the columns, in heights of a digit."""
PAPER = (243.0, 239.0, 228.0)
PEN = (32.0, 48.0, 118.0)
TABLE_SHOT = Shot(
    turn=4, tilt=0.02, shade=0.35, shadow=1.0, edge=1.0, blur=0.7, noise=3, quality=92, grain=1.2
)
FORM_SEED, FORM_HEIGHT = 5, 34
LINE, LINE_SEED, LINE_HEIGHT = "65203", 2, 60
A4 = (4000, 2828)
"""Height and width of a photo of 11 to 12 megapixels in the proportions of A4."""
A4_SEED, A4_LINES, A4_HEIGHT = 3, 30, 56


def form() -> Pixels:
    """A photo of a form with printed lines and words, filled in by hand: `(height, width, 3)`, RGB."""
    hand = _hand(FORM_SEED, FORM_HEIGHT, pen=3.2)
    unit = float(FORM_HEIGHT)
    left, top, high = 1.6 * unit, 4.2 * unit, 1.75 * unit
    edges = left + unit * np.concatenate([[0.0], np.cumsum(WIDTHS)])
    rows = len(ROWS) + 1
    size = int(top + rows * high + 1.6 * unit), int(edges[-1] + 1.6 * unit)
    printed = np.zeros(size, np.float32)
    _print(printed, print_text("Meter readings", 1.15 * unit).moved(left, 2.2 * unit))
    for x, word in zip(edges, HEADS, strict=False):
        _print(printed, print_text(word, 0.62 * unit).moved(x + 0.5 * unit, top + 0.65 * high))
    lines = np.zeros(size, np.float32)
    for row in range(rows + 1):
        draw_line(lines, (left, top + row * high), (edges[-1], top + row * high), 1.8, -1.0)
    for x in edges:
        draw_line(lines, (x, top), (x, top + rows * high), 1.8, -1.0)
    written = np.zeros(size, np.float32)
    for number, texts in enumerate(ROWS, start=1):
        for x, text in zip(edges, texts, strict=False):
            string = hand.string(text, lambda: unit * hand.rng.uniform(0.14, 0.28))
            down = top + number * high + 0.5 * (high + unit) + unit * hand.rng.uniform(-0.06, 0.06)
            place = x + unit * (0.6 + hand.rng.uniform(0, 0.25)) - string.left
            _write(written, string.moved(place, down))
    channels = []
    for paper, pen in zip(PAPER, PEN, strict=True):
        sheet = np.full(size, paper, np.float32)
        sheet += (70 - sheet) * np.maximum(printed, -0.8 * lines)
        sheet += (pen - sheet) * 0.92 * written
        # The same randomness for each color gives the same view, light and grain.
        channels.append(photograph(sheet, TABLE_SHOT, np.random.default_rng(FORM_SEED))[0])
    return np.stack(channels, axis=2)


def touching_line() -> Pixels:
    """A scan of one number whose digits touch: `(height, width)`, gray."""
    return _line(-0.03, -0.01)


def plain_line() -> Pixels:
    """A scan of the same number, written with gaps."""
    return _line(0.12, 0.25)


def _line(low: float, high: float) -> Pixels:
    """A scan of one number with gaps of these shares of its digits' height."""
    hand = _hand(LINE_SEED, LINE_HEIGHT)
    string = hand.string(LINE, lambda: LINE_HEIGHT * hand.rng.uniform(low, high))
    margin = LINE_HEIGHT // 2
    sheet = np.full((LINE_HEIGHT + 2 * margin, string.right - string.left + 2 * margin), 248, np.float32)
    written = np.zeros_like(sheet)
    _write(written, string.moved(margin - string.left, LINE_HEIGHT + margin))
    return scan(sheet + (30 - sheet) * written, hand.rng, noise=2.0, quality=85)


def a4_photo() -> tuple[Pixels, str]:
    """A photo of a whole sheet, 30 lines of two numbers of five digits: gray, and its text."""
    hand = _hand(A4_SEED, A4_HEIGHT, pen=5.0)
    sheet = np.full(A4, 244, np.float32)
    written = np.zeros_like(sheet)
    texts = []
    for line in range(A4_LINES):
        numbers = ["".join(map(str, hand.rng.integers(0, 10, 5))) for _ in range(2)]
        texts.append(" ".join(numbers))
        for x, number in zip((300, 1500), numbers, strict=True):
            string = hand.string(number, lambda: A4_HEIGHT * hand.rng.uniform(0.1, 0.25))
            _write(written, string.moved(x - string.left, 300 + 118 * line))
    sheet += (40 - sheet) * written
    shot = Shot(turn=1, tilt=0.004, shade=0.3, shadow=0.0, edge=0.0, blur=0.8, noise=3, quality=90, grain=1.5)
    return photograph(sheet, shot, np.random.default_rng(A4_SEED))[0], "\n".join(texts)


def _hand(seed: int, height: float, pen: float = 0.0) -> Hand:
    images, labels = held_out()
    return Hand(
        images, indices_by_digit(labels), np.random.default_rng(seed), height, pen=pen, size=0.06, wobble=0.03
    )


def _write(cover: Sheet, writing: Writing) -> None:
    for mark in writing.marks:
        _print(cover, mark)


def _print(cover: Sheet, mark: Mark) -> None:
    part = cover[mark.top : mark.top + len(mark.cover), mark.left : mark.right]
    np.maximum(part, mark.cover, out=part)
