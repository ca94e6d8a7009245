"""Training further: more epochs of a finished run, and training its weights on other data or otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError, RunError, SettingError
from digitlab.files import write_bytes
from digitlab.machine import environment
from digitlab.runs.config import DataConfig, RunConfig
from digitlab.runs.data_record import check_same_data, digest_splits
from digitlab.runs.folder import Run, check_same_network, open_runs
from digitlab.runs.seed_folder import SeedRuns
from digitlab.training import Recipe, change_recipe, standard_recipe

__all__ = ["MoreTraining", "fine_tuning_config", "undone_on_error"]

RECORDS = ("seeds.json", "run.json", "history.csv", "metrics.json")
"""What going on changes before training has ended."""

OF_THE_WHOLE = ("linear", "cosine", "one-cycle")
"""Schedules whose learning rates depend on how many steps there are in all."""


@dataclass(frozen=True)
class MoreTraining:
    """How far a run goes on: one of three numbers, or none to finish it as it began.

    Attributes:
        epochs: Epochs in all.
        max_steps: Steps in all.
        more_epochs: Epochs beyond those that the run was to have.
    """

    epochs: int | None = None
    max_steps: int | None = None
    more_epochs: int | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in vars(self).items() if value is not None}
        if len(given) > 1:
            raise SettingError(f"{' and '.join(given)} are given together", "Give one of them.")
        for name, value in given.items():
            if not isinstance(value, int) or value < 1:
                raise SettingError(f"{name}={value!r}", "Give a whole number of at least 1.")

    def __bool__(self) -> bool:
        return any(value is not None for value in vars(self).values())

    def reopen(self, run: Run) -> Run:
        """Makes a run go on: it has a longer recipe then, and is no longer finished.

        Trained to its end, its weights are to the bit those of one long run.

        Raises:
            SettingError: If the run has as many steps already, or its schedule forbids it.
            RunError: If its training cannot go on, because its state is not there or it stopped early.
        """
        if not self:
            return run
        recipe = self._longer(run.folder, run.config.recipe, run)
        _check_can_go_on(run)
        if run.finished and not run.checkpoint.path.exists():
            raise _without_state(run.folder)
        _check_same_digits([run])
        return run.reopen(recipe)

    def reopen_seeds(self, runs: SeedRuns) -> SeedRuns:
        """The same for a folder of seeds. Seeds that stopped early stay as they are.

        Raises:
            SettingError: As `reopen` does.
            RunError: If no seed can go on.
        """
        if not self:
            return runs
        begun = [Run.open(folder) for seed in runs.seeds if (folder := runs.run_folder(seed)).exists()]
        ended = [run for run in begun if _ended_early(run)]
        recipe = self._longer(runs.folder, runs.config.recipe, begun[0] if begun else None)
        if len(ended) == len(runs.seeds):
            _check_can_go_on(ended[0])
        stacked = (runs.folder / "checkpoint").exists()
        for run in begun:
            if run.finished and run not in ended and not stacked and not run.checkpoint.path.exists():
                raise _without_state(run.folder)
        _check_same_digits(begun)
        longer = replace(runs, config=replace(runs.config, recipe=recipe))
        for run in begun:
            own = replace(recipe, seed=run.config.seed, threads=run.config.recipe.threads)
            run.reopen(own, as_finished=run in ended)
        longer.save()
        return longer

    def _longer(self, name: Path, recipe: Recipe, run: Run | None) -> Recipe:
        """The recipe with more steps."""
        reason = _fixed_length(recipe)
        if reason:
            raise SettingError(
                f"{name} cannot go on as one long run would: {reason}",
                f"Train anew with more epochs, or train its weights further: digitlab train --from {name}.",
            )
        if recipe.max_steps is not None:
            longer = replace(recipe, max_steps=self._total_steps(recipe, run))
            enough = longer.max_steps is not None and longer.max_steps > recipe.max_steps
            before = f"{recipe.max_steps} steps"
        elif self.max_steps is not None:
            raise SettingError(
                f"{name} counts epochs, not steps: it has {recipe.epochs}", "Write --set epochs=N."
            )
        else:
            epochs = self.epochs or recipe.epochs + (self.more_epochs or 0)
            longer, enough, before = (
                replace(recipe, epochs=epochs),
                epochs > recipe.epochs,
                f"{recipe.epochs} epochs",
            )
        if not enough:
            raise SettingError(f"{name} has {before} already", "Ask for more in all, or use --more-epochs N.")
        return longer

    def _total_steps(self, recipe: Recipe, run: Run | None) -> int:
        assert recipe.max_steps is not None
        if self.max_steps is not None:
            return self.max_steps
        if self.epochs is not None or run is None or not run.history():
            raise SettingError(
                f"this run counts steps, not epochs: max_steps={recipe.max_steps}",
                "Write --set max_steps=N.",
            )
        last = run.history()[-1]
        return recipe.max_steps + round(last.step / last.epoch) * (self.more_epochs or 0)


def fine_tuning_config(
    source: str | os.PathLike[str],
    recipe: Recipe | str | None = None,
    data: Mapping[str, Any] | None = None,
    changes: Mapping[str, object] | None = None,
    teachers: tuple[str, ...] = (),
) -> RunConfig:
    """The configuration of a run that starts from trained weights.

    What is not given is as in the run that the weights are of; a weights file has the standard recipe of its
    network, and the default data.

    Args:
        source: A run folder, a folder of runs (the first is taken), or a `.safetensors` file.
        recipe: A recipe or its name.
        data: Fields of `DataConfig`; None in it: as in the run.
        changes: Fields of the recipe that differ.
        teachers: Weights files of teachers; those of the run are not taken over, nor is its distillation.

    Raises:
        DigitlabError: If there are no weights, or a setting is not allowed.
    """
    path = Path(source)
    if path.is_dir():
        runs = tuple(run for run in open_runs(path) if run.finished) or open_runs(path)
        check_same_network(path, runs)
        run = runs[0]
        run.metrics()  # raises if it is not finished
        network, options, weights = run.config.network, run.config.options, run.folder / "model.safetensors"
        # The target of that run is reached, perhaps; this one has its own.
        own_recipe, own_data = (
            replace(run.config.recipe, until=None, distillation=0.0, teachers=0),
            run.config.data,
        )
    else:
        from digitlab.runs.models import open_network

        opened = open_network(path)
        network, options, weights = opened.name, opened.options, path
        own_recipe, own_data = standard_recipe(network), DataConfig()
    if isinstance(recipe, str):
        own_recipe = standard_recipe(network, recipe)
    elif recipe is not None:
        own_recipe = recipe
    given = {name: value for name, value in (data or {}).items() if value is not None}
    return RunConfig(
        network=network,
        options=dict(options),
        recipe=change_recipe(own_recipe, changes or {}),
        data=replace(own_data, **given),
        initial_weights=str(weights.resolve()),
        teachers=teachers,
        environment=environment(),
    )


@contextmanager
def undone_on_error(folders: Iterable[Path]) -> Iterator[None]:
    """Puts runs back as they were if the block ends with an error of ours or of the system.

    An interruption leaves them unfinished, to be resumed.

    Args:
        folders: Of the runs, and of a folder of seeds.
    """
    paths = [folder / name for folder in folders for name in RECORDS]
    before = {path: path.read_bytes() for path in paths if path.exists()}
    try:
        yield
    except (DigitlabError, OSError):
        for path, content in before.items():  # metrics.json last: it marks a run as finished
            write_bytes(path, content)
        raise


def _check_same_digits(runs: Sequence[Run]) -> None:
    """Checks that the digits of finished runs can be read, and are those that they were trained on.

    Raises:
        RunError: If they are not.
        DataError: If they cannot be read.
    """
    finished = [run for run in runs if run.finished]
    if not finished:
        return
    splits = finished[0].config.data.load()
    now = {name: len(digits) for name, digits in splits.by_name().items()}
    for name, scores in finished[0].metrics()["splits"].items():
        if now.get(name) != scores["n"]:
            raise RunError(
                f"{finished[0].folder} had {scores['n']} {name} digits; there are {now.get(name, 0)} now",
                "Bring its data back to what they were, or train its weights further: digitlab train --from "
                f"{finished[0].folder}.",
            )
    check_same_data([run.folder for run in finished], digest_splits(splits))


def _fixed_length(recipe: Recipe) -> str:
    """Why a training by this recipe cannot be made longer; empty if it can."""
    if recipe.schedule in OF_THE_WHOLE:
        return f"schedule={recipe.schedule} spreads its learning rates over all steps"
    if recipe.warmup_fraction:
        return f"warmup_fraction={recipe.warmup_fraction:g} is a share of all steps"
    return ""


def _ended_early(run: Run) -> bool:
    """Whether a run has ended where it would end however many epochs it had."""
    return run.finished and run.metrics().get("stop_reason") in ("patience", "until")


def _check_can_go_on(run: Run) -> None:
    if not _ended_early(run):
        return
    target = run.config.recipe.until
    by_patience = run.metrics()["stop_reason"] == "patience"
    stopped = "by early stopping" if by_patience else f"at its target {target}"
    raise RunError(
        f"{run.folder} has ended {stopped}, and would end there however many epochs it had",
        f"Train its weights further: digitlab train --from {run.folder}.",
    )


def _without_state(folder: Path) -> RunError:
    return RunError(
        f"{folder} does not hold the state of its training (checkpoint/), which goes on from there",
        f"Train its weights further: digitlab train --from {folder}.",
    )
