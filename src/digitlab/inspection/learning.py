"""Learning curves over seeds, and first-layer weights at chosen training steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import nn

from digitlab.errors import SettingError
from digitlab.figures.animation import animate_tiles
from digitlab.figures.curves import Line, draw_learning_curves, smallest_smoothed_loss
from digitlab.figures.tiles import draw_stages
from digitlab.formatting import format_count, format_number, format_share
from digitlab.inspection.lookup import UnitPage, page_of_units
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult
from digitlab.inspection.weights import image_layer, kernels, unit_weights
from digitlab.networks import Network, build
from digitlab.runs import Run
from digitlab.training import Examples, Recipe, snapshots

__all__ = [
    "MAX_ANIMATED_UNITS",
    "MAX_STAGED_UNITS",
    "STAGE_STEPS",
    "animation_steps",
    "format_step",
    "stage_steps",
    "view_learning_curves",
    "view_weight_animation",
    "view_weight_stages",
    "weights_at_steps",
]

STAGE_STEPS = (10, 100, 1000)
"""Steps after which study `crash-course` asks to look."""
FRAMES = 30
MAX_STAGED_UNITS, MAX_ANIMATED_UNITS = 36, 25
"""The most units that one figure of stages and one animation hold: more are too small, the file too large."""
Tiles = NDArray[np.float32]


def view_learning_curves(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Learning curves: loss and accuracy by epoch, with their spread over seeds."""
    if not model.runs:
        raise SettingError(f"{model.name} is a bare weights file without a history", "Give its run folder.")
    histories = [run.history() for run in model.runs]
    length = min(len(history) for history in histories)
    table = np.array([[period.epoch for period in history[:length]] for history in histories])
    epochs = table[0]
    if (table != epochs).any():
        raise SettingError(
            f"the runs beside {model.name} were measured at other epochs than it", "Give one run's folder."
        )
    data = {"epochs": epochs}
    for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
        if all(getattr(history[0], name) is not None for history in histories):
            data[name] = np.array([[getattr(p, name) for p in history[:length]] for history in histories])
    seeds = len(histories)
    spread = f"mean of {seeds} seeds; the shade is one standard deviation" if seeds > 1 else "n = 1 seed"
    if any(len(history) > length for history in histories):
        spread += "; up to where the first of them stopped"
    smoothed = model.runs[0].config.recipe.label_smoothing
    names = {"loss": "training, labels smoothed" if smoothed else "training", "accuracy": "training"}
    pairs = [
        [
            Line.over_seeds(words, epochs.tolist(), data[f"{split}_{quantity}"])
            for split, words in (("train", names[quantity]), ("validation", "validation"))
            if f"{split}_{quantity}" in data
        ]
        for quantity in ("loss", "accuracy")
    ]
    title = f"Learning curves: how do loss and accuracy develop?\n{model.network_name}; {spread}"
    kept = _kept_epoch(model.runs[0]) if seeds == 1 else None
    figure = draw_learning_curves(pairs[0], pairs[1], title, kept, smoothed)
    return ViewResult(data, figure, "\n".join(_best_and_last(data, smoothed)))


def _kept_epoch(run: Run) -> float | None:
    """The epoch whose weights early stopping kept; None without early stopping."""
    best = run.metrics()["best_entry"]
    return run.history()[int(best) - 1].epoch if best else None


def _best_and_last(data: dict[str, NDArray[np.float64]], smoothing: float) -> list[str]:
    """The best and the last entry in words, each the mean over seeds; and what label smoothing does."""
    lines = []
    if "validation_loss" in data:
        loss, accuracy = (data[f"validation_{each}"].mean(axis=0) for each in ("loss", "accuracy"))
        for name, entry in (("lowest", int(np.nanargmin(loss))), ("last", len(loss) - 1)):
            lines.append(
                f"{name} validation loss: {format_number(loss[entry], 4)} at epoch "
                f"{format_number(data['epochs'][entry])}, with accuracy {format_share(accuracy[entry])}"
            )
    if smoothing:
        least = format_number(smallest_smoothed_loss(smoothing), 3)
        lines.append(f"With label smoothing {smoothing:g}, the training loss cannot fall below {least}.")
    return lines


