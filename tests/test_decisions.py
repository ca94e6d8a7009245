"""Threshold tables: looked up, stored as plain data, and refused when damaged; without NumPy."""

import json
import subprocess
import sys

import pytest

from digitlab.decisions import DecisionRule, ThresholdRow, ThresholdTable
from digitlab.errors import ModelError, SettingError


@pytest.fixture
def table():
    rows = (
        ThresholdRow(0.01, 0.0, 1.0, 1000, 4, 0.0092),
        ThresholdRow(0.005, 0.61, 0.98, 980, 1, 0.0049),
        ThresholdRow(0.004, 0.87, 0.9, 900, 0, 0.0034),
    )
    return ThresholdTable("mnist:train[59000:]", 1000, rows)


@pytest.mark.parametrize(
    ("max_error", "threshold"), [(0.5, 0), (0.01, 0), (0.0099, 0.61), (0.005, 0.61), (0.004, 0.87)]
)
def test_the_least_strict_row_that_keeps_the_promise(table, max_error, threshold):
    assert table.threshold_for(max_error) == threshold


@pytest.mark.parametrize("max_error", [0, 1, -0.1, 2, float("nan"), float("inf"), True, "0.1"])
def test_a_share_outside_its_range(table, max_error):
    with pytest.raises(SettingError, match="between 0 and 1"):
        table.threshold_for(max_error)


def test_what_is_too_small_names_the_smallest(table):
    with pytest.raises(SettingError) as caught:
        table.threshold_for(0.0001)
    assert "0.0001 is smaller than this model can promise" in caught.value.problem
    assert "On 1,000 held-out digits, the smallest it can promise is 0.004" in caught.value.remedy


def test_there_and_back_through_json(table):
    assert ThresholdTable.from_dict(json.loads(json.dumps(table.to_dict()))) == table


def _row(**changed):
    def damage(plain):
        plain["rows"][1] |= changed

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda plain: plain.pop("n"),
        lambda plain: plain.update(n=0),
        lambda plain: plain.update(n=True),
        lambda plain: plain.update(data=None),
        lambda plain: plain.update(rows=[]),
        lambda plain: plain.update(rows=7),
        lambda plain: plain.update(rows=[3]),
        lambda plain: plain["rows"].reverse(),
        lambda plain: plain["rows"][0].pop("errors"),
        _row(more=1),
        _row(threshold=1.5),
        _row(threshold="0.6"),
        _row(coverage=float("nan")),
        _row(errors=981),
        _row(errors=1.0),
        _row(upper_bound=1.1),
        _row(max_error=0.02),
    ],
)
def test_damaged_tables(table, damage):
    plain = table.to_dict()
    damage(plain)
    with pytest.raises(ModelError):
        ThresholdTable.from_dict(plain)


@pytest.mark.parametrize("plain", [None, 3, [], "rows"])
def test_what_is_no_table(plain):
    with pytest.raises(ModelError, match="damaged threshold table"):
        ThresholdTable.from_dict(plain)


def test_a_rule_there_and_back(table):
    rule = DecisionRule(0.9, table)
    assert DecisionRule.from_json(rule.to_json()) == rule


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"temperature": "x", "thresholds": 1}'])
def test_damaged_rules(text):
    with pytest.raises(ModelError, match="damaged"):
        DecisionRule.from_json(text)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_temperatures_that_are_none(table, temperature):
    with pytest.raises(ModelError, match="temperature of"):
        DecisionRule(temperature, table)


def test_reading_it_imports_nothing_heavy():
    program = (
        "import sys, digitlab.decisions; "
        "print([name for name in ('numpy', 'scipy', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
