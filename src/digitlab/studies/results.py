"""From the results of jobs, and the run folders that they left, to `results.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitlab.evaluation import sample_stats
from digitlab.formatting import format_seconds
from digitlab.jobs import ResultStore
from digitlab.networks import architecture
from digitlab.report import ExperimentResult, FigureFile, Measurement, Series, StudyResult
from digitlab.settings import to_dict
from digitlab.studies.experiment_results import SearchResult, SeedResult, recipe_for, train_data
from digitlab.studies.plan import computation_key, figures_key, fit_keys, plan_jobs, train_keys
from digitlab.studies.study import (
    Computation,
    Experiment,
    ReproduceOptions,
    SearchExperiment,
    Study,
    TrainingExperiment,
)
from digitlab.studies.train_job import run_folder
from digitlab.studies.verdict import accuracy_error, compare_all
from digitlab.training import Recipe

__all__ = ["StudyResults"]

JobResults = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class StudyResults:
    """Makes the result of a study from what is done of it.

    Attributes:
        options: Options of `reproduce`.
        store: Where the jobs' folders are.
        results: What each finished job returned, by key.
        seconds: Seconds of each finished job, by key.
    """

    options: ReproduceOptions
    store: ResultStore
    results: JobResults
    seconds: Mapping[str, float]

    def study(self, study: Study) -> StudyResult:
        """The result of a study, as far as it is done."""
        experiments = tuple(self._experiment(study, each) for each in study.selected(self.options))
        keys = [job.key for job in plan_jobs(study, self.options)]
        return StudyResult(
            id=study.id,
            title=study.title,
            source=study.source,
            source_title=study.source_title,
            source_author=study.source_author,
            source_year=study.source_year,
            method=study.method,
            seconds=sum(self.seconds.get(key, 0.0) for key in keys if key in self.results),
            experiments=experiments,
            tables=study.tables(experiments) if study.tables else (),
            notes=(*study.notes, *self._left_out(study)),
            items=study.items,
        )

    def _left_out(self, study: Study) -> list[str]:
        """A note for each experiment that is only done with `--long`, where that was not asked for."""
        return [
            f"Not done here: `{each.id}`, {each.title[0].lower()}{each.title[1:]}, which takes about "
            f"{format_seconds(each.cost)} on one core. `digitlab reproduce {study.id} --long` does it."
            for each in study.experiments
            if each.long and not self.options.long
        ]

    def _experiment(self, study: Study, experiment: Experiment) -> ExperimentResult:
        fields: dict[str, Any] = {}
        values: dict[str, list[float]] = {}
        errors: dict[str, float] = {}
        tables: list[Any] = []
        if isinstance(experiment, TrainingExperiment):
            found = self._seed_results(study, experiment)
            fields = _training_fields(experiment, self.options, found, self.store)
            values = _training_values(experiment, found)
            errors = self._standard_errors(study, experiment, found[0]) if found else {}
        elif isinstance(experiment, SearchExperiment):
            fields = _search_fields(experiment)
            search = self._search_result(study, experiment)
            if search.widths:
                fields["series"] = {"mean_score": search.series()}
                values = {name: [value] for name, value in search.metrics().items()}
                errors, tables = search.standard_errors(), [search.table(), *experiment.tables]
        key = computation_key(study, experiment.id)
        drawn = key if isinstance(experiment, Computation) else figures_key(study, experiment)
        shown = self.results.get(drawn, {})
        values |= shown.get("measured", {})
        measured = {
            name: Measurement(mean=s.mean, std=s.std, values=s.values)
            for name, s in ((name, sample_stats(each)) for name, each in values.items())
        }
        # Several seeds show their spread themselves.
        seed_spread = None if isinstance(experiment, Computation) else experiment.seed_spread
        if self.options.quick or len(fields.get("seeds", ())) > 1:
            seed_spread = None
        return ExperimentResult(
            id=experiment.id,
            title=experiment.title,
            fixes_protocol_of=experiment.fixes_protocol_of,
            seed_spread=seed_spread,
            measured=measured,
            published={name: value.value for name, value in experiment.published.items()},
            references={name: value.reference for name, value in experiment.published.items()},
            sleep_counted=tuple(name for name, value in experiment.published.items() if value.counts_sleep),
            comparison=compare_all(measured, experiment.published, errors, seed_spread),
            figures=tuple(
                FigureFile(id=figure["id"], title=figure["title"], file=f"{drawn}/{figure['file']}")
                for figure in shown.get("figures", [])
            ),
            tables=(*tables, *shown.get("tables", [])),
            notes=(*experiment.notes, *shown.get("answers", [])),
            **fields,
        )

    def _seed_results(self, study: Study, experiment: TrainingExperiment) -> list[SeedResult]:
        """Every finished seed of an experiment."""
        data = train_data(experiment, self.options)
        return [
            SeedResult.load(run_folder(self.store.folder(key), seeds, seed), data)
            for key, seeds in train_keys(study, experiment, self.options).items()
            if key in self.results
            for seed in seeds
        ]

    def _standard_errors(
        self, study: Study, experiment: TrainingExperiment, result: SeedResult
    ) -> dict[str, float]:
        """How far other digits would move the accuracies and log losses of one network."""
        errors = {
            f"{name}_accuracy": accuracy_error(s["accuracy"], s["n"]) for name, s in result.scores.items()
        }
        names = train_data(experiment, self.options).measured_as
        for key, seeds in train_keys(study, experiment, self.options).items():
            if result.seed in seeds:
                found = self.results[key]["log_loss_errors"][seeds.index(result.seed)]
                errors |= {f"{names[split]}_loss": error for split, error in found.items()}
        return errors

    def _search_result(self, study: Study, experiment: SearchExperiment) -> SearchResult:
        keys = fit_keys(study, experiment, self.options)
        return SearchResult(
            experiment, {fit: self.results[key] for key, fit in keys.items() if key in self.results}
        )


def _training_fields(
    experiment: TrainingExperiment,
    options: ReproduceOptions,
    found: Sequence[SeedResult],
    store: ResultStore,
) -> dict[str, Any]:
    """How it was done: network, recipe, data, seeds, runs, and what was followed."""
    with_defaults = architecture(experiment.network).with_defaults(dict(experiment.options))
    fields: dict[str, Any] = {
        "network": {"name": experiment.network, "options": to_dict(with_defaults)},
        "recipe": _shared_settings(recipe_for(experiment, options)),
    }
    if found:
        fields["network"]["parameters"] = found[0].parameters
        fields["data"] = dict(train_data(experiment, options).descriptions)
        fields["seeds"] = [result.seed for result in found]
        fields["runs"] = [str(result.run.folder.relative_to(store.path)) for result in found]
        fields["series"] = _series(experiment, found)
    return fields


def _training_values(experiment: TrainingExperiment, found: Sequence[SeedResult]) -> dict[str, list[float]]:
    """One value of each metric for each seed."""
    if not found:
        return {}
    last = [result.history[-1] for result in found]
    values = {"final_loss": [entry.train_loss for entry in last]}
    values["last_epoch_accuracy"] = [entry.train_accuracy for entry in last]
    for split in found[0].scores:
        values[f"{split}_accuracy"] = [result.scores[split]["accuracy"] for result in found]
        values[f"{split}_loss"] = [result.scores[split]["log_loss"] for result in found]
    if "parameters" in experiment.published:
        values["parameters"] = [float(found[0].parameters)]
    if "step_seconds" in experiment.published:
        values["step_seconds"] = [result.train_seconds / result.history[-1].step for result in found]
    values["history_entries"] = [float(entry.entry) for entry in last]
    values["train_seconds"] = [result.train_seconds for result in found]
    return values


def _search_fields(search: SearchExperiment) -> dict[str, Any]:
    return {
        "network": {"name": search.network, "options": dict(search.options)},
        "recipe": _shared_settings(search.recipe),
        "data": {
            "folds": f"{search.cv} of {search.data}, by {search.splitter}",
            "validation": search.validation,
        },
    }


def _shared_settings(recipe: Recipe) -> dict[str, Any]:
    """A recipe without what is each seed's own and each machine's own."""
    own = ("seed", "threads", "device", "precision")
    return {name: value for name, value in to_dict(recipe).items() if name not in own}


def _series(experiment: TrainingExperiment, found: Sequence[SeedResult]) -> dict[str, Series]:
    """Mean and spread of the histories, as far as every seed went."""
    length = min(len(result.history) for result in found)
    lines = {name: name for name in ("train_loss", "train_accuracy")}
    first = found[0].history[0]
    if first.validation_loss is not None:
        lines |= {name: name for name in ("validation_loss", "validation_accuracy")}
    if first.extra_loss is not None:
        lines["training_examples_loss"] = "extra_loss"
    series = {}
    for name, field in lines.items():
        table = np.array([[getattr(entry, field) for entry in one.history[:length]] for one in found])
        std = table.std(axis=0, ddof=1) if len(table) > 1 else np.zeros(length)
        published = experiment.published_series.get(name)
        series[name] = Series(
            x=tuple(float(n) for n in range(1, length + 1)),
            x_name="evaluation" if experiment.recipe.eval_every is not None else "epoch",
            mean=tuple(table.mean(axis=0).tolist()),
            std=tuple(std.tolist()),
            published=tuple(published) if published else None,
        )
    return series
