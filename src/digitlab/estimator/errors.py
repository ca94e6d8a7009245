"""The estimator's errors: those of digitlab that are a ValueError too, as scikit-learn expects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from digitlab.errors import DataError, SettingError

__all__ = ["InputError", "ParameterError", "as_value_errors"]


class InputError(DataError, ValueError):
    """Data that a `DigitClassifier` cannot take; a ValueError too, as scikit-learn expects."""


class ParameterError(SettingError, ValueError):
    """A parameter that a `DigitClassifier` does not have or allow; a ValueError too."""


@contextmanager
def as_value_errors() -> Iterator[None]:
    """Makes a SettingError of the block a ParameterError, which is a ValueError too."""
    try:
        yield
    except SettingError as error:
        raise ParameterError(error.problem, error.remedy) from None
