"""Doing one job of a study: what a process of the runner does, and what it leaves on disk."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from digitlab.errors import TrainingError
from digitlab.evaluation import accuracy_and_log_loss, compute_metrics, predict_logits
from digitlab.figures import save_figure
from digitlab.files import atomic_write, make_folder, write_bytes, write_json
from digitlab.networks import Network, build, save_network
from digitlab.probabilities import log_softmax
from digitlab.processes import exit_with_parent
from digitlab.settings import to_dict
from digitlab.studies.figures import widths
from digitlab.studies.jobs import Job, fingerprint, search_values
from digitlab.studies.registry import STUDIES
from digitlab.studies.results import mean_scores, outcomes_of
from digitlab.studies.study import (
    Computation,
    ReproduceOptions,
    SearchExperiment,
    StudyData,
    TrainingExperiment,
)
from digitlab.studies.training_results import ExperimentRuns, recipe_for
from digitlab.training import Examples, FitResult, HistoryEntry, fit
from digitlab.tuning import Candidate, Fit, Plan, SearchData, run_fit

__all__ = ["do_job", "prepare_process"]


def prepare_process() -> None:
    """Sets a process up for jobs: one thread, for every core has a process of its own."""
    exit_with_parent()
    torch.set_num_threads(1)


def do_job(job: Job, options: ReproduceOptions) -> float:
    """Does one job and leaves its result in `job.file(order)`.

    Returns:
        Seconds that it took.

    Raises:
        DigitlabError: If it cannot be done.
    """
    started = time.perf_counter()
    experiment = STUDIES[job.study].experiment(job.experiment)
    if isinstance(experiment, Computation):
        result = _show(experiment, job, options)
    elif isinstance(experiment, SearchExperiment):
        result = (_fit if job.kind == "fit" else _draw_search)(experiment, job, options)
    else:
        result = (_train if job.kind == "train" else _draw)(experiment, job, options)
    seconds = time.perf_counter() - started
    file = job.file(options)
    make_folder(file.parent)
    marks = {"fingerprint": fingerprint(experiment, options), "seconds": seconds}
    write_json(file, {**marks, **result})
    return seconds


def _train(experiment: TrainingExperiment, job: Job, options: ReproduceOptions) -> dict[str, Any]:
    data = experiment.data(options)
    recipes = [recipe_for(experiment, options, seed) for seed in job.seeds]
    networks = [build(experiment.network, seed=seed, **experiment.options) for seed in job.seeds]
    followed = data.scored[data.monitor] if data.monitor else None
    extra_eval: list[list[float]] = [[] for _ in job.seeds]
    if len(job.seeds) > 1 and data.extra_eval is None:
        fitted = fit(networks, recipes[0], data.train, followed, seeds=job.seeds)
    else:
        fitted = []
        for network, recipe, losses in zip(networks, recipes, extra_eval, strict=True):
            on_history = _follower(network, data, losses) if data.extra_eval else None
            fitted.append(fit(network, recipe, data.train, followed, on_history=on_history))
    return {
        "seeds": [
            _one_seed(experiment, job, options, *each, data)
            for each in zip(job.seeds, networks, fitted, extra_eval, strict=True)
        ]
    }


def _follower(network: Network, data: StudyData, losses: list[float]) -> Any:
    """Notes the log loss on the second followed role after each period."""
    assert data.extra_eval is not None
    examples = data.scored[data.extra_eval]

    def monitor(_: HistoryEntry, __: int) -> None:
        logits = predict_logits(network, examples.inputs)
        losses.append(accuracy_and_log_loss(logits, examples.labels.numpy())[1])

    return monitor


def _one_seed(
    experiment: TrainingExperiment,
    job: Job,
    options: ReproduceOptions,
    seed: int,
    network: Network,
    fitted: FitResult,
    extra_eval: list[float],
    data: StudyData,
) -> dict[str, Any]:
    weights = f"models/{job.study}-{experiment.id}-seed-{seed}.safetensors"
    make_folder(options.out / "models")
    save_network(network, options.out / weights)
    scores = {role: _score(network, examples) for role, examples in data.scored.items()}
    return {
        "seed": seed,
        "weights": weights,
        "history": [asdict(period) for period in fitted.history],
        "also": extra_eval,
        "scores": scores,
        "train_seconds": fitted.train_seconds + fitted.evaluation_seconds,
        "parameters": network.parameter_count(),
        "words": dict(data.words),
    }


def _score(network: Network, examples: Examples) -> dict[str, Any]:
    """Scores, and the standard error of the log loss on these digits."""
    logits, labels = predict_logits(network, examples.inputs), examples.labels.numpy()
    losses = -log_softmax(logits)[np.arange(len(labels)), labels]
    error = float(losses.std(ddof=1) / len(losses) ** 0.5)
    return {**compute_metrics(logits, labels).to_dict(), "log_loss_error": error}


def _draw(experiment: TrainingExperiment, job: Job, options: ReproduceOptions) -> dict[str, Any]:
    trained = ExperimentRuns(experiment, options, outcomes_of(experiment, job.study, options))
    figures = []
    for figure in experiment.figures:
        name = f"{job.study}-{experiment.id}-{figure.id}.{figure.file_format}"
        figures.append(_write_figure(options.out, name, figure.id, figure.title, figure.draw(trained)))
    measures = experiment.measures(trained) if experiment.measures else {}
    return {
        "figures": figures,
        "measured": {name: [float(value) for value in values] for name, values in measures.items()},
        "tables": [to_dict(table(trained)) for table in experiment.tables],
    }


def _draw_search(search: SearchExperiment, job: Job, options: ReproduceOptions) -> dict[str, Any]:
    figure = widths(search, mean_scores(search, STUDIES[job.study], options))
    name = f"{job.study}-{search.id}-widths.png"
    title = "The mean score of each width, beside the published one"
    return {"figures": [_write_figure(options.out, name, "widths", title, figure)]}


def _show(experiment: Computation, job: Job, options: ReproduceOptions) -> dict[str, Any]:
    assert experiment.show is not None
    shown = experiment.show(options)
    if shown.arrays:
        path = options.arrays(job.study, experiment.id)
        make_folder(path.parent)
        with atomic_write(path) as part:
            np.savez(part, **shown.arrays)
    return {
        "figures": [
            _write_figure(options.out, f"{job.study}-{experiment.id}-{name}.png", name, title, figure)
            for name, title, figure in shown.figures
        ],
        "measured": {name: [float(value)] for name, value in shown.measured.items()},
        "tables": [to_dict(table) for table in shown.tables],
    }


def _write_figure(out: Path, name: str, identity: str, title: str, figure: Figure | bytes) -> dict[str, str]:
    make_folder(out / "figures")
    content = figure if isinstance(figure, bytes) else save_figure(figure)
    write_bytes(out / "figures" / name, content)
    return {"id": identity, "title": title, "file": f"figures/{name}"}


def _fit(search: SearchExperiment, job: Job, options: ReproduceOptions) -> dict[str, Any]:
    """One fold of one width, by the search room's own work."""
    changes, _ = search_values(search, options)
    recipe = replace(search.recipe, **{**changes, "threads": 1})
    candidate = Candidate(
        params={"hidden": job.width}, options={**search.options, "hidden": (job.width,)}, recipe=recipe
    )
    data = _search_material(search.data, search.validation)
    plan = Plan(
        network=search.network,
        candidates=(candidate,),
        data={"name": search.data, "n": len(data.labels), "digest": ""},
        validation=search.validation,
        cv=search.cv,
        shuffle=False,
        seed=recipe.seed,
        halving=False,
    )
    result = run_fit(plan, candidate, Fit(candidate=0, split=job.split), 1.0, data)
    if result.error:
        raise TrainingError(f"{search.id}, {job.width} units: {result.error}", "Lower the learning rate.")
    return {"width": job.width, "split": job.split, "result": to_dict(result)}


@cache
def _search_material(data: str, validation: str) -> SearchData:
    """Loaded once in each process, for 48 fits."""
    return SearchData.load(data, validation)
