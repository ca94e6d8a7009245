"""`digitlab recipes`: the recipes, every field of a recipe, and what one of them does."""

from __future__ import annotations

import difflib
import textwrap
from typing import Annotated, Any

import typer

from digitlab.cli.output import AsJson, print_json, print_table
from digitlab.errors import SettingError

__all__ = ["recipes"]

TEXT_WIDTH = 88
"""Characters in a line of running text."""


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(help="A recipe, to show its fields; or a field, to show what it does."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the recipes, and every field with its range, its default and when it is used.

    Of one field: what changes when it changes, and the command that shows it.
    """
    from digitlab.settings import to_dict
    from digitlab.training import RECIPE_SUMMARIES, recipe, recipe_fields

    fields = recipe_fields()
    if name is not None and name not in RECIPE_SUMMARIES:
        _show_field(_field(name, fields), as_json)
        return
    names = [name] if name else list(RECIPE_SUMMARIES)
    found = {each: to_dict(recipe(each)) for each in names}
    if as_json:
        print_json({"recipes": found, "fields": fields})
        return
    defaults = {each["name"]: each["default"] for each in fields}
    if name is None:
        columns: tuple[str, ...] = ("recipe", "fields that are not at their default", "what it is")
        rows: list[tuple[str, ...]] = [
            (each, _changes(values, defaults), RECIPE_SUMMARIES[each]) for each, values in found.items()
        ]
        print_table(columns, rows, left=columns)
    else:
        print(f"{name}: {RECIPE_SUMMARIES[name]}\n{_changes(found[name], defaults)}")
    print()
    values = found[name] if name else defaults
    columns = ("field", "value" if name else "default", "type", "range", "used when", "about")
    rows = [
        (
            each["name"],
            format_value(values[each["name"]]),
            *(each[key] for key in ("type", "bounds", "used_when", "about")),
        )
        for each in fields
    ]
    print_table(columns, rows, left=columns)


def _field(name: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """The field called `name`, with what it does.

    Raises:
        SettingError: If there is none; the message names similar recipes and fields.
    """
    from digitlab.training import RECIPE_SUMMARIES
    from digitlab.training.field_guide import field_guides

    found = next((each for each in fields if each["name"] == name), None)
    if found is not None:
        return {**found, **vars(field_guides()[name])}
    from digitlab.networks import ARCHITECTURES
    from digitlab.settings import field_docs

    having = [
        kind for kind, of in ARCHITECTURES.items() if name in {doc.name for doc in field_docs(of.options)}
    ]
    if having:
        raise SettingError(
            f"{name} is an option of networks ({', '.join(having)}), not a field of the recipe",
            f"`digitlab networks {having[0]}` shows it; set it with --option {name}=VALUE.",
        )
    names = [*RECIPE_SUMMARIES, *(each["name"] for each in fields)]
    similar = [each for each in names if name and (name in each or each in name)]
    similar += [each for each in difflib.get_close_matches(name, names) if each not in similar]
    raise SettingError(
        f"unknown recipe or field {name!r}",
        f"Similar ones: {', '.join(similar)}." if similar else "`digitlab recipes` lists all.",
    )


def _show_field(field: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(field)
        return
    print(textwrap.fill(f"{field['name']}: {field['about']}", TEXT_WIDTH), end="\n\n")
    kind = f"{field['type']}, {field['bounds']}" if field["bounds"] else field["type"]
    print(textwrap.fill(f"type       {kind}", TEXT_WIDTH, subsequent_indent=" " * len("type       ")))
    print(f"default    {format_value(field['default'])}")
    print(f"used when  {field['used_when'] or 'always'}")
    print(f"\n{textwrap.fill(field['effect'], TEXT_WIDTH)}")
    if field["source"]:
        print(f"\n{textwrap.fill('Source: ' + field['source'], TEXT_WIDTH)}")
    commands = field["command"].splitlines()
    print("\nThis command shows it:" if len(commands) == 1 else "\nThese commands show it:")
    for command in commands:
        print(f"  {command}")


def format_value(value: object) -> str:
    """A field's value as it is written on the command line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(format_value, value)) if isinstance(value, list) else f"{value}"


def _changes(values: dict[str, Any], defaults: dict[str, Any]) -> str:
    changed = {key: value for key, value in values.items() if value != defaults[key]}
    return " ".join(f"{key}={format_value(value)}" for key, value in changed.items()) or "none"
