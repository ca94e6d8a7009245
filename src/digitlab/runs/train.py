"""An experiment from start to end: load digits, build, train, and leave a finished run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from digitlab.data import Digits
from digitlab.errors import SettingError
from digitlab.networks import Network, architecture, build
from digitlab.processes import exit_with_parent
from digitlab.runs.config import DataConfig, RunConfig, environment
from digitlab.runs.evaluate import evaluate_and_save
from digitlab.runs.folder import Run, new_run_folder
from digitlab.training import (
    Callback,
    Examples,
    OnHistory,
    Recipe,
    available_cores,
    check_training,
    fit,
    plan_stacks,
)

__all__ = ["resume", "train", "train_seeds", "train_worker"]


def train(
    network: str,
    options: Mapping[str, object] | None = None,
    recipe: Recipe | None = None,
    data: DataConfig | None = None,
    out: Path | None = None,
    *,
    callbacks: Sequence[Callback] = (),
    on_history: OnHistory | None = None,
) -> Run:
    """Trains a network and leaves a finished run.

    Args:
        network: A name from `ARCHITECTURES`.
        options: Its options. `inputs`, where the network has it, is by default the size of the data.
        recipe: How to train; by default the recipe `default`.
        data: What to train on; by default MNIST with a tenth held out for validation.
        out: The run's folder; by default the next free `runs/NETWORK-N`.
        callbacks: Called after every step.
        on_history: Called with each line of history as it comes.

    Raises:
        DigitlabError: If a setting, the data or the folder does not do.
    """
    recipe = recipe or Recipe()
    prepared = _prepare(network, options or {}, recipe, data or DataConfig())
    run = prepared.begin(out or new_run_folder(network), recipe)
    return _finish(run, prepared.network, prepared, callbacks, on_history)


def train_seeds(
    network: str,
    options: Mapping[str, object] | None = None,
    recipe: Recipe | None = None,
    data: DataConfig | None = None,
    out: Path | None = None,
    *,
    seeds: int,
    on_run: Callable[[Run], None] | None = None,
) -> tuple[Path, list[Run]]:
    """Trains the same network several times, with the seeds from `recipe.seed` on.

    Dense networks are trained all at once as one batched computation (`fit`); others in
    one process for each core, with one thread each.

    Args:
        network: As in `train`.
        options: As in `train`.
        recipe: As in `train`; its seed is the first.
        data: As in `train`.
        out: A folder for the runs, which are called `seed-N` in it; by default as in `train`.
        seeds: How many times.
        on_run: Called with each run as it is finished.

    Returns:
        The folder and the finished runs in it, by seed.

    Raises:
        DigitlabError: As `train` does.
    """
    recipe = recipe or Recipe()
    prepared = _prepare(network, options or {}, recipe, data or DataConfig())
    folder = out or new_run_folder(network)
    recipes = [replace(recipe, seed=seed) for seed in range(recipe.seed, recipe.seed + seeds)]
    if len(plan_stacks(prepared.network, recipe, [one.seed for one in recipes])) == 1:
        runs = _train_stacked(prepared, recipes, folder)
        for run in runs:
            if on_run:
                on_run(run)
        return folder, runs
    return folder, _train_in_processes(prepared, recipes, folder, on_run)


def resume(
    folder: Path,
    *,
    callbacks: Sequence[Callback] = (),
    on_history: OnHistory | None = None,
) -> Run:
    """Finishes the run in `folder` from where it was stopped; a finished run is returned as it is.

    Args:
        folder: A folder that `train` made.
        callbacks: As in `train`.
        on_history: As in `train`.

    Raises:
        DigitlabError: If the folder holds no run, or its data are no longer there.
    """
    run = Run.open(folder)
    if run.finished:
        return run
    facts = run.config
    prepared = _prepare(facts.network, facts.options, facts.recipe, facts.data)
    return _finish(run, prepared.network, prepared, callbacks, on_history)


def train_worker(
    network: str, options: Mapping[str, object], recipe: Recipe, data: DataConfig, folder: Path | None = None
) -> None:
    """Takes part in the training of a team without leading it; writes nothing (see `training/team.py`).

    Args:
        network: As in `train`, the same in every process.
        options: As in `train`.
        recipe: As in `train`.
        data: As in `train`.
        folder: The run that is resumed; None for a new one.

    Raises:
        DigitlabError: As `train` does.
    """
    prepared = _prepare(network, options, recipe, data)
    splits = prepared.splits
    checkpoint = Run.open(folder).checkpoint if folder else None
    fit(prepared.network, recipe, splits["train"], splits.get("validation"), checkpoint=checkpoint)


@dataclass(frozen=True)
class _Prepared:
    """An experiment of which everything is loaded, built and checked, and nothing yet written."""

    network: Network
    data: DataConfig
    splits: Mapping[str, Examples]
    load_seconds: float

    def begin(self, folder: Path, recipe: Recipe) -> Run:
        facts = RunConfig(
            network=self.network.name,
            options=self.network.options,
            recipe=recipe,
            data=self.data,
            environment=environment(),
        )
        return Run.create(folder, facts)


def _prepare(network: str, options: Mapping[str, object], recipe: Recipe, data: DataConfig) -> _Prepared:
    """Refuses what cannot be trained and scored, before anything is written."""
    architecture(network).with_defaults(options)
    data.check()
    started = time.perf_counter()
    loaded = data.load()
    load_seconds = time.perf_counter() - started
    built = build(network, seed=recipe.seed, **_fitted_options(network, options, loaded.train))
    if built.options.get("outputs", 10) != 10:
        raise SettingError(
            f"option of {network} outputs={built.options['outputs']}: there are ten digits",
            "Leave outputs out, or train DigitClassifier on classes of your own.",
        )
    splits = {name: Examples.of(digits) for name, digits in loaded.splits().items()}
    check_training(built, recipe, splits["train"], splits.get("validation"))
    if "test" in splits:
        splits["test"].check_fit(built)
    return _Prepared(built, data, splits, load_seconds)


def _finish(
    run: Run,
    network: Network,
    prepared: _Prepared,
    callbacks: Sequence[Callback] = (),
    on_history: OnHistory | None = None,
) -> Run:
    """Trains from where the run stands to its end."""
    fitted = fit(
        network,
        run.config.recipe,
        prepared.splits["train"],
        prepared.splits.get("validation"),
        callbacks=callbacks,
        on_history=on_history,
        checkpoint=run.checkpoint,
    )
    evaluate_and_save(run, network, fitted, prepared.splits, prepared.load_seconds)
    return run


def _train_stacked(prepared: _Prepared, recipes: Sequence[Recipe], folder: Path) -> list[Run]:
    runs = [prepared.begin(folder / f"seed-{recipe.seed}", recipe) for recipe in recipes]
    first, splits = prepared.network, prepared.splits
    networks = [build(first.name, seed=recipe.seed, **first.options) for recipe in recipes]
    together = fit(
        networks,
        recipes[0],
        splits["train"],
        splits.get("validation"),
        seeds=[recipe.seed for recipe in recipes],
    )
    for run, network, fitted in zip(runs, networks, together, strict=True):
        evaluate_and_save(run, network, fitted, splits, prepared.load_seconds, len(runs))
    return runs


def _train_in_processes(
    prepared: _Prepared, recipes: Sequence[Recipe], folder: Path, on_run: Callable[[Run], None] | None
) -> list[Run]:
    cores = min(available_cores(), len(recipes))
    runs = []
    with ProcessPoolExecutor(cores, get_context("spawn"), exit_with_parent) as pool:
        waiting = [
            pool.submit(
                train,
                prepared.network.name,
                prepared.network.options,
                replace(recipe, threads=recipe.threads or 1),
                prepared.data,
                folder / f"seed-{recipe.seed}",
            )
            for recipe in recipes
        ]
        for done in waiting:
            runs.append(done.result())
            if on_run:
                on_run(runs[-1])
    return runs


def _fitted_options(network: str, options: Mapping[str, object], train: Digits) -> dict[str, Any]:
    """`options`, with `inputs` as the pictures have it where the network takes any size."""
    if architecture(network).input_shape is None:
        return {"inputs": train.height * train.width, **options}
    return dict(options)
