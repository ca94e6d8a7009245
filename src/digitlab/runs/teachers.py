"""Teachers of a run, for distillation: which networks they are, and their copies in the run's folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from digitlab.errors import ModelError, OutputError
from digitlab.files import atomic_write, check_path, make_folder
from digitlab.networks import Network, load_network
from digitlab.runs.config import RunConfig
from digitlab.runs.folder import WEIGHTS, open_runs

__all__ = ["copy_teachers", "load_teachers", "teacher_files"]

FOLDER = "teachers"
"""In the folder of a run: a copy of the weights of each, so that it can be resumed without the originals."""


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
