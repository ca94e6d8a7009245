"""A run is trained by one process at a time: it holds a lock, which ends with it however it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from digitlab.errors import RunError

try:
    import fcntl
except ImportError:  # Windows, where nothing is locked
    fcntl = None  # type: ignore[assignment]

__all__ = ["check_unclaimed", "claim_runs", "is_claimed"]

TRIES = 10
"""How often a lock is tried for: `is_claimed` of another process holds it for a moment."""
PAUSE = 0.02
"""Seconds between two tries."""


@contextmanager
def claim_runs(folders: Sequence[Path]) -> Iterator[None]:
    """Claims runs for the length of a block.

    The folder itself is locked: files in it are replaced while a run is trained, and a lock stays with the
    file that was there before.

    Args:
        folders: Those of the runs.

    Raises:
        RunError: If another process trains one of them.
    """
    with ExitStack() as claims:
        for folder in folders if fcntl is not None else ():
            descriptor = os.open(folder, os.O_RDONLY)
            claims.callback(os.close, descriptor)
            tries = 1
            while not _lock(descriptor, shared=False):
                if tries == TRIES:
                    raise _claimed_error(folder)
                tries += 1
                time.sleep(PAUSE)
        yield


def is_claimed(folder: Path) -> bool:
    """Whether a process trains the run in a folder now."""
    if fcntl is None:
        return False
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _lock(descriptor, shared=True)  # several may look at once
    finally:
        os.close(descriptor)


def check_unclaimed(folders: Iterable[Path]) -> None:
    """Checks that no process trains one of some runs.

    Raises:
        RunError: If one does.
    """
    for folder in folders:
        if is_claimed(folder):
            raise _claimed_error(folder)


def _lock(descriptor: int, *, shared: bool) -> bool:
    """Locks a folder until it is closed; False if that cannot be. Some file systems have no locks."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _claimed_error(folder: Path) -> RunError:
    return RunError(f"{folder} is being trained by another process", "Wait until that ends, or stop it.")
