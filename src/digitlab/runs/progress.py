"""Progress of training: a bar on a terminal, one display in a notebook, elsewhere plain lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from digitlab.formatting import format_count, format_seconds, format_share
from digitlab.notebook import LiveDisplay, in_notebook, interrupts_told
from digitlab.training import Callback, HistoryEntry, Recipe, StepInfo
from digitlab.training.history import History, history_from_csv, mean_entry

if TYPE_CHECKING:
    from digitlab.runs.setup import TrainingStart

__all__ = ["TrainingProgress", "both", "format_history_entry", "resumable", "training_progress"]

P = ParamSpec("P")

UPDATE_SECONDS = 0.1
"""Between two looks at the loss on a terminal; more often would cost the training time."""
LINE_SECONDS = 8.0
"""Most seconds without a line where there is no terminal: with a slow step, still less than ten."""

ESTIMATE_SECONDS = 4.0
"""After so long, the time that a training takes is estimated and told, if it is long."""
LONG_SECONDS = 60.0


class TrainingProgress:
    """Plain lines about a training, at least one every ten seconds.

    One at the start, one for each history entry, and one whenever there was none for a while.

    Args:
        title: What is trained.
        recipe: How it is trained.
    """

    def __init__(self, title: str, recipe: Recipe) -> None:
        self.title = title
        self.recipe = recipe
        self._last = time.monotonic()
        self._active = 1
        self._entries: list[HistoryEntry] = []
        self._first: tuple[int, float] | None = None
        self._estimated = False

    @property
    def callbacks(self) -> list[Callback]:
        """What is called after every step."""
        return [self.on_step]

    def on_start(self, start: TrainingStart) -> None:
        """Tells what is trained, before the first step."""
        self._line(
            f"{format_count(start.parameters, 'parameter')}, "
            f"{format_count(start.counts.total_steps, 'step')}, {start.hardware.device}, "
            f"{format_count(start.hardware.threads, 'thread')}"
        )
        if self.recipe.string_parts:
            self._line("making parts of strings first, which takes about a minute")

    def on_step(self, info: StepInfo) -> None:
        """Tells how long it will take, early on, and how far it is, if nothing was told for a while."""
        self._active = len(info.networks)
        self._tell_estimate(info)
        if time.monotonic() - self._last > LINE_SECONDS:
            done, total = format_count(info.step), format_count(info.counts.total_steps)
            self._line(f"step {done} of {total}, loss {info.loss.item():.4f}")

    def _tell_estimate(self, info: StepInfo) -> None:
        """Tells once how long the rest takes at the speed of the first steps after the very first."""
        if self._estimated:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = (info.step, now)
        step, since = self._first
        if now - since > ESTIMATE_SECONDS and info.step > step:
            self._estimated = True
            left = (info.counts.total_steps - info.step) * (now - since) / (info.step - step)
            if left > LONG_SECONDS:
                self._line(f"about {format_seconds(left, whole=True)} to go at this speed")

    def on_history(self, entry: HistoryEntry, member: int) -> None:
        """Tells a history entry; of several networks that are trained together, their mean."""
        self._entries.append(entry)
        if len(self._entries) < self._active:
            return
        self._tell_entries(self._entries)
        self._entries = []

    def _tell_entries(self, entries: Sequence[HistoryEntry]) -> None:
        self._line(_format_entries(entries, self.recipe))

    def on_jobs(self, progress: Any, folder: Path) -> None:
        """Tells how far jobs are (`digitlab.jobs.Progress`), if nothing was told for a while.

        Args:
            progress: The jobs' progress; a job's key is the name of its run.
            folder: Where the runs are.
        """
        if time.monotonic() - self._last > LINE_SECONDS:
            self._line(_format_jobs(progress, folder, self.recipe))

    def _line(self, text: str) -> None:
        self._last = time.monotonic()
        print(f"{self.title}: {text}", file=sys.stderr, flush=True)


class _Silent(TrainingProgress):
    """The same, telling nothing, and costing nothing in a step."""

    @property
    def callbacks(self) -> list[Callback]:
        return []

    def _line(self, text: str) -> None:
        self._last = time.monotonic()


class _Bar(TrainingProgress):
    """The same on a terminal: a bar, and a line above it for each history entry."""

    def __init__(self, title: str, recipe: Recipe, bar: Progress) -> None:
        super().__init__(title, recipe)
        self.bar = bar
        self.task = bar.add_task(title, total=None, status="")

    def on_step(self, info: StepInfo) -> None:
        self._active = len(info.networks)
        self._tell_estimate(info)
        total = info.counts.total_steps
        if time.monotonic() - self._last > UPDATE_SECONDS or info.step == total:
            self._last = time.monotonic()
            status = f"loss {info.loss.item():.4f}"
            self.bar.update(self.task, completed=info.step, total=total, status=status)

    def on_jobs(self, progress: Any, folder: Path) -> None:
        status = _format_running(progress, folder, self.recipe)
        done, total = len(progress.results), len(progress.jobs)
        self.bar.update(self.task, completed=done, total=total, status=status)

    def _line(self, text: str) -> None:
        self.bar.console.print(f"{self.title}: {text}", highlight=False)


class _Display(TrainingProgress):
    """The same in a notebook: one display, updated in place, which in the end says what was trained."""

    def __init__(self, title: str, recipe: Recipe) -> None:
        super().__init__(title, recipe)
        self.display = LiveDisplay(title)
        self.started = time.monotonic()
        self.size = self.entry = self.note = ""
        self.done, self.total, self.unit = 0, 0, "step"

    def on_start(self, start: TrainingStart) -> None:
        self.size = format_count(start.parameters, "parameter")
        self.total = start.counts.total_steps
        super().on_start(start)

    def on_step(self, info: StepInfo) -> None:
        self._active = len(info.networks)
        self.done, self.total = info.step, info.counts.total_steps
        self._first = self._first or (info.step, time.monotonic())
        step, since = self._first
        if self.display.due and info.step > step:
            left = (time.monotonic() - since) / (info.step - step) * (self.total - info.step)
            self._line(f"loss {info.loss.item():.4f}, about {format_seconds(left, whole=True)} left")

    def _tell_entries(self, entries: Sequence[HistoryEntry]) -> None:
        self.entry = _format_entries(entries, self.recipe)
        self._line(self.note)

    def on_jobs(self, progress: Any, folder: Path) -> None:
        self.done, self.total, self.unit = len(progress.results), len(progress.jobs), "run"
        if progress.results and (entries := _last_entries(progress.results, folder)):
            self.entry = _format_entries(entries, self.recipe)
        self._line(_format_jobs(progress, folder, self.recipe))

    def on_end(self, error: BaseException | None) -> None:
        """Says what was trained, or how far it came."""
        if not self.size:  # it was trained before, or a setting does not do
            return
        if error is None:
            took = format_seconds(time.monotonic() - self.started)
            head = f"{self.size}, trained and evaluated in {took}"
        else:
            done, total = format_count(self.done), format_count(self.total, self.unit)
            head = f"stopped after {done} of {total}"
        text = f"{head}; {self.entry}" if self.entry else head
        self.display.show(". ".join([text, *getattr(error, "__notes__", ())]))

    def _line(self, text: str) -> None:
        self._last = time.monotonic()
        self.note = text
        done, total = format_count(self.done), format_count(self.total, self.unit)
        where = f"{done} of {total}: {text}" if self.unit == "step" and self.done else text
        self.display.show(f"{where}; {self.entry}" if self.entry else where, self.done, self.total)


@contextmanager
def training_progress(title: str, recipe: Recipe, show: bool | None = None) -> Iterator[TrainingProgress]:
    """Shows the progress of a training for the length of a block.

    Args:
        title: What is trained.
        recipe: How it is trained.
        show: Whether to show it: a bar on a terminal, one display in a notebook, and else plain lines on
            standard error. None: on a terminal and in a notebook only.

    Yields:
        What to give to the training as its callbacks.
    """
    terminal, notebook = sys.stderr.isatty(), in_notebook()
    if show is False or (show is None and not terminal and not notebook):
        yield _Silent(title, recipe)
    elif notebook:
        display = _Display(title, recipe)
        try:
            yield display
        except BaseException as error:
            display.on_end(error)
            raise
        display.on_end(None)
    elif not terminal:
        yield TrainingProgress(title, recipe)
    else:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[status]}"))
        with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
            yield _Bar(title, recipe, bar)


@contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Has an interrupt of a training say how to go on.

    Args:
        folder: Of the run, or of the runs of several seeds.

    Raises:
        KeyboardInterrupt: If the training is interrupted.
    """
    resume = "digitlab.runs.resume_seeds" if (folder / "seeds.json").exists() else "digitlab.resume"
    with interrupts_told(lambda: f"What is trained is kept; go on with {resume}({str(folder)!r})."):
        yield


