"""Weights as they were after some steps: a training is deterministic, so it can be watched afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digitlab.errors import SettingError
from digitlab.networks import Network
from digitlab.training.batches import Examples, StepCounts
from digitlab.training.fit_result import StepInfo
from digitlab.training.hyperparameters import Recipe
from digitlab.training.loop import fit
from digitlab.training.step import Weights, copy_weights

__all__ = ["Snapshot", "snapshots"]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A network's weights as they were while it was trained.

    Attributes:
        step: Steps taken by then; 0 is the start.
        weights: All parameters and buffers by name, as `Network.load_state_dict` takes them.
    """

    step: int
    weights: Weights


def snapshots(network: Network, recipe: Recipe, train: Examples, steps: Sequence[int]) -> list[Snapshot]:
    """Trains a network, in place, and keeps its weights after some steps.

    Built with its run's seed and trained by its run's recipe on the same digits, a network goes through
    the very weights that it went through before, on the same machine and by the same version. Seeds that
    were trained together added up in another order: `mlp` of 100,100 units is alike to
    5e-6 after 100 steps, but after 1,000 its first weights only correlate by 0.985.

    Training ends with the last step asked for; schedules run as they did, and nothing is held out to stop
    early by. With a moving average, these are the weights that it is taken of.

    Args:
        network: Freshly built.
        recipe: How it is trained.
        train: What on.
        steps: After how many steps, in any order, 0 for the start. What lies beyond the training's
            end is its end.

    Returns:
        One for each different step, in order.

    Raises:
        SettingError: If no step is asked for or one is below 0, or the recipe does not go with the network
            or the data.
        TrainingError: If the loss stops being a number.
    """
    if recipe.schedule == "reduce-on-plateau":
        raise SettingError(
            "schedule=reduce-on-plateau cannot be followed again without its validation digits",
            "Train with another schedule.",
        )
    if not steps or min(steps) < 0:
        raise SettingError(f"weights after {list(steps)} steps", "Ask for one or more, from 0 on.")
    last = StepCounts.of(recipe, len(train)).total_steps
    wanted = sorted({min(step, last) for step in steps})
    kept = [Snapshot(0, copy_weights(network))] if 0 in wanted else []

    def watch(live: StepInfo) -> None:
        if live.step in wanted:
            kept.append(Snapshot(live.step, copy_weights(live.network)))
        live.stop = live.step >= wanted[-1]

    if wanted[-1]:
        fit(network, replace(recipe, patience=None, until=None), train, callbacks=[watch])
    return kept
