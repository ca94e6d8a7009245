"""Results of fits, one by one and as scikit-learn's `cv_results_`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from digitlab.settings import settings
from digitlab.tuning.plan import Fit, Plan

__all__ = ["CvResults", "FoldResult", "cv_results", "rank_candidates"]

Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
CvResults = dict[str, list[Any]]


@settings("field of a fit's result")
class FoldResult:
    """Result of one fit: accuracy on the held-out fold, or why it failed.

    Attributes:
        fit: Which fit.
        score: Accuracy on the fold held out, in [0, 1]; None if the fit failed.
        error: Why it failed, in words; else None.
        fit_time: Seconds of building and training.
        score_time: Seconds of scoring.
        examples: Number of training examples.
        history_entries: Lines of its history: epochs, unless the recipe has `eval_every`.
        steps: Optimizer steps.
    """

    fit: Fit
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    error: str | None = None
    fit_time: Seconds = 0.0
    score_time: Seconds = 0.0
    examples: Count = 0
    history_entries: Count = 0
    steps: Count = 0


def cv_results(plan: Plan, results: Iterable[FoldResult]) -> CvResults:
    """Results as scikit-learn's `GridSearchCV.cv_results_` has them, arrays as lists, NaN as None.

    One entry for each candidate, in the plan's order; with halving one for each candidate of each
    rung, with the columns `iter` and `n_resources` that scikit-learn's `HalvingGridSearchCV` adds.
    Standard deviations are divided by n, as there. A candidate with a failed fold has no mean and
    shares the last rank. With halving a later rung ranks before an earlier one.
    """
    rows = _by_rung_and_candidate(results)
    found: CvResults = {}
    if plan.halving:
        found["iter"] = [rung for rung, _ in rows]
        found["n_resources"] = [max(fit.examples for fit in fits) for fits in rows.values()]
    for name in ("fit_time", "score_time"):
        values = np.array([[getattr(fit, name) for fit in fits] for fits in rows.values()])
        found[f"mean_{name}"] = values.mean(axis=1).tolist()
        found[f"std_{name}"] = values.std(axis=1).tolist()
    params = [plan.candidates[candidate].params for _, candidate in rows]
    for name in params[0]:
        found[f"param_{name}"] = [of[name] for of in params]
    found["params"] = params
    scores = np.array([[fit.score for fit in fits] for fits in rows.values()], dtype=float)
    for split, column in enumerate(scores.T):
        found[f"split{split}_test_score"] = _without_nan(column)
    mean = scores.mean(axis=1)
    found["mean_test_score"] = _without_nan(mean)
    found["std_test_score"] = _without_nan(scores.std(axis=1))
    found["rank_test_score"] = _ranks(mean, [rung for rung, _ in rows])
    return found


def rank_candidates(results: Iterable[FoldResult], rung: int) -> list[int]:
    """Ranking: the candidates of a rung by mean score, best first; without those with a failed fold."""
    means = {
        candidate: float(np.mean([fit.score for fit in fits]))
        for (of, candidate), fits in _by_rung_and_candidate(results).items()
        if of == rung and all(fit.score is not None for fit in fits)
    }
    return sorted(means, key=lambda candidate: -means[candidate])


def _by_rung_and_candidate(results: Iterable[FoldResult]) -> dict[tuple[int, int], list[FoldResult]]:
    """Results by candidate, in order, its folds in order. A fit counts once, however often it is given."""
    once = {(fit.fit.rung, fit.fit.candidate, fit.fit.split): fit for fit in results}
    rows: dict[tuple[int, int], list[FoldResult]] = {}
    for rung, candidate, split in sorted(once):
        rows.setdefault((rung, candidate), []).append(once[rung, candidate, split])
    return rows


def _ranks(means: np.ndarray[Any, Any], rungs: Sequence[int]) -> list[int]:
    """1 for the best; equal means share a rank, as do all that have none."""
    from scipy.stats import rankdata  # takes half a second to import

    worth = np.where(np.isnan(means), -1.0, means) + 2 * np.array(rungs)
    worth[np.isnan(means)] = -1
    ranks: list[int] = rankdata(-worth, method="min").astype(int).tolist()
    return ranks


def _without_nan(values: np.ndarray[Any, Any]) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
