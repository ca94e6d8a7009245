"""Checks of exercises: what is wrong with an answer, in words."""

from __future__ import annotations

import html
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Check", "CheckResult", "NoAnswer", "WrongAnswer", "check_answer"]

Check = Callable[..., str]
"""Checks an answer: returns what is right about it, in a sentence; raises `WrongAnswer` if it is not.

Its first argument is the answer; others, by name, are what the notebook gives to compare it with."""


class WrongAnswer(Exception):  # noqa: N818 - an answer is no error
    """An answer that is not right; its text says what is wrong, and where to look."""


class NoAnswer(Exception):  # noqa: N818
    """No answer as yet: the three dots are still there."""


@dataclass(frozen=True)
class CheckResult:
    """What a check has found.

    Attributes:
        exercise: The name of the exercise.
        right: Whether the answer is right; None while there is none.
        message: What is right or wrong about it, in a sentence or two.
    """

    exercise: str
    right: bool | None
    message: str

    @property
    def _verdict(self) -> str:
        return {True: "✓ right", False: "✗ not right yet", None: "… not answered yet"}[self.right]

    def __repr__(self) -> str:
        return f"{self.exercise}: {self._verdict}: {self.message}"

    def _repr_html_(self) -> str:
        name, verdict, message = map(html.escape, (self.exercise, self._verdict, self.message))
        return f"<p><strong>{name}: {verdict}.</strong> {message}</p>"


def check_answer(exercise: str, check: Check, answer: Any, **given: Any) -> CheckResult:
    """Checks an answer; whatever an answer does, the notebook goes on.

    Args:
        exercise: Its name.
        check: What checks it.
        answer: A value or a function; None and `...` stand for no answer.
        given: What the check compares it with.
    """
    try:
        if answer is None or answer is ...:
            raise NoAnswer
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an overflow is told by the check, in words
            return CheckResult(exercise, True, check(answer, **given))
    except NoAnswer:
        return CheckResult(
            exercise,
            None,
            "Put your answer in place of the three dots, and run the cell; it must end without an error.",
        )
    except WrongAnswer as wrong:
        return CheckResult(exercise, False, str(wrong))
    except NameError as error:
        return CheckResult(exercise, False, f"It uses a name that is not known, or misspelled: {error}.")
    except Exception as error:
        return CheckResult(exercise, False, f"It raises {type(error).__name__}: {error}")
