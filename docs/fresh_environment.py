"""Builds the distributions and installs the wheel alone into a fresh virtual environment.

`write_installation.py` measures sizes and times there, and `tests/test_release.py` uses what is installed.
Both take the versions of `constraints.txt`: those that are tested, and a torch without CUDA where the package
index of the machine has one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
LEFT_OUT = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
"""Variables that would lead to another digitlab, or make each start compile everything again."""


class InstallationError(Exception):
    """What pip says when it cannot install."""


def clean_environment() -> dict[str, str]:
    """The environment's variables without those that concern Python, and with plain output."""
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    return {**kept, "NO_COLOR": "1", "COLUMNS": "110", "PIP_CONSTRAINT": str(CONSTRAINTS)}


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, env=clean_environment(), text=True, capture_output=True, check=False)
    if done.returncode:
        raise InstallationError("\n".join((done.stderr or done.stdout).strip().splitlines()[-5:]))


def build(folder: Path) -> tuple[Path, Path]:
    """Builds the source distribution, and the wheel from that.

    Args:
        folder: Where to write both.

    Returns:
        The wheel and the source distribution.

    Raises:
        InstallationError: If they cannot be built.
    """
    _run([sys.executable, "-m", "build", "--outdir", folder, ROOT])
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


@dataclass(frozen=True)
class FreshEnvironment:
    """A virtual environment without pip, into which the pip of this one installs.

    Attributes:
        folder: Of the environment.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> FreshEnvironment:
        """Makes an empty environment."""
        venv.create(folder, symlinks=True)
        return cls(folder)

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def program(self) -> Path:
        """Its `digitlab`."""
        return self.folder / "bin" / "digitlab"

    def install(self, requirement: str, *options: str) -> None:
        """Installs a requirement, for example `WHEEL[lab]`.

        Raises:
            InstallationError: If pip cannot.
        """
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet"]
        _run([*pip, "--disable-pip-version-check", *options, requirement])

    def size(self) -> int:
        """Bytes of all files in it."""
        return sum(file.lstat().st_size for file in self.folder.rglob("*") if not file.is_dir())
