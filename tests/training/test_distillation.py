"""Distillation: a network that learns from the probabilities of others."""

import sys
from pathlib import Path

import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import ModelError, SettingError
from digitlab.networks import build, load_network
from digitlab.runs import DataConfig, Run, resume, resume_seeds, train, train_seeds
from digitlab.runs.train import train_run
from digitlab.training import Examples, Recipe, fit
from digitlab.training.distributed import ProcessGroup
from digitlab.training.hardware import choose_hardware
from digitlab.training.step import AutogradStep, StepSetup

DATA = DataConfig(train="mnist:train[:300]", validation="last:50")


@pytest.fixture(scope="module")
def examples():
    return Examples.of(mnist("train").take(60))


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_the_gradient_is_that_of_the_mixed_target(examples, share):
    """Cross-entropy with the target (1 - share) label + share (mean of the teachers' probabilities)."""
    recipe = Recipe(optimizer="sgd", distillation=share, threads=1)
    teachers = tuple(build("mlp", seed=seed, hidden=(8,)) for seed in (5, 6))
    network, same = build("mlp", hidden=(8,)), build("mlp", hidden=(8,))
    setup = StepSetup(recipe, choose_hardware(recipe, network), ProcessGroup(), 0, teachers)
    AutogradStep([network], [0], setup).take(examples.inputs[None], examples.labels[None], 0, 1.0)

    one_hot = torch.eye(10)[examples.labels]
    soft = sum(teacher(examples.inputs).softmax(1) for teacher in teachers) / 2
    target = ((1 - share) * one_hot + share * soft).detach()
    loss = -(target * same(examples.inputs).log_softmax(1)).sum(1).mean()
    loss.backward()
    for after, before in zip(network.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(after, before - before.grad, atol=1e-6, rtol=1e-4)


def test_teachers_and_share_go_together(examples):
    with pytest.raises(SettingError, match=r"distillation=0.5 and no teacher"):
        fit(build("mlp", hidden=(8,)), Recipe(distillation=0.5), examples)
    with pytest.raises(SettingError, match="distillation=0 and 1 teachers"):
        fit(build("mlp", hidden=(8,)), Recipe(), examples, teachers=[build("softmax")])
    with pytest.raises(SettingError, match="swift cannot teach recognizer"):
        fit(build("recognizer"), Recipe(distillation=0.5), examples, teachers=[build("swift")])


def test_a_run_keeps_its_teachers_and_resumes_without_the_originals(tmp_path):
    recipe = Recipe(epochs=1, threads=1)
    for seed in (0, 1):
        train("mlp", {"hidden": (8,)}, recipe, DATA, tmp_path / "teachers" / f"seed-{seed}")
    distilled = Recipe(epochs=1, distillation=0.5, threads=1)
    longer = Recipe(epochs=2, distillation=0.5, threads=1)
    teachers = [tmp_path / "teachers"]
    whole = train("mlp", {"hidden": (8,)}, longer, DATA, tmp_path / "whole", teachers=teachers)
    begun = train("mlp", {"hidden": (8,)}, distilled, DATA, tmp_path / "begun", teachers=teachers)
    assert len(begun.config.teachers) == 2
    (tmp_path / "teachers").rename(tmp_path / "elsewhere")
    resumed = resume(begun.folder, more_epochs=1)
    for one, other in zip(resumed.network().parameters(), whole.network().parameters(), strict=True):
        assert torch.equal(one, other)
    assert load_network(begun.folder / "teachers" / "1.safetensors").name == "mlp"
    with pytest.raises(ModelError, match="there is no teacher at"):
        train("mlp", {}, distilled, DATA, tmp_path / "x", teachers=teachers)


def test_a_run_without_teachers_trains_its_own_first(tmp_path):
    recipe = Recipe(epochs=3, distillation=0.5, teachers=2, threads=1)
    run = train("mlp", {"hidden": (8,)}, recipe, DATA, tmp_path / "a")
    teachers = [Run.open(tmp_path / "a" / "teachers" / f"seed-{seed}") for seed in (0, 1)]
    assert [teacher.config.recipe for teacher in teachers] == [
        Recipe(epochs=2, threads=1, seed=0),
        Recipe(epochs=2, threads=1, seed=1),
    ]
    given = train(
        "mlp",
        {"hidden": (8,)},
        Recipe(epochs=3, distillation=0.5, threads=1),
        DATA,
        tmp_path / "b",
        teachers=[tmp_path / "a" / "teachers"],
    )
    for one, other in zip(run.network().parameters(), given.network().parameters(), strict=True):
        assert torch.equal(one, other)


def test_teachers_are_shared_by_seeds_and_resumed(tmp_path, monkeypatch):
    recipe = Recipe(epochs=2, distillation=0.5, teachers=2, threads=1)
    begun = []

    def interrupted(folder, *others, **named):
        begun.append(folder.name)
        if folder.name == "seed-1" and len(begun) == 2:
            raise KeyboardInterrupt
        return train_run(folder, *others, **named)

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["digitlab.runs.train"], "train_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_seeds("mlp", {"hidden": (8,)}, recipe, DATA, tmp_path / "a", seeds=2)
    runs = resume_seeds(tmp_path / "a")
    assert [run.config.seed for run in runs] == [0, 1]
    assert {run.config.teachers for run in runs} == {runs[0].config.teachers}
    assert [Path(file).parts[-3:-1] for file in runs[0].config.teachers] == [
        ("teachers", "seed-0"),
        ("teachers", "seed-1"),
    ]
    assert not (runs[0].folder / "teachers" / "seed-0").exists()  # only copies of the weights
