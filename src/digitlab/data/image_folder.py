"""Folder of images: digits from image files in sub-folders that are named after the digit, 0 to 9."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.data.digits import Digits
from digitlab.data.image_file import read_digit
from digitlab.errors import DataError
from digitlab.files import check_path

__all__ = ["OnSkip", "SkippedEntries", "UnknownEntryError", "read_folder"]

LAYOUT = "Put the pictures of each digit into a sub-folder named after it, 0 to 9."
AWAY = "Move it away."
LITTER = ("thumbs.db", "desktop.ini")  # what Windows leaves behind; hidden files start with a dot
MOST_NAMED = 10


class UnknownEntryError(DataError):
    """An entry of a folder of images that cannot be read as a digit, and could be skipped.

    Attributes:
        own_remedy: What to do about the entry itself.
    """

    def __init__(self, problem: str, own_remedy: str) -> None:
        self.own_remedy = own_remedy
        skip = "digitlab.load(FOLDER, skip_unknown=True) reads the rest."
        super().__init__(problem, f"{own_remedy} {skip}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.problem, self.own_remedy)


@dataclass(frozen=True)
class SkippedEntries:
    """Entries of a folder of images that were skipped.

    Attributes:
        folder: The folder.
        names: Paths of the skipped entries within the folder, in order; that of a sub-folder ends in `/`.
        n: Number of all entries: images, and what was skipped. A skipped sub-folder counts as one.
        problems: What is wrong with each.
    """

    folder: Path
    names: tuple[str, ...]
    n: int
    problems: tuple[str, ...]

    def __str__(self) -> str:
        """One line: `skipped 2 of 40 entries of photos: misc/, notes.txt`; it names at most ten."""
        named = ", ".join(self.names[:MOST_NAMED])
        more = f" and {len(self.names) - MOST_NAMED:,} more" if len(self.names) > MOST_NAMED else ""
        return f"skipped {len(self.names):,} of {self.n:,} entries of {self.folder}: {named}{more}"


OnSkip = Callable[[SkippedEntries], None]
"""Called once, with what was skipped, if anything was."""


def read_folder(
    path: str | os.PathLike[str], *, skip_unknown: bool = False, on_skip: OnSkip | None = None
) -> Digits:
    """Reads images of digits from sub-folders named `0` to `9`, in order of digit and file name.

    Not every digit needs a sub-folder. Hidden files, `Thumbs.db` and `desktop.ini` are always left out.

    Args:
        path: The folder that holds the sub-folders.
        skip_unknown: Whether to skip what is neither a digit's sub-folder nor an image file in one, and
            images that are empty, damaged or without ink.
        on_skip: Called with the skipped entries, if there are any.

    Returns:
        The images in MNIST's format, `(n, 28, 28)`, named `folder:PATH`.

    Raises:
        UnknownEntryError: If an image cannot be read, or something does not belong there, and `skip_unknown`
            is false.
        DataError: If the folder cannot be read, or there is no image at all.
    """
    folder = Path(check_path(path))
    skipped: dict[Path, str] = {}
    images: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    for place in _sub_folders(folder, skip_unknown, skipped):
        for file in _files(place, skip_unknown, skipped):
            try:
                images.append(read_digit(file))
            except DataError as error:
                if not skip_unknown:
                    raise UnknownEntryError(error.problem, error.remedy) from error
                skipped[file] = error.problem
            else:
                labels.append(int(place.name))
    if skipped and on_skip is not None:
        names = tuple(f"{entry.relative_to(folder)}{'/' * entry.is_dir()}" for entry in sorted(skipped))
        problems = tuple(skipped[entry] for entry in sorted(skipped))
        on_skip(SkippedEntries(folder, names, len(images) + len(skipped), problems))
    if not images:
        raise DataError(f"{folder} holds no pictures of digits", LAYOUT)
    return Digits(np.stack(images), np.array(labels, dtype=np.int64), f"folder:{folder}")


def _sub_folders(folder: Path, skip_unknown: bool, skipped: dict[Path, str]) -> list[Path]:
    """The sub-folders `0` to `9` that are there, in order; adds the other entries to `skipped`."""
    places = []
    entries = _visible(folder)
    if not entries:
        raise DataError(f"{folder} is empty", LAYOUT)
    for entry in entries:
        if len(entry.name) == 1 and entry.name in "0123456789" and entry.is_dir():
            places.append(entry)
            continue
        problem = f"{folder} holds a {_kind(entry)} {entry.name!r}, which is no digit"
        if not skip_unknown:
            raise UnknownEntryError(problem, AWAY)
        skipped[entry] = problem
    return places


def _files(place: Path, skip_unknown: bool, skipped: dict[Path, str]) -> list[Path]:
    """The files in a digit's sub-folder, in order; adds the other entries to `skipped`."""
    files = []
    for entry in _visible(place):
        if entry.is_file():
            files.append(entry)
            continue
        problem = f"{entry} is not a picture file"
        if not skip_unknown:
            raise UnknownEntryError(problem, AWAY)
        skipped[entry] = problem
    return files


def _kind(entry: Path) -> str:
    return "sub-folder" if entry.is_dir() else "file"


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, sorted by name, without what file managers leave behind."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower() not in LITTER)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read folder {folder}: {reason}", "Give the path of a folder.") from error
    return [folder / name for name in names if not name.startswith(".")]
