"""From what jobs left on disk to `results.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation import sample_stats
from digitlab.networks import architecture
from digitlab.report import ExperimentResult, Measurement, PublishedComparison, Series, StudyResult
from digitlab.settings import to_dict
from digitlab.studies.jobs import Job, fingerprint, jobs_of, search_values
from digitlab.studies.study import (
    Experiment,
    PublishedValue,
    ReproduceOptions,
    SearchExperiment,
    Study,
    TrainingExperiment,
)
from digitlab.studies.training_results import SeedResult, recipe_for
from digitlab.training import HistoryEntry, Recipe

__all__ = ["compare", "load_cached_result", "mean_scores", "outcomes_of", "study_result"]

JobResult = dict[str, Any]
FAR = 3.0
"""Deviations beyond which a difference has to be explained."""


def load_cached_result(experiment: Experiment, job: Job, options: ReproduceOptions) -> JobResult | None:
    """The result of a job, if it is on disk, whole, and of what is asked for now."""
    try:
        result: JobResult = json.loads(job.file(options).read_bytes())
        figures = [options.out / figure["file"] for figure in result.get("figures", [])]
        weights = [options.out / seed["weights"] for seed in result.get("seeds", [])]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    whole = all(path.exists() for path in (*figures, *weights))
    return result if whole and result.get("fingerprint") == fingerprint(experiment, options) else None


def outcomes_of(experiment: TrainingExperiment, study: str, options: ReproduceOptions) -> list[SeedResult]:
    """What every seed of an experiment came to, by seed; what is not done yet is left out."""
    seed_results = []
    for path in sorted((options.out / "work" / study).glob(f"{experiment.id}-seed*.json")):
        result = json.loads(path.read_bytes())
        if result["fingerprint"] != fingerprint(experiment, options):
            continue
        for one in result["seeds"]:
            seed_results.append(
                SeedResult(
                    seed=one["seed"],
                    weights=options.out / one["weights"],
                    history=tuple(HistoryEntry(**line) for line in one["history"]),
                    extra_eval=tuple(one["also"]),
                    scores=one["scores"],
                    train_seconds=one["train_seconds"],
                )
            )
    return sorted(seed_results, key=lambda seed_result: seed_result.seed)


def study_result(study: Study, options: ReproduceOptions) -> StudyResult:
    """What a study has come to so far."""
    jobs = list(jobs_of(study, options))
    done: dict[str, list[tuple[Job, JobResult]]] = {}
    for job in jobs:
        result = load_cached_result(study.experiment(job.experiment), job, options)
        if result:
            done.setdefault(job.experiment, []).append((job, result))
    experiments = tuple(
        _experiment_result(experiment, study.id, options, done.get(experiment.id, []))
        for experiment in study.chosen(options)
    )
    return StudyResult(
        id=study.id,
        title=study.title,
        source=study.source,
        method=study.method,
        seconds=sum(result["seconds"] for each in done.values() for _, result in each),
        experiments=experiments,
        tables=study.tables(experiments) if study.tables else (),
        notes=study.notes,
    )


def _experiment_result(
    experiment: Experiment, study: str, options: ReproduceOptions, done: Sequence[tuple[Job, JobResult]]
) -> ExperimentResult:
    results = [result for _, result in done]
    facts: dict[str, Any] = {}
    values: dict[str, list[float]] = {}
    if isinstance(experiment, TrainingExperiment):
        facts, values = _of_training(experiment, outcomes_of(experiment, study, options), results, options)
    elif isinstance(experiment, SearchExperiment):
        facts, values = _of_search(experiment, [result for result in results if "width" in result], options)
    for result in results:
        values |= result.get("measured", {})
    measured = {
        name: Measurement(mean=s.mean, std=s.std, values=s.values)
        for name, s in ((name, sample_stats(each)) for name, each in values.items())
    }
    return ExperimentResult(
        id=experiment.id,
        title=experiment.title,
        fixes_protocol_of=experiment.fixes_protocol_of,
        measured=measured,
        published={name: figure.value for name, figure in experiment.published.items()},
        references={name: figure.reference for name, figure in experiment.published.items()},
        comparison=_comparisons(measured, experiment.published, facts.pop("errors", {})),
        figures=tuple(figure for result in results for figure in result.get("figures", [])),
        tables=(
            *facts.pop("tables", ()),
            *(table for result in results for table in result.get("tables", [])),
        ),
        notes=experiment.notes,
        **facts,
    )


def _of_training(
    experiment: TrainingExperiment,
    seed_results: Sequence[SeedResult],
    results: Sequence[JobResult],
    options: ReproduceOptions,
) -> tuple[dict[str, Any], dict[str, list[float]]]:
    trained = [seed for result in results for seed in result.get("seeds", [])]
    with_defaults = architecture(experiment.network).with_defaults(dict(experiment.options))
    facts: dict[str, Any] = {
        "network": {"name": experiment.network, "options": to_dict(with_defaults)},
        "recipe": _shared_settings(recipe_for(experiment, options, 0)),
    }
    if not seed_results:
        return facts, {}
    facts["network"]["parameters"] = trained[0]["parameters"]
    facts["data"] = trained[0]["words"]
    facts["seeds"] = [seed_result.seed for seed_result in seed_results]
    facts["files"] = [str(seed_result.weights.relative_to(options.out)) for seed_result in seed_results]
    facts["series"] = _series(experiment, seed_results)
    facts["errors"] = _standard_errors(seed_results[0])
    last = [seed_result.history[-1] for seed_result in seed_results]
    values = {"final_loss": [line.train_loss for line in last]}
    values["last_epoch_accuracy"] = [line.train_accuracy for line in last]
    for role in seed_results[0].scores:
        values[f"{role}_accuracy"] = [seed_result.scores[role]["accuracy"] for seed_result in seed_results]
        values[f"{role}_loss"] = [seed_result.scores[role]["log_loss"] for seed_result in seed_results]
    if "parameters" in experiment.published:
        values["parameters"] = [float(trained[0]["parameters"])]
    values["periods"] = [float(line.entry) for line in last]
    values["train_seconds"] = [seed_result.train_seconds for seed_result in seed_results]
    return facts, values


def _shared_settings(recipe: Recipe) -> dict[str, Any]:
    """A recipe without what is each seed's own and each machine's own."""
    own = ("seed", "threads", "device", "precision")
    return {name: value for name, value in to_dict(recipe).items() if name not in own}


def _series(experiment: TrainingExperiment, seed_results: Sequence[SeedResult]) -> dict[str, Series]:
    """What was followed, as far as every seed went."""
    length = min(len(seed_result.history) for seed_result in seed_results)
    lines = {"train_loss": [[p.train_loss for p in one.history[:length]] for one in seed_results]}
    if seed_results[0].history[0].validation_loss is not None:
        for name in ("validation_loss", "validation_accuracy"):
            lines[name] = [[getattr(p, name) for p in one.history[:length]] for one in seed_results]
    if seed_results[0].extra_eval:
        lines["training_examples_loss"] = [list(one.extra_eval[:length]) for one in seed_results]
    periods = experiment.recipe.eval_every is not None
    found = {}
    for name, values in lines.items():
        table = np.array(values)
        std = table.std(axis=0, ddof=1) if len(table) > 1 else np.zeros(length)
        published = experiment.published_series.get(name)
        found[name] = Series(
            x=tuple(float(n) for n in range(1, length + 1)),
            x_name="period" if periods else "epoch",
            mean=tuple(table.mean(axis=0).tolist()),
            std=tuple(std.tolist()),
            published=tuple(published) if published else None,
        )
    return found


def _of_search(
    search: SearchExperiment, results: Sequence[JobResult], options: ReproduceOptions
) -> tuple[dict[str, Any], dict[str, list[float]]]:
    _, widths = search_values(search, options)
    by_width: dict[int, dict[int, Mapping[str, Any]]] = {}
    for result in results:
        by_width.setdefault(result["width"], {})[result["split"]] = result["result"]
    whole = [width for width in widths if len(by_width.get(width, {})) == search.cv]
    facts: dict[str, Any] = {
        "network": {"name": search.network, "options": dict(search.options)},
        "recipe": _shared_settings(search.recipe),
        "data": {"folds": f"{search.cv} stratified folds of {search.data}", "validation": search.validation},
    }
    if not whole:
        return facts, {}
    scores = np.array([[by_width[w][s]["score"] for s in range(search.cv)] for w in whole])
    periods = [[by_width[w][s]["periods"] for s in range(search.cv)] for w in whole]
    seconds = [[by_width[w][s]["fit_time"] for s in range(search.cv)] for w in whole]
    series = _scores_by_width(search, whole, scores)
    facts["series"] = {"mean_score": series}
    ours = scores.mean(axis=1)
    ranks = (-ours).argsort(kind="stable").argsort() + 1
    facts["tables"] = [
        {
            "id": "grid",
            "title": "Accuracy on the fold held out, by width",
            "columns": [
                "hidden units",
                *(f"fold {s + 1}" for s in range(search.cv)),
                *("mean", "rank", "published mean", "epochs", "seconds"),
            ],
            "rows": [
                [
                    width,
                    *(round(float(one), 5) for one in scores[row]),
                    round(float(ours[row]), 5),
                    int(ranks[row]),
                    series.published[row] if series.published else None,
                    ", ".join(map(str, periods[row])),
                    ", ".join(f"{one:.1f}" for one in seconds[row]),
                ]
                for row, width in enumerate(whole)
            ],
        }
    ]
    best = int(ours.argmax())
    values = {
        "best_mean_score": [float(ours[best])],
        "best_width": [float(whole[best])],
        "mean_score_of_all_widths": [float(ours.mean())],
        "fits": [float(scores.size)],
        "train_seconds": [float(np.sum(seconds))],
    }
    scored = sum(by_width[whole[best]][split]["examples"] for split in range(search.cv)) / (search.cv - 1)
    facts["errors"] = {"best_mean_score": _share_error(float(ours[best]), round(scored))}
    return facts, values


def _scores_by_width(search: SearchExperiment, widths: Sequence[int], scores: NDArray[np.float64]) -> Series:
    """Mean and spread over the folds, as scikit-learn has it, of scores `(widths, folds)`."""
    published = dict(zip(search.widths, search.published_series.get("mean_score", ()), strict=False))
    return Series(
        x=tuple(float(width) for width in widths),
        x_name="hidden units",
        mean=tuple(scores.mean(axis=1).tolist()),
        std=tuple(scores.std(axis=1).tolist()),
        published=tuple(published.get(width) for width in widths) if published else None,
    )


def mean_scores(search: SearchExperiment, study: Study, options: ReproduceOptions) -> Series:
    """The mean score of each width whose fits are all done."""
    jobs = [job for job in jobs_of(study, options) if job.experiment == search.id and job.kind == "fit"]
    results = [result for job in jobs if (result := load_cached_result(search, job, options))]
    series: Series = _of_search(search, results, options)[0]["series"]["mean_score"]
    return series


def _standard_errors(seed_result: SeedResult) -> dict[str, float]:
    """By how much accuracies and losses of one network differ from one sample of digits to another."""
    errors = {}
    for role, one in seed_result.scores.items():
        errors[f"{role}_accuracy"] = _share_error(one["accuracy"], one["n"])
        errors[f"{role}_loss"] = one["log_loss_error"]
    return errors


def _share_error(share: float, n: int) -> float:
    """The standard error of a share p of n digits: sqrt(p (1 - p) / n)."""
    return float((share * (1 - share) / n) ** 0.5)


def _comparisons(
    measured: Mapping[str, Measurement], published: Mapping[str, PublishedValue], errors: Mapping[str, float]
) -> dict[str, PublishedComparison]:
    return {
        name: compare(measured[name], figure, errors.get(name, 0.0))
        for name, figure in published.items()
        if name in measured and _can_judge(name, measured[name])
    }


def _can_judge(name: str, measured: Measurement) -> bool:
    """Times are no results; and how a training went has a spread that one seed does not show."""
    of_course = name in ("periods", "last_epoch_accuracy", "final_loss")
    return not name.endswith("_seconds") and not (of_course and len(measured.values) == 1)


def compare(measured: Measurement, published: PublishedValue, error: float = 0.0) -> PublishedComparison:
    """Sets a published figure beside what we measured.

    The scale is the standard deviation over seeds; of one seed, `sqrt(2)` times the standard error on
    those digits, for the published figure has one as well. What has neither must be equal to as many
    decimals as the source gives. An aim is met from there on.

    Args:
        measured: Ours.
        published: The source's figure.
        error: Standard error of one network's figure on those digits; 0 for what is counted, not sampled.
    """
    of_seeds = len(measured.values) > 1
    scale = measured.std if of_seeds else 2**0.5 * error
    value = published.value
    difference = measured.mean - value
    deviations = difference / scale if scale else None
    rounding = 0.5 * 10.0 ** -len(f"{value}".partition(".")[2]) if not scale else 0.0
    within = min(measured.values) - rounding <= value <= max(measured.values) + rounding
    within = within or (published.at_least and difference >= 0)
    verdict: Literal["inside", "near", "outside"]
    if within or abs(difference) <= scale:
        verdict = "inside"
    else:
        verdict = "near" if abs(difference) <= FAR * scale else "outside"
    return PublishedComparison(
        difference=difference,
        deviations=deviations,
        scale=scale,
        scale_of="seeds" if of_seeds else "digits",
        verdict=verdict,
    )
