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
    assert lines[0].split()[:4] == ["run", "validation", "accuracy", "max_steps"]


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


def test_two_that_cannot_be_tested_keep_their_table(command, refused, make_run):
    a, b = make_run("a", "--set", "max_steps=1"), make_run("b", "--set", "max_steps=60")
    weights = (b / "model.safetensors").read_bytes()
    (b / "model.safetensors").write_bytes(weights[:-4])
    code, out, err = command("compare", a, b)
    assert (code, len(out.splitlines())) == (0, 3)
    assert "note: not tested against each other: " in err
    assert "model.safetensors" in refused("compare", a, b, "--data", "mnist:test[:100]")


def test_two_of_other_sizes_keep_their_table(command, tmp_path):
    for name in ("a", "b"):
        words = ("--data", "classroom[:300]", "--validation", "last:50", "--set", "max_steps=5")
        assert command("train", "softmax", *words, "--out", tmp_path / name, "--seed", len(name))[0] == 0
    code, out, _ = command("compare", tmp_path / "a", tmp_path / "b")
    assert code == 0
    assert "On the 5,000 digits of classroom, only " in out


def test_curves_over_each_other(command, refused, make_run, tmp_path):
    a, b = make_run("a"), make_run("b", "--set", "max_steps=60")
    code, _, err = command("compare", a, b, "--figure", tmp_path / "curves.png")
    assert code == 0, err
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "--csv and --json" in refused("compare", a, b, "--csv", "--json")


def test_notes_on_different_digits(command, make_run, few):
    a, b = make_run("a"), make_run("b", "--data", f"{few}[:200]")
    code, _, err = command("compare", a, b)
    assert code == 0
    assert "note: So these rows are not ranked fairly" in err
    assert json.loads(command("compare", a, b, "--json")[1])["notes"]
