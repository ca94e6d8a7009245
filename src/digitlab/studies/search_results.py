"""Results of a search: scores by width and fold as a series, a table and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.report import Series, Table
from digitlab.studies.study import SearchExperiment
from digitlab.studies.verdict import accuracy_error

__all__ = ["SearchResult"]


@dataclass(frozen=True, eq=False)
class SearchResult:
    """The widths of a search all of whose folds are done.

    Attributes:
        experiment: The search.
        fits: What each finished fit returned, by width and fold.
    """

    experiment: SearchExperiment
    fits: Mapping[tuple[int, int], Mapping[str, Any]]

    @cached_property
    def widths(self) -> list[int]:
        """Widths whose folds are all done, ascending."""
        done = sorted({width for width, _ in self.fits})
        return [width for width in done if all((width, f) in self.fits for f in range(self.experiment.cv))]

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Accuracy on the fold held out, `(widths, folds)`."""
        return np.array(self._table("score"), dtype=float)

    def series(self) -> Series:
        """Mean and standard deviation (with `ddof=0`, as scikit-learn has it) over the folds."""
        search = self.experiment
        published = dict(zip(search.widths, search.published_series.get("mean_score", ()), strict=False))
        return Series(
            x=tuple(float(width) for width in self.widths),
            x_name="hidden units",
            mean=tuple(self.scores.mean(axis=1).tolist()),
            std=tuple(self.scores.std(axis=1).tolist()),
            published=tuple(published.get(width) for width in self.widths) if published else None,
        )

    def table(self) -> Table:
        """Every score, with mean, rank, the published mean, epochs and seconds."""
        means = self.scores.mean(axis=1)
        ranks = (-means).argsort(kind="stable").argsort() + 1
        published = self.series().published
        epochs, seconds = self._table("history_entries"), self._table("fit_seconds")
        folds = tuple(f"fold {fold + 1}" for fold in range(self.experiment.cv))
        return Table(
            id="grid",
            title="Cross-validation: accuracy on the fold held out, by width",
            columns=("hidden units", *folds, "mean", "rank", "published mean", "epochs", "seconds"),
            rows=tuple(
                (
                    width,
                    *(round(float(score), 5) for score in self.scores[row]),
                    round(float(means[row]), 5),
                    int(ranks[row]),
                    published[row] if published else None,
                    ", ".join(str(int(n)) for n in epochs[row]),
                    ", ".join(f"{each:.1f}" for each in seconds[row]),
                )
                for row, width in enumerate(self.widths)
            ),
        )

    def metrics(self) -> dict[str, float]:
        """The best mean score and its width, the mean of all, how many fits, and their seconds."""
        means = self.scores.mean(axis=1)
        best = int(means.argmax())
        return {
            "best_mean_score": float(means[best]),
            "best_width": float(self.widths[best]),
            "mean_score_of_all_widths": float(means.mean()),
            "fits": float(self.scores.size),
            "train_seconds": float(np.sum(self._table("fit_seconds"))),
        }

    def standard_errors(self) -> dict[str, float]:
        """The standard error of the best mean score, on as many digits as all folds hold."""
        best = int(self.scores.mean(axis=1).argmax())
        n = sum(self.fits[self.widths[best], fold]["scored"] for fold in range(self.experiment.cv))
        return {"best_mean_score": accuracy_error(float(self.scores.mean(axis=1)[best]), n)}

    def _table(self, name: str) -> list[list[float]]:
        folds = range(self.experiment.cv)
        return [[self.fits[width, fold][name] for fold in folds] for width in self.widths]
