"""What all tests share: a cache folder of their own, so that the user's is never touched."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# As `import digitlab` sets it; tests import torch first. Beside other work, `swift` trained 25 times as long
# without.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")

# A shell that starts the suite in the background has it ignore Ctrl-C, and so would every command that a
# test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("DIGITLAB_CACHE_DIR", str(folder))
        yield folder
