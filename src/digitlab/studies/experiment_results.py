"""Results of one experiment: of its trainings, or of its search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Digits
from digitlab.networks import Network
from digitlab.report import Series, Table
from digitlab.runs import DataConfig, Run, Splits
from digitlab.settings import to_dict
from digitlab.studies.study import ReproduceOptions, SearchExperiment, StudyData, TrainingExperiment
from digitlab.studies.verdict import accuracy_error
from digitlab.training import Examples, HistoryEntry, Recipe

__all__ = [
    "ExperimentRuns",
    "SearchResult",
    "SeedResult",
    "measured_name",
    "recipe_for",
    "seeds_for",
    "train_data",
]


@dataclass(frozen=True)
class SeedResult:
    """Result of one seed, read from its run folder.

    Attributes:
        seed: The seed.
        run: Its run.
        history: Its history entries.
        scores: Scores by split as the source names it, as `metrics.json` has them.
        train_seconds: Wall clock of training and of evaluating between its epochs.
        parameters: How many the network has.
    """

    seed: int
    run: Run
    history: tuple[HistoryEntry, ...]
    scores: Mapping[str, Mapping[str, Any]]
    train_seconds: float
    parameters: int

    @classmethod
    def load(cls, folder: Path, data: StudyData) -> SeedResult:
        """Reads a finished run.

        Raises:
            RunError: If it is not finished, or damaged.
        """
        run = Run.open(folder)
        metrics, history = run.metrics(), tuple(run.history())
        names = {split: measured_name(split, data) for split in metrics["splits"]}
        return cls(
            seed=run.config.seed,
            run=run,
            history=history,
            scores={names[split]: scores for split, scores in metrics["splits"].items() if names[split]},
            train_seconds=metrics["train_seconds"] + metrics["evaluation_seconds"],
            parameters=metrics["parameters"],
        )


@dataclass(frozen=True, eq=False)
class ExperimentRuns:
    """An experiment with its finished runs.

    Attributes:
        experiment: The experiment.
        options: Options of `reproduce`.
        seed_results: One for each seed.
        data_config: Where its digits are on this machine.
    """

    experiment: TrainingExperiment
    options: ReproduceOptions
    seed_results: Sequence[SeedResult]
    data_config: DataConfig

    @cached_property
    def data(self) -> StudyData:
        """The digits of the experiment, as it says."""
        return self.experiment.data_for(self.options)

    @cached_property
    def splits(self) -> Splits:
        """The digits of the experiment, loaded."""
        return self.data_config.load()

    def digits(self, name: str) -> Digits:
        """The digits of a split, by the name that the source gives it: `train`, `validation`, `test`."""
        by_name = {measured_name(split, self.data): each for split, each in self.splits.by_name().items()}
        return by_name[name]

    @cached_property
    def train_examples(self) -> Examples:
        """What the networks are trained on."""
        return Examples.of(self.splits.train)

    @cached_property
    def network(self) -> Network:
        """The first seed's network, in evaluation mode."""
        return self.seed_results[0].run.network()

    @cached_property
    def networks(self) -> list[Network]:
        """Every seed's network."""
        return [result.run.network() for result in self.seed_results]

    @property
    def recipe(self) -> Recipe:
        """How the first seed was trained."""
        return self.seed_results[0].run.config.recipe


def measured_name(split: str, data: StudyData) -> str:
    """The name under which a split of a run is measured, or empty where the source does not score it."""
    return data.measured_as.get(split, "")


def recipe_for(experiment: TrainingExperiment, options: ReproduceOptions, seed: int = 0) -> Recipe:
    """The recipe of one seed; it uses one thread, because other jobs run in parallel."""
    cut = experiment.quick if options.quick else {}
    return replace(experiment.recipe, **{**cut, "seed": seed, "threads": 1})


def seeds_for(experiment: TrainingExperiment, options: ReproduceOptions) -> list[int]:
    """The seeds of an experiment: as many as asked for, else as the study says, one if quick."""
    count = options.seeds or (1 if options.quick else experiment.seeds)
    return list(range(experiment.first_seed, experiment.first_seed + count))


def train_data(experiment: TrainingExperiment, options: ReproduceOptions) -> StudyData:
    """The digits of an experiment; a quick look may have fewer."""
    data = experiment.data_for(options)
    if options.quick and data.quick:
        names = {split: name for split, name in to_dict(data.quick).items() if name != "none"}
        return replace(data, config=data.quick, descriptions=names)
    return data


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
