"""The run folder."""

import json
import os
import shutil
from dataclasses import replace

import pytest
import torch

from digitlab.errors import ModelError, OutputError, RunError, SettingError
from digitlab.machine import environment
from digitlab.networks import build
from digitlab.runs import DataConfig, Run, RunConfig, new_run_folder, open_runs, resume
from digitlab.runs.folder import run_files
from digitlab.training import HistoryEntry, Recipe

METRICS = {
    "splits": {"train": {"accuracy": 0.5, "log_loss": 1.0}},
    "parameters": 1,
    "steps": 1,
    "step_kind": "dense",
    "n_stacked_seeds": 1,
    "hardware": {},
    "train_seconds": 1.0,
    "load_seconds": 1.0,
    "evaluation_seconds": 1.0,
    "final_evaluation_seconds": 1.0,
}
HISTORY = [
    HistoryEntry(1, 10, 0.1 + 0.2, 0.1, 1 / 3, 0.5),
    HistoryEntry(2, 20, 2.0, 1e-20, 0.25, 0.75, 0.125, 1.0),
]


@pytest.fixture
def config():
    network = build("mlp", inputs=4, hidden=(3, 2))
    return RunConfig(
        network="mlp",
        options=network.options,
        recipe=Recipe(betas=(0.5, 0.6), max_steps=3, patience=2, seed=7),
        data=DataConfig(test="mnist:test"),
        environment=environment(),
    )


def test_what_is_written_is_read_again(config, tmp_path):
    run = Run.create(tmp_path / "a" / "b", config)
    assert not run.finished
    again = Run.open(tmp_path / "a" / "b")
    assert again.config == config
    assert again.config.seed == 7
    plain = json.loads((run.folder / "run.json").read_text())
    assert plain["schema_version"] == 2
    assert plain["split_seed"] == 0  # of the hold-out split, whatever the recipe's seed is


def test_a_finished_run(config, tmp_path):
    run = Run.create(tmp_path / "a", config)
    network = build("mlp", seed=3, inputs=4, hidden=(3, 2))
    run.finish(network, HISTORY, METRICS)
    assert run.finished
    assert run.metrics() == {"schema_version": 2, **METRICS}
    assert list(run.history()) == HISTORY
    assert all(map(torch.equal, run.network().parameters(), network.parameters()))
    names = sorted(path.name for path in run.folder.iterdir())
    assert names == ["history.csv", "metrics.json", "model.safetensors", "run.json"]


def test_a_run_of_the_older_schema_is_refused(config, tmp_path):
    """Version 1 knew neither the seed of the hold-out split nor the kind of step."""
    run = Run.create(tmp_path / "a", config)
    path = run.folder / "run.json"
    path.write_text(path.read_text().replace('"schema_version": 2', '"schema_version": 1'))
    with pytest.raises(RunError, match=r"schema version 1; .* reads version 2: an older digitlab") as caught:
        Run.open(run.folder)
    assert caught.value.remedy == "Train again into a new folder."


def test_metrics_of_the_older_schema_are_refused(config, tmp_path):
    run = Run.create(tmp_path / "a", config)
    run.finish(build("mlp", inputs=4, hidden=(3, 2)), HISTORY, METRICS)
    path = run.folder / "metrics.json"
    path.write_text(path.read_text().replace('"schema_version": 2', '"schema_version": 1'))
    with pytest.raises(RunError, match=r"metrics.json is of schema version 1"):
        run.metrics()


def test_history_is_appended_line_by_line(config, tmp_path):
    run = Run.create(tmp_path / "a", config)
    for n, entry in enumerate(HISTORY, start=1):
        run.append_history(entry)
        assert list(run.history()) == HISTORY[:n]
    run.append_history(HISTORY[0])  # resumed from before the second entry
    assert list(run.history()) == HISTORY[:1]
    (run.folder / "history.csv").unlink()
    run.append_history(HISTORY[0])
    assert list(run.history()) == HISTORY[:1]


def test_runs_of_a_folder(config, tmp_path):
    for seed in (10, 9):
        Run.create(tmp_path / f"seed-{seed}", replace(config, recipe=replace(config.recipe, seed=seed)))
    assert [run.config.seed for run in open_runs(tmp_path)] == [9, 10]
    assert [run.config.seed for run in open_runs(tmp_path / "seed-9")] == [9]
    Run.create(tmp_path / "study" / "experiment" / "stack" / "seed-3", config)
    assert len(open_runs(tmp_path)) == 3
    assert len(open_runs(tmp_path / "study")) == 1
    for path in (tmp_path / "seed-9" / "none", tmp_path / "none"):
        with pytest.raises(RunError):
            open_runs(path)


