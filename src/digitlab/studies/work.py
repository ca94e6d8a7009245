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
from digitlab.evaluation import accuracy_and_log_loss, log_probabilities, predict_logits, score
from digitlab.figures import save_figure
from digitlab.files import atomic_write, make_folder, write_bytes, write_json
from digitlab.networks import Network, build, save_network
from digitlab.processes import exit_with_parent
from digitlab.searching import Candidate, Fit, Plan
from digitlab.searching.material import SearchData
from digitlab.searching.work import do_fit
from digitlab.settings import to_dict
from digitlab.studies.catalogue import STUDIES
from digitlab.studies.drawings import widths
from digitlab.studies.jobs import Job, fingerprint, search_values
from digitlab.studies.results import mean_scores, outcomes_of
from digitlab.studies.study import Demonstration, ReproduceOptions, Search, StudyData, Training
from digitlab.studies.trained import ExperimentRuns, recipe_for
from digitlab.training import Examples, FitResult, HistoryEntry, fit, fit_replicas

__all__ = ["do_job", "prepare_process"]


def prepare_process() -> None:
    """Sets a process up for jobs: one thread, for every core has a process of its own."""
    exit_with_parent()
    torch.set_num_threads(1)


def do_job(job: Job, order: ReproduceOptions) -> float:
    """Does one job and leaves its result in `job.file(order)`.

    Returns:
        Seconds that it took.

    Raises:
        DigitlabError: If it cannot be done.
    """
    started = time.perf_counter()
    experiment = STUDIES[job.study].experiment(job.experiment)
    if isinstance(experiment, Demonstration):
        result = _show(experiment, job, order)
    elif isinstance(experiment, Search):
        result = (_fit if job.kind == "fit" else _draw_search)(experiment, job, order)
    else:
        result = (_train if job.kind == "train" else _draw)(experiment, job, order)
    seconds = time.perf_counter() - started
    file = job.file(order)
    make_folder(file.parent)
    marks = {"fingerprint": fingerprint(experiment, order), "seconds": seconds}
    write_json(file, {**marks, **result})
    return seconds


def _train(experiment: Training, job: Job, order: ReproduceOptions) -> dict[str, Any]:
    material = experiment.material(order)
    recipes = [recipe_for(experiment, order, seed) for seed in job.seeds]
    networks = [build(experiment.network, seed=seed, **experiment.options) for seed in job.seeds]
    followed = material.scored[material.follow] if material.follow else None
    also: list[list[float]] = [[] for _ in job.seeds]
    if len(job.seeds) > 1 and material.also is None:
        fitted = fit_replicas(networks, recipes, material.train, followed)
    else:
        fitted = []
        for network, recipe, losses in zip(networks, recipes, also, strict=True):
            on_history = _follower(network, material, losses) if material.also else None
            fitted.append(fit(network, recipe, material.train, followed, on_history=on_history))
    return {
        "seeds": [
            _one_seed(experiment, job, order, *each, material)
            for each in zip(job.seeds, networks, fitted, also, strict=True)
        ]
    }


def _follower(network: Network, material: StudyData, losses: list[float]) -> Any:
    """Notes the log loss on the second followed role after each period."""
    assert material.also is not None
    examples = material.scored[material.also]

    def follow(_: HistoryEntry) -> None:
        logits = predict_logits(network, examples.inputs)
        losses.append(accuracy_and_log_loss(logits, examples.labels.numpy())[1])

    return follow


def _one_seed(
    experiment: Training,
    job: Job,
    order: ReproduceOptions,
    seed: int,
    network: Network,
    fitted: FitResult,
    also: list[float],
    material: StudyData,
) -> dict[str, Any]:
    weights = f"models/{job.study}-{experiment.id}-seed-{seed}.safetensors"
    make_folder(order.out / "models")
    save_network(network, order.out / weights)
    scores = {role: _score(network, examples) for role, examples in material.scored.items()}
    return {
        "seed": seed,
        "weights": weights,
        "history": [asdict(period) for period in fitted.history],
        "also": also,
        "scores": scores,
        "train_seconds": fitted.train_seconds + fitted.evaluation_seconds,
        "parameters": network.parameter_count(),
        "words": dict(material.words),
    }


def _score(network: Network, examples: Examples) -> dict[str, Any]:
    """Scores, and the standard error of the log loss on these digits."""
    logits, labels = predict_logits(network, examples.inputs), examples.labels.numpy()
    losses = -log_probabilities(logits)[np.arange(len(labels)), labels]
    error = float(losses.std(ddof=1) / len(losses) ** 0.5)
    return {**score(logits, labels).to_dict(), "log_loss_error": error}


def _draw(experiment: Training, job: Job, order: ReproduceOptions) -> dict[str, Any]:
    trained = ExperimentRuns(experiment, order, outcomes_of(experiment, job.study, order))
    figures = []
    for drawing in experiment.drawings:
        name = f"{job.study}-{experiment.id}-{drawing.id}.{drawing.ending}"
        figures.append(_write_figure(order.out, name, drawing.id, drawing.title, drawing.draw(trained)))
    measures = experiment.measures(trained) if experiment.measures else {}
    return {
        "figures": figures,
        "measured": {name: [float(value) for value in values] for name, values in measures.items()},
        "tables": [to_dict(table(trained)) for table in experiment.tables],
    }


def _draw_search(search: Search, job: Job, order: ReproduceOptions) -> dict[str, Any]:
    figure = widths(search, mean_scores(search, STUDIES[job.study], order))
    name = f"{job.study}-{search.id}-widths.png"
    title = "The mean score of each width, beside the published one"
    return {"figures": [_write_figure(order.out, name, "widths", title, figure)]}


def _show(experiment: Demonstration, job: Job, order: ReproduceOptions) -> dict[str, Any]:
    assert experiment.show is not None
    shown = experiment.show(order)
    if shown.arrays:
        path = order.arrays(job.study, experiment.id)
        make_folder(path.parent)
        with atomic_write(path) as part:
            np.savez(part, **shown.arrays)
    return {
        "figures": [
            _write_figure(order.out, f"{job.study}-{experiment.id}-{name}.png", name, title, figure)
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


def _fit(search: Search, job: Job, order: ReproduceOptions) -> dict[str, Any]:
    """One fold of one width, by the search room's own work."""
    changes, _ = search_values(search, order)
    recipe = replace(search.recipe, **{**changes, "threads": 1})
    candidate = Candidate(
        params={"hidden": job.width}, options={**search.options, "hidden": (job.width,)}, recipe=recipe
    )
    material = _search_material(search.data, search.validation)
    plan = Plan(
        network=search.network,
        candidates=(candidate,),
        data={"name": search.data, "n": len(material.labels), "digest": ""},
        validation=search.validation,
        cv=search.cv,
        shuffle=False,
        seed=recipe.seed,
        halving=False,
    )
    result = do_fit(plan, Fit(candidate=0, split=job.split), material)
    if result.error:
        raise TrainingError(f"{search.id}, {job.width} units: {result.error}", "Lower the learning rate.")
    return {"width": job.width, "split": job.split, "result": to_dict(result)}


@cache
def _search_material(data: str, validation: str) -> SearchData:
    """Loaded once in each process, for 48 fits."""
    return SearchData.load(data, validation)
