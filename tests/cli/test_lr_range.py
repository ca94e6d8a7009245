"""`digitlab lr-range`."""

import json
import shlex

import pytest
from PIL import Image

from digitlab.networks import build
from digitlab.runs import DataConfig
from digitlab.training import Examples, lr_range_test, standard_recipe

KEYS = {"network", "rates", "losses", "smoothed", "suggestion", "diverged", "figure"}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_numbers_are_those_of_the_training_split_alone(command, few):
    code, out, _ = command("lr-range", "softmax", "--data", few, "--seed", 3, "--steps", 60, "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer.keys() == KEYS
    train = DataConfig(train=str(few)).load().train  # a tenth is held out, as by `train`
    assert len(train) == 270
    recipe = standard_recipe("softmax", overrides={"seed": 3})
    found = lr_range_test(build("softmax", seed=3), recipe, Examples.of(train), steps=60)
    assert answer["losses"] == list(found.losses)
    assert answer["suggestion"] == found.suggestion
    with Image.open(answer["figure"]) as drawn:
        assert drawn.format == "PNG"
    assert answer["figure"] == "runs/lr-range-softmax.png"


def test_options_and_fields(command, few, here):
    words = ("--option", "hidden=7", "--set", "optimizer=sgd", "--low", "1e-4", "--high", 1, "--steps", 50)
    figure = here / "mine.png"
    out = command("lr-range", "mlp", "--data", few, *words, "--figure", figure, "--json")[1]
    answer = json.loads(out)
    assert answer["rates"][0] == pytest.approx(1e-4)
    assert len(answer["rates"]) == len(answer["losses"]) == len(answer["smoothed"])
    assert figure.exists()
    assert not (here / "runs").exists()


def test_the_next_command_trains_at_the_suggestion(command, few, here):
    words = ["--data", str(few), "--set", "optimizer=momentum", "--set", "learning_rate=0.5", "--seed", "2"]
    code, out, _ = command("lr-range", "softmax", *words, "--steps", 60)
    assert code == 0
    lines = out.splitlines()
    suggestion = lines[0].removeprefix("suggested learning rate: ")
    assert lines[2] == "figure: runs/lr-range-softmax.png"
    program, *again = shlex.split(lines[-1].removeprefix("next: "))
    assert program == "digitlab"
    assert again[-2:] == ["--set", f"learning_rate={suggestion}"]
    assert "learning_rate=0.5" not in again
    code, _, err = command(*again, "--set", "max_steps=5", "--out", here / "run")
    assert code == 0, err
    recipe = json.loads((here / "run" / "run.json").read_text())["recipe"]
    assert recipe["learning_rate"] == float(suggestion)
    assert (recipe["optimizer"], recipe["seed"]) == ("momentum", 2)


def test_a_range_that_ends_too_low_is_noted(command, few):
    words = ("--data", few, "--steps", 60)
    assert "still falls" in command("lr-range", "softmax", *words, "--high", 0.03)[2]
    code, out, err = command("lr-range", "softmax", *words, "--high", 100)
    assert code == 0
    assert "where the loss diverged" in out
    assert "still falls" not in err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("nonsuch",), "unknown network 'nonsuch'"),
        (("softmax", "--low", 1, "--high", 0.1), "from 1 to 0.1"),
        (("softmax", "--steps", 3), "3 steps"),
        (("softmax", "--set", "momentum=0.5"), "momentum=0.5 has no effect"),
        (("softmax", "--data", "nowhere.npz"), "nowhere.npz"),
    ],
)
def test_what_is_refused(words, problem, refused):
    assert problem in refused("lr-range", *words)
