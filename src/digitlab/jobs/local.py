"""Local processes: one worker for each core, each in a loky pool of its own."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from loky import ProcessPoolExecutor, cpu_count
from loky.process_executor import BrokenProcessPool, ShutdownExecutorError

from digitlab.jobs.job import Call, JobExecutor, Outcome, WorkerDiedError, call_job, use_one_thread

__all__ = ["local_executor"]

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
PARENT_CHECK_SECONDS = 0.5


def local_executor(n_workers: int | None = None) -> JobExecutor:
    """An executor of `n_workers` processes on this machine, each with one thread.

    Processes start when there is work for them and live until the executor is shut down. They need no
    `if __name__ == "__main__"` in a script, and end with this process, however that ends. A worker
    that dies is replaced. `shutdown(cancel_futures=True)`, or leaving a `with` block by an error, ends
    them at once.

    Args:
        n_workers: How many; by default one for each core that this process may use.

    Raises:
        ValueError: If `n_workers` is less than 1.
    """
    n = cpu_count() if n_workers is None else n_workers
    if n < 1:
        raise ValueError(f"cannot work with {n} processes")
    return _LocalExecutor(n)


@dataclass(frozen=True)
class _Task:
    future: Future[Any]
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class _LocalExecutor(JobExecutor):
    """Tasks wait in one queue; a thread for each worker hands them to its pool, one at a time.

    A pool of several workers breaks as a whole when one of them dies, and cannot tell whose task
    was to blame; a pool of one can.
    """

    kind = "local"

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._pools: list[ProcessPoolExecutor | None] = [None] * n_workers
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closed = False
        self._ended = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot submit to an executor that is shut down")
            self._tasks.put(_Task(future, fn, args, kwargs))
            if len(self._threads) < self.n_workers:
                thread = threading.Thread(target=self._feed, args=(len(self._threads),), daemon=True)
                self._threads.append(thread)
                with _interrupts_blocked():  # the thread and the workers that it starts inherit this
                    thread.start()
        return future

    def submit_job(self, call: Call) -> Future[Outcome]:
        return self.submit(_call_job, call)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._lock:
            self._closed = True
            self._ended = self._ended or cancel_futures
            if cancel_futures:
                self._cancel_waiting()
            for _ in self._threads:
                self._tasks.put(None)
            pools = [pool for pool in self._pools if pool is not None]
        if cancel_futures:
            for pool in pools:
                pool.shutdown(wait=False, kill_workers=True)
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.shutdown(wait=True, cancel_futures=kind is not None)

    def _cancel_waiting(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return
            if task is not None:
                task.future.cancel()

    def _feed(self, slot: int) -> None:
        """Hands tasks to one worker until there are no more."""
        while (task := self._tasks.get()) is not None:
            if task.future.set_running_or_notify_cancel():
                try:
                    result = self._do(slot, task)
                except BaseException as error:
                    task.future.set_exception(error)
                else:
                    task.future.set_result(result)
            del task
        pool = self._pools[slot]
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=self._ended)

    def _do(self, slot: int, task: _Task) -> Any:
        with self._lock:
            if self._ended:
                raise WorkerDiedError("ended with its executor")
            pool = self._pools[slot] = self._pools[slot] or _pool()
        try:
            return pool.submit(task.fn, *task.args, **task.kwargs).result()
        except BrokenProcessPool as error:
            self._pools[slot] = None
            raise WorkerDiedError(_reason(error)) from None
        except ShutdownExecutorError:
            raise WorkerDiedError("ended with its executor") from None


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, initializer=_prepare_worker, initargs=(os.getpid(),), env=ONE_THREAD)


def _reason(error: BrokenProcessPool) -> str:
    """Why a worker ended, from loky's message, which names exit codes as `{SIGKILL(-9)}`."""
    code = re.search(r"exit codes of the workers are \{([^}]*)\}", str(error))
    if code is None:
        return f"its process ended: {str(error).splitlines()[0]}"
    if "SIGKILL" in code[1]:
        return "its process was killed (SIGKILL; Linux does so when memory runs out)"
    return f"its process ended in the middle ({code[1]})"


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keeps Ctrl-C in a terminal, which reaches every process, from what starts in the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare_worker(parent: int) -> None:
    """Runs at the start of each worker."""
    import loky.process_executor

    # Ctrl-C in a terminal reaches every process; this process ends the workers. That it is blocked while they
    # start is not enough: code that they run can unblock it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # loky replaces a worker whose memory grows by 300 MB, which data do that a job has loaded for the
    # next one; loading them and torch again would take seconds.
    loky.process_executor._USE_PSUTIL = False
    threading.Thread(target=_exit_with_parent, args=(parent,), name="exit-with-parent", daemon=True).start()


def _exit_with_parent(parent: int) -> None:
    """Ends this process when `parent` has ended, also by `kill -9`.

    A worker waits for work on a pipe that other workers hold open as well, so that nothing tells it.
    """
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os._exit(1)


def _call_job(call: Call) -> Outcome:
    use_one_thread()  # of torch, if an earlier job has loaded it; if this one does, by OMP_NUM_THREADS
    return call_job(call)
