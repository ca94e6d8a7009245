"""`docs/training_loop_in_60_lines.py` ends with the weights of `fit`."""

import importlib.util
from pathlib import Path

import torch

from digitlab.data import mnist
from digitlab.networks import build
from digitlab.training import Examples, Recipe, fit

PATH = Path(__file__).parents[2] / "docs" / "training_loop_in_60_lines.py"


def test_the_teaching_version_is_fit_without_options(capsys):
    spec = importlib.util.spec_from_file_location("teaching_loop", PATH)
    teaching = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(teaching)
    digits = mnist("train").take(1000)
    examples = Examples.of(digits)
    plain, ours = (build("mlp", hidden=(30,), seed=teaching.SEED) for _ in range(2))
    teaching.train(plain, examples.inputs, examples.labels)
    recipe = Recipe(
        optimizer="sgd",
        learning_rate=teaching.LEARNING_RATE,
        batch_size=teaching.BATCH_SIZE,
        epochs=teaching.EPOCHS,
        seed=teaching.SEED,
    )
    fit(ours, recipe, examples)
    for one, other in zip(plain.parameters(), ours.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    assert capsys.readouterr().out.count("epoch") == teaching.EPOCHS
    assert len(PATH.read_text().splitlines()) <= 60
