"""Doing one fit of a search; the same whether on a core of this machine or on a cluster."""

from __future__ import annotations

import time

import numpy as np

from digitlab.errors import DigitlabError, TrainingError
from digitlab.evaluation import predict_logits
from digitlab.networks import build
from digitlab.searching.material import SearchData
from digitlab.searching.plan import Candidate, Fit, Plan
from digitlab.searching.results import FoldResult
from digitlab.training import Examples, fit

__all__ = ["do_fit"]


def do_fit(plan: Plan, task: Fit, material: SearchData) -> FoldResult:
    """Trains one candidate on one fold and scores it on what was held out.

    Whatever goes wrong in it is written into the result: one fit must not end a search.
    """
    candidate = plan.candidates[task.candidate]
    started = time.perf_counter()
    try:
        stops_early = bool(candidate.recipe.patience)
        parts = material.part(plan, task.split, plan.shares[task.rung], stops_early)
        return _fit_and_score(plan.network, candidate, task, *parts)
    except Exception as error:
        words = error.problem if isinstance(error, DigitlabError) else f"{type(error).__name__}: {error}"
        return FoldResult(fit=task, error=words, fit_time=time.perf_counter() - started)


def _fit_and_score(
    network_name: str,
    candidate: Candidate,
    task: Fit,
    train: Examples,
    followed: Examples | None,
    scored: Examples,
) -> FoldResult:
    recipe = candidate.recipe
    started = time.perf_counter()
    network = build(network_name, seed=recipe.seed, **candidate.options)
    # Only early stopping looks at validation data; without it, scoring them would be time for nothing.
    fitted = fit(network, recipe, train, followed if recipe.patience else None)
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
        periods=len(fitted.history),
        steps=fitted.steps,
    )
