"""Pages of many files, read in this process, by jobs on all cores, or by jobs on a Ray cluster."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from digitlab.data import cache_folder
from digitlab.errors import DataError, DigitlabError, OutputError
from digitlab.files import make_folder
from digitlab.pages.answers import Page
from digitlab.pages.evidence import FILE, READING_MODEL
from digitlab.pages.options import ReadOptions
from digitlab.pages.read_job import Failure, PageFiles, outcomes, read_job, read_pages
from digitlab.pages.units import Unit
from digitlab.reader import Model, OnnxModel

if TYPE_CHECKING:
    from digitlab.jobs import Job, JobExecutor, Progress, ResultStore

__all__ = ["Advance", "Take", "Wanted", "read_by_jobs", "read_here"]

KEPT_SECONDS = 7 * 86_400
"""How long results of a call that did not end well, and was not made again, are kept in the cache: a week."""


@dataclass(frozen=True)
class Wanted:
    """How pages are read, and what is kept of each.

    Attributes:
        model: Recognizes digits.
        options: What is known beforehand.
        show: Whether a picture with boxes and readings.
        explain: Whether the stages.
    """

    model: Model
    options: ReadOptions
    show: bool
    explain: bool


Take = Callable[[Unit, Page | Failure, PageFiles | None], None]
"""Takes the answer or the error of a page, and where its files are."""
Advance = Callable[[int], None]
"""Told how many pages more are done."""


def read_here(units: Sequence[Unit], wanted: Wanted, take: Take, advance: Advance) -> None:
    """Reads everything in this process."""
    for unit in units:
        if unit.error is not None:
            take(unit, Failure(str(unit.source), 1, unit.error), None)
            advance(1)
            continue
        with tempfile.TemporaryDirectory(prefix="digitlab-read-") as name:
            files = PageFiles(Path(name), wanted.show, wanted.explain)
            for outcome in read_pages(unit.source, unit.pages, wanted.model, wanted.options, files):
                take(unit, outcome, files)
                advance(1)


def read_by_jobs(
    units: Sequence[Unit],
    wanted: Wanted,
    ray: str | None,
    in_order: bool,
    take: Take,
    advance: Advance,
    tell_found: Advance,
) -> None:
    """Reads files by jobs. Results are kept on disk until all are done, so that it goes on after a kill.

    Those of an earlier call that was killed or ended in an error are used, but for pages that could not be
    read then; what nobody asks for again is removed after a week.

    Args:
        units: Of files.
        wanted: With an `OnnxModel`.
        ray: Address of a Ray cluster; None: on all cores here.
        in_order: Whether answers are passed on in the order of the units, or as jobs are done.
        take: Takes answers and errors.
        advance: Takes progress.
        tell_found: Takes how many pages an earlier call has read, before anything is read, if there are any.

    Raises:
        SettingError: If Ray is wanted and not installed.
        RunError: If no Ray cluster answers.
    """
    from digitlab.jobs import run_jobs

    with _store() as store, tempfile.TemporaryDirectory(prefix="digitlab-read-") as staging:
        jobs = _jobs(units, wanted, shipped=ray is not None)
        given = _shipped_folders(units, wanted.model, Path(staging)) if ray is not None else {}
        _prune(store, jobs)
        found = _find_pages(store, jobs, units)
        if found:
            tell_found(found)
        delivery = _Delivery(units, wanted, jobs, store, in_order, take, advance)
        delivery.deliver_unreadable()
        with _executor(ray, len(jobs)) as executor:
            report = run_jobs(jobs.values(), executor, store, given=given, on_progress=delivery.on_progress)
        delivery.finish(report.errors, report.failed)
        for job in jobs.values():
            shutil.rmtree(store.folder(job), ignore_errors=True)


def _find_pages(store: ResultStore, jobs: dict[int, Job], units: Sequence[Unit]) -> int:
    """How many pages are read already. Results with errors are removed: what was wrong may be mended."""
    found = 0
    for number, job in jobs.items():
        stored = store.find(job)
        if stored is None:
            continue
        if stored.value["failures"]:
            shutil.rmtree(store.folder(job), ignore_errors=True)
        else:
            found += len(units[number].pages)
    return found


def _prune(store: ResultStore, jobs: dict[int, Job]) -> None:
    """Removes old results of calls that nobody has made again."""
    own = {job.key for job in jobs.values()}
    for folder in store.path.iterdir():
        with suppress(OSError):
            if folder.name not in own and time.time() - folder.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


class _Delivery:
    """Passes the results of jobs on, each once."""

    def __init__(
        self,
        units: Sequence[Unit],
        wanted: Wanted,
        jobs: dict[int, Job],
        store: ResultStore,
        in_order: bool,
        take: Take,
        advance: Advance,
    ) -> None:
        self._units, self._wanted, self._jobs, self._store = units, wanted, jobs, store
        self._in_order, self._take, self._advance = in_order, take, advance
        self._numbers = {job.key: number for number, job in jobs.items()}
        self._waiting: dict[int, list[Page | Failure]] = {}
        self._done: set[int] = set()
        self._next = 0

    def deliver_unreadable(self) -> None:
        """Passes on the errors of files that could not even be opened."""
        for number, unit in enumerate(self._units):
            if unit.error is not None:
                self._deliver(number, [Failure(str(unit.source), 1, unit.error)])

    def on_progress(self, progress: Progress) -> None:
        """Passes on what is done by now."""
        # New results are the last: of many files, all of them would take longer than to read them.
        new = takewhile(lambda key: self._numbers[key] not in self._done, reversed(progress.results))
        for key in reversed(list(new)):
            number = self._numbers[key]
            self._deliver(number, outcomes(str(self._units[number].source), progress.results[key]))

    def finish(self, errors: dict[str, BaseException], failed: dict[str, str]) -> None:
        """Passes on the errors of jobs that failed."""
        for key, reason in failed.items():
            number = self._numbers[key]
            unit, error = self._units[number], errors[key]
            name = str(unit.source)
            told: list[Page | Failure] = []
            for page in unit.pages:
                own = error
                if not isinstance(own, DigitlabError):
                    where = f"{name}: page {page}" if len(unit.pages) > 1 else name
                    own = DataError(f"{where}: {reason}", "Try it alone; if it fails again, report it.")
                told.append(Failure(name, page, own))
            self._deliver(number, told)

    def _deliver(self, number: int, found: list[Page | Failure]) -> None:
        self._done.add(number)
        self._waiting[number] = found
        self._advance(len(self._units[number].pages))
        ready = [number]
        if self._in_order:
            ready = []
            while self._next in self._waiting:
                ready.append(self._next)
                self._next += 1
        for each in ready:
            unit, files = self._units[each], None
            if each in self._jobs:
                folder = self._store.folder(self._jobs[each])
                files = PageFiles(folder, self._wanted.show, self._wanted.explain)
            for outcome in self._waiting.pop(each):
                self._take(unit, outcome, files)


def _jobs(units: Sequence[Unit], wanted: Wanted, shipped: bool) -> dict[int, Job]:
    """A job for each unit that can be read, by its number."""
    from digitlab.jobs import Job

    assert isinstance(wanted.model, OnnxModel)
    model = wanted.model.path
    rules = f"{_digest(model)} {_digest(FILE)}"
    keys = _file_keys(units)
    contents = {source: _digest(Path(source)) for source in keys}
    seen: Counter[str] = Counter()
    jobs = {}
    for number, unit in enumerate(units):
        if unit.error is None:
            path = os.path.abspath(unit.source)
            name = hashlib.blake2b(f"{path}\n{unit.pages[0]}".encode(), digest_size=16).hexdigest()
            seen[name] += 1  # the same file may be named twice
            jobs[number] = Job(
                f"{name}-{seen[name]}",
                read_job,
                {
                    "image": str(unit.source),
                    "pages": list(unit.pages),
                    "model": "" if model == READING_MODEL else str(model.absolute()),
                    "options": asdict(wanted.options),
                    "show": wanted.show,
                    "explain": wanted.explain,
                },
                after=(keys[unit.source], "model") if shipped else (),
                cost=len(unit.pages),
                data_digest=f"{contents[unit.source]} {rules}",
            )
    return jobs


def _file_keys(units: Sequence[Unit]) -> dict[str, str]:
    """A name for each file that can be read, by its path; one for all its pages."""
    sources = dict.fromkeys(unit.source for unit in units if unit.error is None)
    return {source: f"file-{number}" for number, source in enumerate(sources)}


def _shipped_folders(units: Sequence[Unit], model: Model, staging: Path) -> dict[str, Path]:
    """A folder with each file, and one with the model: what jobs on other machines take along."""
    assert isinstance(model, OnnxModel)
    files = {key: Path(source) for source, key in _file_keys(units).items()} | {"model": model.path}
    given = {}
    for key, path in files.items():
        given[key] = make_folder(staging / key)
        (given[key] / f"content{path.suffix}").symlink_to(path.absolute())
    return given


@contextmanager
def _store() -> Iterator[ResultStore]:
    """Where results are kept: in the cache.

    Where that cannot be written, or another process that reads has it, in a temporary folder.
    """
    from digitlab.jobs import ResultStore

    with ExitStack() as stack:
        try:
            folder = make_folder(cache_folder() / "reading")
            lock = stack.enter_context((cache_folder() / "reading.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until it is closed, or this process ends
        except (OSError, OutputError):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digitlab-read-")))
        yield ResultStore(folder)


def _executor(ray: str | None, n_jobs: int) -> JobExecutor:
    from loky import cpu_count

    from digitlab.jobs import local_executor, ray_executor

    if ray is not None:
        return ray_executor(ray)
    return local_executor(max(1, min(n_jobs, cpu_count())))


def _digest(path: Path) -> str:
    """Hash of a file's content; empty if it cannot be read, which reading it says."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError:
        return ""
