"""A lab that another program has started ends with it: when its standard input ends."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time

__all__ = ["ENDS_WITH_STDIN", "end_with_stdin"]

ENDS_WITH_STDIN = "DIGITLAB_LAB_ENDS_WITH_STDIN"
"""The environment variable by which `digitlab.lab` asks for it."""
CHECK_SECONDS = 0.5
LONGEST_END = 5.0
"""Seconds after which the process ends in any case."""


def end_with_stdin() -> None:
    """Interrupts this process once its standard input has ended, if the environment asks for that."""
    if os.environ.pop(ENDS_WITH_STDIN, "") == "1":  # processes that this one starts are not meant
        threading.Thread(target=_watch, args=(os.getppid(),), name="end-with-stdin", daemon=True).start()


def _watch(parent: int) -> None:
    # A process that the parent has forked may hold the other end of the pipe open after the parent's death.
    while os.getppid() == parent:
        if select.select([sys.stdin], [], [], CHECK_SECONDS)[0] and not os.read(sys.stdin.fileno(), 4096):
            break
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(LONGEST_END)  # it may be ignored, or come while the lab still starts
    os._exit(1)
