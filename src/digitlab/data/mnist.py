"""MNIST, which comes with the package: 60,000 training and 10,000 test digits.

By Yann LeCun and Corinna Cortes, under the license CC BY-SA 3.0. Each digit fills a box of 20x20
pixels, placed in 28x28 with its center of mass in the middle.
"""

from __future__ import annotations

import hashlib
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from digitlab.data.digits import Digits
from digitlab.data.idx import parse_idx, unzip_idx
from digitlab.data.safe_read import open_regular, read_content
from digitlab.errors import DataError, OutputError, SettingError
from digitlab.files import atomic_write, make_folder, write_text

__all__ = ["KNOWN_LABEL_ERRORS", "FileCheck", "Split", "cache_folder", "embedded_folder", "mnist", "verify"]

Split = Literal["train", "test"]

FILES: dict[str, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
# fmt: off
KNOWN_LABEL_ERRORS: dict[str, tuple[int, ...]] = {
    "mnist:test": (
        947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729,
    ),
}
# fmt: on
"""Indices of digits whose label most human raters judged wrong. From Northcutt, Athalye and
Mueller (2021), "Pervasive label errors in test sets", whose list is github.com/cleanlab/label-errors."""


@dataclass(frozen=True)
class FileCheck:
    """Result of checking one file.

    Attributes:
        name: The file's name, without `.gz`.
        location: Whether it is the one in the package or the unpacked one in the cache.
        path: Where it is, or would be.
        ok: Whether it is intact; a file that is not unpacked yet counts as intact.
        message: What was found, in words.
    """

    name: str
    location: Literal["package", "cache"]
    path: Path
    ok: bool
    message: str


def mnist(split: Split) -> Digits:
    """Loads one split of MNIST.

    The first call unpacks the files that come with the package into `cache_folder()`. Later calls
    map them into memory, which takes a few milliseconds. Where nothing can be written, they are
    unpacked into memory each time.

    Args:
        split: `train` (60,000 digits) or `test` (10,000).

    Returns:
        The digits, 28x28, in the files' own order, named `mnist:train` or `mnist:test`.

    Raises:
        SettingError: If `split` is neither.
        DataError: If the package's own file is missing or damaged.
    """
    if not isinstance(split, str) or split not in FILES:
        seen = " ".join(repr(split).split())
        raise SettingError(f"no MNIST split {seen}", "Ask for 'train' or 'test'.")
    images, labels = (parse_idx(_content(name), name) for name in FILES[split])
    return Digits(images, labels.astype(np.int64), f"mnist:{split}")


def cache_folder() -> Path:
    """The cache folder: `DIGITLAB_CACHE_DIR` if set, else the user's cache."""
    chosen = os.environ.get("DIGITLAB_CACHE_DIR")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("digitlab", appauthor=False))


def embedded_folder() -> Path:
    """The folder of the four compressed files that come with the package."""
    return Path(__file__).with_name("mnist")


def verify() -> list[FileCheck]:
    """Reads every byte of the four files, in the package and in the cache, and checks their SHA-256.

    Nothing is repaired here: `mnist` does that when it next reads a file that was changed.

    Returns:
        Eight results: the package's files, then the cache's.
    """
    return [_check_embedded(name) for name in SHA256] + [_check_cached(name) for name in SHA256]


def _check_embedded(name: str) -> FileCheck:
    try:
        _embedded(name)
        ok, message = True, "intact"
    except DataError as error:
        ok, message = False, error.problem
    return FileCheck(name, "package", _embedded_path(name), ok, message)


def _check_cached(name: str) -> FileCheck:
    path = _cached_path(name)
    if not os.path.lexists(path):
        return FileCheck(name, "cache", path, True, "not unpacked yet")
    try:
        ok = _is_genuine(name, read_content(path))
        message = "intact" if ok else f"{path}: damaged, its SHA-256 is not {SHA256[name]}"
    except DataError as error:
        ok, message = False, error.problem
    return FileCheck(name, "cache", path, ok, message)


def _content(name: str) -> bytes | mmap.mmap:
    """The unpacked file `name`: from the cache if it is sound there, else from the package."""
    return _cached(name) or _unpack(name)


def _cached(name: str) -> mmap.mmap | None:
    """The cache's file mapped into memory, or None if it is missing or damaged.

    Hashing 47 MB takes a hundred times longer than mapping them: a stamp beside the file says which
    size and time of change the file had when it was last hashed.
    """
    try:
        with open_regular(_cached_path(name)) as file:
            stamp = _stamp(os.fstat(file.fileno()))
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (DataError, OSError, ValueError):
        return None
    if _read_stamp(name) == stamp:
        return content
    if not _is_genuine(name, content):
        return None
    _write_stamp(name, stamp)
    return content


def _unpack(name: str) -> bytes:
    """The package's file, unpacked; also into the cache, if that can be written."""
    content = _embedded(name)
    path = _cached_path(name)
    try:
        make_folder(path.parent)
        with atomic_write(path) as temporary:
            temporary.write_bytes(content)
            stamp = _stamp(temporary.stat())
    except OutputError:
        return content
    _write_stamp(name, stamp)
    return content


def _embedded(name: str) -> bytes:
    path = _embedded_path(name)
    try:
        content = unzip_idx(read_content(path), str(path))
        if _is_genuine(name, content):
            return content
        problem = f"{path}: its SHA-256, unpacked, is not {SHA256[name]}"
    except DataError as error:
        problem = error.problem
    raise DataError(f"a file of the package is damaged: {problem}", "Install digitlab again.")


def _is_genuine(name: str, content: bytes | mmap.mmap) -> bool:
    return hashlib.sha256(content).hexdigest() == SHA256[name]


def _embedded_path(name: str) -> Path:
    return embedded_folder() / f"{name}.gz"


def _cached_path(name: str) -> Path:
    return cache_folder() / "mnist" / name


def _stamp_path(name: str) -> Path:
    return cache_folder() / "mnist" / f"{name}.verified"


def _stamp(found: os.stat_result) -> str:
    return f"{found.st_size} {found.st_mtime_ns}"


def _read_stamp(name: str) -> str:
    try:
        return read_content(_stamp_path(name), limit=4096).decode(errors="replace")
    except DataError:
        return ""


def _write_stamp(name: str, stamp: str) -> None:
    """Writes the stamp if it can; without one the file is hashed again next time."""
    try:
        write_text(_stamp_path(name), stamp)
    except OutputError:
        return
