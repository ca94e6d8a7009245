"""Running fits on this machine: one process for each core, one thread in each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from digitlab.errors import DigitlabError
from digitlab.searching.material import SearchData
from digitlab.searching.plan import Fit
from digitlab.searching.results import FoldResult
from digitlab.searching.way import Way
from digitlab.settings import from_dict, to_dict

__all__ = ["local_processes"]

ATTEMPTS = 2
"""How often a fit is begun whose process ends under it (killed, or out of memory)."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@contextmanager
def local_processes(folder: Path, material: SearchData, n: int) -> Iterator[Way]:
    """Starts `n` processes, which live as long as the block.

    A process is told a fit in one line of JSON and answers in one line (`worker.py`): nothing is
    pickled, and a script that searches needs no `if __name__ == "__main__"`. Processes share the
    material through the files in `folder/data`.

    Args:
        folder: Holds the search's plan.
        material: What to fit on.
        n: How many processes.

    Yields:
        What does fits, each on the next free process, in the order given.

    Raises:
        OutputError: If the material cannot be written.
    """
    with material.saved(folder / "data"):
        workers = [_Worker(folder) for _ in range(n)]
        try:
            yield lambda fits: _spread(workers, fits)
        finally:
            for worker in workers:
                worker.end()


def _spread(workers: Sequence[_Worker], fits: Sequence[Fit]) -> Iterator[FoldResult]:
    """Does `fits` on the workers; yields results as they come."""
    waiting: SimpleQueue[Fit] = SimpleQueue()
    done: SimpleQueue[FoldResult] = SimpleQueue()
    for fit in fits:
        waiting.put(fit)

    def feed(worker: _Worker) -> None:
        while True:
            try:
                fit = waiting.get_nowait()
            except Empty:
                return
            done.put(worker.do(fit))

    for worker in workers[: len(fits)]:
        threading.Thread(target=feed, args=(worker,), daemon=True).start()
    for _ in fits:
        yield done.get()


class _Worker:
    """One process, started with its first fit and again if it dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.ended = False
        self.lock = threading.Lock()

    def do(self, fit: Fit) -> FoldResult:
        """Has the process do a fit, and waits for it."""
        words = ""
        for _ in range(ATTEMPTS):
            answer = self._ask(json.dumps(to_dict(fit)))
            try:
                return from_dict(FoldResult, json.loads(answer))
            except (ValueError, TypeError, DigitlabError):
                words = f"its process ended (exit code {self._bury()})"
        return FoldResult(fit=fit, error=words)

    def end(self) -> None:
        """Ends the process, also in the middle of a fit."""
        with self.lock:
            self.ended = True
        self._bury()

    def _ask(self, line: str) -> str:
        with self.lock:
            if self.ended:
                return ""
            process = self.process = self.process or self._start()
        told, says = process.stdin, process.stdout
        assert told is not None
        assert says is not None
        try:
            print(line, file=told, flush=True)
            return says.readline()
        except (OSError, ValueError):  # it has died, or has been ended from another thread
            return ""

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "digitlab.searching.worker", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ONE_THREAD},
            # Ctrl-C in a terminal reaches only us; we then end the processes.
            start_new_session=True,
        )

    def _bury(self) -> int | None:
        """Makes sure that the process is gone; returns its exit code."""
        process, self.process = self.process, None
        if process is None:
            return None
        process.kill()
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was still to be told to it
                if pipe is not None:
                    pipe.close()
        return code
