"""What can go wrong, said in words: every error names the value, the problem and the remedy."""

from __future__ import annotations

import os

__all__ = [
    "DataError",
    "DigitlabError",
    "ModelError",
    "OutputError",
    "RunError",
    "SettingError",
    "TrainingError",
]


class DigitlabError(Exception):
    """Any error that a user of digitlab can cause and can mend.

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
    """Digits or a picture that cannot be read, or do not hold what they should."""


class ModelError(DigitlabError):
    """A weights or ONNX file that cannot be read, or does not fit its network."""


class RunError(DigitlabError):
    """A run folder that is missing, incomplete, or of another version."""


class TrainingError(DigitlabError):
    """A training that cannot go on, because its loss is no longer a number."""


class OutputError(DigitlabError):
    """A file or folder that cannot be written."""

    @classmethod
    def of(cls, path: str | os.PathLike[str], error: OSError) -> OutputError:
        """Puts an operating-system error into words for the file `path` that was being written."""
        reason = error.strerror or type(error).__name__
        return cls(
            f"cannot write {os.fspath(path)}: {reason}",
            "Free some space or choose another place; what was there before is untouched.",
        )
