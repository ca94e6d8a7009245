"""`digitlab compare`: a table of runs."""

import csv
import io
import json


def test_a_table_in_three_forms(command, make_run):
    a, b = make_run("a", "--set", "max_steps=1"), make_run("b", "--set", "max_steps=60")
    code, out, _ = command("compare", a, b, "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["sorted_by"] == "validation accuracy"
    assert [row["run"] for row in answer["runs"]] == [str(b), str(a)]  # 60 steps beat 1
    assert [row["max_steps"] for row in answer["runs"]] == [60, 1]
    assert "learning_rate" not in answer["columns"]
    rows = list(csv.DictReader(io.StringIO(command("compare", a, b, "--csv")[1])))
    assert [row["max_steps"] for row in rows] == ["60", "1"]
    lines = command("compare", a, b)[1].splitlines()
    assert len(lines) == 5
    assert lines[3] == ""
    assert lines[4].startswith("On the 10,000 digits of mnist:test, only ")
    assert lines[0].split()[:2] == ["run", "max_steps"]


def test_what_is_no_finished_run(refused, make_run, tmp_path):
    folder = make_run("a")
    (tmp_path / "empty").mkdir()
    assert "is not a run" in refused("compare", folder, tmp_path / "empty")
    assert "is not a run" in refused("compare", folder, tmp_path / "none")
    assert "cannot read" in refused("compare", folder / "run.json")
    (folder / "metrics.json").write_text("{}")
    assert "cannot read the metrics" in refused("compare", folder)
    (folder / "metrics.json").unlink()
    assert "is not finished" in refused("compare", folder)
    assert "--help" in refused("compare")
