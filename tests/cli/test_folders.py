"""A folder of runs is taken by every command, which says which run it takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import digitlab
from digitlab.runs import DataConfig, Run, train, train_seeds


@pytest.fixture
def folder(make_run, tmp_path):
    return make_run("several", "--seeds", "3")


def test_evaluate_shows_the_first_and_the_spread_over_all(command, folder):
    code, out, err = command("evaluate", folder, "--data", "mnist:test[:200]")
    assert code == 0
    assert "holds 3 runs; taken is seed-0" in err
    assert out.splitlines()[-1].startswith("all 3 runs: accuracy ")
    _, alone, _ = command("evaluate", folder / "seed-0", "--data", "mnist:test[:200]")
    assert out.startswith(alone)
    _, out, _ = command("evaluate", folder, "--data", "mnist:test[:200]", "--json")
    answer = json.loads(out)
    assert [Path(each["run"]).name for each in answer["runs"]] == ["seed-0", "seed-1", "seed-2"]
    assert answer["runs"][0]["accuracy"] == answer["accuracy"]


def test_predict_export_mistakes_and_inspect_take_the_first(command, folder, tmp_path):
    picture = Path(__file__).parents[2] / "samples" / "two-pencil.jpg"
    code, of_folder, err = command("predict", picture, "--model", folder)
    assert code == 0
    assert "taken is seed-0" in err
    assert of_folder == command("predict", picture, "--model", folder / "seed-0")[1]
    for name in ("a.onnx", "a.safetensors"):
        code, _, err = command("export", folder, "--to", tmp_path / name)
        assert (code, "taken is seed-0" in err) == (0, True)
    exported = load_file(tmp_path / "a.safetensors")
    own = load_file(folder / "seed-0" / "model.safetensors")
    assert all(np.array_equal(exported[name], own[name]) for name in own)
    for words in (("mistakes", folder), ("inspect", folder, "--view", "confusion")):
        assert command(*words, "--data", "mnist:test[:200]", "--out", tmp_path / "drawn")[0] == 0


def test_compare_has_one_row_for_a_folder(command, folder, make_run):
    other = make_run("one", "--set", "learning_rate=0.1")
    _, out, _ = command("compare", folder, other, "--json")
    rows = {Path(row["run"]).name: row for row in json.loads(out)["runs"]}
    assert rows["several"]["n"] == 3
    assert rows["several"]["validation accuracy sd"] >= 0
    assert rows["one"]["n"] == 1


def test_two_are_tested_on_the_same_digits(command, folder, make_run):
    other = make_run("one", "--set", "learning_rate=0.01")
    _, out, _ = command("compare", other, folder / "seed-0", "--data", "mnist:test[:500]")
    assert "On the 500 digits of mnist:test[:500], only " in out
    assert "McNemar's exact test" in out
    _, out, _ = command("compare", other, folder, "--data", "mnist:test[:500]", "--json")
    paired = json.loads(out)["paired"]
    assert (paired["method"], paired["n"]) == ("bootstrap", 500)
    assert paired["interval"][0] <= paired["difference"] <= paired["interval"][1]


def test_drawing_into_a_folder_leaves_its_runs_readable(command, folder):
    assert command("inspect", folder, "--view", "confusion", "--data", "mnist:test[:200]")[0] == 0
    assert command("mistakes", folder, "--data", "mnist:test[:200]")[0] == 0
    assert command("compare", folder)[0] == 0
    assert command("train", "--resume", folder)[0] == 0


@pytest.mark.parametrize("network", ["softmax", "swift"])
def test_a_call_and_a_command_train_the_same(command, few, tmp_path, network):
    data = DataConfig(train=str(few), validation="last:50")
    run = train(network, data=data, out=str(tmp_path / "call"))
    code, _, err = command(
        "train", network, "--data", few, "--validation", "last:50", "--out", tmp_path / "command"
    )
    assert code == 0, err
    other = Run.open(tmp_path / "command")
    assert run.config.recipe == other.config.recipe
    ours, theirs = (load_file(each.folder / "model.safetensors") for each in (run, other))
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)


def test_a_recipe_by_name_and_the_same_evaluation(command, few, tmp_path):
    data = DataConfig(train=str(few), validation="none")
    _, runs = train_seeds("softmax", None, "keras-sgd", data, tmp_path / "seeds", seeds=2)
    assert {run.config.recipe.optimizer for run in runs} == {"sgd"}
    scores = digitlab.open(tmp_path / "seeds").evaluate("mnist:test[:300]")
    _, out, _ = command("evaluate", tmp_path / "seeds", "--data", "mnist:test[:300]", "--json")
    assert json.loads(out)["accuracy"] == scores.accuracy
