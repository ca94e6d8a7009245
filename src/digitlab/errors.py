"""Errors: each one names the value, the problem and the remedy."""

from __future__ import annotations

import os

__all__ = [
    "DataError",
    "DigitlabError",
    "ModelError",
    "NoInkError",
    "OutputError",
    "RunError",
    "SettingError",
    "TrainingError",
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
