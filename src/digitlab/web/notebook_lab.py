"""`digitlab.lab`: the lab, opened from a notebook or a program, which ends with it."""

from __future__ import annotations

import html
import importlib.util
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from digitlab.arguments import check_arguments
from digitlab.errors import OutputError, SettingError
from digitlab.extras import MissingPackageError
from digitlab.web.stdin_end import ENDS_WITH_STDIN

__all__ = ["OpenLab", "lab"]

NEEDED = ("fastapi", "uvicorn", "torch")
"""Of the extra `lab`; checked before a process is started, so that the error comes at once."""
START_SECONDS = 120.0
END_SECONDS = 10.0


class OpenLab:
    """A lab that runs in a process of its own until `stop`, or until this process ends.

    As a context manager it is stopped at the end of the block.

    Attributes:
        url: The address of its page, with its token: whoever has it can use the lab.
        runs: The folder of its runs.
    """

    def __init__(self, url: str, runs: Path, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.runs = runs
        self._process = process

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ends the lab; trainings in it are suspended, and can be resumed. A second call does nothing."""
        with self._process:  # closes its pipes, of which one tells it to end
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = f"at {self.url}" if self.running else "stopped"
        return f"OpenLab({state}, runs in {self.runs})"

    def _repr_html_(self) -> str:
        runs = f"runs in {html.escape(str(self.runs))}"
        if not self.running:
            return f"<div>The lab is stopped; {runs}</div>"
        url = html.escape(self.url)
        link = f'<a href="{url}" target="_blank" rel="noopener noreferrer">Open the lab</a>'
        return f"<div>{link} ({runs}; it ends with this notebook)</div>"


_open: dict[Path, OpenLab] = {}
"""The labs of this process, by the resolved folder of their runs."""


@check_arguments
def lab(runs: str | os.PathLike[str] = "runs") -> OpenLab:
    """Opens the lab with the runs of a folder: draw, train, look inside, compare. `digitlab lab` is the same.

    It runs in a process of its own, on this machine alone, and ends with this one, also if this one is
    killed. An interrupt of a notebook does not reach it. For a folder whose lab runs already, that is
    returned.

    Args:
        runs: The folder; relative to where the notebook runs. It need not exist.

    Returns:
        The lab; a notebook shows its link.

    Raises:
        SettingError: If it cannot start, or the extra `lab` is not installed.
        OutputError: If no process can be started.
    """
    for module in NEEDED:
        if importlib.util.find_spec(module) is None:
            raise MissingPackageError("digitlab.lab", module)
    folder = Path(runs)
    place = folder.resolve()
    known = _open.get(place)
    if known is None or not known.running:
        known = _open[place] = _start(folder)
    return known


def _start(runs: Path) -> OpenLab:
    command = [sys.executable, "-m", "digitlab", "lab", "--no-open", "--json", "--runs", str(runs)]
    with tempfile.TemporaryFile("w+") as errors:  # a pipe that nobody reads would fill
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, ENDS_WITH_STDIN: "1"},
                start_new_session=True,  # a notebook interrupts its whole process group
            )
        except OSError as error:
            raise OutputError.of(sys.executable, error) from None
        try:
            address = json.loads(_first_line(process))
        except ValueError:
            process.kill()
            process.communicate()
            raise _failure(errors) from None
        except BaseException:
            process.kill()
            process.communicate()
            raise
    return OpenLab(address["url"], runs, process)


def _first_line(process: subprocess.Popen[str]) -> str:
    """What the lab says once it answers; empty if it ends before, or takes too long."""
    assert process.stdout is not None
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.2)[0]:
            return process.stdout.readline()
    return ""


def _failure(errors: IO[str]) -> SettingError:
    """The error that a lab has written which did not start."""
    errors.seek(0)
    lines = errors.read().strip().splitlines() or [f"it says nothing for {START_SECONDS:.0f} seconds"]
    if len(lines) > 1 and not any(line.startswith("Traceback") for line in lines):
        problem, remedy = lines[-2:]
        return SettingError(f"the lab does not start: {problem.removeprefix('error: ')}", remedy)
    return SettingError(f"the lab does not start: {lines[-1]}", "Start it in a terminal: digitlab lab.")
