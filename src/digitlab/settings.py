"""Settings: frozen dataclasses whose fields are typed, bounded, checked and documented.

`Recipe` and the options of every network are made with `@settings`. A field's type says what is
allowed (`Literal["adam", "sgd"]`, `Annotated[float, Field(gt=0)]`); text from a command line is
turned into that type; an unknown field or a value that is not allowed is a `SettingError`. The string
literal after a field documents it (`field_docs`).
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin

import annotated_types
from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated_dataclass

from digitlab.errors import SettingError, suggest_names

__all__ = [
    "CommaSeparated",
    "FieldDoc",
    "field_docs",
    "from_dict",
    "parse_assignments",
    "settings",
    "to_dict",
]

S = TypeVar("S")
MAX_VALUE_LENGTH = 100
"""Characters of a wrong value that its error shows."""


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
                raise _format_error(error, kind, [f.name for f in dataclasses.fields(checked)]) from None

        checked.__init__ = __init__
        checked.__doc__ = _with_attributes(cls.__doc__ or "", checked.__pydantic_fields__)
        made: type[S] = checked
        return made

    return decorate


def _format_error(error: ValidationError, kind: str, fields: Iterable[str]) -> SettingError:
    """Formats the first of pydantic's errors as one of ours."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "unexpected_keyword_argument":
        names = list(fields)
        allowed = ", ".join(names) or "none: this one takes no options"
        hint = suggest_names(name, names)
        return SettingError(f"unknown {kind} {name!r}", f"{hint}Those there are: {allowed}.")
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
    seen = " ".join(repr(first["input"]).split())
    seen = seen if len(seen) <= MAX_VALUE_LENGTH else f"{seen[: MAX_VALUE_LENGTH - 3]}..."
    return SettingError(f"{kind} {name}={seen}", f"{message[0].upper()}{message[1:]}.")


def _with_attributes(docstring: str, fields: Mapping[str, Any]) -> str:
    """A class's docstring with the attribute docstrings of its fields, for `help`."""
    described = {name: info.description for name, info in fields.items() if info.description}
    if not described:
        return docstring
    lines = (f"        {name}: {' '.join(about.split())}" for name, about in described.items())
    return "\n".join([docstring.rstrip(), "", "    Attributes:", *lines, "    "])


@dataclasses.dataclass(frozen=True)
class FieldDoc:
    """Documentation of one field of a settings class.

    Attributes:
        name: The field's name.
        type: Its type in words: `int`, `float or none`, `adam | sgd`, `int, int, ...`.
        default: Its default as plain data; None also where it has none (`required`).
        required: Whether it has no default.
        bounds: The values allowed, as an interval: `[0, 1)`, `> 0`; empty where there are no bounds.
        description: The string literal after the field.
        marks: What else the annotation holds, for a caller that knows how to read it.
    """

    name: str
    type: str
    default: Any
    required: bool
    bounds: str
    description: str
    marks: tuple[object, ...] = dataclasses.field(default=(), repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """All but the marks, as plain data."""
        return {name: value for name, value in vars(self).items() if name != "marks"}


def field_docs(cls: type) -> list[FieldDoc]:
    """Documentation of every field of a settings class, in order, as its declaration has it."""
    documented: Any = cls
    docs = []
    for name, field in documented.__pydantic_fields__.items():
        kind, bounds = _describe_type(field.annotation, field.metadata)
        default = None if field.is_required() else TypeAdapter(Any).dump_python(field.default, mode="json")
        description = " ".join((field.description or "").split())
        marks = tuple(field.metadata)
        docs.append(FieldDoc(name, kind, default, field.is_required(), bounds, description, marks))
    return docs


def _describe_type(annotation: Any, metadata: Sequence[Any]) -> tuple[str, str]:
    """A type in words, and the interval of its values."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _describe_type(parts[0], [*_flattened(parts[1:]), *metadata])
    if origin is Literal:
        return " | ".join(str(each).lower() if each is None else str(each) for each in parts), ""
    if origin in (Union, types.UnionType):
        inner = [_describe_type(each, metadata) for each in parts if each is not type(None)]
        none = ["none"] if type(None) in parts else []
        return " or ".join([*(kind for kind, _ in inner), *none]), inner[0][1]
    if origin is tuple:
        inner = [_describe_type(each, ()) for each in parts if each is not Ellipsis]
        kinds = [kind for kind, _ in inner] + (["..."] if Ellipsis in parts else [])
        return ", ".join(kinds if Ellipsis not in parts else [kinds[0], kinds[0], "..."]), (
            f"each {inner[0][1]}" if inner[0][1] else ""
        )
    return annotation.__name__, _interval(metadata)


def _flattened(metadata: Sequence[Any]) -> list[Any]:
    """The constraints in annotations, those inside `Field(...)` too."""
    return [part for each in metadata for part in getattr(each, "metadata", [each])]


def _interval(metadata: Sequence[Any]) -> str:
    low = high = None
    for each in metadata:
        if isinstance(each, annotated_types.Ge | annotated_types.Gt):
            low = each
        elif isinstance(each, annotated_types.Le | annotated_types.Lt):
            high = each
    lowest = (getattr(low, "ge", None), getattr(low, "gt", None))
    highest = (getattr(high, "le", None), getattr(high, "lt", None))
    if low and high:
        left = f"[{lowest[0]}" if lowest[0] is not None else f"({lowest[1]}"
        return f"{left}, {highest[0]}]" if highest[0] is not None else f"{left}, {highest[1]})"
    if low:
        return f">= {lowest[0]}" if lowest[0] is not None else f"> {lowest[1]}"
    if high:
        return f"<= {highest[0]}" if highest[0] is not None else f"< {highest[1]}"
    return ""


def to_dict(value: object) -> dict[str, Any]:
    """Converts a settings object to plain data for JSON: tuples become lists."""
    plain: dict[str, Any] = TypeAdapter(type(value)).dump_python(value, mode="json")
    return plain


def from_dict(cls: type[S], plain: Mapping[str, object]) -> S:
    """Makes a settings object of plain data, as read from JSON or a command line.

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
