"""Views of weights: of all units, of one, while they are learned, and of kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from digitlab.errors import SettingError
from digitlab.figures import draw_stages, draw_tiles, draw_unit, film_tiles
from digitlab.inspection import check_number, image_layer, kernels, kernels_of_map, unit_images
from digitlab.networks import Network, build
from digitlab.runs import Run
from digitlab.training import Examples, Recipe, StepCounts, snapshots
from digitlab.views.subject import InspectedModel
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["FILMED", "STAGED", "STAGES", "VIEWS", "after_words", "growth_steps", "learned_tiles"]

STAGES = (10, 100, 1000)
"""Steps after which source 000 asks to look."""
FILM_END = 1000
FRAMES = 30
STAGED, FILMED = 36, 25
"""The most units that stages and an animation show: more would be too small, and too large a file."""

Tiles = NDArray[np.float32]


def _weights(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    found = unit_images(subject.network, choices.layer)
    n = len(found.weights)
    labels = [str(digit) for digit in range(10)] if found.layer == "logits" and n == 10 else []
    if n <= 2 and not labels:
        labels = [f"unit {unit}" for unit in range(n)]
    what = "What does each output look for?" if labels and n == 10 else _units(n)
    title = f"{what}\n{subject.name}: weights of {found.layer}"
    wide = 5 if n == 10 or n == 25 else None
    figure = draw_tiles(found.weights, title, labels, wide)
    return ViewResult({"weights": found.weights, "biases": found.biases}, figure)


def _units(n: int) -> str:
    return "What does the one unit look for?" if n == 1 else f"What do the {n} units look for?"


def _unit(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    found = unit_images(subject.network, choices.layer)
    unit = choices.unit[0] if choices.unit else 0
    check_number(unit, len(found.weights), f"unit of {found.layer}")
    weights, bias = found.weights[unit], found.biases[unit]
    written = f"{bias:+.3g}".replace("-", "\N{MINUS SIGN}")
    title = f"What does unit {unit} of {found.layer} look for?\n{subject.name}; bias {written}"
    return ViewResult({"weights": weights, "bias": bias}, draw_unit(weights, title))


def _filters(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    found = kernels(subject.network, choices.layer)
    out, into = found.weights.shape[:2]
    size = "x".join(map(str, found.weights.shape[2:]))
    data = {"kernels": found.weights, "biases": found.biases}
    if into == 1 and choices.unit is None:
        title = f"The {out} kernels of {size} of {found.layer}\n{subject.name}"
        labels = [str(number) for number in range(out)]
        return ViewResult(data, draw_tiles(found.weights[:, 0], title, labels, 8))
    unit = choices.unit[0] if choices.unit else 0
    chosen = kernels_of_map(found, unit)
    title = f"Map {unit} of {found.layer}: a kernel of {size} for each of {into} maps\n{subject.name}"
    labels = [str(number) for number in range(into)]
    return ViewResult({**data, "chosen": chosen}, draw_tiles(chosen, title, labels, 8))


def _stages(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    network, recipe, train, end = _again(subject)
    steps, tiles, layer = learned_tiles(network, recipe, train, [min(step, end) for step in STAGES])
    title = f"What do the weights of {layer} look like by then?\n{_which(subject, tiles, STAGED)}"
    figure = draw_stages(list(tiles[:, :STAGED]), [after_words(step) for step in steps], title)
    return ViewResult({"steps": np.array(steps), "weights": tiles}, figure, _caveats(subject, recipe))


def _growth(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    network, recipe, train, end = _again(subject)
    wanted = [min(step, end) for step in growth_steps(recipe, len(train))]
    steps, tiles, layer = learned_tiles(network, recipe, train, wanted)
    title = f"How do the weights of {layer} grow?\n{_which(subject, tiles, FILMED)}"
    film = film_tiles(list(tiles[:, :FILMED]), [after_words(step) for step in steps], title)
    return ViewResult({"steps": np.array(steps), "weights": tiles}, film, _caveats(subject, recipe))


def after_words(step: int) -> str:
    """When weights were looked at: `after 1 step`, `after 1,000 steps`."""
    return f"after {step:,} step{'s' if step != 1 else ''}"


def _which(subject: InspectedModel, tiles: Tiles, most: int) -> str:
    """Whose weights they are; that they are another training's, or not all, is said in the title."""
    n = tiles.shape[1]
    alone = ", trained again alone" if _was_stacked(subject) else ""
    return f"{subject.name}{alone}" + (f": the first {most} of {n}" if n > most else "")


