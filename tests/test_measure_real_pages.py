"""Measuring on real pages: how differences are counted, and a folder of composed pictures in their format."""

import importlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.pages import Line, Page, ReadDigit, ReadString
from digitlab.pages.composition import compose_strings

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def module():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("measure_real_pages")


def _answer(module, true, read, kind="boxes", order="cells", status="sure"):
    """An answer with these strings, by lines; every digit in a box of its own, 10 pixels wide."""
    left = 0
    lines = []
    for line in read:
        strings = []
        for text in line:
            digits = []
            for digit in text:
                digits.append(ReadDigit(int(digit), 1.0, status, 0, (left, 0, 10, 20)))
                left += 10
            strings.append(ReadString(tuple(digits), 1.0, status))
        lines.append(Line(tuple(strings)))
    boxes = tuple((10 * i, 0, 10, 20) for i in range(sum(len(text) for line in true for text in line)))
    picture = module.Picture(Path("x.png"), kind, true, order, boxes)
    return module.Answer(picture, Page("x.png", 1, 1000, 100, 0.0, tuple(lines)), 0.5)


@pytest.mark.parametrize(
    ("read", "cells", "handwritten"),
    [
        ([["12", "34"]], 0, 0),
        ([["12"], ["99"], ["34"]], 2, 0),  # a printed number between them
        ([["12", "35"]], 1, 1),
        ([["1299"], ["34"]], 2, 2),  # in one string with handwriting: it counts
        ([["34"]], 2, 2),
        ([], 4, 4),
    ],
)
def test_printed_strings_cost_nothing_as_a_whole(module, read, cells, handwritten):
    true = (("12",), ("34",))
    assert module.distance(_answer(module, true, read)) == cells
    assert module.distance(_answer(module, true, read, order="handwritten cells")) == handwritten


def test_cheques_are_right_by_joined_digits_and_sure_as_a_whole(module):
    true = (("1234",),)
    found = module.measure(
        [
            _answer(module, true, [["12", "34"]], "cheques"),
            _answer(module, true, [["1235"]], "cheques"),
            _answer(module, true, [["1234"]], "cheques", status="unsure"),
            _answer(module, true, [], "cheques"),
        ]
    )
    assert (found["n"], found["right"], found["answered"], found["wrong"]) == (4, 2, 2, 1)
    assert found["digits_right"] == 1 - 5 / 16
    assert found["box_f1"] == pytest.approx(2 * 12 / (12 + 16))


def test_mixed_is_a_multiset_and_none_counts_what_is_sure(module):
    mixed = module.measure([_answer(module, (("5", "3", "5"),), [["3"], ["5", "7"]], "mixed")])
    assert (mixed["right"], mixed["strings"], mixed["strings_right"], mixed["strings_more"]) == (0, 3, 2, 1)
    none = [
        _answer(module, (), [], "none"),
        _answer(module, (), [["1"]], "none", status="unsure"),
        _answer(module, (), [["1"]], "none"),
    ]
    found = module.measure(none)
    assert (found["read"], found["sure"]) == (2, 1)


def test_a_folder_is_measured(module, tmp_path):
    pictures = list(compose_strings(4, 3, kinds=("clean",)))
    for number, one in enumerate(pictures):
        Image.fromarray(one.gray).save(tmp_path / f"{number}.png")
    Image.fromarray(np.full((80, 120), 255, np.uint8)).save(tmp_path / "blank.png")
    (tmp_path / "damaged.png").write_text("no picture")
    boxes = [" ".join(",".join(map(str, box)) for _, box in one.boxes) for one in pictures]
    texts = [one.text for one in pictures]
    rows = [f'{i}.png,{texts[i]},"{boxes[i]}"' for i in (0, 1)]
    (tmp_path / "cheques.csv").write_text("\n".join(["file,digits,boxes", *rows]))
    rows = [f"2.png,lines,{texts[2]},lines", f"3.png,lines,{texts[3][:-1]},lines", "blank.png,none,,lines"]
    (tmp_path / "labels.csv").write_text(
        "\n".join(["file,kind,digits,order", *rows, "damaged.png,single,1,lines"])
    )
    kinds = module.measure_folder(tmp_path)["kinds"]
    assert (kinds["cheques"]["right"], kinds["cheques"]["box_f1"]) == (2, 1.0)
    assert (kinds["lines"]["n"], kinds["lines"]["right"]) == (2, 1)
    assert (kinds["none"]["read"], kinds["none"]["sure"]) == (0, 0)
    assert (kinds["single"]["right"], kinds["single"]["errors"]) == (0, 1)
    text = list(module.table(kinds))
    assert text[0].startswith("cheques  n = 2    right 2 of 2 = 100 %") or "100.0 %" in text[0]
    assert "errors 1" in text[-1]
