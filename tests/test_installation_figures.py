"""The README's figures on the installation: up to date with what was measured, and near what is built."""

import importlib
import json
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def writer():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("write_installation")


def test_the_readme_is_up_to_date(writer):
    text = writer.README.read_text()
    assert writer.MARKS.search(text)
    measured = json.loads(writer.MEASURED.read_text())
    assert text == writer.readme(text, measured), "run python docs/write_installation.py --words"


def test_what_is_slow_on_a_busy_machine_is_said(writer):
    measured = json.loads(writer.MEASURED.read_text())
    text = "<!-- installation -->\n<!-- /installation -->"
    cores = measured["machine"]["cores"]
    busy, idle = (writer.readme(text, {**measured, "load": load}).split() for load in (99, cores))
    assert "beside other work: load 99," in " ".join(busy)
    assert "beside other work" not in " ".join(idle)
