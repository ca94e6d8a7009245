"""`Recipe`: every knob of training, declared once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from digitlab.errors import SettingError
from digitlab.formatting import join_words
from digitlab.notebook import table_html
from digitlab.settings import CommaSeparated, settings

__all__ = [
    "AUGMENTATIONS",
    "MachineSpecific",
    "Recipe",
    "UsedWhen",
    "check_effect",
    "unused_fields",
    "used_when",
]

Count = Annotated[int, Field(ge=1, le=10_000_000)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Pair = Annotated[tuple[Fraction, Fraction], CommaSeparated]
AUGMENTATIONS = ("rotate", "shift", "zoom", "shear", "elastic", "thickness", "degrade")
TARGET = re.compile(r"((?:train|validation)_(?:accuracy|loss))=(\d*\.?\d+(?:e-?\d+)?)")


@dataclass(frozen=True)
class UsedWhen:
    """Says that a field of `Recipe` has an effect only beside certain values of another field.

    Of several of these on one field, any one is enough.

    Attributes:
        field: The other field.
        values: Those values; without any, every value but None and 0, which means that it is set.
    """

    field: str
    values: tuple[object, ...] = ()

    def __str__(self) -> str:
        if not self.values:
            return f"{self.field} is set"
        return f"{self.field}={' or '.join('none' if value is None else str(value) for value in self.values)}"

    def holds(self, recipe: Recipe) -> bool:
        """Whether the field has an effect in `recipe`."""
        value = getattr(recipe, self.field)
        return value in self.values if self.values else bool(value)


@dataclass(frozen=True)
class MachineSpecific:
    """Says that a field of `Recipe` tells where a run is computed, not what: it belongs to a machine."""


@settings("recipe field")
class Recipe:
    """How a network is trained. A value: `dataclasses.replace` makes another.

    `digitlab recipes` prints every field with its range, its default and when it is used.

    Raises:
        SettingError: If a field is unknown or its value is not allowed, two do not go together, or one that
            is given has no effect beside the others.
    """

    optimizer: Literal["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"] = "adam"
    """The optimizer: gradient descent, plain or with momentum, Adam, AdamW or RMSprop."""
    learning_rate: Annotated[float, Field(gt=0, le=100)] = 1e-3
    """The highest learning rate that the schedule reaches."""
    momentum: Annotated[Fraction, UsedWhen("optimizer", ("momentum", "nesterov"))] = 0.9
    """Weight of the previous update in the next."""
    betas: Annotated[Pair, UsedWhen("optimizer", ("adam", "adamw"))] = (0.9, 0.999)
    """Decay of the mean gradient and of its mean square."""
    rho: Annotated[Fraction, UsedWhen("optimizer", ("rmsprop",))] = 0.9
    """Decay of the mean square of the gradient."""
    epsilon: Annotated[Positive, UsedWhen("optimizer", ("adam", "adamw", "rmsprop"))] = 1e-8
    """Small number that keeps the division by the root of the mean square finite."""
    epsilon_in_root: Annotated[bool, UsedWhen("optimizer", ("rmsprop",))] = True
    """Whether RMSprop adds epsilon to the mean square, as Keras 3 does, or to its root, as Keras 2.0 does."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Weight decay: decoupled for adamw, else added to the gradient (L2 penalty)."""
    label_smoothing: Fraction = 0.0
    """Share of the target that is spread evenly over all classes."""
    max_grad_norm: Positive | None = None
    """Longest gradient allowed; longer ones are scaled down to it. None: no clipping."""
    clip_mode: Annotated[Literal["global", "per-tensor"], UsedWhen("max_grad_norm")] = "global"
    """What is measured for clipping: all gradients as one vector, or each tensor's by itself."""

    batch_size: Count = 32
    """Examples in a step."""
    epochs: Annotated[Count, UsedWhen("max_steps", (None,))] = 10
    """Passes over the training examples."""
    max_steps: Count | None = None
    """Steps after which training ends, in place of `epochs`. None: as many as the epochs have."""
    eval_every: Count | None = None
    """Steps from one history entry, with its evaluation, to the next. None: one epoch."""
    drop_last: bool = False
    """Whether the last batch of an epoch is left out when it is not full."""
    schedule: Literal[
        "constant", "step", "exponential", "linear", "cosine", "one-cycle", "reduce-on-plateau"
    ] = "constant"
    """How the learning rate goes over the steps."""
    lr_decay: Annotated[
        float, Field(gt=0, le=1), UsedWhen("schedule", ("step", "exponential", "reduce-on-plateau"))
    ] = 0.1
    """Factor of the learning rate at each decay."""
    lr_decay_epochs: Annotated[Positive, UsedWhen("schedule", ("step", "exponential"))] = 10.0
    """Epochs from one decay to the next."""
    plateau_patience: Annotated[Count, UsedWhen("schedule", ("reduce-on-plateau",))] = 5
    """History entries without improvement of `monitor` after which the learning rate decays."""
    warmup_fraction: Fraction = 0.0
    """Share of all steps over which the learning rate first climbs evenly from 0."""
    pct_start: Annotated[float, Field(gt=0, lt=1), UsedWhen("schedule", ("one-cycle",))] = 0.3
    """Share of all steps before the highest learning rate."""
    final_lr_ratio: Annotated[
        float, Field(ge=0, le=1), UsedWhen("schedule", ("linear", "cosine", "one-cycle"))
    ] = 0.0
    """Last learning rate over the highest."""

    patience: Count | None = None
    """Early stopping: history entries without improvement before training stops. None: it never does."""
    monitor: Annotated[
        Literal["validation_loss", "validation_accuracy"],
        UsedWhen("patience"),
        UsedWhen("schedule", ("reduce-on-plateau",)),
    ] = "validation_loss"
    """The metric whose improvement early stopping and reduce-on-plateau wait for."""
    restore_best: Annotated[bool, UsedWhen("patience")] = True
    """Whether the network ends with the weights of its best entry instead of the last."""
    until: str | None = None
    """Training ends at the first history entry that is this good: `validation_accuracy=0.985`, or a loss that
    is low enough. None: after all epochs."""
    ema_decay: Fraction | None = None
    """Decay of an exponential moving average of the weights, which is evaluated and kept. None: without."""

    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0
    """Augmentation: degrees by which images are rotated at most, either way."""
    shift: Annotated[float, Field(ge=0, le=28)] = 0.0
    """Augmentation: pixels by which images are shifted at most along each axis, either way."""
    zoom: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Augmentation: share of the size by which images are made larger or smaller at most, on each axis."""
    shear: Annotated[float, Field(ge=0, lt=90)] = 0.0
    """Augmentation: degrees by which images are sheared at most, either way."""
    elastic: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Augmentation: pixels of a smooth random deformation, root mean square."""
    thickness: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Augmentation: pixels by which strokes are made thicker or thinner at most."""
    degrade: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Augmentation: share of the images that get worse light, sharpness or resolution, noise or a gap."""
    augment_fade: Annotated[
        float,
        Field(ge=0, le=1),
        *(UsedWhen(name) for name in AUGMENTATIONS),
    ] = 0.0
    """Share of all steps, at the end, over which the augmentation's strength falls evenly to 0."""
    non_digits: Annotated[float, Field(ge=0, le=4)] = 0.0
    """Non-digits, made by code, in each step for each digit: only for networks with a no-digit output."""
    string_parts: Annotated[float, Field(ge=0, le=4)] = 0.0
    """Parts of written strings, digits and none, made by code, in each step for each digit: only for networks
    with a no-digit output. They are augmented with 0.4 times the strength of the rest."""
    distillation: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Distillation: weight of the teachers' mean probabilities in the target; the label has the rest."""
    teachers: Annotated[int, Field(ge=0, le=100), UsedWhen("distillation")] = 0
    """Networks of the same kind that are trained first, as teachers, where none is given: two thirds of the
    epochs, without distillation, with the seeds from 0 on."""

    precision: Annotated[Literal["auto", "float32", "bfloat16"], MachineSpecific()] = "auto"
    """Number format of products. auto: bfloat16 for convolutions where it is faster, else float32."""
    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], MachineSpecific()] = "auto"
    """Where to train. auto: cuda if there is one, else cpu."""
    threads: Annotated[int, Field(ge=0, le=1024), MachineSpecific()] = 0
    """CPU threads. 0: as the size of a step needs."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Decides the initial weights, the order of examples, dropout and augmentation."""

    @field_validator("until")
    @classmethod
    def _check_until(cls, value: str | None) -> str | None:
        if value is not None and not TARGET.fullmatch(value):
            raise ValueError(
                "write METRIC=VALUE, for example validation_accuracy=0.985; the metrics are train_accuracy, "
                "train_loss, validation_accuracy and validation_loss"
            )
        if value is not None and "accuracy" in value and float(value.partition("=")[2]) > 1:
            raise ValueError("an accuracy is at most 1: write validation_accuracy=0.985 for 98.5 %")
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _check_together(cls, given: Any, handler: Callable[[Any], Self]) -> Self:
        recipe = handler(given)
        if recipe.warmup_fraction and recipe.schedule == "one-cycle":
            raise ValueError("one-cycle has its own warm-up (pct_start), so warmup_fraction must be 0")
        if recipe.string_parts and recipe.distillation:
            raise ValueError("teachers do not know parts of strings: set string_parts=0 or distillation=0")
        named = getattr(given, "kwargs", None) or {}
        if len(named) < len(fields(cls)):  # else a whole recipe is copied, as `dataclasses.replace` does
            check_effect(recipe, named)
        return recipe

    def _changes(self) -> dict[str, object]:
        """The fields that are not at their default."""
        every = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in every.items() if value != default}

    def __repr__(self) -> str:
        return f"Recipe({', '.join(f'{name}={value!r}' for name, value in self._changes().items())})"

    def _repr_html_(self) -> str:
        rows = [(name, str(value)) for name, value in self._changes().items()]
        return table_html("Recipe: fields that are not at their default", ("field", "value"), rows)

    @property
    def target(self) -> tuple[str, float] | None:
        """The metric and the value of `until`."""
        match = TARGET.fullmatch(self.until or "")
        return (match[1], float(match[2])) if match else None

    @property
    def monitors_validation(self) -> bool:
        """Whether validation digits decide when training ends, or at which learning rate it goes on."""
        by_target = self.target is not None and self.target[0].startswith("validation")
        return self.patience is not None or by_target or self.schedule == "reduce-on-plateau"

    @property
    def augments(self) -> bool:
        """Whether images are augmented."""
        return any(getattr(self, name) for name in AUGMENTATIONS)