def test_a_folder_can_be_moved(config, tmp_path):
    run = Run.create(tmp_path / "a", config)
    run.finish(build("mlp", inputs=4, hidden=(3, 2)), HISTORY, METRICS)
    (tmp_path / "a").rename(tmp_path / "b")
    assert list(Run.open(tmp_path / "b").history()) == HISTORY


def test_a_run_is_never_written_over(config, tmp_path):
    Run.create(tmp_path / "a", config)
    with pytest.raises(RunError, match="holds a run already"):
        Run.create(tmp_path / "a", config)


def test_places_where_no_run_can_be(config, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path / "file", tmp_path / "file" / "below", "/proc/none"):
        with pytest.raises(OutputError, match="cannot write"):
            Run.create(tmp_path / place, config)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema_version": 3}, "schema version 3; this digitlab reads version 2"),
        ({"schema_version": None}, "schema version None"),
        ({"network": 3}, "network=3"),
        ({"options": []}, "options"),
        ({"recipe": {"learning_rate": -1}}, "recipe"),
        ({"recipe": {"pace": 1}}, "recipe|pace"),
        ({"recipe": None}, "recipe"),
        ({"data": {"train": 3}}, "data"),
        ({"more": 1}, "unknown field of a run 'more'"),
    ],
)
def test_a_run_json_that_is_not_right(config, tmp_path, change, words):
    run = Run.create(tmp_path / "a", config)
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(RunError, match=words) as caught:
        Run.open(run.folder)
    assert str(caught.value).count("\n") == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": "vast"}, "unknown network 'vast'"),
        ({"options": {"width": 3}}, "unknown option of mlp 'width'"),
    ],
)
def test_a_run_of_a_network_that_cannot_be_built_is_not_resumed(config, tmp_path, change, words):
    run = Run.create(tmp_path / "a", config)
    path = run.folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(SettingError, match=words):
        resume(run.folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"null", b"\xff\xfe", b'{"schema_version": 2}'])
def test_a_damaged_run_json(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(RunError) as caught:
        Run.open(tmp_path)
    assert str(caught.value).count("\n") == 1


def test_what_is_no_run(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "run.json").mkdir(parents=True)
    for place in ("file", "folder", "none", ""):
        with pytest.raises(RunError):
            Run.open(tmp_path / place)


def test_an_unfinished_run_says_how_to_finish_it(config, tmp_path):
    run = Run.create(tmp_path / "a", config)
    for ask in (run.metrics, run.network):
        with pytest.raises(RunError) as caught:
            ask()
        assert "train --resume" in caught.value.remedy


def test_damaged_weights_and_history(config, tmp_path):
    run = Run.create(tmp_path / "a", config)
    run.finish(build("mlp", inputs=4, hidden=(3, 2)), HISTORY, METRICS)
    (run.folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="cannot read weights"):
        run.network()
    for content in ("", "a,b\n1,2\n", (run.folder / "history.csv").read_text() + "x,1,1,1,1,1,1,1,1,1\n"):
        (run.folder / "history.csv").write_text(content)
        with pytest.raises(RunError, match="cannot read the history"):
            run.history()


def test_new_folders_are_numbered(tmp_path):
    names = [new_run_folder("mlp", tmp_path / "runs").name for _ in range(3)]
    assert names == ["mlp-1", "mlp-2", "mlp-3"]
    (tmp_path / "runs" / "mlp-2").rmdir()
    assert new_run_folder("mlp", tmp_path / "runs").name == "mlp-2"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        new_run_folder("mlp", tmp_path / "file")


def test_the_environment_names_versions_and_machine():
    told = environment()
    assert told["torch"] == torch.__version__
    assert told["cores"] >= 1
    assert told["processor"]
    json.dumps(told)


def test_runs_below_a_folder_while_others_change_it(tmp_path, monkeypatch):
    for name in ("a", "b/c/d/e", "b/c/d/e/f", ".trash/x", "b/.hidden/x", "gone"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "run.json").touch()
    scan = os.scandir

    def scan_as_it_vanishes(path):
        if path == tmp_path / "gone":
            shutil.rmtree(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_as_it_vanishes)
    found = {file.parent.relative_to(tmp_path).as_posix() for file in run_files(tmp_path)}
    assert found == {"a", "b/c/d/e", "gone"}  # it was there at the first look
    assert run_files(tmp_path / "gone") == []
