"""`reproduce`: runs studies as jobs, and writes results and page as they finish."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from digitlab.errors import DigitlabError, OutputError, RunError
from digitlab.files import make_folder, write_json
from digitlab.formatting import format_count, format_seconds
from digitlab.jobs import JobExecutor, Progress, ResultStore, local_executor, ray_executor, run_jobs
from digitlab.machine import available_cores, environment
from digitlab.notebook import LiveDisplay, in_notebook, interrupts_told
from digitlab.report import Results, read_results, write_report, write_results
from digitlab.studies.datasets import MAT_FILE, check_mat_file
from digitlab.studies.plan import INPUT, plan_jobs
from digitlab.studies.registry import STUDIES, study
from digitlab.studies.results import StudyResults
from digitlab.studies.study import ReproduceOptions, Study

__all__ = ["ReproduceProgress", "reproduce"]

SECONDS_BETWEEN_PAGES = 30.0
"""Shortest time between two writings of the results and the page, which take half a second."""
OPTIONS_FILE = "reproduce.json"


@dataclass
class ReproduceProgress:
    """How far a reproduction is.

    Attributes:
        jobs: Progress of its jobs; the group of each is the id of its study.
        page: The page of what is done so far, once it has been written.
    """

    jobs: Progress = field(default_factory=lambda: Progress({}))
    page: Path | None = None

    def studies_done(self) -> int:
        """How many studies have all their jobs done."""
        groups = {job.group for job in self.jobs.jobs.values()}
        return len(
            groups - {job.group for key, job in self.jobs.jobs.items() if key not in self.jobs.results}
        )


def reproduce(
    names: Sequence[str],
    options: ReproduceOptions,
    on_change: Callable[[ReproduceProgress], None] | None = None,
    progress: bool = True,
) -> Results:
    """Runs studies, or what is left of them, and writes results and page into the output folder.

    Both are written now and then from the first finished study on, and when it ends, however it ends.

    Args:
        names: Ids of studies; all if there is none.
        options: What is asked for.
        on_change: Called when a job begins, ends or fails, and every second in between.
        progress: Whether a notebook shows how far it is.

    Returns:
        The results.

    Raises:
        SettingError: If a study is unknown, or Ray is not installed.
        OutputError: If the folder cannot be written, or holds results of another kind.
        DataError: If the `.mat` file is not as it should be.
        RunError: If no Ray cluster answers, or some jobs failed; the results of the others have been written.
    """
    studies = [study(name) for name in names] or list(STUDIES.values())
    if options.mat:
        check_mat_file(options.mat)
    options = replace(options, out=options.out.absolute())
    _check_output_folder(options)
    executor = _executor(options)
    title = f"reproduction of {format_count(len(studies), 'study', 'studies')}"
    display = LiveDisplay(title) if progress and in_notebook() else None

    def report(reached: ReproduceProgress) -> None:
        if display:
            _show(display, reached.jobs)
        if on_change:
            on_change(reached)

    run = _Reproduction(studies, options, report)
    try:
        with interrupts_told(lambda: "Finished jobs are kept; the same call goes on."):
            results = run.run(executor)
    except BaseException as error:
        if display:
            done = f"stopped after {len(run.progress.jobs.results):,} jobs"
            display.show(". ".join([done, *getattr(error, "__notes__", ())]))
        raise
    if display:
        done = format_count(len(run.progress.jobs.jobs), "job")
        display.show(f"{done} done in {format_seconds(results.seconds)}; the page is {run.progress.page}")
    return results


def _show(display: LiveDisplay, jobs: Progress) -> None:
    done, left = len(jobs.results), jobs.remaining_seconds()
    text = f"{done:,} of {format_count(len(jobs.jobs), 'job')}"
    text += "" if left is None else f", about {format_seconds(left, whole=True)} left"
    display.show(f"{text}; now {', '.join(jobs.running)}" if jobs.running else text, done, len(jobs.jobs))


def _executor(options: ReproduceOptions) -> JobExecutor:
    if options.ray:
        return ray_executor(options.ray)
    executor = local_executor(available_cores())
    for _ in range(executor.n_workers):  # workers import while jobs are planned here
        executor.submit(import_module, "digitlab.studies.run_job")
    return executor


class _Reproduction:
    """A reproduction under way: what was done before, what the page shows, when it was last written."""

    def __init__(
        self,
        studies: Sequence[Study],
        options: ReproduceOptions,
        on_change: Callable[[ReproduceProgress], None],
    ) -> None:
        self.studies = studies
        self.options = options
        self.on_change = on_change
        self.progress = ReproduceProgress()
        self.store = ResultStore(options.out)
        self.seconds_before = _seconds_before(options)
        self.started = time.monotonic()
        self.written, self.shown = float("-inf"), 0

    def run(self, executor: JobExecutor) -> Results:
        """Runs all jobs; writes results and page at the end, however it ends."""
        jobs = [job for each in self.studies for job in plan_jobs(each, self.options)]
        try:
            with executor:
                report = run_jobs(
                    jobs, executor, self.store, given=self._given(), on_progress=self._on_progress
                )
        except BaseException:
            with suppress(DigitlabError):  # the original error is raised
                self._write()
            raise
        results = self._write()
        if report.failed:
            key, reason = next(iter(report.failed.items()))
            raise RunError(
                f"{len(report.failed)} of {len(jobs)} jobs failed; the first, {key}: {reason}",
                f"The others are in {self.options.out}; the same command goes on from there.",
            )
        return results

    def _given(self) -> dict[str, Path]:
        """A person's own `.mat` file in a folder of ours, from where a cluster can get it."""
        if not self.options.mat:
            return {}
        folder = make_folder(self.options.out / INPUT)
        shutil.copyfile(self.options.mat, folder / MAT_FILE)
        return {INPUT: folder}

    def _on_progress(self, jobs: Progress) -> None:
        self.progress.jobs = jobs
        done, under_way = self.progress.studies_done(), len(jobs.results) < len(jobs.jobs)
        due = time.monotonic() - self.written >= SECONDS_BETWEEN_PAGES
        if done and under_way and due and len(jobs.results) > self.shown:
            self._write(under_way=True)
        self.on_change(self.progress)

    def _write(self, under_way: bool = False) -> Results:
        """Writes `results.json`, `results.md` and the page of what is done so far."""
        jobs = self.progress.jobs
        make = StudyResults(self.options, self.store, dict(jobs.results), jobs.job_seconds)
        results = Results(
            environment=environment(),
            seconds=self.seconds_before + time.monotonic() - self.started,
            quick=self.options.quick,
            complete=bool(jobs.jobs) and len(jobs.results) == len(jobs.jobs),
            finished=datetime.now(UTC),
            studies=tuple(make.study(each) for each in self.studies),
        )
        write_results(results, self.options.out)
        self.progress.page, _ = write_report(self.options.out, under_way)
        self.written, self.shown = time.monotonic(), len(jobs.results)
        return results


def _check_output_folder(options: ReproduceOptions) -> None:
    """Makes the output folder, or says why it cannot be used.

    Raises:
        OutputError: If it holds a reproduction of another kind or version, or cannot be written.
        RunError: If its `results.json` is of another schema version.
    """
    path = options.out / OPTIONS_FILE
    ours = {"schema_version": 2, "digitlab": version("digitlab"), "quick": options.quick}
    if (options.out / "results.json").exists():
        read_results(options.out / "results.json")
    if path.exists() or (options.out / "work" / "order.json").exists():
        try:
            theirs = json.loads(path.read_bytes())
            kind = "a quick look" if theirs["quick"] else "a whole reproduction"
            holds = kind if theirs["quick"] != options.quick else f"digitlab {theirs['digitlab']}"
        except (OSError, ValueError, TypeError, KeyError):
            theirs, holds = None, "another version"
        if theirs != ours:
            raise OutputError(f"{options.out} holds results of {holds}", "Choose another folder with --out.")
    make_folder(options.out)
    write_json(path, ours)


def _seconds_before(options: ReproduceOptions) -> float:
    """What earlier, interrupted reproductions into this folder have taken."""
    try:
        return read_results(options.out / "results.json").seconds
    except RunError:  # none yet
        return 0.0
