"""Progress lines: the coming batch, before its step and without dropout."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from digitlab.data import mnist
from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import build
from digitlab.studies.progress_lines import ProgressLines, read_progress_lines
from digitlab.training import Examples, Recipe, StepCounts, fit, iter_batches

OPTIONS = {"hidden": (9,), "dropout": 0.5}


def test_lines_are_of_the_networks_that_the_steps_before_left(tmp_path: Path) -> None:
    train = Examples.of(mnist("train").take(200))
    recipe = Recipe(batch_size=20, max_steps=12, learning_rate=0.01, seed=3)
    network = build("mlp", seed=3, **OPTIONS)
    lines = ProgressLines(tmp_path, network, recipe, train, every=4)
    fit(network, recipe, train, callbacks=[lines])

    found = read_progress_lines(tmp_path)
    assert [step for step, _, _ in found] == [0, 4, 8]  # not 12: no step follows it
    counts = StepCounts.of(recipe, len(train))
    for step, loss, accuracy in found:
        shorter = build("mlp", seed=3, **OPTIONS)
        if step:
            fit(shorter, Recipe(batch_size=20, max_steps=step, learning_rate=0.01, seed=3), train)
        inputs, labels = next(iter_batches(train, [3], recipe, counts, step, step + 1))
        expected = accuracy_and_log_loss(predict_logits(shorter, inputs[0]), labels[0].numpy())
        np.testing.assert_allclose((accuracy, loss), expected, rtol=1e-5)


def test_the_callback_does_not_change_the_training(tmp_path: Path) -> None:
    train = Examples.of(mnist("train").take(200))
    recipe = Recipe(batch_size=20, max_steps=8)
    plain, watched = build("mlp", **OPTIONS), build("mlp", **OPTIONS)
    fit(plain, recipe, train)
    fit(watched, recipe, train, callbacks=[ProgressLines(tmp_path, watched, recipe, train, every=3)])
    for name, weight in plain.state_dict().items():
        assert weight.equal(watched.state_dict()[name]), name


def test_lines_written_twice_count_once(tmp_path: Path) -> None:
    (tmp_path / "progress_lines.csv").write_text("0,2.3,0.1\n100,0.5,0.9\n100,0.5,0.9\n200,0.4,0.95\n")
    assert read_progress_lines(tmp_path) == [(0, 2.3, 0.1), (100, 0.5, 0.9), (200, 0.4, 0.95)]
