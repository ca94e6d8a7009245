"""`results.json` is what its schema says, and checks itself."""

import json
from importlib import resources

import jsonschema
import pytest

from digitlab.errors import RunError, SettingError
from digitlab.report import ExperimentResult, Series, Table, read_results, results_schema, write_results


def test_the_committed_schema_is_up_to_date():
    committed = resources.files("digitlab.report").joinpath("results.schema.json").read_text("utf-8")
    assert committed == json.dumps(results_schema(), indent=2) + "\n", "run python docs/write_schema.py"


def test_an_example_keeps_to_the_schema(folder):
    plain = json.loads((folder / "results.json").read_bytes())
    validator = jsonschema.Draft202012Validator(results_schema())
    validator.check_schema(validator.schema)
    validator.validate(plain)
    del plain["studies"][0]["title"]
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(plain)


def test_what_is_written_is_read(results, tmp_path):
    assert read_results(write_results(results, tmp_path)) == results


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "cannot read"),
        ("[]", "schema version None"),
        ('{"schema_version": 1}', "schema version 1"),
        ('{"schema_version": 4, "seconds": 1}', "environment"),
    ],
)
def test_damaged_and_other_results(tmp_path, content, problem):
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(RunError, match=problem) as caught:
        read_results(tmp_path / "results.json")
    assert caught.value.remedy


def test_no_results(tmp_path):
    with pytest.raises(RunError, match="cannot read"):
        read_results(tmp_path / "results.json")


def test_ragged_tables_and_series():
    with pytest.raises(SettingError, match="2 cells"):
        Table(id="t", title="t", columns=("a", "b"), rows=((1, 2), (1,)))
    with pytest.raises(SettingError, match="same length"):
        Series(x=(1, 2), x_name="epoch", mean=(1,), std=(0, 0))


def test_a_metric_that_there_is_not():
    with pytest.raises(SettingError, match="experiment x: there is no metric 'test_acuracy'"):
        ExperimentResult(id="x", title="x", published={"test_acuracy": 0.9})
