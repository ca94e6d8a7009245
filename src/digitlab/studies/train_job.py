"""Job functions that train: the seeds of an experiment, as run folders, and one fold of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.data import Digits
from digitlab.errors import TrainingError
from digitlab.evaluation import predict_logits
from digitlab.files import write_json
from digitlab.machine import environment
from digitlab.networks import Network, build
from digitlab.probabilities import log_softmax
from digitlab.runs import DataConfig, RunConfig, train_run
from digitlab.settings import from_dict
from digitlab.studies.progress_lines import ProgressLines
from digitlab.training import Examples, Recipe
from digitlab.tuning import Candidate, Fit, Plan, SearchData, Splitter, run_fit

__all__ = ["FIT_FILE", "PIXELS_FILE", "fit_fold", "run_folder", "train_runs", "with_files"]

PIXELS_FILE = "pixels.npy"
"""Where a computation leaves the indices of the pixels that a network is to read."""
FIT_FILE = "fit.json"
"""Where the fit of a fold leaves its result."""
Files = Sequence[tuple[str, str, str]]


def run_folder(folder: Path, seeds: Sequence[int], seed: int) -> Path:
    """The run folder of a seed, in the output folder of the job that trains it and others as one stack."""
    return folder if len(seeds) == 1 else folder / f"seed-{seed}"


def with_files(data: DataConfig, files: Files, inputs: Mapping[str, Path]) -> DataConfig:
    """A data configuration with the files that computations have written, where they are on this machine.

    Args:
        data: As it is recorded.
        files: Splits to be replaced: the split, the key of the computation, and the name of its file.
        inputs: The folder of each computation, by key.
    """
    written: dict[str, Any] = {split: str(inputs[key] / name) for split, key, name in files}
    return replace(data, **written)


def train_runs(
    folder: Path,
    inputs: Mapping[str, Path],
    *,
    network: str,
    options: Mapping[str, Any],
    recipe: Mapping[str, Any],
    data: Mapping[str, Any],
    seeds: Sequence[int],
    files: Files,
    pixels_from: str | None,
    progress_every: int | None,
    score_train: bool,
    loss_errors_of: Sequence[str],
) -> dict[str, Any]:
    """Trains one seed, or several as one stack, and leaves run folders.

    Args:
        folder: The run folder of one seed; of several, the folder of theirs.
        inputs: Folders of computations, by key.
        network: Name of the architecture.
        options: Its options.
        recipe: Recipe of the first seed.
        data: Data configuration, as it is recorded in the run.
        seeds: The seeds.
        files: As in `with_files`.
        pixels_from: Key of the computation that chose the pixels that the network reads; None: all pixels.
        progress_every: As in `TrainingExperiment`; only for one seed.
        score_train: Whether the finished network is scored on what it was trained on, too.
        loss_errors_of: Splits of which the standard error of the log loss is wanted.

    Returns:
        `log_loss_errors`: for each seed, by split, how far other digits would move the log loss.
    """
    chosen = np.load(inputs[pixels_from] / PIXELS_FILE).tolist() if pixels_from else None
    config = RunConfig(
        network=network,
        options={**options, "pixels": chosen} if chosen else dict(options),
        recipe=from_dict(Recipe, recipe),
        data=from_dict(DataConfig, data),
        environment=environment(),
    )
    splits = with_files(config.data, files, inputs).load()
    callbacks = []
    if progress_every:
        untrained = build(config.network, seed=config.seed, **config.options)
        examples = Examples.of(splits.train)
        callbacks = [ProgressLines(folder, untrained, config.recipe, examples, progress_every)]
    done = train_run(
        folder,
        config,
        splits,
        seeds=seeds if len(seeds) > 1 else None,
        callbacks=callbacks,
        keep_state=False,
        score_train=score_train,
        figures=False,
    )
    wanted = {split: splits.by_name()[split] for split in loss_errors_of}
    errors = [
        {split: _log_loss_error(run.network(), digits) for split, digits in wanted.items()} for run in done
    ]
    return {"log_loss_errors": errors}


def _log_loss_error(network: Network, digits: Digits) -> float:
    """The standard error of the mean log loss on these digits."""
    examples = Examples.of(digits)
    logits, labels = predict_logits(network, examples.inputs), digits.labels
    losses = -log_softmax(logits)[np.arange(len(labels)), labels]
    return float(losses.std(ddof=1) / len(losses) ** 0.5)


def fit_fold(
    folder: Path,
    inputs: Mapping[str, Path],
    *,
    network: str,
    options: Mapping[str, Any],
    recipe: Mapping[str, Any],
    data: str,
    validation: str,
    splitter: Splitter,
    cv: int,
    fold: int,
) -> dict[str, Any]:
    """Fits one candidate of a search on all folds but one, and scores it on that one.

    Args:
        folder: Where its result is left for the figure of the search.
        inputs: None are read.
        network: Name of the architecture.
        options: Its options.
        recipe: How it is trained.
        data: The digits that are split into folds, by name.
        validation: What is held out of them beforehand, for early stopping.
        splitter: How digits are dealt to folds.
        cv: How many folds.
        fold: Which fold is scored.

    Returns:
        `score` (accuracy on the fold held out, of `scored` digits), `history_entries`, and `fit_seconds`.

    Raises:
        TrainingError: If the training diverged.
    """
    candidate = Candidate(params={}, options=dict(options), recipe=from_dict(Recipe, recipe))
    examples = _search_data(data, validation)
    search = Plan(
        network=network,
        candidates=(candidate,),
        data={"name": data, "n": len(examples.labels), "digest": ""},
        validation=validation,
        splitter=splitter,
        cv=cv,
        shuffle=False,
        seed=candidate.recipe.seed,
        halving=False,
    )
    result = run_fit(search, candidate, Fit(candidate=0, split=fold), 1.0, examples)
    if result.error:
        raise TrainingError(f"{network} {options}: {result.error}", "Lower the learning rate.")
    value = {
        "score": result.score,
        "scored": len(examples.labels) // cv + (fold < len(examples.labels) % cv),
        "history_entries": result.history_entries,
        "fit_seconds": result.fit_time,
    }
    write_json(folder / FIT_FILE, value)
    return value


@cache
def _search_data(data: str, validation: str) -> SearchData:
    """Loaded once in each process, for 48 fits."""
    return SearchData.load(data, validation)
