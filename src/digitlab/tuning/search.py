"""The search: plan, fit, rank, refit."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from digitlab.arguments import check_arguments
from digitlab.errors import SettingError, TrainingError
from digitlab.formatting import MISSING, format_share
from digitlab.jobs import JobExecutor, Progress, ResultStore, local_executor, ray_executor, run_jobs
from digitlab.machine import environment
from digitlab.networks import architecture, build
from digitlab.notebook import shortened, table_html
from digitlab.runs import Run, new_run_folder
from digitlab.settings import from_dict
from digitlab.training import Examples, Recipe, check_training
from digitlab.tuning.data import PER_FOLD, SearchData
from digitlab.tuning.grid import expand_grid, sample_candidates
from digitlab.tuning.plan import Fit, Plan, parse_cv
from digitlab.tuning.progress import search_progress
from digitlab.tuning.refit import refit_best
from digitlab.tuning.results import (
    CvResults,
    FoldResult,
    SearchFolder,
    cv_results,
    format_params,
    rank_candidates,
)
from digitlab.tuning.run_fit import DATA, fit_job

SHOWN = 20
"""Most candidates that a notebook shows."""

__all__ = ["BestCandidate", "SearchProgress", "SearchResult", "search"]


@dataclass(frozen=True)
class BestCandidate:
    """The best candidate.

    Attributes:
        params: What the grid gave it.
        mean_test_score: Its mean accuracy over the folds, in [0, 1].
    """

    params: dict[str, Any]
    mean_test_score: float


@dataclass(frozen=True)
class SearchProgress:
    """Progress of a search, after each fit.

    Attributes:
        folder: Where finished fits are stored.
        plan: The settings of the search.
        results: Results of all fits finished so far, the latest last.
        total: Number of fits; with halving, of the rungs so far.
        seconds_left: Expected seconds until the end; None before the first fit.
    """

    folder: Path
    plan: Plan
    results: Sequence[FoldResult]
    total: int
    seconds_left: float | None


@dataclass(frozen=True)
class SearchResult:
    """What a search has found.

    Attributes:
        folder: Where it all is on disk.
        plan: What was searched.
        results: scikit-learn's `cv_results_`, with lists for arrays and None for NaN.
        best: The best candidate.
        failures: Fits that failed: `params`, `split` and `error` of each.
        seconds: Wall clock of this call, without the refit.
        fit_seconds: Seconds of all fits and their scoring, added up; earlier calls' too.
        halving: What successive halving saved, see `Plan.halving_summary`; None without it.
        run: The best candidate, trained on all data. None without refit, and for data that have no
            name, whose refit is only a weights file: `best.safetensors`.
    """

    folder: Path
    plan: Plan
    results: CvResults
    best: BestCandidate
    failures: list[dict[str, Any]]
    seconds: float
    fit_seconds: float
    halving: dict[str, Any] | None
    run: Run | None = None

    def __repr__(self) -> str:
        accuracy = format_share(self.best.mean_test_score)
        return (
            f"SearchResult({self.folder}: best {format_params(self.best.params)}, mean accuracy {accuracy})"
        )

    def _repr_html_(self) -> str:
        found = self.results
        order = sorted(range(len(found["params"])), key=lambda i: found["rank_test_score"][i])
        scores = [
            [MISSING if found[name][i] is None else f"{found[name][i]:.4f}" for i in order]
            for name in ("mean_test_score", "std_test_score")
        ]
        params = [format_params(found["params"][i]) for i in order]
        rows = shortened(list(zip(params, *scores, strict=True)), SHOWN)
        return table_html(repr(self), ("candidate", "mean accuracy", "standard deviation"), rows)

    def to_dict(self) -> dict[str, Any]:
        """As the contract of `search --json` has it."""
        return {
            "folder": str(self.folder),
            "network": self.plan.network,
            "best": vars(self.best),
            "results": self.results,
            "failures": self.failures,
            "seconds": self.seconds,
            "fit_seconds": self.fit_seconds,
            "halving": self.halving,
            "run": str(self.run.folder) if self.run else None,
            "machine": environment(),
        }


@check_arguments
def search(
    network: str,
    grid: Mapping[str, Sequence[object]],
    *,
    options: Mapping[str, object] | None = None,
    recipe: Recipe | None = None,
    data: str | Examples = "mnist:train",
    validation: str | Examples = PER_FOLD,
    cv: int | str = 3,
    shuffle: bool = False,
    seed: int = 0,
    n_candidates: int | None = None,
    halving: bool = False,
    workers: int | None = None,
    ray: str | None = None,
    refit: bool = True,
    out: str | os.PathLike[str] | None = None,
    on_fit: Callable[[SearchProgress], None] | None = None,
    progress: bool = True,
) -> SearchResult:
    """Finds the best of a grid of options and recipe fields by cross-validation.

    Every candidate is trained once for each fold on the other folds, and scored by its accuracy on
    that fold. Called again with the same `out`, a search goes on where it was stopped.

    Args:
        network: A name from `ARCHITECTURES`.
        grid: Values by the name of a network option or recipe field.
        options: Network options that all candidates share.
        recipe: What all candidates share of how to train; every fit has one thread.
        data: What to search on: the name of a set, a path, or examples.
        validation: What early stopping monitors, if the recipe has patience: `per-fold`, a
            stratified tenth of each fold's training part; or the same digits for all folds, written
            as in `DataConfig` or given as examples.
        cv: How many folds, stratified; or the splitter and their number: `KFold:3`, `StratifiedKFold:3`.
        shuffle: Whether examples are shuffled, by `seed`, before they are dealt to folds.
        seed: Decides folds, tenths and samples; weights and order are the recipe's own seed.
        n_candidates: Random search: try only so many combinations of the grid, drawn at random
            without replacement.
        halving: Successive halving: all candidates on few examples, the best third on three times
            as many, and so on; only the last rung sees all.
        workers: Processes on this machine; by default one for each core.
        ray: Address of a Ray cluster to search on instead.
        refit: Whether to train the best candidate on all of `data` in the end.
        out: The search's folder; by default the next free `runs/NETWORK-search-N`.
        on_fit: Called after every fit, and once before the first.
        progress: Whether a notebook shows how far it is.

    Raises:
        SettingError: If grid, folds or settings do not do.
        DataError: If the data do not do: one class, mismatched lengths, a NaN.
        RunError: If `out` holds another search, or no cluster answers.
        TrainingError: If no candidate could be fitted on all folds.
    """
    started = time.perf_counter()
    if ray is not None and workers is not None:
        raise SettingError("workers and ray do not go together", "Search here, or on the cluster.")
    if workers is not None and workers < 1:
        raise SettingError(f"cannot search with {workers} processes", "Use at least 1.")
    loaded, plan = _plan(
        network,
        grid,
        options,
        recipe or Recipe(),
        data,
        validation,
        cv=cv,
        shuffle=shuffle,
        seed=seed,
        n_candidates=n_candidates,
        halving=halving,
    )
    folder = SearchFolder.begin(Path(out) if out else new_run_folder(f"{network}-search"), plan)
    with search_progress(network, folder.path, on_fit, progress) as on_each:
        with ray_executor(ray) if ray is not None else local_executor(workers) as executor:
            results = _run_rungs(plan, folder, loaded, executor, on_each)
        found = _ranked(folder, plan, results, time.perf_counter() - started)
        folder.write_results(found.to_dict())
        if refit:
            chosen = next(each for each in found.plan.candidates if each.params == found.best.params)
            run = refit_best(found.plan, chosen, found.folder, loaded, data, validation)
            found = replace(found, run=run)
            folder.write_results(found.to_dict())
    return found


def _plan(
    network: str,
    grid: Mapping[str, Sequence[object]],
    options: Mapping[str, object] | None,
    recipe: Recipe,
    data: str | Examples,
    validation: str | Examples,
    *,
    cv: int | str,
    shuffle: bool,
    seed: int,
    n_candidates: int | None,
    halving: bool,
) -> tuple[SearchData, Plan]:
    """Loads the data and makes the plan; everything that can be checked is checked here."""
    expand_grid(network, grid, options or {}, recipe)  # a wrong grid is an error before data are loaded
    loaded = SearchData.load(data, validation)
    shared = dict(options or {})
    if architecture(network).input_shape is None and "inputs" not in grid:
        shared.setdefault("inputs", loaded.inputs[0].size)
    candidates = sample_candidates(expand_grid(network, grid, shared, recipe), n_candidates, seed)
    splitter, folds = parse_cv(cv)
    plan = Plan(
        network=network,
        candidates=tuple(candidates),
        data=loaded.describe(),
        validation=validation if isinstance(validation, str) else "examples",
        splitter=splitter,
        cv=folds,
        shuffle=shuffle,
        seed=seed,
        halving=halving,
    )
    loaded.check(splitter, folds)
    train, validation_part, _ = loaded.fold(plan, 0, plan.shares[0])
    for candidate in candidates:
        with torch.device("meta"):
            check_training(build(network, **candidate.options), candidate.recipe, train, validation_part)
    return loaded, plan


def _run_rungs(
    plan: Plan,
    folder: SearchFolder,
    loaded: SearchData,
    executor: JobExecutor,
    on_fit: Callable[[SearchProgress], None],
) -> list[FoldResult]:
    """Does the fits of all rungs; those that are done already are found. Without halving there is one."""
    results: list[FoldResult] = []
    alive = list(range(len(plan.candidates)))
    total = 0
    given = {DATA: folder.path / DATA}
    loaded.save(given[DATA])
    try:
        for rung in range(len(plan.shares)):
            fits = plan.fits(rung, alive)
            jobs = [fit_job(plan, task) for task in fits]
            total += len(fits)
            tasks = {job.key: task for job, task in zip(jobs, fits, strict=True)}
            monitor = _RungMonitor(folder, plan, results, total, tasks, on_fit)
            run_jobs(jobs, executor, ResultStore(folder.path), given=given, on_progress=monitor)
            alive = plan.survivors(rank_candidates(results, rung))
    finally:
        shutil.rmtree(given[DATA], ignore_errors=True)
    return results


@dataclass
class _RungMonitor:
    """Collects the results of a rung's jobs as they come, and reports each."""

    folder: SearchFolder
    plan: Plan
    results: list[FoldResult]
    total: int
    tasks: Mapping[str, Fit]
    on_fit: Callable[[SearchProgress], None]
    started: bool = False

    def __call__(self, progress: Progress) -> None:
        """Takes what has finished since the last call; a job whose worker died twice is a failed fit."""
        known = {result.fit for result in self.results}
        for key, task in self.tasks.items():
            if task not in known and (key in progress.results or key in progress.failed):
                value = progress.results.get(key)
                failed = FoldResult(fit=task, error=progress.failed.get(key))
                self.results.append(failed if value is None else from_dict(FoldResult, value))
                if self.started:
                    self._report(progress.remaining_seconds())
        if not self.started:
            self.started = True
            self._report(None)

    def _report(self, seconds_left: float | None) -> None:
        self.on_fit(SearchProgress(self.folder.path, self.plan, self.results, self.total, seconds_left))


def _ranked(folder: SearchFolder, plan: Plan, results: list[FoldResult], seconds: float) -> SearchResult:
    failures = [
        {"params": plan.candidates[of.fit.candidate].params, "split": of.fit.split, "error": of.error}
        for of in results
        if of.error is not None
    ]
    last = max(result.fit.rung for result in results)
    ranked = rank_candidates(results, last)
    if not ranked:
        raise TrainingError(
            f"no candidate could be fitted on all folds; the first failure: {failures[0]['error']}",
            f"What was done is in {folder.path}. Search other values.",
        )
    scores = [of.score or 0.0 for of in results if (of.fit.rung, of.fit.candidate) == (last, ranked[0])]
    return SearchResult(
        folder=folder.path,
        plan=plan,
        results=cv_results(plan, results),
        best=BestCandidate(plan.candidates[ranked[0]].params, math.fsum(scores) / plan.cv),
        failures=failures,
        seconds=seconds,
        fit_seconds=math.fsum(of.fit_time + of.score_time for of in results),
        halving=plan.halving_summary(result.fit for result in results) if plan.halving else None,
    )
