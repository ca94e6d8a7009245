"""Writes `docs/recipes.md` from the declaration of `Recipe`; with --check, says whether it is up to date."""

from __future__ import annotations

import textwrap

from generated_page import write_or_check

from digitlab.cli.recipes import format_value
from digitlab.settings import to_dict
from digitlab.training import RECIPE_SUMMARIES, RECIPES, recipe_fields
from digitlab.training.field_guide import field_guides

HEAD = """# Recipes

Made from the declaration of `Recipe` by `python docs/write_recipes.py`; `make check` fails when it is out of
date. `digitlab recipes` prints the same. A recipe is chosen with `--recipe NAME`, a field changed with
`--set FIELD=VALUE` (`none` means None). A field that is set and has no effect beside the others is an error.
What each field does, and a command that shows it, stands below; `digitlab recipes FIELD` prints it for one.
"""


def page() -> str:
    """The whole page."""
    fields = recipe_fields()
    defaults = {field["name"]: field["default"] for field in fields}
    lines = [
        HEAD,
        "## By name",
        "",
        "| recipe | what it is | fields that are not at their default |",
        "|---|---|---|",
    ]
    for name, recipe in RECIPES.items():
        changed = {key: value for key, value in to_dict(recipe).items() if value != defaults[key]}
        values = " ".join(f"`{key}={format_value(value)}`" for key, value in changed.items()) or "none"
        lines.append(f"| `{name}` | {RECIPE_SUMMARIES[name]} | {values} |")
    lines += [
        "",
        "## Fields",
        "",
        "| field | type | range | default | used when | about |",
        "|---|---|---|---|---|---|",
    ]
    for field in fields:
        about = field["about"] + (" Belongs to a machine." if field["machine_specific"] else "")
        default = format_value(field["default"])
        kind = field["type"].replace("|", "\\|")
        cells = (f"`{field['name']}`", kind, field["bounds"], f"`{default}`", field["used_when"], about)
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## What each field does"]
    for name, guide in field_guides().items():
        text = f"{guide.effect} Source: {guide.source}." if guide.source else guide.effect
        lines += ["", f"### `{name}`", "", *textwrap.wrap(text, 110), "", "```", guide.command, "```"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes the page, or checks it."""
    write_or_check("recipes.md", page())


if __name__ == "__main__":
    main()
