"""What is told of a training on standard error where there is no terminal."""

import pytest

from digitlab.jobs import Job, Progress
from digitlab.runs import DataConfig, progress, train, train_seeds
from digitlab.training import HistoryEntry, Recipe
from digitlab.training.history import history_to_csv


def _entry(number, loss):
    return HistoryEntry(number, 10 * number, float(number), 0.1, loss, 0.5)


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(progress, "LINE_SECONDS", -1.0)


def test_seeds_that_are_trained_together_have_a_line_for_each_epoch(tmp_path, capsys):
    data = DataConfig(train="mnist:train[:300]", validation="last:50")
    options = {"hidden": (5,)}
    train_seeds("mlp", options, Recipe(epochs=2), data, tmp_path / "a", seeds=3, progress=True)
    lines = [line for line in capsys.readouterr().err.splitlines() if "epoch" in line]
    assert [line.split(" (step")[0] for line in lines] == [
        "mlp, seeds 0 to 2: epoch 1",
        "mlp, seeds 0 to 2: epoch 2",
    ]
    assert all(line.endswith("(mean of 3 seeds)") for line in lines)


def test_jobs_tell_the_epoch_of_each_seed(tmp_path, capsys, at_once):
    jobs = {f"seed-{n}": Job(f"seed-{n}", print, {}) for n in range(3)}
    (tmp_path / "seed-0").mkdir()
    (tmp_path / "seed-0" / "history.csv").write_text(history_to_csv([_entry(1, 0.5), _entry(2, 0.4)]))
    (tmp_path / "seed-1").mkdir()
    (tmp_path / "seed-1" / "history.csv").write_text("entry,st")  # just being written
    running = Progress(jobs, running={"seed-0": 0.0, "seed-1": 0.0})
    told = progress.TrainingProgress("mlp", Recipe(epochs=9))
    told.on_jobs(running, tmp_path)
    progress.TrainingProgress("mlp", Recipe(max_steps=500)).on_jobs(running, tmp_path)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("mlp: 0 of 3 runs done, 2 running (seed-0: epoch 2 of 9, seed-1: begun)")
    assert "seed-0: 20 of 500 steps" in lines[1]


def test_a_long_training_says_early_how_long_it_takes(tmp_path, capsys, monkeypatch):
    clock = iter(range(0, 10_000, 2))  # each look at the clock is two seconds after the last
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    data = DataConfig(train="mnist:train[:300]", validation="last:50")
    train("softmax", {}, Recipe(max_steps=100, eval_every=100), data, tmp_path / "a", progress=True)
    told = [line for line in capsys.readouterr().err.splitlines() if "at this speed" in line]
    assert len(told) == 1
    assert "min" in told[0]
