"""The benchmark of reading, with stubs in place of the reader and of Tesseract."""

from __future__ import annotations

import os

import numpy as np
import pytest

import digitlab.bench.read as bench_read
from digitlab.bench.read import Row, read_rows, read_table
from digitlab.bench.tesseract import find_tesseract, read_with_tesseract
from digitlab.errors import DataError, SettingError
from digitlab.pages.answers import Line, Page, ReadDigit, ReadString
from digitlab.pages.composition import KINDS, STRENGTHS
from digitlab.pages.scoring import Score


class Oracle:
    """Reads what was composed last; of a `clean` picture the first digit wrongly, of `light` ones surely."""

    def __init__(self, monkeypatch):
        self.asked = []
        inner = bench_read.compose

        def remembering(*args):
            self.composed = inner(*args)
            return self.composed

        monkeypatch.setattr(bench_read, "compose", remembering)

    def __call__(self, gray, options):
        composed = self.composed
        assert gray is composed.gray
        self.asked.append((composed.kind, composed.strength, options.cells))
        status = "sure" if composed.strength == "light" else "unsure"
        digits = [
            ReadDigit((digit + (number == 0 and composed.kind == "clean")) % 10, 0.9, status, 0, box)
            for number, (digit, box) in enumerate(composed.boxes)
        ]
        rest = iter(digits)
        lines = []
        for line in composed.lines:
            texts = list("".join(line)) if isinstance(options.cells, tuple) else line
            strings = [ReadString(tuple(next(rest) for _ in text), 0.9, status) for text in texts]
            lines.append(Line(tuple(strings)))
        return Page("array", 1, gray.shape[1], gray.shape[0], 0.0, tuple(lines))


@pytest.fixture
def oracle(monkeypatch):
    return Oracle(monkeypatch)


@pytest.fixture
def few_kinds(monkeypatch):
    monkeypatch.setattr(bench_read, "KINDS", ("clean", "boxes"))


def test_every_kind_and_strength_is_read(oracle):
    rows = list(read_rows(lambda _: None, n=1, reader=oracle))
    once = [(kind, strength, "") for kind in KINDS for strength in STRENGTHS]
    assert [(row.kind, row.strength, row.cells) for row in rows if not row.cells] == once
    again = [("boxes", strength, "RxC") for strength in STRENGTHS]
    again += [("table", strength, "auto") for strength in STRENGTHS]
    assert [(row.kind, row.strength, row.cells) for row in rows if row.cells] == again
    for row in rows:
        values = row.values()
        right = row.kind != "clean"
        assert values["pictures right"] == [right]
        assert values["strings right"] == [right] * len(values["strings right"])
        assert values["box F1"] == [1]
        assert np.mean(values["share of strings answered"]) == (row.strength == "light")
        if row.strength == "light":
            assert np.mean(values["error among answered strings"]) == (not right)
        else:
            assert values["error among answered strings"] == []
    cells = {kind: [cells for own, _, cells in oracle.asked if own == kind] for kind in KINDS}
    assert all(isinstance(one, tuple) for one in cells["boxes"][1::2])
    assert cells["table"] == [None, "auto"] * 3
    assert cells["page"] == [None] * 3


def test_a_page_that_does_not_show_its_cells_counts_as_not_read(oracle, few_kinds):
    def reader(gray, options):
        if options.cells is not None:
            raise DataError("cells 3x4 were asked for, but the lines on the page show 3x2", "Crop it.")
        return oracle(gray, options)

    rows = [row for row in read_rows(lambda _: None, n=1, reader=reader) if row.kind == "boxes"]
    right = {bool(row.cells): [one.digits_right for one in row.scores] for row in rows}
    assert right == {False: [1.0], True: [0.0]}
    assert all(not one.answered[0] for row in rows if row.cells for one in row.scores)


def test_the_same_pictures_each_time(oracle, few_kinds):
    seen = []

    def reader(gray, options):
        seen.append(gray.tobytes())
        return oracle(gray, options)

    list(read_rows(lambda _: None, n=2, reader=reader))
    first, count = list(seen), len(seen)
    list(read_rows(lambda _: None, n=2, reader=reader))
    assert seen[count:] == first
    assert len(set(first[1:])) == 12  # two kinds, three strengths, two of each; `boxes` are read twice


def score_of(*, right: bool, wrong: tuple[bool, ...]) -> Score:
    return Score(right, right, 0.5, 0.75, 0.5, (right,), (bool(wrong),), wrong)


def test_the_table_has_a_row_of_all_strengths():
    rows = [
        Row("clean", "light", "", [score_of(right=True, wrong=(False,))], [0.1]),
        Row("clean", "strong", "", [score_of(right=False, wrong=())] * 3, [0.3] * 3),
    ]
    columns, texts = read_table(rows)
    assert columns[:4] == ["kind", "strength", "n", "pictures right"]
    assert [text[:4] for text in texts] == [
        ["clean", "light", "1", "100.0 %"],
        ["clean", "strong", "3", "0.0 %"],
        ["clean", "all", "4", "25.0 %"],
    ]
    assert [text[-3:] for text in texts] == [
        ["100.0 %", "0.0 %", "0.10"],
        ["0.0 %", "-", "0.30"],
        ["25.0 %", "0.0 %", "0.25"],
    ]


@pytest.fixture
def fake_tesseract(tmp_path, monkeypatch):
    """A program that prints lines of digits, and notes what it was asked."""
    program = tmp_path / "tesseract"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nprintf "12 34\\n\\n5\\n\\f"\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "asked"


def test_tesseract_is_asked_for_digits(fake_tesseract):
    gray = np.full((30, 60), 255, np.uint8)
    program = find_tesseract()
    assert read_with_tesseract(program, gray, one_line=True) == (("12", "34"), ("5",))
    read_with_tesseract(program, gray, one_line=False)
    asked = fake_tesseract.read_text("utf-8").splitlines()
    assert [line.split(" ", 1)[1] for line in asked] == [
        f"- --psm {mode} -c tessedit_char_whitelist=0123456789" for mode in (7, 6)
    ]


def test_a_peer_is_measured_beside_it(oracle, few_kinds, fake_tesseract):
    rows = list(read_rows(lambda _: None, n=1, peer="tesseract", reader=oracle))
    assert [len(row.peer) for row in rows if not row.cells] == [1] * 6
    assert [len(row.peer) for row in rows if row.cells] == [0] * 3
    assert all(0 <= row.peer[0].digits_right < 1 for row in rows if row.peer)
    columns, texts = read_table(rows)
    assert columns[-3:] == ["peer: pictures right", "peer: digits right", "peer: s/picture"]
    assert texts[0][-3] == "0.0 %"
    assert texts[-1][-3:] == ["-", "-", "-"]


def test_a_peer_that_fails(tmp_path):
    program = tmp_path / "tesseract"
    program.write_text('#!/bin/sh\necho "no data for eng" >&2\nexit 1\n', "utf-8")
    program.chmod(0o755)
    with pytest.raises(SettingError, match="peer 'tesseract' failed: no data for eng"):
        read_with_tesseract(str(program), np.zeros((5, 5), np.uint8), one_line=True)


def test_refusals(oracle, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for arguments, message in [
        ({"n": 0}, "0 pictures of each kind"),
        ({"peer": "abbyy"}, "unknown peer 'abbyy'"),
        ({"peer": "tesseract"}, "not installed"),
    ]:
        with pytest.raises(SettingError, match=message):
            next(read_rows(lambda _: None, reader=oracle, **arguments))