def format_history_entry(entry: HistoryEntry, recipe: Recipe) -> str:
    """A history entry as text: `epoch 2 (step 16): loss 0.1234, accuracy 98.18 %`."""
    step = f"step {format_count(entry.step)}"
    where = f"{step} (epoch {entry.epoch:.4g})" if recipe.eval_every else f"epoch {entry.entry} ({step})"
    text = f"{where}: loss {entry.train_loss:.4f}, accuracy {format_share(entry.train_accuracy)}"
    if entry.validation_loss is not None and entry.validation_accuracy is not None:
        text += (
            f"; validation loss {entry.validation_loss:.4f}, "
            f"accuracy {format_share(entry.validation_accuracy)}"
        )
    return text


def _format_entries(entries: Sequence[HistoryEntry], recipe: Recipe) -> str:
    """An entry of one network, or the mean of those of several."""
    text = format_history_entry(mean_entry(entries), recipe)
    return f"{text} (mean of {len(entries)} seeds)" if len(entries) > 1 else text


def _format_running(progress: Any, folder: Path, recipe: Recipe) -> str:
    """The running jobs with their last history entry: `2 running (seed-0: epoch 3 of 10, seed-1: begun)`."""
    where = []
    for key in sorted(progress.running):
        try:
            history = history_from_csv((folder / key / "history.csv").read_text())
        except (OSError, ValueError, TypeError, KeyError):  # not there yet, or just being written
            history = History()
        if not history:
            where.append(f"{key}: begun")
        elif recipe.max_steps is None:
            where.append(f"{key}: epoch {history[-1].epoch:.3g} of {recipe.epochs}")
        else:
            done, total = format_count(history[-1].step), format_count(recipe.max_steps, "step")
            where.append(f"{key}: {done} of {total}")
    return f"{len(where)} running" + (f" ({', '.join(where)})" if where else "")


def _last_entries(keys: Iterable[str], folder: Path) -> list[HistoryEntry]:
    """The last history entries of finished runs."""
    histories = [folder / key / "history.csv" for key in keys]
    return [history_from_csv(path.read_text())[-1] for path in histories if path.exists()]


def _format_jobs(progress: Any, folder: Path, recipe: Recipe) -> str:
    text = f"{len(progress.results)} of {format_count(len(progress.jobs), 'run')} done"
    text += f", {_format_running(progress, folder, recipe)}"
    seconds = progress.remaining_seconds()
    return text if seconds is None else f"{text}, about {format_seconds(seconds, whole=True)} left"


def both(first: Callable[P, None], second: Callable[P, None] | None) -> Callable[P, None]:
    """Calls both."""

    def call(*arguments: P.args, **named: P.kwargs) -> None:
        first(*arguments, **named)
        if second:
            second(*arguments, **named)

    return call
