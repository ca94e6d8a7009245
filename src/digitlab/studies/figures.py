"""Figures of a study's runs: views of the first seed's network, and curves over all seeds."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from digitlab.data import Digits, mnist
from digitlab.figures import (
    Line,
    animate_tiles,
    draw_confusion,
    draw_errors,
    draw_learning_curves,
    draw_lines,
    draw_stages,
)
from digitlab.formatting import format_count, format_share
from digitlab.inspection import InspectedModel, inspect
from digitlab.inspection.learning import (
    MAX_ANIMATED_UNITS,
    STAGE_STEPS,
    animation_steps,
    format_step,
    stage_steps,
    weights_at_steps,
)
from digitlab.networks import Network, build
from digitlab.report import Series
from digitlab.studies.experiment_results import ExperimentRuns
from digitlab.studies.study import FigureSpec, SearchExperiment
from digitlab.training import Examples, Recipe, StepCounts

__all__ = [
    "ARCHITECTURE",
    "components",
    "confusion",
    "draw_mean_scores",
    "errors",
    "growth",
    "learning_curves",
    "stages",
    "view_figure",
    "view_without_model",
    "weights_by_step",
]

Draw = Callable[[ExperimentRuns], Figure | bytes]


def view_figure(what: str, split: str | None = "train", **choices: object) -> Draw:
    """A named view of the first seed's network.

    Args:
        what: The view's name, as `digitlab inspect --view` has it.
        split: Which of the experiment's digits the network reads; None: those that it was trained on.
        **choices: Fields of `ViewOptions`.
    """

    def draw(runs: ExperimentRuns) -> Figure | bytes:
        return inspect(_subject(runs, split), what, None, **choices).figure

    return draw


ARCHITECTURE = FigureSpec(
    "architecture", "Network architecture: layers, shapes and parameters", view_figure("architecture", None)
)


@lru_cache(maxsize=2)  # one experiment's; more would keep the digits of all before it in memory
def _subject(runs: ExperimentRuns, split: str | None) -> InspectedModel:
    """The network with the digits of a split; made once, because its activations are computed once."""
    return InspectedModel(
        runs.network, _name(runs), runs.digits(split) if split is not None else runs.splits.train
    )


def _name(runs: ExperimentRuns) -> str:
    return f"{runs.experiment.network}, seed {runs.seed_results[0].seed}"


def confusion(split: str) -> Draw:
    """Confusion matrix of the first seed's network on a split."""

    def draw(runs: ExperimentRuns) -> Figure:
        title = (
            f"Confusion matrix of {_name(runs)}: which digits are mistaken for which?\n{_result(runs, split)}"
        )
        return draw_confusion(runs.seed_results[0].scores[split]["confusion"], title)

    return draw


def errors(split: str) -> Draw:
    """Confusion matrix without its diagonal: the errors as shares of each row."""

    def draw(runs: ExperimentRuns) -> Figure:
        title = (
            f"Confusion matrix of {_name(runs)}, errors only: which digits are mistaken for which?\n"
            f"{_result(runs, split)}"
        )
        return draw_errors(runs.seed_results[0].scores[split]["confusion"], title)

    return draw


def _result(runs: ExperimentRuns, split: str) -> str:
    scores = runs.seed_results[0].scores[split]
    return f"{split} digits: {format_share(scores['accuracy'])} of {format_count(scores['n'])} correct"


def learning_curves(runs: ExperimentRuns) -> Figure:
    """Learning curves: log loss by epoch, mean and spread over seeds, beside the source's values.

    With the accuracies beside it, where the source printed those, too.
    """
    loss = _curves(runs, "loss")
    unit = "evaluation" if runs.experiment.recipe.eval_every else "epoch"
    seeds = len(runs.seed_results)
    title = f"Learning curves: {runs.experiment.title}" + (
        f"\nmean of {seeds} seeds and their spread" if seeds > 1 else ""
    )
    printed = {"train_accuracy", "validation_accuracy"} & runs.experiment.published_series.keys()
    accuracy = _curves(runs, "accuracy") if printed else ()
    smoothing = 0.0 if loss[0].name == "training examples" else runs.experiment.recipe.label_smoothing
    return draw_learning_curves(loss, accuracy, title, None, smoothing, unit)


