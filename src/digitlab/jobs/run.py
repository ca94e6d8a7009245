"""`run_jobs`: does jobs in the order of their dependencies and costs, and loses nothing when stopped."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

from digitlab.errors import DigitlabError
from digitlab.jobs.job import Call, Job, JobError, JobExecutor, Outcome, WorkerDiedError, call_job
from digitlab.jobs.progress import JobReport, Progress
from digitlab.jobs.store import ResultStore

__all__ = ["run_jobs"]

ATTEMPTS = 2
"""How often a job is begun whose worker dies."""
MACHINES = 5
"""How many machines a job may lose before it counts as failed."""
OnProgress = Callable[[Progress], None]


def run_jobs(
    jobs: Iterable[Job],
    executor: Executor,
    store: ResultStore,
    *,
    given: Mapping[str, Path] | None = None,
    on_progress: OnProgress | None = None,
) -> JobReport:
    """Does jobs, or what is left of them, each once.

    A job begins when all that it comes after are done: of the cheapest group first, in it those with
    the longest way to the end. A job whose worker dies is tried once more. A job that fails is
    recorded with its reason, and the others go on.

    Args:
        jobs: With unique keys, none of which is a folder above another.
        executor: Where to do them. A `JobExecutor`, or any other that shares this machine's disk.
        store: Finds what is done and keeps what will be.
        given: Folders that exist already, by a key that jobs may name in `after`. They belong to the
            job's `data_digest`.
        on_progress: Called at the start, when a job begins, ends or fails, and every second.

    Returns:
        The results, and the reasons of what failed.

    Raises:
        ValueError: If keys are not unique, `after` names an unknown key, or jobs wait for each other.
        OutputError: If a folder or result cannot be written.
        KeyboardInterrupt: At Ctrl-C; workers are ended, what is done is kept.
    """
    run = _Run({}, executor, store, dict(given or {}), on_progress)
    for job in jobs:
        if job.key in run.jobs:
            raise ValueError(f"two jobs have the key {job.key!r}")
        run.jobs[job.key] = job
    return run.to_the_end()


class _Run:
    def __init__(
        self,
        jobs: dict[str, Job],
        executor: Executor,
        store: ResultStore,
        given: Mapping[str, Path],
        on_progress: OnProgress | None,
    ) -> None:
        self.jobs = jobs
        self.executor = executor
        self.store = store
        self.given = given
        self.on_progress = on_progress or (lambda _: None)
        self.progress = Progress(jobs, getattr(executor, "n_workers", 1))
        self.errors: dict[str, BaseException] = {}
        self.deaths: Counter[tuple[str, bool]] = Counter()
        self.ready: set[str] = set()
        self.running: dict[Future[Outcome], str] = {}

    def to_the_end(self) -> JobReport:
        """Does all jobs."""
        started = time.monotonic()
        order = self._order()
        self._find_done(order)
        self.on_progress(self.progress)
        try:
            while self._begin_some() or self.running:
                self._wait_for_some()
        except BaseException:
            self._stop()
            raise
        return JobReport(
            results=self.progress.results,
            failed=self.progress.failed,
            errors=self.errors,
            found=frozenset(self.progress.found),
            job_seconds=self.progress.job_seconds,
            seconds=time.monotonic() - started,
        )

    def _order(self) -> list[str]:
        """Keys, each behind those of `after`; checks all keys."""
        for key, job in self.jobs.items():
            for folder in PurePosixPath(key).parents:
                if str(folder) in self.jobs:
                    raise ValueError(f"the folder of job {folder} holds that of job {key}")
            for needed in job.after:
                if needed not in self.jobs and needed not in self.given:
                    raise ValueError(f"job {key} comes after {needed!r}, which is no job")
        try:
            graph = {key: [k for k in job.after if k in self.jobs] for key, job in self.jobs.items()}
            return list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise ValueError(f"jobs wait for each other: {' after '.join(error.args[1])}") from None

    def _find_done(self, order: list[str]) -> None:
        for key in order:
            if self._may_begin(key) and not self._find(key):
                self.ready.add(key)

    def _find(self, key: str) -> bool:
        """Takes a job's result from the store, if it is there."""
        stored = self.store.find(self.jobs[key])
        if stored is not None:
            self.progress.results[key] = stored.value
            self.progress.job_seconds[key] = stored.seconds
            self.progress.found.add(key)
        return stored is not None

    def _may_begin(self, key: str) -> bool:
        return all(needed in self.progress.results for needed in self.jobs[key].after if needed in self.jobs)

    def _begin_some(self) -> bool:
        """Begins as many jobs as there are free workers; says whether any did."""
        n_workers = self.progress.n_workers = max(1, getattr(self.executor, "n_workers", 1))
        some = sorted(self.ready, key=self.progress.urgency)[: max(0, n_workers - len(self.running))]
        for key in some:
            self.ready.remove(key)
            self._begin(self.jobs[key])
        return bool(some)

    def _begin(self, job: Job) -> None:
        folder = self.store.begin(job)
        inputs = {key: self.given.get(key) or self.store.folder(key) for key in job.after}
        call = Call(job.function_name, job.arguments, folder, inputs)
        self.progress.running[job.key] = time.monotonic()
        self.on_progress(self.progress)
        if isinstance(self.executor, JobExecutor):
            self.running[self.executor.submit_job(call)] = job.key
        else:
            self.running[self.executor.submit(call_job, call)] = job.key

    def _wait_for_some(self) -> None:
        finished, _ = wait(self.running, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in finished:
            self._finish(self.running.pop(future), future)
        self.on_progress(self.progress)

    def _finish(self, key: str, future: Future[Outcome]) -> None:
        """Records what a job ended in, once."""
        self.progress.running.pop(key, None)
        try:
            outcome = future.result()
        except WorkerDiedError as error:
            self.deaths[key, error.machine_lost] += 1
            if self.deaths[key, False] < ATTEMPTS and self.deaths[key, True] < MACHINES:
                self.ready.add(key)
            else:
                times = self.deaths[key, False] + self.deaths[key, True]
                self._fail(key, error, f"{error.reason}; tried {times} times")
            return
        except Exception as error:
            self._fail(key, error, f"{type(error).__name__}: {error}".splitlines()[0])
            return
        if outcome.value is None:
            problem = outcome.error or JobError("its function returned None")
            self._fail(key, problem, _reason(problem))
            return
        try:
            self.store.save(self.jobs[key], outcome.value, outcome.seconds, outcome.files)
        except (TypeError, ValueError) as error:
            self._fail(key, error, f"its result is not plain data: {error}")
            return
        self.progress.results[key] = outcome.value
        self.progress.job_seconds[key] = outcome.seconds
        self._release(key)

    def _release(self, key: str) -> None:
        """Makes the jobs ready that only waited for `key`; a job done before is done with it."""
        for other, job in self.jobs.items():
            if key in job.after and other not in self.progress.results and self._may_begin(other):
                if self._find(other):
                    self._release(other)
                else:
                    self.ready.add(other)

    def _fail(self, key: str, error: BaseException, reason: str) -> None:
        self.errors[key] = error
        self.progress.failed[key] = reason
        lost = [key]
        while lost:
            needed = lost.pop()
            for other, job in self.jobs.items():
                if needed in job.after and other not in self.progress.failed:
                    self.progress.failed[other] = f"comes after {key}, which failed"
                    lost.append(other)

    def _stop(self) -> None:
        """Keeps what is done and ends the workers."""
        for future, key in self.running.items():
            if future.done() and not future.cancelled():
                with suppress(Exception):
                    self._finish(key, future)
        self.executor.shutdown(wait=True, cancel_futures=True)


def _reason(error: DigitlabError | JobError) -> str:
    """One line; of a traceback the last."""
    return error.problem if isinstance(error, DigitlabError) else str(error).splitlines()[-1]
