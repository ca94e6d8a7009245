"""`index.html`: the report as one page that needs nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from digitlab.formatting import MISSING, format_seconds
from digitlab.report import tables
from digitlab.report.experiment_setup import describe_setup
from digitlab.report.figure_files import EmbeddedFigure
from digitlab.report.format import cell_texts
from digitlab.report.results import Results, Table

__all__ = ["page"]

CODE = re.compile(r"`([^`]+)`")
MANY_ROWS = 20
"""Tables longer than this are folded."""
RELOAD_SECONDS = 20


def page(results: Results, figures: Mapping[str, EmbeddedFigure], under_way: bool = False) -> str:
    """The whole page as HTML.

    Args:
        results: The results of all studies.
        figures: Every figure of `results`, by its `file`.
        under_way: Whether the page is to load itself again, because it will be written again.
    """
    environment = Environment(
        loader=PackageLoader("digitlab.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["inline"] = _inline
    return environment.get_template("page.html.j2").render(
        results=results,
        figures=figures,
        reload_seconds=RELOAD_SECONDS if under_way else None,
        tables=tables,
        counts=tables.verdict_counts(results),
        dash=MISSING,
        many_rows=MANY_ROWS,
        columns_of=_columns_of,
        describe_setup=describe_setup,
        format_seconds=format_seconds,
        css=Markup(_package_text("page.css")),
        js=Markup(_package_text("page.js")),
    )


def _package_text(name: str) -> str:
    return resources.files("digitlab.report").joinpath(name).read_text("utf-8")


def _inline(text: str) -> Markup:
    """Text with `code` in backticks as such."""
    parts = CODE.split(text)
    marked = [
        Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def _columns_of(table: Table) -> list[dict[str, Any]]:
    """The columns of a table: name, cells as text, and whether they are numbers, which stand to the right."""
    columns = zip(*table.rows, strict=True) if table.rows else [() for _ in table.columns]
    return [
        {"name": name, "texts": cell_texts(cells), "numeric": not any(isinstance(c, str) for c in cells)}
        for name, cells in zip(table.columns, columns, strict=True)
    ]
