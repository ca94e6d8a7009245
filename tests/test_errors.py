"""Errors have a problem and a remedy."""

import errno

import pytest

from digitlab import errors


@pytest.mark.parametrize("name", sorted({*errors.__all__} - {"DigitlabError", "suggest_names"}))
def test_every_error_is_one_of_ours(name):
    error = getattr(errors, name)("3 is a crowd", "Take 2.")
    assert isinstance(error, errors.DigitlabError)
    assert str(error) == "3 is a crowd\nTake 2."
    assert (error.problem, error.remedy) == ("3 is a crowd", "Take 2.")


def test_the_systems_refusal_in_words():
    error = errors.OutputError.of("a/b", OSError(errno.ENOSPC, "No space left on device"))
    assert error.problem == "cannot write a/b: No space left on device"
    assert errors.OutputError.of("a", OSError()).problem == "cannot write a: OSError"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("learning_rat", "Did you mean learning_rate? "),
        ("LR", "Did you mean learning_rate? "),
        ("Batch_Size", "Did you mean batch_size? "),
        ("batch", "Did you mean batch_size? "),
        ("x", ""),
    ],
)
def test_near_names(name, sentence):
    assert errors.suggest_names(name, ["learning_rate", "batch_size", "epochs"]) == sentence
