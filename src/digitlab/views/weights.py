"""Views of weights: of all units, of one, while they are learned, and of kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import SettingError
from digitlab.figures import draw_stages, draw_tiles, draw_unit, film_tiles
from digitlab.inspection import check_number, image_layer, kernels, kernels_of_map, unit_images
from digitlab.networks import Network, build
from digitlab.training import Examples, Recipe, Run, Timetable, snapshots
from digitlab.views.subject import Subject
from digitlab.views.view import Choices, Seen, View

__all__ = ["STAGES", "VIEWS", "growth_steps", "learned_tiles"]

STAGES = (10, 100, 1000)
"""Steps after which source 000 asks to look."""
FILM_END = 1000
FRAMES = 30
FILMED = 25
"""The most units that an animation shows: more would be too small, and too large a file."""

Tiles = NDArray[np.float32]


def _weights(subject: Subject, choices: Choices) -> Seen:
    found = unit_images(subject.network, choices.layer)
    n = len(found.weights)
    labels = [str(digit) for digit in range(10)] if found.layer == "logits" and n == 10 else []
    if n <= 2 and not labels:
        labels = [f"unit {unit}" for unit in range(n)]
    what = "What does each output look for?" if labels and n == 10 else _units(n)
    title = f"{what}\n{subject.name}: weights of {found.layer}"
    wide = 5 if n == 10 or n == 25 else None
    figure = draw_tiles(found.weights, title, labels, wide)
    return Seen({"weights": found.weights, "biases": found.biases}, figure)


def _units(n: int) -> str:
    return "What does the one unit look for?" if n == 1 else f"What do the {n} units look for?"


def _unit(subject: Subject, choices: Choices) -> Seen:
    found = unit_images(subject.network, choices.layer)
    unit = choices.unit[0] if choices.unit else 0
    check_number(unit, len(found.weights), f"unit of {found.layer}")
    weights, bias = found.weights[unit], found.biases[unit]
    title = f"What does unit {unit} of {found.layer} look for?\n{subject.name}; bias {bias:+.3f}"
    return Seen({"weights": weights, "bias": bias}, draw_unit(weights, title))


def _filters(subject: Subject, choices: Choices) -> Seen:
    found = kernels(subject.network, choices.layer)
    out, into = found.weights.shape[:2]
    size = "x".join(map(str, found.weights.shape[2:]))
    data = {"kernels": found.weights, "biases": found.biases}
    if into == 1 and choices.unit is None:
        title = f"The {out} kernels of {size} of {found.layer}\n{subject.name}"
        labels = [str(number) for number in range(out)]
        return Seen(data, draw_tiles(found.weights[:, 0], title, labels, 8))
    unit = choices.unit[0] if choices.unit else 0
    chosen = kernels_of_map(found, unit)
    title = f"Map {unit} of {found.layer}: a kernel of {size} for each of {into} maps\n{subject.name}"
    labels = [str(number) for number in range(into)]
    return Seen({**data, "chosen": chosen}, draw_tiles(chosen, title, labels, 8))


def _stages(subject: Subject, choices: Choices) -> Seen:
    network, recipe, train = _again(subject)
    steps, tiles, layer = learned_tiles(network, recipe, train, STAGES)
    names = [f"after {step:,} steps" for step in steps]
    title = f"What has {layer} learned by then?\n{subject.name}"
    return Seen({"steps": np.array(steps), "weights": tiles}, draw_stages(list(tiles), names, title))


def _growth(subject: Subject, choices: Choices) -> Seen:
    network, recipe, train = _again(subject)
    steps, tiles, layer = learned_tiles(network, recipe, train, growth_steps(recipe, len(train)))
    shown = tiles[:, :FILMED]
    names = [f"after {step:,} step{'s' if step != 1 else ''}" for step in steps]
    film = film_tiles(list(shown), names, f"{subject.name}: {layer} while it learns")
    return Seen({"steps": np.array(steps), "weights": tiles}, film)


def growth_steps(recipe: Recipe, n: int) -> list[int]:
    """The steps of an animation: dense at first, when most happens, from the start to 1,000 or the end."""
    end = min(FILM_END, Timetable.of(recipe, n).total_steps)
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
    """
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
    found = kernels(network)
    return found.weights[:, 0], found.layer


def _again(subject: Subject) -> tuple[Network, Recipe, Examples]:
    """The run's network as it started, its recipe and its digits."""
    run: Run | None = subject.run
    if run is None:
        raise SettingError(
            f"{subject.name} is a bare weights file: how it was trained is not known", "Give its run folder."
        )
    facts = run.facts
    train = Examples.of(facts.data.load().train)
    return build(facts.network, seed=facts.seed, **facts.options), facts.recipe, train


VIEWS = (
    View("weights", "Every unit's weights as an image, in a grid on one scale.", _weights),
    View("unit", "One unit's weights, large.", _unit),
    View("stages", "The first layer's weights after 10, 100 and 1,000 steps, side by side.", _stages),
    View("growth", "The first layer's weights while they are learned, as an animation.", _growth, "gif"),
    View("filters", "The kernels of a convolution as tiles on one scale.", _filters),
)
