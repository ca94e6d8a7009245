"""`Recipe`: every knob of training, in one place."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from digitlab.settings import CommaSeparated, settings

__all__ = ["Recipe"]

Count = Annotated[int, Field(ge=1, le=10_000_000)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Pair = Annotated[tuple[Fraction, Fraction], CommaSeparated]


@settings("recipe field")
class Recipe:
    """How a network is trained. A value: `dataclasses.replace` makes another.

    Raises:
        SettingError: If a field is unknown or its value is not allowed, or two do not go together.
    """

    # What is minimized, and how
    optimizer: Literal["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"] = "adam"
    learning_rate: Annotated[float, Field(gt=0, le=100)] = 1e-3  # the highest that the schedule reaches
    momentum: Fraction = 0.9  # of momentum and nesterov
    betas: Pair = (0.9, 0.999)  # of adam and adamw: decay of the mean and of the mean square
    rho: Fraction = 0.9  # of rmsprop: decay of the mean square
    epsilon: Positive = 1e-8  # of adam, adamw and rmsprop: keeps the division finite
    weight_decay: Annotated[float, Field(ge=0)] = 0.0  # decoupled for adamw, added to the gradient else
    label_smoothing: Fraction = 0.0  # share of the target spread evenly over the ten digits
    max_grad_norm: Positive | None = None  # longest gradient allowed; None for no clipping
    clip_mode: Literal["global", "per-tensor"] = "global"  # all gradients as one vector, or each by itself

    # How long, and how the learning rate goes
    batch_size: Count = 32  # examples in a step
    epochs: Count = 10  # passes over the training digits
    max_steps: Count | None = None  # stop after this many steps instead of after `epochs`
    eval_every: Count | None = None  # steps between two lines of history; None: one epoch
    drop_last: bool = False  # leave out an epoch's last batch when it is not full
    schedule: Literal["constant", "step", "exponential", "linear", "cosine", "one-cycle"] = "constant"
    lr_decay: Annotated[float, Field(gt=0, le=1)] = 0.1  # of step and exponential: factor at each decay
    lr_decay_epochs: Positive = 10.0  # of step and exponential: epochs from one decay to the next
    warmup_fraction: Fraction = 0.0  # share of all steps in which the rate climbs evenly from 0
    pct_start: Annotated[float, Field(gt=0, lt=1)] = (
        0.3  # of one-cycle: share of all steps to the highest rate
    )
    final_lr_ratio: Annotated[float, Field(ge=0, le=1)] = 0.0  # of linear, cosine, one-cycle: last / highest

    # When to stop, and which weights to keep
    patience: Count | None = None  # periods without improvement before stopping; None: never stop early
    monitor: Literal["validation_loss", "validation_accuracy"] = "validation_loss"  # what must improve
    restore_best: bool = True  # after early stopping, or with `patience` at the end: the best weights
    ema_decay: Fraction | None = None  # keep a moving average of the weights; None: the last weights

    # Pictures changed at random, each anew in each epoch
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0  # degrees, either way
    shift: Annotated[float, Field(ge=0, le=28)] = 0.0  # pixels, either way, along each axis
    zoom: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of the size, larger or smaller
    shear: Annotated[float, Field(ge=0, lt=90)] = 0.0  # degrees, either way

    # On what it runs
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 where it is native
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"  # auto: cuda if there is one, else cpu
    threads: Annotated[int, Field(ge=0, le=1024)] = 0  # processor threads; 0: as the work needs
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0  # decides weights, order, dropout and augmentation

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if self.warmup_fraction and self.schedule == "one-cycle":
            raise ValueError("one-cycle has its own warm-up (pct_start), so warmup_fraction must be 0")
        return self

    @property
    def augments(self) -> bool:
        """Whether pictures are changed at random."""
        return bool(self.rotate or self.shift or self.zoom or self.shear)
