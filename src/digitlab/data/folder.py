"""Digits from a person's own pictures: a folder with a sub-folder for each digit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from digitlab.data.digits import Digits
from digitlab.data.picture import read_digit
from digitlab.errors import DataError

__all__ = ["read_folder"]

LAYOUT = "Put the pictures of each digit into a sub-folder named after it, 0 to 9."
LITTER = ("thumbs.db", "desktop.ini")  # what Windows leaves behind; hidden files start with a dot


def read_folder(path: str | os.PathLike[str]) -> Digits:
    """Reads pictures of digits from sub-folders named `0` to `9`, in order of digit and file name.

    Not every digit needs a sub-folder. Hidden files, `Thumbs.db` and `desktop.ini` are skipped.

    Args:
        path: The folder that holds the sub-folders.

    Returns:
        The pictures in the MNIST form, `(n, 28, 28)`, named `folder:PATH`.

    Raises:
        DataError: If the folder or a picture cannot be read, something in it does not belong there,
            or there is no picture at all.
    """
    folder = Path(path)
    files = [(file, int(place.name)) for place in _sub_folders(folder) for file in _pictures(place)]
    if not files:
        raise DataError(f"{folder} holds no pictures", LAYOUT)
    images = np.stack([read_digit(file) for file, _ in files])
    return Digits(images, np.array([digit for _, digit in files], dtype=np.int64), f"folder:{folder}")


def _sub_folders(folder: Path) -> list[Path]:
    """The sub-folders `0` to `9` that are there, in order."""
    places = _visible(folder)
    for place in places:
        if place.name not in "0123456789" or len(place.name) != 1 or not place.is_dir():
            kind = "sub-folder" if place.is_dir() else "file"
            raise DataError(f"{folder} holds a {kind} {place.name!r}, which is no digit", LAYOUT)
    if not places:
        raise DataError(f"{folder} is empty", LAYOUT)
    return places


def _pictures(place: Path) -> list[Path]:
    """The files in a sub-folder, in order."""
    files = _visible(place)
    for file in files:
        if not file.is_file():
            raise DataError(f"{file} is not a picture file", f"Put pictures right into {place}.")
    return files


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, sorted by name, without what file managers leave behind."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower() not in LITTER)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read folder {folder}: {reason}", "Give the path of a folder.") from error
    return [folder / name for name in names if not name.startswith(".")]
