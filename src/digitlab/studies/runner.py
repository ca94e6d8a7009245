"""The one runner of all studies: every job once, on every core, and nothing lost when it is stopped."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import active_children, get_context
from pathlib import Path

from digitlab.errors import DigitlabError, OutputError, RunError
from digitlab.files import make_folder, write_json
from digitlab.report import Results, read_results, write_report, write_results
from digitlab.runs import environment
from digitlab.studies.datasets import check_mat_file
from digitlab.studies.jobs import Job, jobs_of
from digitlab.studies.registry import STUDIES, study
from digitlab.studies.results import load_cached_result, study_result
from digitlab.studies.run_job import do_job, prepare_process
from digitlab.studies.study import ReproduceOptions
from digitlab.training import available_cores

__all__ = ["ReproduceProgress", "reproduce"]

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
BETWEEN_PAGES = 30.0
"""Most seconds between two writings of the results and the page, which takes half a second each time."""


@dataclass
class ReproduceProgress:
    """How far a reproduction has come.

    Attributes:
        jobs: All jobs.
        done: Keys of those that are done.
        running: Those at work, with the time they began.
        failed: Why a job could not be done, by its key.
        found: Keys of those that were found done at the start.
        busy: Seconds that jobs have taken in this process's lifetime, by their key.
        page: The page of what is done so far, once it has been written.
    """

    jobs: Sequence[Job]
    done: set[str] = field(default_factory=set)
    running: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    busy: dict[str, float] = field(default_factory=dict)
    page: Path | None = None

    def ready(self) -> list[Job]:
        """Jobs that may begin now: of the shortest study first, so that there soon is something to see.

        Within a study the longest go first, so that the cores end together.
        """
        started = self.done | set(self.running) | set(self.failed)
        waiting = [job for job in self.jobs if job.key not in started]
        costs = dict.fromkeys((job.study for job in self.jobs), 0.0)
        for job in self.jobs:
            costs[job.study] += job.cost
        return sorted(
            (job for job in waiting if self.done.issuperset(job.after)),
            key=lambda job: (costs[job.study], -self._worth(job)),
        )

    def studies_done(self) -> int:
        """How many studies have all their jobs done."""
        return len(
            {job.study for job in self.jobs} - {job.study for job in self.jobs if job.key not in self.done}
        )

    def remaining_seconds(self) -> float | None:
        """About how long the rest takes, judged by what has been done; None before anything has."""
        costs = {job.key: job.cost for job in self.jobs}
        spent, guessed = sum(self.busy.values()), sum(costs[key] for key in self.busy)
        if not guessed:
            return None
        now = time.monotonic()
        left = sum(cost for key, cost in costs.items() if key not in self.done and key not in self.failed)
        left *= spent / guessed
        left -= sum(min(now - began, costs[key] * spent / guessed) for key, began in self.running.items())
        return max(0.0, left) / available_cores()

    def _worth(self, job: Job) -> float:
        """How soon a job should begin: its own cost and that of what waits for it."""
        return job.cost + sum(self._worth(other) for other in self.jobs if job.key in other.after)


def reproduce(
    names: Sequence[str],
    options: ReproduceOptions,
    on_change: Callable[[ReproduceProgress], None] | None = None,
) -> Results:
    """Does studies, or what is left of them, and writes results and page into the order's folder.

    Both are written now and then from the first finished study on, and when it ends, however it ends.

    Args:
        names: Ids of studies; all if there is none.
        options: What is asked for.
        on_change: Called when a job begins, ends or fails, and every second in between.

    Returns:
        What all came to.

    Raises:
        SettingError: If a study is unknown.
        OutputError: If the folder cannot be written, or holds results of another kind.
        DataError: If the `.mat` file is not as it should be.
        RunError: If some jobs could not be done; what the others came to has been written.
    """
    chosen = [study(name) for name in names] or list(STUDIES.values())
    if options.mat:
        check_mat_file(options.mat)
    _check_output_folder(options)
    jobs = [job for each in chosen for job in jobs_of(each, options)]
    progress = ReproduceProgress(jobs)
    progress.found = {
        job.key
        for job in jobs
        if load_cached_result(STUDIES[job.study].experiment(job.experiment), job, options)
    }
    progress.done = set(progress.found)
    before, started = _seconds_before(options), time.monotonic()

    def save(under_way: bool = False) -> Results:
        results = Results(
            environment=environment(),
            finished=datetime.now(UTC),
            seconds=before + time.monotonic() - started,
            quick=options.quick,
            complete=len(progress.done) == len(jobs),
            studies=tuple(study_result(each, options) for each in chosen),
        )
        write_results(results, options.out)
        progress.page, _ = write_report(options.out, under_way=under_way)
        return results

    saved, studies_done = started, progress.studies_done()
    try:
        cores = available_cores()
        with _processes(cores) as pool:
            for _ in _work(pool, cores, progress, options, on_change or (lambda _: None)):
                if progress.studies_done() > studies_done or time.monotonic() - saved > BETWEEN_PAGES:
                    save(under_way=True)
                    saved, studies_done = time.monotonic(), progress.studies_done()
    except BaseException:
        with suppress(DigitlabError):  # what ended the work is what is to be told
            save()
        raise
    final = save()
    if progress.failed:
        first = next(iter(progress.failed.items()))
        raise RunError(
            f"{len(progress.failed)} of {len(jobs)} jobs failed; the first, {first[0]}: {first[1]}",
            f"The others are in {options.out}; the same command goes on from there.",
        )
    return final


def _check_output_folder(options: ReproduceOptions) -> None:
    """Makes the folder ours, or says why it cannot be."""
    mark = options.out / "work" / "order.json"
    ours = {"schema_version": 1, "digitlab": version("digitlab"), "quick": options.quick}
    if (options.out / "results.json").exists():
        read_results(options.out / "results.json")  # refuses another version's
    if mark.exists():
        try:
            theirs = json.loads(mark.read_bytes())
            kind = "a quick look" if theirs["quick"] else "a whole reproduction"
            words = kind if theirs["quick"] != options.quick else f"digitlab {theirs['digitlab']}"
        except (OSError, ValueError, TypeError, KeyError):
            theirs, words = None, "another version"
        if theirs != ours:
            raise OutputError(f"{options.out} holds results of {words}", "Choose another folder with --out.")
    make_folder(mark.parent)
    write_json(mark, ours)


def _seconds_before(options: ReproduceOptions) -> float:
    """What earlier, interrupted reproductions into this folder have taken."""
    path = options.out / "results.json"
    if not path.exists():
        return 0.0
    try:
        return read_results(path).seconds
    except RunError:
        return 0.0


@contextmanager
def _processes(n: int) -> Iterator[ProcessPoolExecutor]:
    """One process for each core, of one thread; ended at once when the block is left by an error."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    pool = ProcessPoolExecutor(n, mp_context=get_context("spawn"), initializer=prepare_process)
    try:
        yield pool
    except BaseException:
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(
    pool: ProcessPoolExecutor,
    cores: int,
    progress: ReproduceProgress,
    options: ReproduceOptions,
    on_change: Callable[[ReproduceProgress], None],
) -> Iterator[None]:
    """Keeps every process busy until nothing can be begun any more; yields after each wait."""
    running: dict[Future[float], Job] = {}
    while True:
        for job in progress.ready()[: cores - len(running)]:
            running[pool.submit(do_job, job, options)] = job
            progress.running[job.key] = time.monotonic()
        on_change(progress)
        if not running:
            return
        finished, _ = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in finished:
            job = running.pop(future)
            del progress.running[job.key]
            try:
                progress.busy[job.key] = future.result()
                progress.done.add(job.key)
            except DigitlabError as error:
                progress.failed[job.key] = error.problem
            except BrokenProcessPool:
                raise RunError(
                    f"a process ended in the middle of {job.key} (killed, or out of memory)",
                    "The same command goes on from what is done.",
                ) from None
        yield
