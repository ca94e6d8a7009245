"""The page about reading: up to date with its words and numbers, its pictures there, its answer true."""

import importlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import digitlab

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
AGAIN = "run python docs/write_reading.py, or with --words if only words have changed"


@pytest.fixture(scope="module")
def writer():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("write_reading")


@pytest.fixture(scope="module")
def measured():
    return json.loads((DOCS / "reading.json").read_text())


def test_page_readme_and_performance_are_up_to_date(writer, measured):
    assert (DOCS / "reading.md").read_text() == writer.page(measured), AGAIN
    for file, write in ((writer.README, writer.readme), (writer.PERFORMANCE, writer.performance)):
        text = file.read_text()
        assert writer.MARKS.search(text)
        assert text == write(text, measured), AGAIN


def test_numbers_were_measured_with_the_shipped_model_and_calibration(writer, measured):
    digests = writer.digests()
    for part in (measured, measured["composed"], measured["real"]):
        assert part["files"] == digests, AGAIN


def test_pictures_are_shown_and_small(writer):
    text = (DOCS / "reading.md").read_text() + writer.README.read_text()
    shown = set(re.findall(r"pictures/reading/(.+?)\)", text))
    assert shown == {path.name for path in writer.PICTURES.iterdir()}, AGAIN
    for path in writer.PICTURES.iterdir():
        with Image.open(path) as picture:
            assert min(picture.size) > 100
        assert path.stat().st_size < (60_000 if path.suffix == ".png" else 120_000)


def test_the_form_is_the_one_that_code_makes(writer):
    with Image.open(writer.FORM) as picture:
        shipped = np.asarray(picture, float)
    made = writer.reading_pages.form()
    assert np.abs(shipped - made).mean() < 4  # JPEG


def _shown(string):
    """A number as the command prints it: an unknown mark is a space, `?` says that it is not sure."""
    return (string.written.replace("?", " ") + "?" * (string.status != "sure")).strip()


def test_the_form_is_read_as_the_readme_says(writer, measured):
    (page,) = digitlab.read(writer.FORM)
    answer = [line.strip() for line in measured["readme"]["answer"] if " (" in line]
    told = [[text.partition(" (")[0] for text in line.split("   ")] for line in answer]
    read = [[_shown(string) for string in line.strings] for line in page.lines]
    assert read == told, AGAIN
    rows = writer.reading_pages.ROWS
    written = [["".join(filter(str.isdigit, text)) for text in row] for row in rows]
    found = [[string.text for string in line.strings] for line in page.lines]
    assert [line for line in found if line in written] == written
