"""Errors: each one names the value, the problem and the remedy."""

from __future__ import annotations

import difflib
import linecache
import os
import traceback
from collections.abc import Iterable

__all__ = [
    "DataError",
    "DigitlabError",
    "ModelError",
    "NoInkError",
    "OutputError",
    "RunError",
    "SettingError",
    "TrainingError",
    "suggest_names",
]


class DigitlabError(Exception):
    """Base class of the errors that a user of digitlab can cause and correct.

    Args:
        problem: What is wrong, with the value that was seen. One line.
        remedy: What to do about it. One line.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}\n{self.remedy}"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: the caller's lines, without those of packages, and the message."""
        lines = []
        for frame, number in traceback.walk_tb(self.__traceback__):
            file, name = frame.f_code.co_filename, frame.f_code.co_name
            if "site-packages" in file or str(frame.f_globals.get("__name__")).startswith("digitlab."):
                continue
            where = f"line {number}" if name == "<module>" else f"line {number}, in {name}"
            lines.append(f"{where}: {linecache.getline(file, number).strip()}")
        return [*lines, f"{type(self).__name__}: {self}"]


class SettingError(DigitlabError):
    """An unknown name, or a value outside what a field or an option allows."""


class DataError(DigitlabError):
    """A dataset or an image that cannot be read, or has the wrong content."""


class NoInkError(DataError):
    """An image on which no ink stands out from the paper."""


class ModelError(DigitlabError):
    """A weights or ONNX file that cannot be read, or does not fit its network."""


class RunError(DigitlabError):
    """A run folder that is missing, incomplete, or of another version."""


class TrainingError(DigitlabError):
    """Training that cannot go on, because the loss is not finite."""


class OutputError(DigitlabError):
    """A file or folder that cannot be written."""

    @classmethod
    def of(cls, path: str | os.PathLike[str], error: OSError) -> OutputError:
        """Makes an `OutputError` of an operating-system error on writing the file `path`."""
        reason = error.strerror or type(error).__name__
        return cls(
            f"cannot write {os.fspath(path)}: {reason}",
            "Free some space or choose another place; what was there before is untouched.",
        )


def suggest_names(name: str, known: Iterable[str]) -> str:
    """A sentence that asks for the known names near an unknown one; empty if there are none.

    Near are those of similar spelling in either case, those that hold the name as a part, and those of
    which it is the initials: `lr` of `learning_rate`.

    Args:
        name: The unknown name.
        known: The names that there are.
    """
    names = list(known)
    lower = {each.lower(): each for each in names}
    near = [lower[each] for each in difflib.get_close_matches(name.lower(), list(lower), n=1, cutoff=0.6)]
    if not near and len(name) > 1:
        near = [each for each in names if "".join(part[:1] for part in each.split("_")) == name.lower()]
    if not near and len(name) > 2:
        near = [each for each in names if name.lower() in each.lower()]
    return f"Did you mean {' or '.join(near[:3])}? " if near else ""
