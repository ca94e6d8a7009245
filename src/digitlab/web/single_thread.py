"""One thread for torch where a single drawing is computed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["single_thread"]

_making = threading.Lock()


@contextmanager
def single_thread() -> Iterator[None]:
    """Lets torch compute by the calling thread alone for the length of a block; other threads are as before.

    A drawing takes a few milliseconds, less than it takes to share the work. Where all cores were busy with
    trainings, two threads that waited for each other took 50 times as long as one (`swift`, 250 ms to 5 ms).
    """
    import torch

    torch.get_num_threads()  # sets the number of this thread, which would else be done within the block
    with _making:
        controller = _controller()
    with controller.limit(limits=1, user_api="openmp"):
        yield


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