def unused_fields(recipe: Recipe) -> dict[str, str]:
    """The fields that have no effect beside the others of this recipe, with what they would need."""
    infos: dict[str, Any] = Recipe.__pydantic_fields__  # type: ignore[attr-defined]
    found = {}
    for name, info in infos.items():
        marks = [mark for mark in info.metadata if isinstance(mark, UsedWhen)]
        if marks and not any(mark.holds(recipe) for mark in marks):
            found[name] = used_when(info.metadata)
    return found


def used_when(marks: Iterable[object]) -> str:
    """When a field has an effect, in words, from the marks of its annotation; empty if always."""
    found = [mark for mark in marks if isinstance(mark, UsedWhen)]
    conditions = [str(mark) for mark in found if mark.values]
    if set_fields := [mark.field for mark in found if not mark.values]:
        conditions.append(f"{join_words(set_fields, 'or')} is set")
    return " or ".join(conditions)


def check_effect(recipe: Recipe, explicitly_set: Collection[str]) -> None:
    """Checks that every field that a person has set has an effect.

    Args:
        recipe: The whole recipe.
        explicitly_set: Names of the fields that the person has set.

    Raises:
        SettingError: If one has none; the message says when the field is used.
    """
    unused = unused_fields(recipe)
    for name in explicitly_set:
        if name in unused:
            raise SettingError(
                f"recipe field {name}={getattr(recipe, name)} has no effect here",
                f"It is only used when {unused[name]}: set that too, or leave {name} out.",
            )
