"""`digitlab train`: a run folder, one JSON document, and errors that leave nothing behind."""

import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from digitlab.runs import Run


@pytest.fixture
def words(few, tmp_path):
    return ("train", "mlp", "--data", few, "--validation", "last:50", "--out", tmp_path / "a")


def test_a_run_and_its_json(command, words, tmp_path):
    code, out, err = command(*words, "--set", "epochs=2", "--option", "hidden=20,10", "--seed", 4, "--json")
    assert code == 0
    answer = json.loads(out)
    assert {"run", "network", "seed", "train_seconds", "parameters", "metrics"} <= answer.keys()
    assert (answer["run"], answer["network"], answer["seed"]) == (str(tmp_path / "a"), "mlp", 4)
    # 784 * 20 + 20 + 20 * 10 + 10 + 10 * 10 + 10
    assert answer["parameters"] == 16_020
    assert answer["metrics"]["train"]["n"] == 250
    assert answer["metrics"]["validation"]["n"] == 50
    assert 0 <= answer["metrics"]["validation"]["accuracy"] <= 1
    assert answer["steps"] == 2 * 8  # 250 digits in batches of 32
    lines = err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["mlp, seed 4"] * 3
    assert lines[0].startswith("mlp, seed 4: 16,020 parameters, 16 steps, cpu, ")
    assert "epoch 1 (step 8): loss " in lines[1]
    assert "validation loss" in lines[2]
    assert "\x1b" not in out + err  # no colors where there is no terminal
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        "checkpoint",
        "confusion.png",
        "curves.png",
        "data.json",
        "history.csv",
        "metrics.json",
        "model.safetensors",
        "run.json",
    ]
    config = Run.open(tmp_path / "a").config
    assert (config.options["hidden"], config.recipe.epochs, config.seed) == ([20, 10], 2, 4)


def test_in_words(command, words, tmp_path):
    code, out, err = command(*words, "--set", "max_steps=3", "--set", "eval_every=2")
    assert code == 0
    assert out.startswith(f"{tmp_path / 'a'}: train ")
    assert "79,510 parameters" in out
    assert len(out.splitlines()) == 1
    assert [" step 2 (epoch 0.25): " in err, " step 3 (epoch 0.375): " in err] == [True, True]


def test_the_recipe_named_as_the_network_is_the_standard(command, few, tmp_path):
    fields = ("--data", few, "--validation", "none")
    command("train", "softmax", *fields, "--out", tmp_path / "a", "--set", "max_steps=2")
    command(
        "train", "softmax", *fields, "--out", tmp_path / "b", "--recipe", "keras-sgd", "--set", "epochs=1"
    )
    a, b = (Run.open(tmp_path / name).config.recipe for name in "ab")
    assert (a.learning_rate, a.batch_size, a.max_steps) == (0.5, 50, 2)
    assert (b.learning_rate, b.batch_size, b.max_steps) == (0.01, 32, None)


