"""What a run was trained on, as digests, so that going on with other digits is noticed: `data.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from digitlab.data import Digits
from digitlab.errors import RunError
from digitlab.files import write_json
from digitlab.runs.config import Splits

__all__ = ["check_same_data", "digest_splits", "record_data"]

RECORD = "data.json"


def digest_splits(splits: Splits) -> dict[str, str]:
    """A digest of the images and labels of each split, by its name."""
    return {name: _digest(digits) for name, digits in splits.by_name().items()}


def record_data(folder: Path, digests: Mapping[str, str]) -> None:
    """Writes the digests into the folder of a run that has none yet.

    Raises:
        OutputError: If the operating system refuses.
    """
    if not (folder / RECORD).exists():
        write_json(folder / RECORD, dict(digests))


def check_same_data(folders: Iterable[Path], digests: Mapping[str, str]) -> None:
    """Checks that runs which go on were trained on these digits. What has no record is not checked.

    Raises:
        RunError: If a run was trained on others, or its record is damaged.
    """
    for folder in folders:
        path = folder / RECORD
        if not path.exists():
            continue
        try:
            before = dict(json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise RunError(f"cannot read {path}: {error}", "Train again into a new folder.") from None
        for name, digest in before.items():
            if digests.get(name) != digest:
                finished = (folder / "metrics.json").exists()
                other = (
                    f"train its weights further: digitlab train --from {folder}"
                    if finished
                    else "train again into a new folder"
                )
                raise RunError(
                    f"{folder} was begun with other {name} digits: their images or labels have changed since",
                    f"Bring its data back to what they were, or {other}.",
                )


def _digest(digits: Digits) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for array in (digits.images, digits.labels):
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
