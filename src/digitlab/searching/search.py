"""The search, from start to end: plan, fit, rank, refit; the one path through this room."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from digitlab import runs
from digitlab.errors import SettingError, TrainingError
from digitlab.networks import architecture, build, save_network
from digitlab.runs import DataConfig, Run, environment, new_run_folder
from digitlab.searching.cluster import ray_cluster
from digitlab.searching.folder import SearchFolder
from digitlab.searching.grid import candidates_of, sampled
from digitlab.searching.local import local_processes
from digitlab.searching.material import IN_FOLD, SearchData
from digitlab.searching.plan import Plan
from digitlab.searching.results import CvResults, FoldResult, best_first, cv_results
from digitlab.searching.way import Way
from digitlab.training import Examples, Recipe, check_training, fit

__all__ = ["BestCandidate", "Progress", "SearchResult", "search"]


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
class Progress:
    """How far a search is, after each fit.

    Attributes:
        folder: Where finished fits are kept.
        plan: What is searched.
        results: All fits finished so far, the latest last.
        total: How many fits there will be; with halving, in the rungs so far.
        seconds_left: About how long the rest takes; None while nothing can be said.
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
        halving: What successive halving saved, as `Plan.saved` has it; None without it.
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


def search(
    network: str,
    grid: Mapping[str, Sequence[object]],
    *,
    options: Mapping[str, object] | None = None,
    recipe: Recipe | None = None,
    data: str | Examples = "mnist:train",
    validation: str | Examples = IN_FOLD,
    cv: int = 3,
    shuffle: bool = False,
    seed: int = 0,
    random: int | None = None,
    halving: bool = False,
    workers: int | None = None,
    ray: str | None = None,
    refit: bool = True,
    out: Path | None = None,
    on_fit: Callable[[Progress], None] | None = None,
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
        validation: What early stopping looks at, if the recipe has patience: `fold`, a stratified
            tenth of each fold's training part; or the same digits for all folds, written as in
            `DataConfig` or given as examples.
        cv: How many stratified folds.
        shuffle: Whether examples are shuffled, by `seed`, before they are dealt to folds.
        seed: Decides folds, tenths and samples; weights and order are the recipe's own seed.
        random: Try only so many combinations of the grid, drawn at random.
        halving: Successive halving: all candidates on few examples, the best third on three times
            as many, and so on; only the last rung sees all.
        workers: Processes on this machine; by default one for each core.
        ray: Address of a Ray cluster to search on instead.
        refit: Whether to train the best candidate on all of `data` in the end.
        out: The search's folder; by default the next free `runs/NETWORK-search-N`.
        on_fit: Called after every fit, and once before the first.

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
    material, plan = _plan(
        network, grid, options, recipe or Recipe(), data, validation, cv, shuffle, seed, random, halving
    )
    folder = SearchFolder.begin(out or new_run_folder(f"{network}-search"), plan)
    if ray is not None:
        way = ray_cluster(ray, plan, material)
    else:
        way = local_processes(folder.path, material, workers or environment()["cores"])
    results = _all_rungs(plan, folder, way, on_fit)
    found = _ranked(folder, plan, results, time.perf_counter() - started)
    folder.finish(found.to_dict())
    if refit:
        found = _refitted(found, material, data, validation)
        folder.finish(found.to_dict())
    return found


def _plan(
    network: str,
    grid: Mapping[str, Sequence[object]],
    options: Mapping[str, object] | None,
    recipe: Recipe,
    data: str | Examples,
    validation: str | Examples,
    cv: int,
    shuffle: bool,
    seed: int,
    random: int | None,
    halving: bool,
) -> tuple[SearchData, Plan]:
    """Loads the data and makes the plan; everything that can be checked is checked here."""
    candidates_of(network, grid, options or {}, recipe)  # what is wrong with the grid is said at once
    material = SearchData.load(data, validation)
    shared = dict(options or {})
    if architecture(network).input_shape is None and "inputs" not in grid:
        shared.setdefault("inputs", material.inputs[0].size)
    candidates = sampled(candidates_of(network, grid, shared, recipe), random, seed)
    plan = Plan(
        network=network,
        candidates=tuple(candidates),
        data=material.facts(),
        validation=validation if isinstance(validation, str) else "examples",
        cv=cv,
        shuffle=shuffle,
        seed=seed,
        halving=halving,
    )
    material.check(cv)
    train, followed, _ = material.part(plan, 0, plan.shares[0])
    for candidate in candidates:
        with torch.device("meta"):
            check_training(build(network, **candidate.options), candidate.recipe, train, followed)
    return material, plan


def _all_rungs(
    plan: Plan,
    folder: SearchFolder,
    way: AbstractContextManager[Way],
    on_fit: Callable[[Progress], None] | None,
) -> list[FoldResult]:
    """Does the fits that are not done yet, and returns all. A search without halving has one rung."""
    results: list[FoldResult] = []
    alive = list(range(len(plan.candidates)))
    total = 0
    with way as run:
        for rung in range(len(plan.shares)):
            fits = plan.fits(rung, alive)
            total += len(fits)
            done = [result for result in map(folder.find, fits) if result]
            results.extend(done)
            missing = [fit for fit in fits if fit not in [result.fit for result in done]]
            clock = _Clock(sum(map(plan.cost, missing)))
            if on_fit:
                on_fit(Progress(folder.path, plan, results, total, None))
            for result in run(missing):
                folder.record(result)
                results.append(result)
                left = clock.seconds_left(plan.cost(result.fit))
                if on_fit:
                    on_fit(Progress(folder.path, plan, results, total, left))
            alive = plan.survivors(best_first(results, rung))
    return results


class _Clock:
    """Foresees the end from how much of the work is done."""

    def __init__(self, work: float) -> None:
        self.work = work
        self.done = 0.0
        self.started = time.perf_counter()

    def seconds_left(self, more_done: float) -> float:
        self.done += more_done
        return (time.perf_counter() - self.started) * (self.work / self.done - 1)


def _ranked(folder: SearchFolder, plan: Plan, results: list[FoldResult], seconds: float) -> SearchResult:
    failures = [
        {"params": plan.candidates[of.fit.candidate].params, "split": of.fit.split, "error": of.error}
        for of in results
        if of.error is not None
    ]
    last = max(result.fit.rung for result in results)
    ranked = best_first(results, last)
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
        halving=plan.saved(result.fit for result in results) if plan.halving else None,
    )


def _refitted(
    found: SearchResult, material: SearchData, data: str | Examples, validation: str | Examples
) -> SearchResult:
    """Trains the best candidate on all data: as a run where they have a name, else as one weights file."""
    plan = found.plan
    best = next(of for of in plan.candidates if of.params == found.best.params)
    recipe = replace(best.recipe, threads=0)
    if isinstance(data, str) and isinstance(validation, str):
        in_fold = "stratified:10%" if recipe.patience else "none"
        chosen = DataConfig(train=data, validation=in_fold if validation == IN_FOLD else validation)
        folder = found.folder / "best"
        if (folder / "run.json").exists():
            return replace(found, run=runs.resume(folder))
        return replace(found, run=runs.train(plan.network, best.options, recipe, chosen, folder))
    train, followed = material.whole(plan, bool(recipe.patience))
    network = build(plan.network, seed=recipe.seed, **best.options)
    fit(network, recipe, train, followed)
    save_network(network, found.folder / "best.safetensors")
    return found
