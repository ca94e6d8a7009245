"""The model card: up to date with its words and numbers, its figures there, its facts those of the file."""

import importlib
import json
import re
import runpy
from pathlib import Path

import pytest
from PIL import Image

from digitlab import build
from digitlab.decisions import DecisionRule
from digitlab.reader import OnnxModel, predict

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
AGAIN = "run python docs/write_model_card.py, or with --words if only words have changed"


@pytest.fixture(scope="module")
def card():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("write_model_card")


@pytest.fixture(scope="module")
def measured():
    return json.loads((DOCS / "model-card.json").read_text())


@pytest.fixture(scope="module")
def given():
    return json.loads((DOCS / "model-card-given.json").read_text())


def test_page_and_readme_are_up_to_date(card, measured, given):
    assert (DOCS / "model-card.md").read_text() == card.page(measured, given), AGAIN
    text = (ROOT / "README.md").read_text()
    assert card.MARKS.search(text)
    assert text == card.readme(text, measured, given), AGAIN


def test_numbers_were_measured_on_the_shipped_file(card, measured, given):
    facts = card.file_facts()
    assert {key: measured[key] for key in facts} == facts, AGAIN
    model = OnnxModel()
    assert (model.network, model.options) == (facts["network"]["network"], facts["network"]["options"])
    network = build(model.network, **model.options)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert parameters == given["training"]["recognizer"]["parameters"]


def test_the_model_that_reads_pages_is_the_shipped_one(card, measured):
    facts = card.page_model.facts()
    assert {key: measured["pages"][key] for key in facts} == facts, AGAIN


def test_thresholds_are_those_in_the_file(measured):
    rule = OnnxModel().rule
    assert rule == DecisionRule.from_json(json.dumps(measured["rule"]))
    table = measured["decisions"]
    assert table["temperature"] == rule.temperature
    assert [{key: row[key] for key in row if key != "here"} for row in table["thresholds"]] == [
        vars(row) for row in rule.thresholds.rows
    ]


def test_figures_are_shown_and_are_pictures(card):
    text = (DOCS / "model-card.md").read_text()
    shown = set(re.findall(r"\]\(pictures/(.+?)\)", text))
    assert shown == {path.name for path in card.PICTURES.glob("recognizer-*.png")}
    for name in shown:
        with Image.open(card.PICTURES / name) as figure:
            assert min(figure.size) > 100


def test_samples_are_answered_as_the_readme_says(card, measured):
    answers = predict([ROOT / "samples" / name for name in card.SAMPLES])
    assert [one.status for one in answers] == ["sure", "sure", "sure", "unsure", "no-digit", "several"]
    for one, line in zip(answers, measured["samples"], strict=True):
        assert Path(one.image).name in line
        assert one.digit is None or re.search(rf": (unsure: )?{one.digit} \(", line)


def test_samples_made_by_code_are_the_ones_that_ship(card, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["write_samples.py", str(tmp_path)])
    runpy.run_path(str(DOCS / "write_samples.py"), run_name="__main__")
    made = sorted(tmp_path.iterdir())
    assert [path.name for path in made] == ["four-and-two.jpg", "four-or-nine.jpg", "letter.jpg"]
    assert [one.status for one in predict(made)] == ["several", "unsure", "no-digit"]