def view_weight_stages(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """First-layer weights after 10, 100, 1,000 ... training steps and at the end of the training."""
    network, recipe, train, end = _retrain_setup(model)
    page = _page(network, options, MAX_STAGED_UNITS)
    steps, tiles, layer = weights_at_steps(network, recipe, train, stage_steps(end))
    title = f"Weights of {layer} during training: what does each unit learn?\n{_weights_label(model, page)}"
    names = [format_step(step, end) for step in steps]
    labels = [str(unit) for unit in page.units]
    figure = draw_stages(list(tiles[:, list(page.units)]), names, title, labels=labels)
    return _result(model, recipe, page, steps, tiles, figure)


def view_weight_animation(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """First-layer weights during training, as an animation."""
    network, recipe, train, end = _retrain_setup(model)
    page = _page(network, options, MAX_ANIMATED_UNITS)
    steps, tiles, layer = weights_at_steps(network, recipe, train, animation_steps(end))
    title = f"Weights of {layer} during training: what does each unit learn?\n{_weights_label(model, page)}"
    names = [format_step(step, end) for step in steps]
    labels = [str(unit) for unit in page.units]
    film = animate_tiles(list(tiles[:, list(page.units)]), names, title, labels)
    return _result(model, recipe, page, steps, tiles, film)


def _result(
    model: InspectedModel,
    recipe: Recipe,
    page: UnitPage,
    steps: list[int],
    tiles: Tiles,
    figure: Figure | bytes,
) -> ViewResult:
    data = {"steps": np.array(steps), "weights": tiles, "shown": np.array(page.units)}
    return ViewResult(data, figure, "\n".join(filter(None, (_caveats(model, recipe), page.hint()))))


def _page(network: Network, options: ViewOptions, size: int) -> UnitPage:
    """Which units of the first layer are shown; refused before a long training, not after."""
    tiles, layer = _first_layer_weights(network)
    kind = "unit" if image_layer(network) else "map"
    return page_of_units(options.unit, options.page, len(tiles), size, layer, kind)


def format_step(step: int, end: int | None = None) -> str:
    """When weights were looked at: `after 1 step`, `after 1,000 steps`, `after 5,060 steps, the end`."""
    return f"after {format_count(step, 'step')}{', the end' if step == end else ''}"


def _weights_label(model: InspectedModel, page: UnitPage) -> str:
    """Whose weights they are, for titles; says if they come from a second training."""
    alone = ", trained again alone" if _was_stacked(model) else ""
    return f"{model.name}{alone}; {page.format()}"


def _caveats(model: InspectedModel, recipe: Recipe) -> str:
    """How these weights differ from those that the run saved."""
    words = []
    if _was_stacked(model):
        words.append(
            "The run's seeds were trained together, which adds up in another order; trained again alone, its "
            "weights come close to those, but after some hundred steps they are not the same numbers."
        )
    if recipe.ema_decay is not None:
        words.append("These are the weights that training steps update; the run saves their moving average.")
    return "\n".join(words)


def _was_stacked(model: InspectedModel) -> bool:
    """Whether the run is one of several seeds trained as one stack."""
    return model.run is not None and int(model.run.metrics()["n_stacked_seeds"]) > 1


def stage_steps(end: int) -> list[int]:
    """The steps of the stages of a training of `end` steps: 10, 100, 1,000 and so on, and its end."""
    return [*(10**k for k in range(1, len(str(end))) if 10**k < end), end]


def animation_steps(end: int) -> list[int]:
    """The steps of an animation of a training of `end` steps: from 0 to its end, dense at first.

    Most happens at first; steps grow by a constant factor.
    """
    return sorted({0, *(round(end ** (k / (FRAMES - 2))) for k in range(FRAMES - 1))})


def weights_at_steps(
    network: Network, recipe: Recipe, train: Examples, steps: Sequence[int]
) -> tuple[list[int], Tiles, str]:
    """First-layer weights at training steps, by training a network again.

    Args:
        network: Freshly built; it is trained.
        recipe: How.
        train: What on.
        steps: After how many steps to look.

    Returns:
        The steps, as far as the training goes; the weights `(steps, units, height, width)`, of units that
        read the image or else of the first convolution's kernels; and the layer's name.

    Raises:
        SettingError: If it has neither.
    """
    _first_layer_weights(network)  # refused before an hour of training, not after
    taken = snapshots(network, recipe, train, steps)
    looks = []
    for one in taken:
        network.load_state_dict(one.weights)
        looks.append(_first_layer_weights(network))
    return [one.step for one in taken], np.array([tiles for tiles, _ in looks]), looks[0][1]


def _first_layer_weights(network: Network) -> tuple[Tiles, str]:
    if image_layer(network):
        units = unit_weights(network)
        return units.weights, units.layer
    if not any(isinstance(layer, nn.Conv2d) for layer in network.layers.values()):
        unit_weights(network)  # raises: neither reads the image
    found = kernels(network)
    return found.weights[:, 0], found.layer


def _retrain_setup(model: InspectedModel) -> tuple[Network, Recipe, Examples, int]:
    """The run's network as it started, its recipe, its digits and how many steps it took."""
    run: Run | None = model.run
    if run is None:
        raise SettingError(
            f"{model.name} is a bare weights file: how it was trained is not known", "Give its run folder."
        )
    facts = run.config
    network = build(facts.network, seed=facts.seed, **facts.options)
    end = int(run.metrics()["steps"])  # fewer than the recipe's, if it stopped early
    return network, facts.recipe, Examples.of(facts.data.load().train), end