def _caveats(subject: InspectedModel, recipe: Recipe) -> str:
    """In what these weights are not those that the run kept."""
    words = []
    if _was_stacked(subject):
        words.append(
            "The run's seeds were trained together, which adds up in another order; trained again alone, its "
            "weights come close to those, but after some hundred steps they are not the same numbers."
        )
    if recipe.ema_decay is not None:
        words.append("These are the weights that steps change; the run keeps their moving average.")
    return "\n".join(words)


def _was_stacked(subject: InspectedModel) -> bool:
    """Whether the run is one of several seeds trained as one stack."""
    return subject.run is not None and subject.run.metrics().get("trained_together", 1) > 1


def growth_steps(recipe: Recipe, n: int) -> list[int]:
    """The steps of an animation: dense at first, when most happens, from the start to 1,000 or the end."""
    end = min(FILM_END, StepCounts.of(recipe, n).total_steps)
    return sorted({0, *(round(end ** (k / (FRAMES - 2))) for k in range(FRAMES - 1))})


def learned_tiles(
    network: Network, recipe: Recipe, train: Examples, steps: Sequence[int]
) -> tuple[list[int], Tiles, str]:
    """Trains a network again and looks at its first layer's weights on the way.

    Args:
        network: Freshly built; it is trained.
        recipe: How.
        train: What on.
        steps: After how many steps to look.

    Returns:
        The steps, as far as the training goes; the weights `(steps, units, height, width)`, of units that
        see the picture or else of the first convolution's kernels; and the layer's name.

    Raises:
        SettingError: If it has neither.
    """
    _first_tiles(network)  # refused before an hour of training, not after
    taken = snapshots(network, recipe, train, steps)
    looks = []
    for one in taken:
        network.load_state_dict(one.weights)
        looks.append(_first_tiles(network))
    return [one.step for one in taken], np.array([tiles for tiles, _ in looks]), looks[0][1]


def _first_tiles(network: Network) -> tuple[Tiles, str]:
    if image_layer(network):
        units = unit_images(network)
        return units.weights, units.layer
    if not any(isinstance(layer, nn.Conv2d) for layer in network.layers.values()):
        unit_images(network)  # raises: neither sees the picture
    found = kernels(network)
    return found.weights[:, 0], found.layer


def _again(subject: InspectedModel) -> tuple[Network, Recipe, Examples, int]:
    """The run's network as it started, its recipe, its digits and how many steps it took."""
    run: Run | None = subject.run
    if run is None:
        raise SettingError(
            f"{subject.name} is a bare weights file: how it was trained is not known", "Give its run folder."
        )
    facts = run.config
    network = build(facts.network, seed=facts.seed, **facts.options)
    end = int(run.metrics()["steps"])  # fewer than the recipe's, if it stopped early
    return network, facts.recipe, Examples.of(facts.data.load().train), end


VIEWS = (
    View("weights", "Every unit's weights as an image, in a grid on one scale.", _weights),
    View("unit", "One unit's weights, large.", _unit),
    View("stages", "The first layer's weights after 10, 100 and 1,000 steps, side by side.", _stages),
    View("growth", "The first layer's weights while they are learned, as an animation.", _growth, "gif"),
    View("filters", "The kernels of a convolution as tiles on one scale.", _filters),
)
