"""One fit of a search, and the job that it is."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.errors import DigitlabError, TrainingError
from digitlab.evaluation import predict_logits
from digitlab.jobs import Job
from digitlab.networks import build
from digitlab.settings import from_dict, to_dict
from digitlab.training import fit
from digitlab.tuning.data import SearchData
from digitlab.tuning.plan import Candidate, Fit, Plan
from digitlab.tuning.results import FoldResult

__all__ = ["DATA", "fit_job", "run_fit"]

DATA = "data"
"""Key of the folder that holds the examples, as `SearchData.save` writes them."""
MULTIPLY_ADDS_PER_SECOND = 1e10
"""Of one core, roughly; turns a fit's work into the seconds of a job's cost."""


def fit_job(plan: Plan, fit: Fit, key: str = "", group: str = "") -> Job:
    """A fit as a job that comes after `data`.

    Args:
        plan: The search.
        fit: Which of its fits.
        key: By default `fits/RUNG-CANDIDATE-SPLIT`.
        group: As in `Job`.
    """
    shared = {name: value for name, value in to_dict(plan).items() if name != "candidates"}
    return Job(
        key=key or f"fits/{fit.rung}-{fit.candidate:04d}-{fit.split}",
        function=_run_fit_job,
        arguments={
            "plan": shared,
            "candidate": to_dict(plan.candidates[fit.candidate]),
            "share": plan.shares[fit.rung],
            "fit": to_dict(fit),
        },
        after=(DATA,),
        cost=plan.cost(fit) / MULTIPLY_ADDS_PER_SECOND,
        data_digest=plan.data["digest"],
        group=group,
    )


def _run_fit_job(
    folder: Path,
    inputs: Mapping[str, Path],
    *,
    plan: Mapping[str, Any],
    candidate: Mapping[str, Any],
    share: float,
    fit: Mapping[str, Any],
) -> dict[str, Any]:
    data = _open_data(inputs[DATA])
    shared = from_dict(Plan, {**plan, "candidates": [candidate]})
    return to_dict(run_fit(shared, from_dict(Candidate, candidate), from_dict(Fit, fit), share, data))


@lru_cache(maxsize=1)
def _open_data(folder: Path) -> SearchData:
    """Mapped once in each process, for all its fits."""
    return SearchData.from_memmap(folder)


def run_fit(plan: Plan, candidate: Candidate, fit: Fit, share: float, data: SearchData) -> FoldResult:
    """Trains one candidate on one fold and scores it on what was held out.

    Whatever goes wrong in it is written into the result: a fit that fails is a result, too.

    Args:
        plan: The search: its network and how examples are dealt to folds.
        candidate: What to train.
        fit: Which fold is scored.
        share: Share of the training part that is used, in (0, 1].
        data: What to fit and score on.
    """
    started = time.perf_counter()
    try:
        return _fit_and_score(plan, candidate, fit, share, data)
    except Exception as error:
        reason = error.problem if isinstance(error, DigitlabError) else f"{type(error).__name__}: {error}"
        return FoldResult(fit=fit, error=reason, fit_time=time.perf_counter() - started)


def _fit_and_score(plan: Plan, candidate: Candidate, task: Fit, share: float, data: SearchData) -> FoldResult:
    recipe = candidate.recipe
    train, validation, scored = data.fold(plan, task.split, share, recipe.monitors_validation)
    started = time.perf_counter()
    network = build(plan.network, seed=recipe.seed, **candidate.options)
    # Only early stopping looks at validation data; without it, scoring them would be time for nothing.
    fitted = fit(network, recipe, train, validation if recipe.monitors_validation else None)
    trained = time.perf_counter()
    logits = predict_logits(network, scored.inputs)
    if not np.isfinite(logits).all():
        raise TrainingError("the network gives logits that are not numbers", "Lower the learning rate.")
    score = float((logits.argmax(1) == scored.labels.numpy()).mean())
    return FoldResult(
        fit=task,
        score=score,
        fit_time=trained - started,
        score_time=time.perf_counter() - trained,
        examples=len(train),
        history_entries=len(fitted.history),
        steps=fitted.steps,
    )
