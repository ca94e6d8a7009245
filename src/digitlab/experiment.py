"""An experiment from start to end: load digits, build, train, score, draw, and leave a run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Digits
from digitlab.errors import DataError, ModelError
from digitlab.evaluation import Scores, predict_logits, score
from digitlab.figures import Curve, draw_confusion, draw_curves, save_figure
from digitlab.files import write_bytes
from digitlab.models import Model
from digitlab.networks import Network, architecture, build
from digitlab.training import (
    Callback,
    DataPlan,
    Examples,
    Fitted,
    LoadedData,
    Period,
    Recipe,
    Run,
    RunFacts,
    check_training,
    environment,
    fit,
    new_run_folder,
)

__all__ = ["evaluate", "resume", "train", "train_seeds", "write_confusion"]

T = TypeVar("T")

SPLIT_SHOWN = ("test", "validation", "train")
"""Of which split the confusion matrix is drawn: the first of these that the run has."""


def train(
    network: str,
    options: Mapping[str, object] | None = None,
    recipe: Recipe | None = None,
    data: DataPlan | None = None,
    out: Path | None = None,
    *,
    callbacks: Sequence[Callback] = (),
    on_period: Callable[[Period], None] | None = None,
) -> Run:
    """Trains a network and leaves a finished run.

    Args:
        network: A name from `ARCHITECTURES`.
        options: Its options. `inputs`, where the network has it, is by default the size of the data.
        recipe: How to train; by default the recipe `default`.
        data: What to train on; by default MNIST with a tenth held out for validation.
        out: The run's folder; by default the next free `runs/NETWORK-N`.
        callbacks: Called after every step.
        on_period: Called with each line of history as it comes.

    Raises:
        DigitlabError: If a setting, the data or the folder does not do.
    """
    recipe, data = recipe or Recipe(), data or DataPlan()
    architecture(network).complete(options or {})
    data.check()
    loaded, load_seconds = _timed(data.load)
    built = build(network, seed=recipe.seed, **_fitted_options(network, options or {}, loaded.train))
    splits = _splits(loaded)
    _check(built, recipe, splits)
    folder = out or new_run_folder(network)
    facts = RunFacts(
        network=network, options=built.options, recipe=recipe, data=data, environment=environment()
    )
    run = Run.create(folder, facts)
    return _train(run, built, splits, load_seconds, callbacks, on_period)


def resume(
    folder: Path,
    *,
    callbacks: Sequence[Callback] = (),
    on_period: Callable[[Period], None] | None = None,
) -> Run:
    """Finishes the run in `folder` from where it was stopped; a finished run is returned as it is.

    Args:
        folder: A folder that `train` made.
        callbacks: As in `train`.
        on_period: As in `train`.

    Raises:
        DigitlabError: If the folder holds no run, or its data are no longer there.
    """
    run = Run.open(folder)
    if run.finished:
        return run
    facts = run.facts
    loaded, load_seconds = _timed(facts.data.load)
    built = build(facts.network, seed=facts.seed, **facts.options)
    return _train(run, built, _splits(loaded), load_seconds, callbacks, on_period)


def evaluate(model: Model, digits: Digits) -> Scores:
    """Scores a model on digits.

    Raises:
        DataError: If the model does not take pictures of that size.
        ModelError: If its logits are not finite.
    """
    shape = (digits.height, digits.width)
    fits = model.input_shape in (shape, (shape[0] * shape[1],))
    if not fits:
        takes = " x ".join(map(str, model.input_shape))
        raise DataError(
            f"{model.network} takes inputs of {takes}; {digits.name} has {shape[0]} x {shape[1]}",
            "Give it digits of the size it was trained on (--data).",
        )
    return score(_finite(model.logits(digits.ink()), model.network), digits.labels)


def write_confusion(scores: Scores, title: str, path: Path) -> None:
    """Draws the confusion matrix of `scores` to the PNG file `path`.

    Raises:
        OutputError: If the operating system refuses.
    """
    write_bytes(path, save_figure(draw_confusion(scores.confusion, title)))


def train_seeds(
    network: str,
    options: Mapping[str, object],
    recipe: Recipe,
    data: DataPlan,
    out: Path | None,
    *,
    seeds: int,
    train_one: Callable[..., Run] = train,
) -> tuple[Path, list[Run]]:
    """Trains the same network several times, with the seeds from `recipe.seed` on.

    Args:
        network: As in `train`.
        options: As in `train`.
        recipe: As in `train`; its seed is the first.
        data: As in `train`.
        out: A folder for the runs, which are called `seed-N` in it; by default as in `train`.
        seeds: How many times.
        train_one: Called as `train` is, for each seed.

    Returns:
        The folder and the runs in it.
    """
    folder = out or new_run_folder(network)
    numbers = range(recipe.seed, recipe.seed + seeds)
    return folder, [
        train_one(network, options, replace(recipe, seed=seed), data, folder / f"seed-{seed}")
        for seed in numbers
    ]


def _train(
    run: Run,
    network: Network,
    splits: Mapping[str, Examples],
    load_seconds: float,
    callbacks: Sequence[Callback],
    on_period: Callable[[Period], None] | None,
) -> Run:
    """Trains, scores, draws, and writes it all into the run's folder."""
    fitted = fit(
        network,
        run.facts.recipe,
        splits["train"],
        splits.get("validation"),
        callbacks=callbacks,
        on_period=on_period,
        checkpoint=run.checkpoint,
    )
    scores, scoring_seconds = _timed(lambda: _score(network, splits))
    _draw(run, fitted, scores)
    run.finish(
        network,
        fitted.history,
        {
            "splits": {name: split.as_plain() for name, split in scores.items()},
            "parameters": network.parameter_count(),
            "steps": fitted.steps,
            "best_period": fitted.best_period,
            "stopped_early": fitted.stopped_early,
            "hardware": vars(fitted.hardware),
            "train_seconds": fitted.train_seconds,
            "load_seconds": load_seconds,
            "evaluation_seconds": fitted.evaluation_seconds + scoring_seconds,
        },
    )
    return run


