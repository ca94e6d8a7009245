"""A run is trained by one process at a time: it holds a lock, which ends with it however it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from digitlab.errors import RunError

try:
    import fcntl
except ImportError:  # Windows, where nothing is locked
    fcntl = None  # type: ignore[assignment]

__all__ = ["claim_runs", "is_claimed"]

FILE = "run.json"
"""The file that is locked: it is there as soon as there is a run, so that no other is needed."""


@contextmanager
def claim_runs(folders: Sequence[Path]) -> Iterator[None]:
    """Claims runs for the length of a block.

    Args:
        folders: Those of the runs, each with its `run.json`.

    Raises:
        RunError: If another process trains one of them.
    """
    with ExitStack() as claims:
        for folder in folders:
            descriptor = os.open(folder / FILE, os.O_RDONLY)
            claims.callback(os.close, descriptor)
            if not _lock(descriptor):
                raise RunError(
                    f"{folder} is being trained by another process", "Wait until that ends, or stop it."
                )
        yield


def is_claimed(folder: Path) -> bool:
    """Whether a process trains the run in a folder now."""
    try:
        descriptor = os.open(folder / FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Locks a file until it is closed; False if it is locked already. Some file systems have no locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
