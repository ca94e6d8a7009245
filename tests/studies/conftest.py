"""The texts of the sources, which lie beside the repository and not in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def read_source() -> Callable[[str], str]:
    """Reads the text of a source by the name of its file; a test is skipped where it is not there."""

    def read(name: str) -> str:
        folders = [Path(__file__).parents[2].parent / "shared" / "sources"]
        if named := os.environ.get("DIGITLAB_SOURCES"):
            folders.insert(0, Path(named))
        for folder in folders:
            if (folder / name).is_file():
                return (folder / name).read_text(encoding="utf-8")
        pytest.skip(f"{name} is neither in ../shared/sources nor in the folder that DIGITLAB_SOURCES names")

    return read
