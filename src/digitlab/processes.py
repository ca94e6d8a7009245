"""Helper processes that end with the process that started them, however that ends."""

from __future__ import annotations

import os
import threading
from multiprocessing import parent_process

__all__ = ["exit_with_parent"]


def exit_with_parent() -> None:
    """Ends this process when the one that started it ends, also by `kill -9`.

    A pool's process waits for work on a pipe that the other processes hold open as well, so that it would not
    notice the end; each would stay behind, with all its memory.
    """
    parent = parent_process()
    if parent is None:  # nobody's helper
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
