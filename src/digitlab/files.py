"""Paths are checked; files are written atomically: under a temporary name, and renamed when complete."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from digitlab.errors import DataError, DigitlabError, OutputError

__all__ = ["atomic_write", "check_path", "make_folder", "write_bytes", "write_json", "write_text"]


def check_path(value: object, error: type[DigitlabError] = DataError) -> str:
    """Checks the type of a path that a caller gave.

    Args:
        value: A `str`, or an `os.PathLike` that stands for one.
        error: The class of the error.

    Returns:
        The path as text, spelled as it was given.

    Raises:
        DigitlabError: Of the class `error`, if `value` is anything else; it names the type.
    """
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str):
        raise error(f"{type(value).__name__} where a path is needed", "Give a str or a pathlib.Path.")
    return path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside `path`; when the block ends well, renames it to `path`.

    If the block fails (a full disk, Ctrl-C) the temporary file is removed and the old file stays
    as it was. Another process never sees a half-written file.

    Args:
        path: The file to write. Its folder must exist.

    Yields:
        A path in the same folder, with the same suffix, for the block to write to.

    Raises:
        OutputError: If the operating system refuses (no permission, disk full, no such folder).
    """
    if not path.name:
        raise OutputError(f"cannot write {path}: it names a folder", "Give the name of a file.")
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError.of(path, error) from error
    finally:
        # This may fail as well where nothing can be written; the first error is the one to report.
        with suppress(OSError):
            temporary.unlink()


def write_bytes(path: Path, content: bytes) -> None:
    """Writes `content` to `path` atomically.

    Raises:
        OutputError: If the operating system refuses.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Writes `content` to `path` as UTF-8, atomically.

    Raises:
        OutputError: If the operating system refuses.
    """
    write_bytes(path, content.encode())


def write_json(path: Path, value: object) -> None:
    """Writes `value` to `path` as indented JSON, atomically.

    Raises:
        OutputError: If the operating system refuses.
        ValueError: If `value` holds NaN or infinity, which JSON cannot.
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def make_folder(path: Path) -> Path:
    """Makes the folder `path` and those above it, if they are not there, and returns it.

    Raises:
        OutputError: If the operating system refuses, or a file has that name.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError.of(path, error) from error
    return path
