"""Any set of digits by one name: the sets that come with the package, or a path to a person's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from digitlab.data.arrays import digits_of, grey_of, labels_of
from digitlab.data.classroom import classroom
from digitlab.data.content import open_regular
from digitlab.data.digits import Digits
from digitlab.data.idx import read_idx_pair
from digitlab.data.mat import read_mat
from digitlab.data.mnist import mnist
from digitlab.data.tables import read_csv, read_npz
from digitlab.errors import DataError, SettingError

__all__ = ["DigitSet", "load", "sets"]

READERS = {".mat": read_mat, ".npz": read_npz, ".csv": read_csv}
KINDS = (
    "a path to a .mat, .npz or .csv file, an IDX images file, or a folder with sub-folders 0 to 9 of pictures"
)


@dataclass(frozen=True)
class DigitSet:
    """A set of digits that comes with the package.

    Attributes:
        name: What `load` calls it.
        n: How many digits it has.
        height: Height of each image in pixels.
        width: Width of each image in pixels.
        origin: Where it comes from, in words.
    """

    name: str
    n: int
    height: int
    width: int
    origin: str


def sets() -> list[DigitSet]:
    """The sets that come with the package."""
    return [
        DigitSet("mnist:train", 60_000, 28, 28, "MNIST's training files (LeCun, Cortes; CC BY-SA 3.0)"),
        DigitSet("mnist:test", 10_000, 28, 28, "MNIST's test files (LeCun, Cortes; CC BY-SA 3.0)"),
        DigitSet("classroom", 5_000, 20, 20, "the first 500 of each digit in mnist:train, cut to 20x20"),
        DigitSet("classroom-reduced", 5_000, 20, 20, "the same, each whole image reduced to 20x20"),
    ]


def load(name: str) -> Digits:
    """The digits called `name`.

    Args:
        name: `mnist:train`, `mnist:test`, `classroom`, `classroom-reduced`, or a path to a `.mat`, `.npz`
            or `.csv` file, to an IDX images file with its labels file beside it, or to a folder with
            sub-folders 0 to 9 of pictures. A path that looks like a set's name is written `./classroom`.

    Returns:
        The digits, 28x28 or 20x20, named after where they came from.

    Raises:
        SettingError: If there is no such set and no such file, or the kind of file is unknown.
        DataError: If the file or folder does not hold digits.
    """
    if name == "mnist":
        raise SettingError("mnist is two sets", "Say which: mnist:train or mnist:test.")
    if name == "mnist:train":
        return mnist("train")
    if name == "mnist:test":
        return mnist("test")
    if name == "classroom":
        return classroom()
    if name == "classroom-reduced":
        return classroom("reduced")
    if not os.path.lexists(name):
        known = ", ".join(known.name for known in sets())
        raise SettingError(f"no digits called {name!r}", f"Give {known}, or {KINDS}.")
    path = Path(name)
    if path.is_dir():
        from digitlab.data.folder import read_folder

        return read_folder(path)
    if path.suffix.lower() in READERS:
        return READERS[path.suffix.lower()](path)
    if _may_be_idx(path):
        return _read_idx_digits(path)
    raise SettingError(f"{name}: not a kind of file that holds digits", f"Give {KINDS}.")


def _may_be_idx(path: Path) -> bool:
    with open_regular(path) as file:
        return file.read(2) in (b"\0\0", b"\x1f\x8b")


def _read_idx_digits(path: Path) -> Digits:
    images, labels, name = read_idx_pair(path)
    if images.size == 0:
        raise DataError(f"{name}: no digits, shape {images.shape}", "Give at least one image.")
    # In IDX a byte is always a gray value of 0 to 255; only other types leave their scale open.
    gray = images if images.dtype == "uint8" else grey_of(images, name)
    return digits_of(gray, labels_of(labels, len(images), name), name)
