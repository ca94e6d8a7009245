"""Tesseract, where it is installed, as a peer to compare with: restricted to digits."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import SettingError

__all__ = ["find_tesseract", "read_with_tesseract"]

LONGEST = 120
"""Seconds after which it is stopped; a page takes it a few."""


def find_tesseract() -> str:
    """The program's path.

    Raises:
        SettingError: If it is not installed.
    """
    found = shutil.which("tesseract")
    if found is None:
        raise SettingError(
            "peer 'tesseract' is not installed: there is no such program on PATH",
            "Install it (Debian: apt install tesseract-ocr), or leave --peer out.",
        )
    return found


def read_with_tesseract(
    program: str, gray: NDArray[np.uint8], *, one_line: bool
) -> tuple[tuple[str, ...], ...]:
    """Strings of digits by lines, as Tesseract reads them on one thread.

    Args:
        program: Its path.
        gray: `(height, width)`, `uint8`.
        one_line: Whether it is told that the picture holds a single line (`--psm 7` instead of 6).

    Raises:
        SettingError: If it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        Image.fromarray(gray).save(path)
        options = ["--psm", "7" if one_line else "6", "-c", "tessedit_char_whitelist=0123456789"]
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        try:
            done = subprocess.run(
                [program, str(path), "-", *options],
                capture_output=True,
                text=True,
                timeout=LONGEST,
                check=True,
                env=environment,
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip()
            last = said.splitlines()[-1] if said else type(error).__name__
            raise SettingError(f"peer 'tesseract' failed: {last}", "Mend it, or leave --peer out.") from error
    lines = (tuple(line.split()) for line in done.stdout.splitlines())
    return tuple(line for line in lines if line)
