"""`cv_results` has the form and the figures of scikit-learn's own."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV

from digitlab.training import Recipe
from digitlab.tuning import Candidate, Fit, FoldResult, Plan
from digitlab.tuning.results import cv_results, rank_candidates

# Scores of five candidates on three folds; the second fails on one, the third and fifth are equal.
SCORES = {
    1: (0.5, 0.25, 0.75),
    2: (0.9, None, 0.9),
    3: (0.75, 0.75, 0.75),
    4: (0, 0, 0.1),
    5: (1.0, 0.5, 0.75),
}


class Told(BaseEstimator):
    """Scores what the table says; knows its fold by the first example left out."""

    def __init__(self, epochs=1):
        self.epochs = epochs

    def fit(self, X, y):  # noqa: N803
        if SCORES[self.epochs][self._fold(X)] is None:
            raise RuntimeError("told to fail")
        return self

    def score(self, X, y):  # noqa: N803
        return (
            SCORES[self.epochs][3 - self._fold(X)] if len(X) > 3 else SCORES[self.epochs][int(X[0, 0]) // 3]
        )

    def _fold(self, X):  # noqa: N803
        return ({0, 3, 6} - set(X[:, 0])).pop() // 3


def _plan(halving=False):
    return Plan(
        network="softmax",
        candidates=[Candidate(params={"epochs": n}, options={}, recipe=Recipe(epochs=n)) for n in SCORES],
        data={"name": "told", "n": 9, "digest": ""},
        validation="per-fold",
        splitter="StratifiedKFold",
        cv=3,
        shuffle=False,
        seed=0,
        halving=halving,
    )


def _results():
    return [
        FoldResult(
            fit=Fit(candidate=candidate, split=split),
            score=score,
            error="told to fail" if score is None else None,
            fit_time=candidate + split,
            score_time=0.5,
        )
        for candidate, scores in enumerate(SCORES.values())
        for split, score in enumerate(scores)
    ]


def test_against_scikit_learn():
    inputs, folds = (
        np.arange(9).reshape(-1, 1),
        [(np.setdiff1d(np.arange(9), range(k, k + 3)), np.arange(k, k + 3)) for k in (0, 3, 6)],
    )
    grid = GridSearchCV(Told(), {"epochs": list(SCORES)}, cv=folds, refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some fits fail is meant
        theirs = grid.fit(inputs, np.zeros(9)).cv_results_
    ours = cv_results(_plan(), reversed(_results()))
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        assert len(ours[name]) == len(values)
        if name == "params":
            assert ours[name] == values
        elif "time" not in name:
            mine = np.array([np.nan if value is None else value for value in ours[name]], dtype=float)
            assert mine == pytest.approx(np.asarray(values, dtype=float), nan_ok=True), name
    assert ours["mean_fit_time"] == pytest.approx([1, 2, 3, 4, 5])
    assert ours["std_fit_time"] == pytest.approx([(2 / 3) ** 0.5] * 5)


def test_a_result_given_twice_counts_once():
    assert cv_results(_plan(), _results() + _results()) == cv_results(_plan(), _results())


def test_rank_candidates_leaves_failures_out():
    assert rank_candidates(_results(), rung=0) == [2, 4, 0, 3]
    assert rank_candidates(_results(), rung=1) == []


def test_halving_ranks_later_rungs_first():
    first = _results()
    second = [
        FoldResult(fit=Fit(rung=1, candidate=candidate, split=split), score=score, examples=6)
        for candidate, score in ((2, 0.3), (4, 0.2))
        for split in range(3)
    ]
    ours = cv_results(_plan(halving=True), first + second)
    assert ours["iter"] == [0, 0, 0, 0, 0, 1, 1]
    assert ours["n_resources"] == [0, 0, 0, 0, 0, 6, 6]
    assert [params["epochs"] for params in ours["params"]] == [1, 2, 3, 4, 5, 3, 5]
    assert ours["rank_test_score"] == [5, 7, 3, 6, 3, 1, 2]


def test_rungs_and_what_they_save():
    plan = _plan(halving=True)
    # Five candidates: two rungs, a third of the examples for all five, all of them for the best two.
    assert plan.shares == (1 / 3, 1.0)
    assert plan.survivors([3, 1, 0, 2, 4]) == [3, 1]
    fits = plan.fits(0, range(5)) + plan.fits(1, [3, 1])
    # 15 fits on a third and 6 whole ones: 5 + 6 = 11 of 15
    assert plan.halving_summary(fits) == {
        "full_fits": 6,
        "of": 15,
        "fits_saved": 4.0,
        "training_share": pytest.approx(11 / 15),
    }


def test_the_largest_fits_come_first():
    fits = _plan().fits(0, range(5))
    assert [(fit.candidate, fit.split) for fit in fits[:4]] == [(4, 0), (4, 1), (4, 2), (3, 0)]
