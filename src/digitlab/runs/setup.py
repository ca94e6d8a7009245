"""A training before its first step: data loaded, networks built, everything checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from digitlab.data import Digits
from digitlab.errors import SettingError
from digitlab.networks import Network, architecture, build, fit_projection, load_weights
from digitlab.runs.config import RunConfig, Splits
from digitlab.runs.data_record import digest_splits
from digitlab.runs.teachers import load_teachers
from digitlab.training import Callback, Examples, FitResult, OnHistory, StepCounts, check_training, fit
from digitlab.training.checkpoint import Checkpoint
from digitlab.training.hardware import Hardware, choose_hardware

__all__ = ["INITIAL_WEIGHTS", "HearsEnd", "OnStart", "TrainingSetup", "TrainingStart"]

INITIAL_WEIGHTS = "initial.safetensors"
"""In the folder of a run that started from trained weights: a copy of them."""


@runtime_checkable
class HearsEnd(Protocol):
    """A callback that is told when the last step is taken and the networks have their final weights."""

    def on_end(self) -> None:
        """Called before the evaluation of the whole splits; not where training is suspended or fails."""


@dataclass(frozen=True)
class TrainingStart:
    """What is known before the first step.

    Attributes:
        config: Configuration of the run; of a stack, without its seeds.
        seeds: One seed; of a stack, all.
        parameters: Trainable parameters of one network.
        counts: How many steps there are.
        hardware: Device, precision and threads.
    """

    config: RunConfig
    seeds: tuple[int, ...]
    parameters: int
    counts: StepCounts
    hardware: Hardware


OnStart = Callable[[TrainingStart], None]


@dataclass(frozen=True, eq=False)
class TrainingSetup:
    """A training whose data are loaded, whose networks are built, and of which everything is checked.

    Attributes:
        config: With all options of the network.
        seeds: One; of a stack, all.
        networks: One for each seed, untrained.
        teachers: Trained networks for distillation; may be none.
        examples: The splits by name.
        digests: Of the images and labels of each split.
        load_seconds: How long loading took.
        stacked: Whether the seeds take the place of the recipe's.
    """

    config: RunConfig
    seeds: tuple[int, ...]
    networks: list[Network]
    teachers: list[Network]
    examples: Mapping[str, Examples]
    digests: Mapping[str, str]
    load_seconds: float
    stacked: bool

    @classmethod
    def of(
        cls,
        config: RunConfig,
        splits: Splits | None = None,
        seeds: Sequence[int] | None = None,
        folder: Path | None = None,
    ) -> TrainingSetup:
        """Loads, builds and checks; the arguments are those of `train_run`.

        Raises:
            DigitlabError: If a setting or the data do not do.
        """
        architecture(config.network).with_defaults(config.options)
        config.data.check()
        started = time.perf_counter()
        splits = splits or config.data.load()
        load_seconds = time.perf_counter() - started
        own_seeds = (config.seed,) if seeds is None else tuple(seeds)
        options = _fit_options(config, splits.train)
        networks = [build(config.network, seed=seed, **options) for seed in own_seeds]
        _check_outputs(networks[0])
        digests = digest_splits(splits)
        examples = {name: Examples.of(digits) for name, digits in splits.by_name().items()}
        teachers = load_teachers(config, folder)
        check_training(networks[0], config.recipe, examples["train"], examples.get("validation"), teachers)
        for each in examples.values():
            each.check_fit(networks[0])
        if config.initial_weights is None:
            fit_projection(networks, examples["train"].inputs.flatten(1).numpy())
        else:
            own = folder / INITIAL_WEIGHTS if folder else None
            for network in networks:
                load_weights(network, own if own and own.exists() else Path(config.initial_weights))
        complete = replace(config, options=networks[0].options)
        return cls(
            complete, own_seeds, networks, teachers, examples, digests, load_seconds, seeds is not None
        )

    def config_for(self, seed: int) -> RunConfig:
        """The configuration of one seed's run."""
        return replace(self.config, recipe=replace(self.config.recipe, seed=seed))

    def start(self) -> TrainingStart:
        """What is known before the first step."""
        network, recipe = self.networks[0], self.config.recipe
        counts = StepCounts.of(recipe, len(self.examples["train"]))
        hardware = choose_hardware(recipe, network)
        return TrainingStart(self.config, self.seeds, network.parameter_count(), counts, hardware)

    def fit(
        self,
        callbacks: Sequence[Callback],
        on_history: OnHistory | None,
        checkpoint: Checkpoint | None,
        keep_state: bool = False,
    ) -> list[FitResult]:
        """Trains the networks in place; the arguments are those of `fit`.

        Raises:
            DigitlabError: As `fit` does.
            TrainingSuspended: If a callback has suspended the training.
        """
        train, validation = self.examples["train"], self.examples.get("validation")
        more: dict[str, Any] = {
            "extra_eval": self.examples.get("extra"),
            "teachers": self.teachers,
            "callbacks": callbacks,
            "on_history": on_history,
            "checkpoint": checkpoint,
            "keep_state": keep_state,
        }
        if self.stacked:
            results = fit(self.networks, self.config.recipe, train, validation, seeds=self.seeds, **more)
        else:
            results = [fit(self.networks[0], self.config.recipe, train, validation, **more)]
        for callback in callbacks:
            if isinstance(callback, HearsEnd):
                callback.on_end()
        return results


def _fit_options(config: RunConfig, train: Digits) -> dict[str, Any]:
    """The network's options, with `inputs` from the images where the network takes any size."""
    if architecture(config.network).input_shape is None:
        return {"inputs": train.height * train.width, **config.options}
    return dict(config.options)


def _check_outputs(network: Network) -> None:
    if network.options.get("outputs", 10) != 10:
        raise SettingError(
            f"option of {network.name} outputs={network.options['outputs']}: there are ten digits",
            "Leave outputs out, or train DigitClassifier on classes of your own.",
        )
