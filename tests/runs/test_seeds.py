"""Several seeds of one network: stacked or as jobs, killed and resumed to the same bits."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
import safetensors.torch
import torch

from digitlab.data import mnist
from digitlab.errors import RunError, TrainingError
from digitlab.jobs import JobReport, WorkerDiedError
from digitlab.runs import DataConfig, SeedRuns, resume_seeds, seeds as runs_seeds, train, train_seeds
from digitlab.training import Recipe, checkpoint

FIELDS = {"epochs": 4, "patience": 2, "optimizer": "momentum", "learning_rate": 0.1, "ema_decay": 0.9}
SMALL, LARGE = {"hidden": (20,), "dropout": 0.2}, {"hidden": (60,)}


class Killed(BaseException):
    """Stands for a kill in the same process."""


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A file of 400 digits."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    digits = mnist("train").take(400)
    np.savez(path, images=digits.images, labels=digits.labels)
    return path


def _train(few, out, options, seeds=3, **more):
    data = DataConfig(train=str(few), validation="last:100")
    return train_seeds("mlp", options, Recipe(**FIELDS, seed=5, threads=1), data, out, seeds=seeds, **more)


def _check_same(one, other):
    assert sorted(os.listdir(one)) == sorted(os.listdir(other))
    for folder in one.glob("seed-*"):
        twin = other / folder.name
        assert sorted(os.listdir(folder)) == sorted(os.listdir(twin))
        here = safetensors.torch.load_file(folder / "model.safetensors")
        there = safetensors.torch.load_file(twin / "model.safetensors")
        assert all(torch.equal(here[name], there[name]) for name in here)
        for name in ("history.csv", "curves.png", "confusion.png"):
            assert (folder / name).read_bytes() == (twin / name).read_bytes(), name


def test_a_stack_stopped_again_and_again(few, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SHARE_OF_TIME", 1e9)  # saves at every entry
    _, whole = _train(few, tmp_path / "whole", SMALL)
    assert {run.metrics()["n_stacked_seeds"] for run in whole} == {3}
    total = max(run.metrics()["steps"] for run in whole)

    def kill(at):
        def callback(info):
            if info.step == at:
                raise Killed

        return [callback]

    stopped = tmp_path / "stopped"
    with pytest.raises(Killed):
        _train(few, stopped, SMALL, callbacks=kill(total // 2))
    assert sorted(os.listdir(stopped)) == ["checkpoint", "seed-5", "seed-6", "seed-7", "seeds.json"]
    lines = (stopped / "seed-6" / "history.csv").read_text().splitlines()
    assert lines == (tmp_path / "whole" / "seed-6" / "history.csv").read_text().splitlines()[: len(lines)]
    assert len(lines) >= 2
    with pytest.raises(Killed):
        resume_seeds(stopped, callbacks=kill(total))
    told = []
    runs = resume_seeds(stopped, on_run=lambda run: told.append(run.config.seed))
    assert [run.config.seed for run in runs] == told == [5, 6, 7]
    _check_same(tmp_path / "whole", stopped)
    assert resume_seeds(stopped) == runs


def test_killed_while_the_runs_are_finished(few, tmp_path, monkeypatch):
    from digitlab import networks

    _train(few, tmp_path / "whole", SMALL)
    save, saved = networks.save_network, []

    def kill(network, path):
        if len(saved) == 1:
            raise Killed
        saved.append(path)
        save(network, path)

    with monkeypatch.context() as patch:
        patch.setattr(networks, "save_network", kill)
        with pytest.raises(Killed):
            _train(few, tmp_path / "stopped", SMALL)
    assert len(SeedRuns.open(tmp_path / "stopped").finished()) == 1
    resume_seeds(tmp_path / "stopped")
    _check_same(tmp_path / "whole", tmp_path / "stopped")


@pytest.mark.slow
@pytest.mark.parametrize("options", [SMALL, LARGE], ids=["stack", "jobs"])
def test_killed_with_sigkill_at_any_moment(few, tmp_path, options):
    _train(few, tmp_path / "whole", options)
    stopped = tmp_path / "stopped"
    words = [
        "mlp",
        "--data",
        few,
        "--validation",
        "last:100",
        "--out",
        stopped,
        "--seeds",
        "3",
        "--seed",
        "5",
    ]
    for name, value in {**options, "hidden": options["hidden"][0]}.items():
        words += ["--option", f"{name}={value}"]
    for name, value in {**FIELDS, "threads": 1}.items():
        words += ["--set", f"{name}={value}"]
    chance = random.Random(0)
    for kills in range(20):
        begun = [sys.executable, "-m", "digitlab", "train", *map(str, words)]
        process = subprocess.Popen(begun, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        first = process.stderr.readline()
        assert "parameters" in first or kills, first
        if kills < 3:
            time.sleep(chance.uniform(0, 1.5))
            process.send_signal(signal.SIGKILL)
        error = process.stderr.read()
        process.stderr.close()
        if process.wait() == 0:
            break
        assert process.returncode == -signal.SIGKILL, error
        words = ["--resume", stopped]
    for path in stopped.glob("*/.*.part*"):  # a kill within a write may leave one, under a name of its own
        path.unlink()
    _check_same(tmp_path / "whole", stopped)


def test_jobs_leave_what_a_training_in_this_process_leaves(few, tmp_path):
    told = []
    folder, runs = _train(few, tmp_path / "a", LARGE, on_run=lambda run: told.append(run.config.seed))
    assert sorted(told) == [5, 6, 7]
    assert [run.config.seed for run in runs] == [5, 6, 7]
    assert {run.metrics()["n_stacked_seeds"] for run in runs} == {1}
    assert {run.metrics()["hardware"]["threads"] for run in runs} == {1}
    for run in runs:
        names = {path.stem for path in run.folder.iterdir()}
        assert names == {"checkpoint", "confusion", "curves", "data", "history", "metrics", "model", "run"}
        assert run.config.data.train == str(few)
    assert json.loads((folder / "seeds.json").read_text())["seeds"] == [5, 6, 7]


def test_a_job_that_fails_says_why(few, tmp_path):
    recipe = Recipe(optimizer="sgd", learning_rate=100.0, epochs=3)
    data = DataConfig(train=str(few), validation="none")
    options = {"hidden": (50, 50, 50, 50)}
    with pytest.raises(TrainingError, match="no longer a finite number"):
        train_seeds("mlp", options, recipe, data, tmp_path / "a", seeds=2)


def test_a_seed_that_could_not_be_trained(few, tmp_path, monkeypatch):
    reason = "its process was killed; tried 2 times"
    report = JobReport({}, {"seed-6": reason}, {"seed-6": WorkerDiedError(reason)}, frozenset(), {}, 1.0)
    monkeypatch.setattr(runs_seeds, "run_jobs", lambda *_, **__: report)
    with pytest.raises(RunError, match="seed-6 was not trained: its process was killed; tried 2") as caught:
        _train(few, tmp_path / "a", LARGE)
    assert f"train --resume {tmp_path / 'a'}" in caught.value.remedy


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema_version": 2, "seeds": [1]}'])
def test_a_damaged_seeds_json(tmp_path, content):
    (tmp_path / "seeds.json").write_text(content)
    with pytest.raises(RunError, match="cannot read"):
        resume_seeds(tmp_path)


def test_a_folder_of_seeds_of_the_older_schema(tmp_path):
    (tmp_path / "seeds.json").write_text('{"schema_version": 1}')
    with pytest.raises(RunError, match="older digitlab"):
        resume_seeds(tmp_path)
    with pytest.raises(RunError, match="is not a run"):
        resume_seeds(tmp_path / "none")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_on_a_ray_cluster_of_two_nodes(few, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    node = {"num_cpus": 1, "object_store_memory": 80 << 20}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own, while it starts processes
        cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        try:
            cluster.add_node(**node)
            cluster.wait_for_nodes()
            for name, options in (("stack", SMALL), ("jobs", LARGE)):
                _train(few, tmp_path / name, options, seeds=2, ray=cluster.address)
        finally:
            ray.shutdown()
            cluster.shutdown()
    _train(few, tmp_path / "stack-here", SMALL, seeds=2)
    _check_same(tmp_path / "stack", tmp_path / "stack-here")
    assert sorted(os.listdir(tmp_path / "jobs")) == ["seed-5", "seed-6", "seeds.json"]
    data = DataConfig(train=str(few), validation="last:100")
    for seed in (5, 6):
        train("mlp", LARGE, Recipe(**FIELDS, seed=seed, threads=1), data, tmp_path / "here" / f"seed-{seed}")
    (tmp_path / "jobs" / "seeds.json").unlink()
    _check_same(tmp_path / "jobs", tmp_path / "here")


def test_no_cluster_there(few, tmp_path):
    with pytest.raises(RunError, match=r"127\.0\.0\.1:9"):
        _train(few, tmp_path / "a", LARGE, ray="127.0.0.1:9")
    assert not (tmp_path / "a").exists()
