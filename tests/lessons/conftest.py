import importlib
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="session")
def lesson_notebooks():
    """The module that reads and executes the notebooks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("lesson_notebooks")
        sys.modules.pop("lesson_notebooks")
