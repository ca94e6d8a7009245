"""Learning curves over seeds, and first-layer weights at chosen training steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from digitlab.errors import SettingError
from digitlab.figures.curves import Line, draw_learning_curves
from digitlab.figures.tiles import animate_tiles, draw_stages
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult
from digitlab.inspection.weights import image_layer, kernels, unit_weights
from digitlab.networks import Network, build
from digitlab.runs import Run
from digitlab.training import Examples, Recipe, StepCounts, snapshots

__all__ = [
    "MAX_ANIMATED_UNITS",
    "MAX_STAGED_UNITS",
    "STAGE_STEPS",
    "animation_steps",
    "format_step",
    "view_learning_curves",
    "view_weight_animation",
    "view_weight_stages",
    "weights_at_steps",
]

STAGE_STEPS = (10, 100, 1000)
"""Steps after which study `crash-course` asks to look."""
ANIMATION_END = 1000
FRAMES = 30
MAX_STAGED_UNITS, MAX_ANIMATED_UNITS = 36, 25
"""The most units that stages and an animation show: more would be too small, and too large a file."""
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
    smoothed = any(run.config.recipe.label_smoothing for run in model.runs)
    names = {"loss": "training, labels smoothed" if smoothed else "training", "accuracy": "training"}
    pairs = [
        [
            Line.over_seeds(words, epochs.tolist(), data[f"{split}_{quantity}"])
            for split, words in (("train", names[quantity]), ("validation", "validation"))
            if f"{split}_{quantity}" in data
        ]
        for quantity in ("loss", "accuracy")
    ]
    title = f"Learning curves of {model.network_name}\n{spread}"
    summary = "With label smoothing, the training loss cannot reach 0." if smoothed else ""
    return ViewResult(data, draw_learning_curves(pairs[0], pairs[1], title), summary)


def view_weight_stages(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """First-layer weights after 10, 100 and 1,000 training steps."""
    network, recipe, train, end = _retrain_setup(model)
    steps, tiles, layer = weights_at_steps(network, recipe, train, [min(step, end) for step in STAGE_STEPS])
    title = f"Weights of {layer} during training\n{_weights_label(model, tiles, MAX_STAGED_UNITS)}"
    figure = draw_stages(list(tiles[:, :MAX_STAGED_UNITS]), [format_step(step) for step in steps], title)
    return ViewResult({"steps": np.array(steps), "weights": tiles}, figure, _caveats(model, recipe))


def view_weight_animation(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """First-layer weights during training, as an animation."""
    network, recipe, train, end = _retrain_setup(model)
    wanted = [min(step, end) for step in animation_steps(recipe, len(train))]
    steps, tiles, layer = weights_at_steps(network, recipe, train, wanted)
    title = f"Weights of {layer} during training\n{_weights_label(model, tiles, MAX_ANIMATED_UNITS)}"
    film = animate_tiles(list(tiles[:, :MAX_ANIMATED_UNITS]), [format_step(step) for step in steps], title)
    return ViewResult({"steps": np.array(steps), "weights": tiles}, film, _caveats(model, recipe))


def format_step(step: int) -> str:
    """When weights were looked at: `after 1 step`, `after 1,000 steps`."""
    return f"after {step:,} step{'s' if step != 1 else ''}"


def _weights_label(model: InspectedModel, tiles: Tiles, most: int) -> str:
    """Whose weights they are, for titles; says if they come from a second training, or are not all."""
    n = tiles.shape[1]
    alone = ", trained again alone" if _was_stacked(model) else ""
    return f"{model.name}{alone}" + (f": the first {most} of {n}" if n > most else "")


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


def animation_steps(recipe: Recipe, n: int) -> list[int]:
    """The steps of an animation: dense at first, when most happens, from the start to 1,000 or the end."""
    end = min(ANIMATION_END, StepCounts.of(recipe, n).total_steps)
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
