"""Settings: frozen dataclasses whose fields are typed, bounded and checked, with errors in words.

`Recipe` and the options of every network are made with `@settings`. A field's type says what is
allowed (`Literal["adam", "sgd"]`, `Annotated[float, Field(gt=0)]`); text from a command line is
turned into that type; an unknown field or a value that is not allowed is a `SettingError`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, dataclass_transform

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated_dataclass

from digitlab.errors import SettingError

__all__ = ["CommaSeparated", "from_dict", "parse_assignments", "settings", "to_dict"]

S = TypeVar("S")
LONGEST = 100
"""Characters of a wrong value that are shown in its error."""


def _split_text(value: object) -> object:
    if isinstance(value, str):
        return [part for part in value.replace(" ", "").split(",") if part]
    return [value] if isinstance(value, int | float) else value


CommaSeparated = BeforeValidator(_split_text, json_schema_input_type=list[float] | str)
"""Marks a tuple field, so that a command line may write it `100,100`."""


@dataclass_transform(kw_only_default=True, frozen_default=True)
def settings(kind: str) -> Callable[[type[S]], type[S]]:
    """Makes a class a frozen, keyword-only dataclass that checks its values.

    Args:
        kind: What the fields are called in errors, for example `recipe field`.

    Returns:
        A class decorator. The class raises `SettingError` for an unknown field or a value that is
        not allowed; the message names the field, the value and what is allowed.
    """

    def decorate(cls: type[S]) -> type[S]:
        config = ConfigDict(extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
        checked: Any = validated_dataclass(cls, frozen=True, kw_only=True, config=config)
        plain_init = checked.__init__

        def __init__(self: object, /, **values: object) -> None:  # noqa: N807
            try:
                plain_init(self, **values)
            except ValidationError as error:
                raise _in_words(error, kind, [f.name for f in dataclasses.fields(checked)]) from None

        checked.__init__ = __init__
        made: type[S] = checked
        return made

    return decorate


def _in_words(error: ValidationError, kind: str, fields: Iterable[str]) -> SettingError:
    """The first of pydantic's complaints as one of ours."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "unexpected_keyword_argument":
        allowed = ", ".join(fields) or "none: this one takes no options"
        return SettingError(f"unknown {kind} {name!r}", f"Those there are: {allowed}.")
    if first["type"] == "missing" and len(first["loc"]) > 1:  # of the values of one field
        return SettingError(
            f"{kind} {name} has too few values: {first['input']!r}",
            "Give one more, with commas between them.",
        )
    if first["type"] == "missing":
        return SettingError(f"{kind} {name!r} is missing", f"Give all of these: {', '.join(fields)}.")
    message = first["msg"].removeprefix("Value error, ")
    if not name:
        return SettingError(f"{kind}s that do not go together: {message}", "Change one of them.")
    seen = repr(first["input"])
    seen = seen if len(seen) <= LONGEST else f"{seen[: LONGEST - 3]}..."
    return SettingError(f"{kind} {name}={seen}", f"{message[0].upper()}{message[1:]}.")


def to_dict(value: object) -> dict[str, Any]:
    """A settings value as plain data for JSON: tuples become lists."""
    plain: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json")
    return plain


def from_dict(cls: type[S], plain: Mapping[str, object]) -> S:
    """Makes a settings value from plain data, as read from JSON or a command line.

    Raises:
        SettingError: As the class does.
    """
    return cls(**plain)


def parse_assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Reads `field=value` as written on a command line; the text `none` means None.

    Raises:
        SettingError: If a text has no `=`, or a field comes twice.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SettingError(f"cannot read {text!r}", "Write it as field=value.")
        if name in values:
            raise SettingError(f"{name} is given twice", "Give each field once.")
        values[name] = None if value.lower() == "none" else value
    return values
