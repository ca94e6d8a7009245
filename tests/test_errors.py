"""Errors have a problem and a remedy."""

import errno

import pytest

from digitlab import errors


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "DigitlabError"])
def test_every_error_is_one_of_ours(name):
    error = getattr(errors, name)("3 is a crowd", "Take 2.")
    assert isinstance(error, errors.DigitlabError)
    assert str(error) == "3 is a crowd\nTake 2."
    assert (error.problem, error.remedy) == ("3 is a crowd", "Take 2.")


def test_the_systems_refusal_in_words():
    error = errors.OutputError.of("a/b", OSError(errno.ENOSPC, "No space left on device"))
    assert error.problem == "cannot write a/b: No space left on device"
    assert errors.OutputError.of("a", OSError()).problem == "cannot write a: OSError"
