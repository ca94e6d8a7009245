"""`Job`, and what every executor of jobs has in common."""

from __future__ import annotations

import math
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from digitlab.errors import DigitlabError

__all__ = [
    "Call",
    "Job",
    "JobError",
    "JobExecutor",
    "Outcome",
    "WorkerDiedError",
    "call_job",
    "inline_executor",
]


class JobError(Exception):
    """A job's function raised something that is no `DigitlabError`; the text holds its traceback."""


class WorkerDiedError(Exception):
    """The process that did a job ended before the job did (killed, or out of memory).

    Args:
        reason: In words, one line.
        machine_lost: Whether the whole machine went away, so that the job is not to blame.
    """

    def __init__(self, reason: str, machine_lost: bool = False) -> None:
        super().__init__(reason, machine_lost)
        self.reason = reason
        self.machine_lost = machine_lost

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class Job:
    """One unit of work. It reads its arguments and the output folders of the jobs it comes after.

    Attributes:
        key: Unique; also its output folder, relative to the store: `hidden-layer/mlp-1/seed-0`.
        function: `function(folder, inputs, **arguments) -> dict`, at the top level of a module that
            can be imported. `folder` is the output folder, `inputs[key]` that of each job in `after`.
            The dict it returns is plain data for JSON.
        arguments: Plain data for JSON.
        after: Keys of the jobs that must be done first.
        cost: Expected seconds of one core, roughly: longer ones begin first.
        data_digest: Digest of the data that it reads; part of the fingerprint.
        group: Jobs of the group with the lowest total cost begin first.
    """

    key: str
    function: Callable[..., dict[str, Any]]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    cost: float = 1.0
    data_digest: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.key).parts
        if not parts or self.key.startswith("/") or ".." in parts or "\\" in self.key:
            raise ValueError(f"job key {self.key!r} is not a relative path")
        if not (math.isfinite(self.cost) and self.cost >= 0):
            raise ValueError(f"job {self.key} has cost {self.cost}")
        name = getattr(self.function, "__qualname__", "")
        if not name.isidentifier() or self.function.__module__ == "__main__":
            raise ValueError(f"job {self.key}: its function must be at the top level of a module")

    @property
    def function_name(self) -> str:
        """`module:function`, by which a worker imports it."""
        return f"{self.function.__module__}:{self.function.__qualname__}"


@dataclass(frozen=True)
class Call:
    """What an executor needs to do a job: plain data and paths."""

    function_name: str
    arguments: Mapping[str, Any]
    folder: Path
    inputs: Mapping[str, Path]


@dataclass(frozen=True)
class Outcome:
    """Result of a call, as it comes back from a worker.

    Attributes:
        value: What the function returned; None if it raised.
        error: What it raised: a `DigitlabError` as it is, all else as a `JobError`.
        seconds: Wall clock of the call.
        files: Contents of the output folder by relative path, if the worker has a disk of its own.
    """

    value: dict[str, Any] | None
    error: DigitlabError | JobError | None
    seconds: float
    files: Mapping[str, bytes] | None = None


def call_job(call: Call) -> Outcome:
    """Does a job in this process. Errors are part of the outcome, so that any of them can be pickled."""
    started = time.perf_counter()
    try:
        module, _, name = call.function_name.partition(":")
        function = getattr(import_module(module), name)
        value = function(call.folder, dict(call.inputs), **call.arguments)
        return Outcome(value, None, time.perf_counter() - started)
    except DigitlabError as error:
        return Outcome(None, error.with_traceback(None), time.perf_counter() - started)
    except (Exception, SystemExit) as error:
        words = "".join(traceback.format_exception(error)).rstrip()
        return Outcome(None, JobError(words), time.perf_counter() - started)


def use_one_thread() -> None:
    """Limits torch to one thread where it is loaded, because every core has a job of its own."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


class JobExecutor(Executor):
    """A `concurrent.futures.Executor` that also takes jobs.

    Attributes:
        kind: Where it works.
        n_workers: How many jobs it does at a time.
    """

    kind: Literal["inline", "local", "ray"]
    n_workers: int = 1

    def submit_job(self, call: Call) -> Future[Outcome]:
        """Begins a job; the future raises `WorkerDiedError` if its process ends before it."""
        return self.submit(call_job, call)


class _InlineExecutor(JobExecutor):
    kind = "inline"

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def inline_executor() -> JobExecutor:
    """An executor that does each job at once, in this process, with the threads it has."""
    return _InlineExecutor()
