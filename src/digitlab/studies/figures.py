"""Pictures of what a study trained: views of its first seed's network, and curves over all seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from digitlab.data import Digits, mnist
from digitlab.figures import Line, animate_tiles, draw_confusion, draw_errors, draw_lines, draw_stages
from digitlab.inspection import InspectedModel, inspect
from digitlab.inspection.learning import (
    MAX_ANIMATED_UNITS,
    STAGE_STEPS,
    animation_steps,
    format_step,
    weights_at_steps,
)
from digitlab.networks import Network, build
from digitlab.report import Series
from digitlab.studies.datasets import first_5000_held_out
from digitlab.studies.study import SearchExperiment
from digitlab.studies.training_results import ExperimentRuns
from digitlab.training import Examples, Recipe

__all__ = [
    "components",
    "confusion",
    "errors",
    "growth",
    "learning",
    "stages",
    "view_figure",
    "view_without_model",
    "widths",
]

Draw = Callable[[ExperimentRuns], Figure | bytes]


def view_figure(what: str, role: str = "train", **choices: object) -> Draw:
    """What draws a view of the first seed's network.

    Args:
        what: The view's name, as `digitlab inspect --view` has it.
        role: Which of the experiment's digits the network reads.
        **choices: Fields of `ViewOptions`.
    """

    def draw(trained: ExperimentRuns) -> Figure | bytes:
        return inspect(_subject(trained, role), what, None, **choices).figure

    return draw


@lru_cache(maxsize=2)  # one experiment's; more would keep the digits of all before it in memory
def _subject(trained: ExperimentRuns, role: str) -> InspectedModel:
    """The network with the digits of a role; made once, for what it reads is worked out once."""
    return InspectedModel(trained.network, _name(trained), trained.data.digits[role])


def _name(trained: ExperimentRuns) -> str:
    return f"{trained.experiment.network}, seed {trained.seed_results[0].seed}"


def confusion(role: str) -> Draw:
    """What draws which digits of a role the first seed's network takes for which."""

    def draw(trained: ExperimentRuns) -> Figure:
        title = f"Which digits does {_name(trained)} take for which?\n{_result(trained, role)}"
        return draw_confusion(trained.seed_results[0].scores[role]["confusion"], title)

    return draw


def errors(role: str) -> Draw:
    """The same without what is read rightly: the errors alone."""

    def draw(trained: ExperimentRuns) -> Figure:
        title = f"Which digits does {_name(trained)} misread as which?\n{_result(trained, role)}"
        return draw_errors(trained.seed_results[0].scores[role]["confusion"], title)

    return draw


def _result(trained: ExperimentRuns, role: str) -> str:
    scores = trained.seed_results[0].scores[role]
    return f"{role} digits: {scores['accuracy']:.2%} of {scores['n']:,} read rightly"


def learning(trained: ExperimentRuns) -> Figure:
    """Log loss period by period: mean and spread over the seeds, and the source's values."""
    seed_results = trained.seed_results
    length = min(len(seed_result.history) for seed_result in seed_results)
    lines = []
    if seed_results[0].extra_eval:
        lines.append(_line("training examples", [one.extra_eval[:length] for one in seed_results]))
    else:
        lines.append(
            _line("training", [[p.train_loss for p in one.history[:length]] for one in seed_results])
        )
    if seed_results[0].history[0].validation_loss is not None:
        losses = [[p.validation_loss or 0.0 for p in one.history[:length]] for one in seed_results]
        lines.append(_line("validation", losses))
    for name, label in (("validation_loss", "validation, as published"), ("train_loss", "as published")):
        published = trained.experiment.published_series.get(name)
        if published:
            values = np.array(published, dtype=float)
            lines.append(Line(label, range(1, len(values) + 1), values, published=True))
    unit = "period" if trained.experiment.recipe.eval_every else "epoch"
    seeds = len(seed_results)
    title = (
        f"{trained.experiment.title}\nmean of {seeds} seeds and their spread"
        if seeds > 1
        else trained.experiment.title
    )
    return draw_lines(lines, title, unit, "log loss (nats)")


def widths(search: SearchExperiment, scores: Series) -> Figure:
    """The mean score of each width of a search with its spread over the folds, and the source's."""
    lines = [Line(f"ours, mean of {search.cv} folds and their spread", scores.x, scores.mean, scores.std)]
    if scores.published:
        published = np.array(scores.published, dtype=float)
        lines.append(Line("as published", scores.x, published, published=True))
    return draw_lines(lines, search.title, scores.x_name, "accuracy on the fold held out")


def _line(name: str, values: Sequence[Sequence[float]]) -> Line:
    return Line.over_seeds(name, range(1, len(values[0]) + 1), values)


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

    def draw(trained: ExperimentRuns) -> Figure | bytes:
        digits = first_5000_held_out(trained.options).digits["train"]
        return inspect(InspectedModel(build("softmax"), "MNIST", digits), what).figure

    return draw


def stages(trained: ExperimentRuns) -> Figure:
    """The first layer's weights after 10, 100 and 1,000 steps, or as far as the training goes."""
    steps, tiles, layer = weights_at_steps(*_retrain_setup(trained), STAGE_STEPS)
    return draw_stages(
        list(tiles), [format_step(step) for step in steps], f"What has {layer} learned by then?"
    )


def growth(trained: ExperimentRuns) -> bytes:
    """Twenty-five units of the first layer while they learn, as an animation."""
    network, recipe, train = _retrain_setup(trained)
    steps, tiles, _ = weights_at_steps(network, recipe, train, animation_steps(recipe, len(train)))
    names = [format_step(step) for step in steps]
    return animate_tiles(list(tiles[:, :MAX_ANIMATED_UNITS]), names, "Twenty-five units while they learn")


def _retrain_setup(trained: ExperimentRuns) -> tuple[Network, Recipe, Examples]:
    """The first seed's network as it started, its recipe and its digits."""
    experiment = trained.experiment
    network = build(experiment.network, seed=trained.recipe.seed, **experiment.options)
    return network, trained.recipe, trained.data.train