def _curves(runs: ExperimentRuns, metric: str) -> list[Line]:
    """The lines of `loss` or `accuracy`: ours over all seeds, then the source's."""
    histories = [result.history for result in runs.seed_results]
    length = min(map(len, histories))
    lines, published = [], runs.experiment.published_series
    splits = {"extra": "training examples", "train": "training", "validation": "validation"}
    if getattr(histories[0][0], f"extra_{metric}") is None:
        del splits["extra"]
    else:
        del splits["train"]
    if getattr(histories[0][0], f"validation_{metric}") is None:
        del splits["validation"]
    for split, name in splits.items():
        values = [[getattr(entry, f"{split}_{metric}") for entry in one[:length]] for one in histories]
        lines.append(Line.over_seeds(name, range(1, length + 1), values))
    for split in ("train", "validation"):
        if f"{split}_{metric}" in published:
            theirs = np.array(published[f"{split}_{metric}"], dtype=float)
            name = {"train": "training", "validation": "validation"}[split]
            lines.append(Line(f"{name}, as published", range(1, len(theirs) + 1), theirs, published=True))
    return lines


def draw_mean_scores(search: SearchExperiment, scores: Series) -> Figure:
    """The mean score of each width of a search with its spread over the folds, and the source's."""
    lines = [Line(f"ours, mean of {search.cv} folds and their spread", scores.x, scores.mean, scores.std)]
    if scores.published:
        published = np.array(scores.published, dtype=float)
        lines.append(Line("as published", scores.x, published, published=True))
    return draw_lines(lines, search.title, scores.x_name, "accuracy on the fold held out")


def view_without_model(what: str, title: str, digits: Digits | None = None) -> tuple[str, str, Figure]:
    """A view that needs no trained network: its name, its caption and its figure.

    Args:
        what: The view's name.
        title: The caption.
        digits: What it is of; by default MNIST's test digits.
    """
    subject = InspectedModel(build("softmax"), "softmax", digits or mnist("test"))
    figure = inspect(subject, what).figure
    assert isinstance(figure, Figure)
    return what, title, figure


def components(what: str) -> Draw:
    """A view of the principal components of the 55,000 training images."""

    def draw(runs: ExperimentRuns) -> Figure | bytes:
        return inspect(InspectedModel(build("softmax"), "MNIST", runs.splits.train), what).figure

    return draw


def stages(runs: ExperimentRuns, own_scales: bool = False) -> Figure:
    """The first layer's weights after 10, 100, 1,000 ... steps and at the end of the training."""
    weights, layer = weights_by_step(runs)
    end = max(weights)
    steps = stage_steps(end)
    title = f"Weights of {layer} while they are learned: what does each unit respond to by then?"
    names = [format_step(step, end) for step in steps]
    labels = [str(unit) for unit in range(len(weights[end]))]
    return draw_stages([weights[step] for step in steps], names, title, own_scales, labels)


def growth(runs: ExperimentRuns) -> bytes:
    """Twenty-five units of the first layer while they learn, as an animation."""
    weights, _ = weights_by_step(runs)
    end = max(weights)
    steps = animation_steps(end)
    tiles = [weights[step][:MAX_ANIMATED_UNITS] for step in steps]
    names = [format_step(step, end) for step in steps]
    labels = [str(unit) for unit in range(len(tiles[0]))]
    return animate_tiles(tiles, names, f"Weights of {len(labels)} units while they learn", labels)


@lru_cache(maxsize=1)  # both figures of one experiment
def weights_by_step(runs: ExperimentRuns) -> tuple[dict[int, NDArray[np.float32]], str]:
    """The first layer's weights by step, for both figures from one training; and the layer's name."""
    network, recipe, train = _retrain_setup(runs)
    end = StepCounts.of(recipe, len(train)).total_steps
    wanted = sorted({*STAGE_STEPS, *stage_steps(end), *animation_steps(end)})
    steps, tiles, layer = weights_at_steps(network, recipe, train, wanted)
    return dict(zip(steps, tiles, strict=True)), layer


def _retrain_setup(runs: ExperimentRuns) -> tuple[Network, Recipe, Examples]:
    """The first seed's network as it started, its recipe and its digits."""
    experiment = runs.experiment
    network = build(experiment.network, seed=runs.recipe.seed, **experiment.options)
    return network, runs.recipe, runs.train_examples
