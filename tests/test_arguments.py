"""Types of arguments, checked by a function's annotations."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from digitlab.arguments import check_arguments
from digitlab.errors import SettingError


@check_arguments
def function(
    n: int = 1,
    share: float = 0.5,
    name: str | None = None,
    path: str | os.PathLike[str] = "",
    how: Literal["first", "last"] = "first",
    steps: Sequence[int] = (),
    pair: tuple[int, str] = (1, "a"),
    options: Mapping[str, object] | None = None,
    callback: Callable[[int], None] | None = None,
    array: NDArray[np.float32] | None = None,
    anything: Any = None,
    unknown: "NoSuchName" = None,  # noqa: F821
    **more: int,
) -> str:
    """Says that it ran."""
    return "ran"


ALLOWED = {
    "n": [0, -3, np.int64(3)],
    "share": [0, 0.25, np.float32(0.5)],
    "name": ["a", None],
    "path": ["a", Path("a")],
    "how": ["first", "last"],
    "steps": [[], [1, 2], (1,), range(3), np.arange(3)],
    "pair": [(2, "b")],
    "options": [{}, {"a": object()}, None],
    "callback": [print, lambda x: None, None],
    "array": [np.zeros(2), None],
    "anything": [3, object()],
    "unknown": [3, object()],
    "more": ["not checked"],
}
REFUSED = {
    "n": [True, 1.0, "1", None, [1]],
    "share": [False, "0.5", None, 1j],
    "name": [3, b"a"],
    "path": [3, b"a", None],
    "how": ["middle", 1, None],
    "steps": ["12", b"12", [1, "2"], [1.5], 3, {1}, np.zeros(2), np.array(3)],
    "pair": [(1,), (1, 2), ["a", 1], (1, "a", 3)],
    "options": [{1: 2}, [], "a"],
    "callback": [3, "print"],
    "array": [[1.0], 3],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in ALLOWED for value in ALLOWED[name]])
def test_a_value_of_the_type_passes(name, value):
    assert function(**{name: value}) == "ran"


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in REFUSED for value in REFUSED[name]])
def test_a_value_of_another_type_is_one_error(name, value):
    with pytest.raises(SettingError) as caught:
        function(**{name: value})
    assert caught.value.problem.startswith(f"function: {name}=")
    assert caught.value.problem.endswith(f"is of type {type(value).__name__}")
    assert str(caught.value).count("\n") == 1


def test_the_remedy_says_what_is_allowed():
    for name, words in (
        ("n", "Give a whole number."),
        ("name", "Give a text or None."),
        ("path", "Give a text or a path."),
        ("how", "Give 'first' or 'last'."),
        ("options", "Give a dict or None."),
        ("array", "Give an array or None."),
    ):
        with pytest.raises(SettingError) as caught:
            function(**{name: 1j})
        assert caught.value.remedy == words


def test_a_field_given_as_an_argument_is_told_where_it_goes():
    @check_arguments
    def train(network, options=None, recipe=None):
        return network

    with pytest.raises(SettingError, match=r"train has no argument 'epochs'\n.*\{'epochs': VALUE\}"):
        train("mlp", epochs=2)
    with pytest.raises(TypeError):
        train()


def test_wrong_names_and_numbers_of_arguments_are_python_s_own_error():
    with pytest.raises(TypeError):
        check_arguments(lambda n: n)()
    assert function.__name__ == "function"
    assert function.__doc__ == "Says that it ran."
