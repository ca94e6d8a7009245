"""`digitlab recipes`: the recipes, and every field of a recipe."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from digitlab.cli.output import AsJson, print_json, print_table

__all__ = ["recipes"]


def recipes(
    name: Annotated[str | None, typer.Argument(help="Show the fields of this recipe.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the recipes, and every field with its range, its default and when it is used."""
    from digitlab.settings import to_dict
    from digitlab.training import RECIPE_SUMMARIES, recipe, recipe_fields

    names = [name] if name else list(RECIPE_SUMMARIES)
    found = {each: to_dict(recipe(each)) for each in names}
    fields = recipe_fields()
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
