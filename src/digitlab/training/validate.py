"""Validation of a training before its first step, and the error of one that diverges."""

from __future__ import annotations

from digitlab.errors import SettingError, TrainingError
from digitlab.networks import Network
from digitlab.training.batches import Examples
from digitlab.training.hardware import choose_hardware
from digitlab.training.hyperparameters import Recipe

__all__ = ["check_training", "divergence_error"]


def check_training(
    network: Network, recipe: Recipe, train: Examples, validation: Examples | None = None
) -> None:
    """Checks that `fit` can begin with these.

    Raises:
        SettingError: If the recipe does not go with the network, the data or this machine.
        DataError: If the network does not take these inputs.
    """
    choose_hardware(recipe, network)
    train.check_fit(network)
    if validation is not None:
        validation.check_fit(network)
    elif recipe.monitors_validation:
        if recipe.patience is not None:
            field, otherwise = f"patience={recipe.patience}", "set patience=none"
        elif recipe.schedule == "reduce-on-plateau":
            field, otherwise = "schedule=reduce-on-plateau", "choose another schedule"
        else:
            field, otherwise = f"until={recipe.until}", "name a metric of the training digits"
        raise SettingError(
            f"recipe field {field} needs validation digits, and there are none",
            f"Hold some out, for example with --validation last:5000, or {otherwise}.",
        )
    if recipe.augments and train.inputs.ndim != 3:
        raise SettingError(
            f"only pictures can be rotated, shifted, zoomed or sheared; these inputs are "
            f"{train.inputs.ndim - 1}-dimensional",
            "Set rotate, shift, zoom and shear to 0.",
        )
    outputs = network.options.get("outputs", 10)
    highest = int(train.labels.max())
    if highest >= outputs:
        raise SettingError(
            f"{network.name} has {outputs} outputs; there is a label {highest}",
            f"Build it with --option outputs={highest + 1}, if it has that option.",
        )


def divergence_error(step: int, rate: float, seed: int) -> TrainingError:
    """The error of a training whose loss is no longer finite.

    Args:
        step: Steps taken.
        rate: The learning rate of the last.
        seed: Of the network.
    """
    return TrainingError(
        f"the loss is no longer a finite number (seed {seed}, step {step})",
        f"Lower the learning rate, which is {rate:g}, or clip gradients (max_grad_norm=5).",
    )
