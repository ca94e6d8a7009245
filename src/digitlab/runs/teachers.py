"""Teachers of a run, for distillation: which networks they are, and their copies in the run's folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from digitlab.errors import ModelError, OutputError
from digitlab.files import atomic_write, check_path, make_folder
from digitlab.networks import Network, load_network
from digitlab.runs.config import RunConfig
from digitlab.runs.folder import WEIGHTS, open_runs

__all__ = [
    "copy_teachers",
    "load_teachers",
    "own_teachers",
    "plan_own_teachers",
    "teacher_files",
    "trains_own_teachers",
    "without_teachers",
]

FOLDER = "teachers"
"""In the folder of a run: a copy of the weights of each, so that it can be resumed without the originals; and
the runs of those that it trains itself."""
SHARE_OF_EPOCHS = 2 / 3
"""Epochs of a teacher that a run trains itself over those of the run."""


def teacher_files(teachers: Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    """The weights files of teachers.

    Args:
        teachers: Run folders, folders of runs (all finished ones in them), or `.safetensors` files.

    Raises:
        DigitlabError: If one is none of these, or holds no finished run.
    """
    files: list[Path] = []
    for teacher in teachers:
        path = Path(check_path(teacher, ModelError))
        if path.is_dir():
            runs = [run for run in open_runs(path) if run.finished]
            if not runs:
                open_runs(path)[0].metrics()  # raises: it is not finished
            files += [run.folder / WEIGHTS for run in runs]
        elif not path.exists():
            raise ModelError(
                f"there is no teacher at {path}", "Give a run, a folder of runs or a .safetensors file."
            )
        else:
            files.append(path)
    return tuple(str(file.resolve()) for file in files)


def trains_own_teachers(config: RunConfig) -> bool:
    """Whether a run that has not begun is to train teachers first: some are wanted, and none given."""
    return bool(config.recipe.distillation and config.recipe.teachers and not config.teachers)


def plan_own_teachers(config: RunConfig, folder: Path) -> RunConfig:
    """The configuration of a run whose teachers are trained first, in its folder, if it is to have any.

    Args:
        config: Of the run.
        folder: Its folder.

    Returns:
        The configuration with the weights files that its teachers will have; as it is, if teachers are given
        or none are wanted.
    """
    if not trains_own_teachers(config):
        return config
    places = [folder / FOLDER / f"seed-{seed}" / WEIGHTS for seed in range(config.recipe.teachers)]
    return replace(config, teachers=tuple(str(place.resolve()) for place in places))


def own_teachers(config: RunConfig, folder: Path) -> list[tuple[Path, RunConfig]]:
    """The teachers that a run trains first: folder and configuration of each."""
    files = [Path(file) for file in config.teachers]
    place = (folder / FOLDER).resolve()
    untaught = without_teachers(config)
    epochs = max(1, round(config.recipe.epochs * SHARE_OF_EPOCHS))
    data = replace(config.data, test="none")
    return [
        (folder / FOLDER / file.parent.name, replace(untaught, data=data, recipe=recipe))
        for seed, file in enumerate(files)
        if file.parent.parent == place
        for recipe in [replace(untaught.recipe, epochs=epochs, seed=seed)]
    ]


def without_teachers(config: RunConfig) -> RunConfig:
    """The configuration without distillation."""
    return replace(config, teachers=(), recipe=replace(config.recipe, distillation=0.0, teachers=0))


def load_teachers(config: RunConfig, folder: Path | None) -> list[Network]:
    """The teachers of a run: from the copies in its folder, where it is begun.

    Args:
        config: Of the run.
        folder: Its folder; None for a new one.

    Raises:
        ModelError: If one cannot be read.
    """
    own = [_copy(folder, number) if folder else None for number in range(len(config.teachers))]
    return [
        load_network(copy if copy and copy.exists() else Path(original))
        for copy, original in zip(own, config.teachers, strict=True)
    ]


def copy_teachers(config: RunConfig, folder: Path) -> None:
    """Copies the weights of the teachers into the folder of a run that begins.

    Raises:
        OutputError: If the operating system refuses.
    """
    for number, original in enumerate(config.teachers):
        copy = _copy(folder, number)
        if copy.exists():
            continue
        make_folder(copy.parent)
        with atomic_write(copy) as temporary:
            try:
                shutil.copyfile(original, temporary)
            except OSError as error:
                raise OutputError(
                    f"cannot copy {original} to {copy}: {error.strerror}", "Try again."
                ) from None


def _copy(folder: Path, number: int) -> Path:
    return folder / FOLDER / f"{number}.safetensors"
