"""Loading of datasets by name: those that come with the package, a person's own files, and slices of both."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from digitlab.data.classroom import classroom
from digitlab.data.digits import Digits
from digitlab.data.idx import read_idx_pair
from digitlab.data.image_folder import OnSkip, read_folder
from digitlab.data.mat import read_mat
from digitlab.data.mnist import KNOWN_LABEL_ERRORS, mnist
from digitlab.data.npz_csv import read_csv, read_npz
from digitlab.data.safe_read import open_regular
from digitlab.data.validation import make_digits, parse_labels, to_gray
from digitlab.errors import DataError, SettingError
from digitlab.files import check_path

__all__ = ["DatasetInfo", "datasets", "known_label_errors", "load"]

READERS = {".mat": read_mat, ".npz": read_npz, ".csv": read_csv}
KINDS = (
    "a path to a .mat, .npz or .csv file, an IDX images file, or a folder with sub-folders 0 to 9 of images"
)
SLICE = re.compile(r"(?P<name>.+)\[(?P<start>\d*):(?P<stop>\d*)\]", re.DOTALL)


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset that comes with the package.

    Attributes:
        name: The name that `load` takes.
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


def datasets() -> list[DatasetInfo]:
    """The datasets that come with the package."""
    return [
        DatasetInfo("mnist:train", 60_000, 28, 28, "MNIST's training files (LeCun, Cortes; CC BY-SA 3.0)"),
        DatasetInfo("mnist:test", 10_000, 28, 28, "MNIST's test files (LeCun, Cortes; CC BY-SA 3.0)"),
        DatasetInfo("classroom", 5_000, 20, 20, "the first 500 of each digit in mnist:train, cut to 20x20"),
        DatasetInfo("classroom-reduced", 5_000, 20, 20, "the same, each whole image reduced to 20x20"),
    ]


def load(
    name: str | os.PathLike[str], *, skip_unknown: bool = False, on_skip: OnSkip | None = None
) -> Digits:
    """Loads the digits called `name`.

    Args:
        name: `mnist:train`, `mnist:test`, `classroom`, `classroom-reduced`, or a path to a `.mat`, `.npz`
            or `.csv` file, to an IDX images file with its labels file beside it, or to a folder with
            sub-folders 0 to 9 of images. A path that looks like a dataset's name is written `./classroom`.
            `[START:STOP]` after any of them takes the digits START to STOP - 1, counted from 0; either may
            be left out: `mnist:test[:2500]`, `mnist:train[5000:]`.
        skip_unknown: Of a folder of images: whether to skip what is neither a digit's sub-folder nor a
            readable image of a digit in one, instead of raising an error.
        on_skip: Called with the `SkippedEntries`, if there are any.

    Returns:
        The digits, 28x28 or 20x20, called by the name of the dataset or file, with the slice.

    Raises:
        SettingError: If there is no such dataset and no such file, the kind of file is unknown, or a slice
            is not of the form above, is empty, or reaches past the last digit.
        DataError: If the file or folder does not hold digits, or `name` is of another type.

    Example:
        >>> load("mnist:test[9000:]")
        Digits(mnist:test[9000:]: 1000 images of 28x28)
    """
    name = check_path(name)
    if not name.endswith("]") or os.path.lexists(name):
        return _load_whole(name, skip_unknown, on_skip)
    parts = SLICE.fullmatch(name)
    if parts is None:
        raise SettingError(f"cannot read the slice in {name!r}", "Write NAME[START:STOP], or NAME[START:].")
    whole = load(parts["name"], skip_unknown=skip_unknown, on_skip=on_skip)
    n = len(whole)
    start, stop = int(parts["start"] or 0), int(parts["stop"] or n)
    if not start < stop <= n:
        problem = "holds no digits" if start >= stop else f"reaches past the last of {n:,} digits"
        raise SettingError(f"{name} {problem}", f"Give START below STOP, and STOP of at most {n}.")
    return replace(
        whole,
        images=whole.images[start:stop],
        labels=whole.labels[start:stop],
        name=f"{whole.name}[{parts['start']}:{parts['stop']}]",
    )


def known_label_errors(name: str | os.PathLike[str]) -> frozenset[int]:
    """Indices of the digits whose label is known to be wrong (`KNOWN_LABEL_ERRORS`).

    Args:
        name: Of the digits, as `load` takes and gives it: a dataset or a slice of one.

    Returns:
        Indices into these digits, from 0; none for digits that nobody examined.

    Raises:
        DataError: If `name` is of another type.
    """
    name = check_path(name)
    parts = SLICE.fullmatch(name)
    if parts is None:
        return frozenset(KNOWN_LABEL_ERRORS.get(name, ()))
    start, stop = int(parts["start"] or 0), int(parts["stop"] or 2**63)
    return frozenset(index - start for index in known_label_errors(parts["name"]) if start <= index < stop)


def _load_whole(name: str, skip_unknown: bool, on_skip: OnSkip | None) -> Digits:
    """The dataset or file called `name`, which has no slice."""
    if name == "mnist":
        raise SettingError("mnist is two datasets", "Say which: mnist:train or mnist:test.")
    if name == "mnist:train":
        return mnist("train")
    if name == "mnist:test":
        return mnist("test")
    if name == "classroom":
        return classroom()
    if name == "classroom-reduced":
        return classroom("reduced")
    if not os.path.lexists(name):
        known = ", ".join(known.name for known in datasets())
        raise SettingError(f"no digits called {name!r}", f"Give {known}, or {KINDS}.")
    path = Path(name)
    if path.is_dir():
        if (path / "run.json").exists() or (path / "seeds.json").exists():
            raise SettingError(
                f"{name} is a trained run, not digits",
                f"digitlab.open({name!r}) opens it; load takes {KINDS}.",
            )
        return read_folder(path, skip_unknown=skip_unknown, on_skip=on_skip)
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
    gray = images if images.dtype == "uint8" else to_gray(images, name)
    return make_digits(gray, parse_labels(labels, len(images), name), name)