def _splits(loaded: LoadedData) -> dict[str, Examples]:
    return {name: Examples.of(digits) for name, digits in loaded.splits().items()}


def _check(network: Network, recipe: Recipe, splits: Mapping[str, Examples]) -> None:
    """Refuses what cannot be trained and scored, before anything is written."""
    check_training(network, recipe, splits["train"], splits.get("validation"))
    if "test" in splits:
        splits["test"].check_fit(network)


def _score(network: Network, splits: Mapping[str, Examples]) -> dict[str, Scores]:
    return {
        name: score(_finite(predict_logits(network, examples.inputs), network.name), examples.labels.numpy())
        for name, examples in splits.items()
    }


def _finite(logits: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if not np.isfinite(logits).all():
        raise ModelError(
            f"{name} gives logits that are not numbers",
            "Its training diverged: train again with a lower learning rate.",
        )
    return logits


def _draw(run: Run, fitted: Fitted, scores: Mapping[str, Scores]) -> None:
    """Draws the run's two pictures: learning curves and a confusion matrix."""
    history = fitted.history
    epochs = [period.epoch for period in history]
    curves = [Curve("training", epochs, [p.train_loss for p in history], [p.train_accuracy for p in history])]
    if history[-1].validation_loss is not None:
        loss = [p.validation_loss or 0.0 for p in history]
        accuracy = [p.validation_accuracy or 0.0 for p in history]
        curves.append(Curve("validation", epochs, loss, accuracy))
    best = history[fitted.best_period - 1].epoch if fitted.best_period else None
    title = f"{run.facts.network}, seed {run.facts.seed}"
    write_bytes(run.folder / "curves.png", save_figure(draw_curves(curves, title, best)))
    split = next(name for name in SPLIT_SHOWN if name in scores)
    shown = scores[split]
    title = f"Which digits does {title} take for which?\n{split} digits: {shown.accuracy:.2%} of {shown.n:,}"
    write_confusion(shown, title, run.folder / "confusion.png")


def _fitted_options(network: str, options: Mapping[str, object], train: Digits) -> dict[str, Any]:
    """`options`, with `inputs` as the pictures have it where the network takes any size."""
    if architecture(network).input_shape is None:
        return {"inputs": train.height * train.width, **options}
    return dict(options)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started
