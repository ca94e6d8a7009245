"""Validation of a training before its first step, and the error of one that diverges."""

from __future__ import annotations

from collections.abc import Sequence

from digitlab.errors import SettingError, TrainingError
from digitlab.formatting import join_words
from digitlab.networks import Network
from digitlab.training.batches import Examples
from digitlab.training.hardware import choose_hardware
from digitlab.training.hyperparameters import AUGMENTATIONS, Recipe

__all__ = ["check_training", "divergence_error"]


def check_training(
    network: Network,
    recipe: Recipe,
    train: Examples,
    validation: Examples | None = None,
    teachers: Sequence[Network] = (),
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
            f"only pictures can be augmented; these inputs are {train.inputs.ndim - 1}-dimensional",
            f"Set {', '.join(AUGMENTATIONS)} to 0.",
        )
    _check_made_examples(network, recipe, train)
    _check_teachers(network, recipe, teachers)
    outputs = network.options.get("outputs", 10)
    highest = int(train.labels.max())
    if highest >= outputs:
        raise SettingError(
            f"{network.name} has {outputs} outputs; there is a label {highest}",
            f"Build it with --option outputs={highest + 1}, if it has that option.",
        )


def _check_made_examples(network: Network, recipe: Recipe, train: Examples) -> None:
    for field, made in (("non_digits", "non-digits"), ("string_parts", "parts of strings")):
        share = getattr(recipe, field)
        if share and network.no_digit is None:
            raise SettingError(
                f"recipe field {field}={share:g}: {network.name} has no output for `no digit`",
                f"Set {field}=0, or train recognizer or micro.",
            )
        if share and tuple(train.inputs.shape[1:]) != (28, 28):
            raise SettingError(
                f"recipe field {field}={share:g}: {made} are made of 28 x 28 pixels", f"Set {field}=0."
            )
    missing = sorted(set(range(10)) - set(train.labels.unique().tolist()))
    if recipe.string_parts and missing:
        raise SettingError(
            f"recipe field string_parts={recipe.string_parts:g}: strings are written of all ten digits, and "
            f"there are no training digits of {join_words([str(digit) for digit in missing], 'or')}",
            "Set string_parts=0, or add some.",
        )


def _check_teachers(network: Network, recipe: Recipe, teachers: Sequence[Network]) -> None:
    if bool(teachers) != bool(recipe.distillation):
        given = f"{len(teachers)} teachers" if teachers else "no teacher"
        raise SettingError(
            f"recipe field distillation={recipe.distillation:g} and {given}",
            "Give teachers (--teacher RUN) and a distillation above 0, or --set distillation=0 without any.",
        )
    for teacher in teachers:
        same_outputs = (teacher.no_digit is None) == (network.no_digit is None)
        if not same_outputs or teacher.input_shape != network.input_shape:
            raise SettingError(
                f"{teacher.name} cannot teach {network.name}: its inputs or outputs are others",
                "Take a teacher for the same pictures, and with a `no digit` output if the network has one.",
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
