"""Arguments of public functions: a value of a wrong type is one clear error of ours."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import os
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

from digitlab.errors import SettingError

__all__ = ["check_arguments"]

P = ParamSpec("P")
R = TypeVar("R")
MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
MAX_VALUE_LENGTH = 60
"""Characters of a wrong value that its error shows."""


def check_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a function check the types of its arguments by its annotations.

    What an annotation says of the items of lists and tuples and of the keys of mappings is checked, too. An
    annotation that is not known when the function runs is not checked.

    Args:
        function: A function or method; its behavior is unchanged but for the check.

    Returns:
        The function. It raises `SettingError` for a value of a wrong type; the message names the argument,
        the value, and what is allowed.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            bound = signature.bind(*args, **kwargs)  # a TypeError here is Python's own, as for every function
        except TypeError:
            _refuse_settings(function.__name__, signature, kwargs)
            raise
        allowed = _annotations(function)
        for name, value in bound.arguments.items():
            single = signature.parameters[name].kind not in MANY
            if name in allowed and single and not _matches(value, allowed[name]):
                raise _error(function.__name__, name, value, allowed[name])
        return function(*args, **kwargs)

    return checked


def _refuse_settings(function: str, signature: inspect.Signature, given: Mapping[str, object]) -> None:
    """Says where a field of the recipe or an option of the network goes that is given as an argument itself.

    Raises:
        SettingError: If the function takes a recipe and an argument has a name that it does not know.
    """
    unknown = [name for name in given if name not in signature.parameters]
    if unknown and "recipe" in signature.parameters:
        name = unknown[0]
        raise SettingError(
            f"{function} has no argument {name!r}",
            f'A field of the recipe: recipe=digitlab.recipe("default", {{{name!r}: VALUE}}); '
            f"an option of the network: options={{{name!r}: VALUE}}.",
        ) from None


@functools.cache
def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function's parameters that can be looked up, by name."""
    names = {**vars(typing), **vars(collections.abc), **getattr(function, "__globals__", {})}
    found = {}
    for name, annotation in function.__annotations__.items():
        try:
            found[name] = eval(annotation, names) if isinstance(annotation, str) else annotation
        except (NameError, AttributeError):  # imported for type checkers only
            continue
    return found


def _matches(value: object, annotation: Any) -> bool:
    """Whether a value is of an annotated type."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any or isinstance(annotation, TypeVar):
        return True
    if annotation is None:
        return value is None
    if origin in (typing.Union, types.UnionType):
        return any(_matches(value, part) for part in parts)
    if origin is typing.Annotated:
        return _matches(value, parts[0])
    if origin is typing.Literal:
        return any(value is part or (type(value) is type(part) and value == part) for part in parts)
    kind: Any = origin or annotation
    if not isinstance(kind, type):
        return True
    return _is_instance(value, kind) and _items_match(value, kind, parts)


def _is_instance(value: object, kind: Any) -> bool:
    if kind is int:
        return isinstance(value, Integral) and not isinstance(value, bool)  # NumPy's whole numbers, too
    if kind is float:
        return isinstance(value, Real) and not isinstance(value, bool)
    if issubclass(kind, str | bytes):
        return isinstance(value, kind)
    if kind is collections.abc.Sequence:  # a text is one thing here, not a sequence of letters
        sequence = isinstance(value, Sequence) or (
            _is_array(type(value)) and len(getattr(value, "shape", ())) > 0
        )
        return sequence and not isinstance(value, str | bytes)
    if kind is collections.abc.Callable:
        return callable(value)
    try:
        return isinstance(value, kind)
    except TypeError:  # a protocol without runtime checks
        return True


def _items_match(value: Any, kind: Any, parts: tuple[Any, ...]) -> bool:
    if not parts or kind is collections.abc.Callable or issubclass(kind, os.PathLike) or _is_array(kind):
        return True
    if isinstance(value, Mapping):
        return all(_matches(key, parts[0]) for key in value)
    if kind is tuple and Ellipsis not in parts:
        return len(value) == len(parts) and all(map(_matches, value, parts))
    if isinstance(value, list | tuple) or _is_array(type(value)):
        return all(_matches(item, parts[0]) for item in value)
    return True


def _is_array(kind: type) -> bool:
    """Whether a class is NumPy's array. NumPy is not imported: commands that only list do not need it."""
    return kind.__module__ == "numpy" and kind.__name__ == "ndarray"


def _error(function: str, name: str, value: object, annotation: Any) -> SettingError:
    try:
        seen = " ".join(repr(value).split())
    except Exception:  # a repr may do anything
        seen = "?"
    seen = seen if len(seen) <= MAX_VALUE_LENGTH else f"{seen[: MAX_VALUE_LENGTH - 3]}..."
    return SettingError(
        f"{function}: {name}={seen} is of type {type(value).__name__}", f"Give {_describe(annotation)}."
    )


def _describe(annotation: Any) -> str:
    """An annotation in words: `a Recipe, a str or None`."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is None or annotation is types.NoneType:
        return "None"
    if origin in (typing.Union, types.UnionType):
        *most, last = [_describe(part) for part in parts]
        return f"{', '.join(most)} or {last}"
    if origin is typing.Literal:
        return " or ".join(map(repr, parts))
    kind = origin or annotation
    names = {
        os.PathLike: "a path",
        collections.abc.Sequence: "a list or tuple",
        collections.abc.Mapping: "a dict",
        collections.abc.Callable: "a function",
        int: "a whole number",
        float: "a number",
        str: "a text",
    }
    if kind in names:
        return names[kind]
    if _is_array(kind):
        return "an array"
    name = getattr(kind, "__name__", str(kind))
    return f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"
