"""Safe reading of a person's file: regular files only, and at most `MAX_BYTES`."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from digitlab.errors import DataError

__all__ = ["MAX_BYTES", "open_regular", "read_content"]

MAX_BYTES = 2**31
"""No file, and nothing unpacked from one, may be longer than this many bytes (2 GiB)."""


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a regular file for reading, and refuses folders, pipes and devices without waiting.

    Args:
        path: The file.

    Returns:
        The open file.

    Raises:
        DataError: If there is no such file, it may not be read, or it is not a regular file.
    """
    # A pipe that nobody writes to would block an ordinary open for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(
            f"cannot read {os.fspath(path)}: {reason}", "Name a file that can be read."
        ) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise DataError(f"cannot read {os.fspath(path)}: it is {kind}", "Name a regular file.")
    return os.fdopen(descriptor, "rb")


def read_content(path: str | os.PathLike[str], limit: int = MAX_BYTES) -> bytes:
    """Reads all bytes of the regular file `path`.

    Args:
        path: The file.
        limit: The most bytes that it may have.

    Raises:
        DataError: If it cannot be read, is not a regular file, is empty, or is longer than `limit`.
    """
    name = os.fspath(path)
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise DataError(f"{name}: {size} bytes, more than {limit}", "Split it into smaller files.")
        try:
            content = file.read(size)
        except OSError as error:
            raise DataError(f"cannot read {name}: {error.strerror}", "Copy it to a sound disk.") from error
    if not content:
        raise DataError(f"{name}: the file is empty", "Name a file that holds digits.")
    return content