def test_the_next_free_folder(command, few, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fields = ("train", "softmax", "--data", few, "--validation", "none", "--set", "max_steps=2", "--json")
    runs = [json.loads(command(*fields)[1])["run"] for _ in range(2)]
    assert runs == [os.path.join("runs", "softmax-1"), os.path.join("runs", "softmax-2")]


def test_seeds(command, few, tmp_path):
    fields = ("--data", few, "--validation", "last:50", "--set", "max_steps=20", "--out", tmp_path / "a")
    code, out, _ = command("train", "softmax", *fields, "--seeds", 3, "--seed", 5, "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["seeds"] == [5, 6, 7]
    assert {"run", "network", "seed", "train_seconds", "parameters", "metrics"} <= answer.keys()
    accuracy = answer["metrics"]["validation"]["accuracy"]
    assert accuracy["values"] == [run["metrics"]["validation"]["accuracy"] for run in answer["runs"]]
    assert accuracy["mean"] == pytest.approx(sum(accuracy["values"]) / 3)
    assert [run["n_stacked_seeds"] for run in answer["runs"]] == [3, 3, 3]
    assert [run["step_kind"] for run in answer["runs"]] == ["dense"] * 3
    assert sorted(os.listdir(tmp_path / "a")) == [
        "checkpoint",
        *("seed-5", "seed-6", "seed-7", "seeds.json"),
    ]
    assert "holds a run already" in command("train", "softmax", *fields, "--seeds", 3)[2]
    code, out, err = command("train", "--resume", tmp_path / "a", "--json")
    assert (code, json.loads(out)) == (0, answer)
    assert "finished already" in err
    assert "not of mlp" in command("train", "mlp", "--resume", tmp_path / "a")[2]


def test_seeds_of_a_network_that_is_not_stacked(command, few, tmp_path):
    fields = ("--data", few, "--validation", "last:50", "--set", "max_steps=3", "--option", "hidden=100")
    code, out, err = command("train", "mlp", *fields, "--seeds", 2, "--out", tmp_path / "a", "--json")
    assert code == 0, err
    assert [run["n_stacked_seeds"] for run in json.loads(out)["runs"]] == [1, 1]
    assert err.splitlines()[0].startswith("mlp, seeds 0 to 1: 79,510 parameters, 3 steps, cpu, 1 thread")
    assert sorted(os.listdir(tmp_path / "a")) == ["seed-0", "seed-1", "seeds.json"]
    assert "job.json" not in os.listdir(tmp_path / "a" / "seed-0")
    assert len(command("compare", tmp_path / "a", "--csv")[1].splitlines()) == 2


def test_a_line_at_least_every_ten_seconds(command, words, monkeypatch):
    from digitlab.runs import progress

    assert progress.LINE_SECONDS < 10
    monkeypatch.setattr(progress, "LINE_SECONDS", -1.0)  # as if each step took so long
    code, _, err = command(*words, "--set", "epochs=2")  # 8 steps each
    assert code == 0
    lines = [line.partition(": ")[2] for line in err.splitlines()]
    assert lines[0].startswith("79,510 parameters, 16 steps, cpu, ")
    assert [line.partition(", loss ")[0] for line in lines[1:9]] == [f"step {n} of 16" for n in range(1, 9)]
    assert lines[9].startswith("epoch 1 (step 8): loss ")
    assert lines[10].startswith("step 9 of 16, loss ")


@pytest.mark.parametrize(
    ("more", "named", "remedy"),
    [
        (("--set", "learning_rat=1"), "'learning_rat'", "learning_rate"),
        (("--set", "hidden=20"), "hidden is an option of mlp", "--option hidden=20"),
        (("--option", "epochs=3"), "epochs is a field of the recipe", "--set epochs=3"),
        (("--set", "learning_rate=fast"), "learning_rate='fast'", "number"),
        (("--set", "learning_rate=nan"), "learning_rate='nan'", "finite"),
        (("--set", "learning_rate"), "'learning_rate'", "field=value"),
        (("--set", "epochs=1", "--set", "epochs=2"), "epochs is given twice", "once"),
        (("--option", "width=1"), "'width'", "hidden"),
        (("--option", "seed=1"), "seed is a field of the recipe", "--set seed=1"),
        (("--option", "name=1"), "'name'", "hidden"),
        (("--option", "self=1"), "'self'", "hidden"),
        (("--option", "outputs=3"), "outputs=3", "Leave outputs out"),
        (("--option", "activation=gelu"), "activation='gelu'", "'relu'"),
        (("--option", "inputs=5"), "takes inputs of 5", "28 x 28"),
        (("--recipe", "best"), "'best'", "keras-adam"),
        (("--validation", "none", "--set", "patience=3"), "patience=3", "patience=none"),
        (("--validation", "last:300"), "300 of 300", "1 to 299"),
        (("--validation", "middle:3"), "'middle:3'", "mnist:train"),
        (("--set", "keep_probability=0.5"), "unknown recipe field", "learning_rate"),
        (("--data", "none.npz"), "'none.npz'", "mnist:train"),
        (("--test", "classroom"), "these are 20 x 20", ""),
        (("--seed", "-1"), "seed=-1", "greater than or equal to 0"),
        (("--seeds", "0"), "'--seeds'", "--help"),
        (("--seed", "x"), "'--seed'", "--help"),
        (("--epochs", "3"), "--epochs", "--help"),
        (("--ray", "127.0.0.1:1"), "--ray 127.0.0.1:1", "--seeds N"),
        (("--set", "device=mps"), "device='mps'", "auto"),
    ],
)
def test_wrong_settings_leave_nothing_behind(refused, words, tmp_path, more, named, remedy):
    err = refused(*words, *more)
    assert named in err
    assert remedy in err
    assert not (tmp_path / "a").exists()


def test_data_to_score_on_must_be_others(refused, few, tmp_path):
    err = refused("train", "mlp", "--data", few, "--test", few, "--out", tmp_path / "a")
    assert "is also trained on" in err
    assert not (tmp_path / "a").exists()


def test_what_network(refused):
    assert "see `digitlab networks`" in refused("train")
    assert "unknown network 'resnet'" in refused("train", "resnet")


def test_folders_where_no_run_can_be(command, refused, words, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path / "file", tmp_path / "file" / "a", "/proc/none/a", tmp_path / ("x" * 300)):
        assert str(place) in refused(*words[:-1], place, "--set", "max_steps=1")
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_run_is_not_written_over(refused, make_run):
    folder = make_run("a")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert "holds a run already" in refused("train", "softmax", "--out", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_diverged_training(command, words):
    hidden = ",".join(["50"] * 60)
    fields = ("--set", "optimizer=sgd", "--set", "learning_rate=100", "--option", f"hidden={hidden}")
    code, out, err = command(*words, *fields, "--set", "max_steps=3")
    assert (code, out) == (2, "")
    assert err.splitlines()[-2].startswith("error: the loss is no longer a finite number")
    assert "learning rate, which is 100" in err.splitlines()[-1]


def test_resume(command, refused, make_run, tmp_path):
    folder = make_run("a")
    code, out, err = command("train", "--resume", folder, "--json")
    assert code == 0
    assert json.loads(out)["run"] == str(folder)
    assert "finished already" in err
    assert "not of mlp" in refused("train", "mlp", "--resume", folder)
    others = (("--set", "learning_rate=3"), ("--option", "a=1"), ("--recipe", "default"), ("--seed", 0))
    others += (("--out", tmp_path / "b"), ("--seeds", 2), ("--seeds", 1), ("--data", "mnist:train"))
    others += (("--validation", "none"), ("--validation", "stratified:10%"), ("--test", "none"))
    others += (("--from", folder), ("--until", "train_loss=1"))
    for more in others:
        assert f"{more[0]}" in (error := refused("train", "--resume", folder, *more))
        assert "does not go with --resume" in error
    assert "is not a run" in refused("train", "--resume", tmp_path)


def test_going_on(command, refused, make_run):
    folder, long = make_run("a"), make_run("b", "--set", "max_steps=30")
    assert "has 20 steps already" in refused("train", "--resume", folder, "--set", "max_steps=3")
    assert "max_steps=many" in refused("train", "--resume", folder, "--set", "max_steps=many")
    assert "Say which: --resume" in refused("train", "softmax", "--more-epochs", 2)
    code, out, err = command("train", "--resume", folder, "--set", "max_steps=30", "--json")
    assert (code, json.loads(out)["steps"]) == (0, 30), err
    assert (folder / "model.safetensors").read_bytes() == (long / "model.safetensors").read_bytes()
    code, out, err = command("train", "--resume", folder, "--more-epochs", 1)
    assert (code, Run.open(folder).config.recipe.max_steps) == (0, 30 + 5), err  # 250 digits in batches of 50


def test_from_another_run(command, refused, make_run, few, tmp_path):
    folder = make_run("a")
    words = ("train", "--from", folder, "--data", f"{few}[:100]", "--validation", "last:20")
    code, out, err = command(*words, "--out", tmp_path / "b", "--set", "max_steps=5", "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert (answer["network"], answer["steps"]) == ("softmax", 5)
    config = Run.open(tmp_path / "b").config
    assert config.recipe == replace(Run.open(folder).config.recipe, max_steps=5)
    assert config.initial_weights == str((folder / "model.safetensors").resolve())
    assert "is a run of softmax, not of mlp" in refused(words[0], "mlp", *words[1:])
    assert "--option does not go with --from" in refused(*words, "--option", "inputs=3")
    assert "there is no model at" in refused("train", "--from", tmp_path / "none")
    code, out, err = command(*words, "--out", tmp_path / "c", "--seeds", 2, "--set", "max_steps=5", "--json")
    assert (code, json.loads(out)["seeds"]) == (0, [0, 1]), err


def test_until_a_metric_is_good_enough(command, refused, few, tmp_path):
    words = ("train", "softmax", "--data", few, "--validation", "last:50", "--set", "eval_every=5")
    code, out, err = command(*words, "--until", "validation_accuracy=0.3", "--out", tmp_path / "a")
    assert code == 0, err
    assert out.rstrip().endswith("The target validation_accuracy=0.3 was reached")
    history = Run.open(tmp_path / "a").history()
    assert history[-1].validation_accuracy >= 0.3
    assert all(entry.validation_accuracy < 0.3 for entry in history[:-1])
    never = ("--until", "validation_loss=1e-9", "--set", "max_steps=20", "--out", tmp_path / "b")
    code, out, err = command(*words, *never)
    assert "The target validation_loss=1e-9 was not reached" in out
    assert Run.open(tmp_path / "b").metrics()["steps"] == 20
    assert "until='0.98'" in refused(*words, "--until", "0.98")
    code, out, err = command(
        "train", "--from", tmp_path / "a", "--out", tmp_path / "c", "--until", "none", "--json"
    )
    assert (code, json.loads(out)["until"]) == (0, None), err


def test_overfitting_is_said(command, few, tmp_path):
    fields = ("--set", "epochs=60", "--set", "learning_rate=0.01", "--option", "hidden=50")
    code, out, err = command("train", "mlp", "--data", few, "--validation", "last:50", *fields, "--json")
    assert code == 0, err
    answer = json.loads(out)
    train, validation = (answer["metrics"][split]["accuracy"] for split in ("train", "validation"))
    assert answer["gap"] == pytest.approx(train - validation)
    assert answer["overfitting"].startswith("It overfits: since entry ")


def test_seeds_that_are_trained_together_say_that_they_differ_from_one_alone(command, few, tmp_path):
    words = ("train", "mlp", "--data", few, "--validation", "last:50", "--set", "max_steps=9")
    small = ("--option", "hidden=9", "--out", tmp_path / "a")
    assert "trained together, which takes sums in another order" in command(*words, *small, "--seeds", 2)[2]
    large = ("--option", "hidden=100", "--out", tmp_path / "b")
    err = command(*words, *large, "--seeds", 2)[2]
    assert "another order" not in err  # one thread, as alone
    command(*words, "--option", "hidden=100", "--out", tmp_path / "c")
    alone = (tmp_path / "c" / "model.safetensors").read_bytes()
    assert (tmp_path / "b" / "seed-0" / "model.safetensors").read_bytes() == alone


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("{", "cannot read"),
        ('{"schema_version": 3}', "schema version 3"),
        ('{"schema_version": 1}', "schema version 1; this digitlab reads version 2: an older digitlab wrote"),
        ('{"schema_version": 2}', "is missing"),
    ],
)
def test_a_damaged_run_json(refused, make_run, content, named):
    folder = make_run("a")
    (folder / "run.json").write_text(content)
    for words in (
        ("train", "--resume", folder),
        ("evaluate", folder),
        ("compare", folder),
        ("export", folder, "--to", "a.onnx"),
    ):
        assert named in refused(*words)


def test_a_full_disk_while_saving(refused, command, words, tmp_path, monkeypatch):
    write = Path.write_bytes

    def full(self, content):
        if "model" in self.name:
            write(self, content[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        code, out, err = command(*words, "--set", "max_steps=3")
    assert (code, out) == (2, "")
    assert f"cannot write {tmp_path / 'a' / 'model.safetensors'}: No space left on device" in err
    assert not any("part" in name for name in os.listdir(tmp_path / "a"))
    assert command("train", "--resume", tmp_path / "a")[0] == 0  # once there is room again


@pytest.mark.slow
def test_interrupted_and_resumed(few, tmp_path):
    begun = [sys.executable, "-m", "digitlab", "train"]
    words = [
        "softmax",
        "--data",
        few,
        "--validation",
        "none",
        "--out",
        tmp_path / "a",
        "--set",
        "max_steps=9999999",
    ]
    process = subprocess.Popen(
        [*begun, *words, "--set", "eval_every=200"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "9,999,999 steps" in process.stderr.readline()
    for _ in range(3):
        assert "(epoch " in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    left = ["checkpoint", "data.json", "history.csv", "run.json"]
    assert sorted(os.listdir(tmp_path / "a")) == left
    assert len(Run.open(tmp_path / "a").history()) >= 3
    assert os.listdir(tmp_path / "a" / "checkpoint") == ["state.safetensors"]
    # resumable: shortened, so that it ends
    path = tmp_path / "a" / "run.json"
    path.write_text(path.read_text().replace('"max_steps": 9999999', '"max_steps": 400'))
    subprocess.run([*begun, "--resume", tmp_path / "a"], check=True, capture_output=True)
    assert Run.open(tmp_path / "a").finished


def test_why_it_stopped_and_which_weights_are_kept(command, few, tmp_path):
    fields = ("--data", few, "--validation", "last:50", "--set", "learning_rate=1", "--set", "patience=1")
    code, out, err = command("train", "mlp", *fields, "--set", "epochs=30", "--out", tmp_path / "a")
    assert code == 0, err
    best = Run.open(tmp_path / "a").metrics()["best_entry"]
    assert out.rstrip().endswith(
        f"It stopped early: entry {best} was the best, and the best weights are kept"
    )
    code, out, _ = command(
        "train",
        "mlp",
        *fields,
        "--set",
        "restore_best=false",
        "--set",
        "epochs=30",
        "--out",
        tmp_path / "b",
    )
    assert out.rstrip().endswith("the last weights are kept")


def test_a_network_that_has_learned_nothing_is_noted(command, few, tmp_path):
    words = ("train", "mlp", "--data", few, "--validation", "none", "--set", "max_steps=100")
    high = ("--set", "optimizer=sgd", "--set", "learning_rate=50")
    assert "learning rate, 50, may be too high" in command(*words, *high, "--out", tmp_path / "a")[2]
    assert "too high" not in command(*words, "--out", tmp_path / "b")[2]


def test_what_seeds_takes(refused):
    assert "--seed 0 --seeds 5" in refused("train", "mlp", "--seeds", "0-4")


def test_an_inherited_test_set_is_named(command, make_run, tmp_path):
    folder = make_run("a", "--test", "mnist:test[:100]")
    words = ("train", "--from", folder, "--set", "max_steps=2")
    note = f"note: tested on mnist:test[:100], as {folder} was"
    assert note in command(*words, "--out", tmp_path / "b")[2]
    assert note not in command(*words, "--test", "none", "--out", tmp_path / "c")[2]
