"""Results of a search: their order, and the folder they are written to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from digitlab.errors import DigitlabError, RunError
from digitlab.files import make_folder, write_json
from digitlab.settings import from_dict, settings, to_dict
from digitlab.tuning.plan import SCHEMA_VERSION, Fit, Plan

__all__ = ["CvResults", "FoldResult", "SearchFolder", "cv_results", "format_params", "rank_candidates"]

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


def format_params(params: Mapping[str, Any]) -> str:
    """A candidate as it would be written in a grid: `hidden=100+50, epochs=3`."""
    return ", ".join(f"{name}={_value(value)}" for name, value in params.items())


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(str, value))
    return "none" if value is None else str(value)


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


@dataclass(frozen=True)
class SearchFolder:
    """A search on disk.

    Attributes:
        path: Holds `search.json`, in `fits/` the output folder of each fit's job, in the end
            `results.json` and the refit in `best/`; while searching also `data/`.
    """

    path: Path

    @classmethod
    def begin(cls, path: Path, plan: Plan) -> SearchFolder:
        """Begins a search in `path`, or resumes the same search begun there before.

        Raises:
            RunError: If the folder holds another search, or something else.
            OutputError: If the operating system refuses.
        """
        folder = cls(path)
        if (path / "search.json").exists():
            folder._check_same(plan)
        elif (path / "run.json").exists():
            raise RunError(f"{path} holds a run, not a search", "Choose another folder with --out.")
        make_folder(path)
        write_json(path / "search.json", to_dict(plan))
        return folder

    def plan(self) -> Plan:
        """The plan of the search.

        Raises:
            RunError: If `search.json` is missing, damaged or of another schema version.
        """
        path, remedy = self.path / "search.json", "Search again into a new folder (--out)."
        try:
            plain = json.loads(path.read_bytes())
            version = plain["schema_version"]
            if version == SCHEMA_VERSION:
                return from_dict(Plan, plain)
        except (OSError, ValueError, TypeError, KeyError, DigitlabError) as error:
            reason = error.problem if isinstance(error, DigitlabError) else error
            raise RunError(f"cannot read {path}: {reason}", remedy) from None
        raise RunError(f"{path} has schema version {version}; this digitlab reads {SCHEMA_VERSION}", remedy)

    def write_results(self, results: Mapping[str, Any]) -> None:
        """Writes the ranked results to `results.json`.

        Raises:
            OutputError: If the operating system refuses.
        """
        write_json(self.path / "results.json", {"schema_version": SCHEMA_VERSION, **results})

    def _check_same(self, plan: Plan) -> None:
        there, here = to_dict(self.plan()), to_dict(plan)
        for name, value in here.items():
            if there[name] != value:
                raise RunError(
                    f"{self.path} holds another search: its {_difference(name, there[name], value)}",
                    "Search with the settings it began with, or into another folder (--out).",
                )


def _difference(name: str, there: Any, here: Any) -> str:
    """Where two plans differ, in words."""
    if name != "candidates":
        return f"{name} is {_shorten(there)}, not {_shorten(here)}"
    if [of["params"] for of in there] != [of["params"] for of in here]:
        return (
            f"grid has {len(there)} candidates from {_shorten(there[0]['params'])} on, not these {len(here)}"
        )
    recipes = there[0]["recipe"], here[0]["recipe"]
    for field, value in recipes[1].items():
        if recipes[0].get(field) != value:
            return f"recipe has {field}={recipes[0].get(field)}, not {value}"
    return "network has other options"


def _shorten(value: Any) -> str:
    if isinstance(value, dict) and "digest" in value:
        return f"{value['name']} ({value['n']} examples, digest {value['digest'][:8]})"
    return json.dumps(value)
