"""What `digitlab` commands print: for the pages that show it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(command: str) -> str:
    """The output of a `digitlab` command that is run in the project's folder."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "110"}
    words = [sys.executable, "-m", *command.split()]
    return subprocess.run(
        words, cwd=ROOT, env=environment, check=True, text=True, stdout=subprocess.PIPE
    ).stdout
