"""`index.html` and `results.md`: the report, from `results.json` and the figures beside it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from PIL import Image

from digitlab.errors import RunError
from digitlab.files import write_text
from digitlab.formatting import MISSING, format_seconds
from digitlab.report import items, tables
from digitlab.report.format import cell_texts, describe_setup, source_text
from digitlab.report.markdown import markdown
from digitlab.report.results import FigureFile, Results, Table, read_results
from digitlab.templates import html_templates

__all__ = ["EmbeddedFigure", "page", "read_figures", "write_report"]

FORMATS = {"PNG": "image/png", "GIF": "image/gif"}
INKED_PIXELS = 96 / 150
"""CSS pixels for a pixel of a figure: figures are drawn with 150 dots to the inch, a page has 96."""


CODE = re.compile(r"`([^`]+)`")
MANY_ROWS = 20
"""Tables longer than this are folded."""
SHORT = 16
"""Most letters of a cell that is not broken into lines."""
RELOAD_SECONDS = 20


@dataclass(frozen=True)
class EmbeddedFigure:
    """A figure as a page holds it.

    Attributes:
        width: In pixels.
        height: In pixels.
        shown: The width in CSS pixels at which its letters have the size they were drawn with.
        uri: The file itself, as a `data:` address.
    """

    width: int
    height: int
    shown: int
    uri: str


def read_figures(results: Results, folder: Path) -> dict[str, EmbeddedFigure]:
    """Every figure of `results`, by its `file`.

    Raises:
        RunError: If a file is missing, is no PNG or GIF, or lies outside `folder`.
    """
    figures = {}
    for study in results.studies:
        for experiment in study.experiments:
            for figure in experiment.figures:
                figures[figure.file] = _read(figure, f"{study.id}/{experiment.id}", folder)
    return figures


def _read(figure: FigureFile, owner: str, folder: Path) -> EmbeddedFigure:
    path = folder / figure.file
    named = f"figure {figure.id} of {owner}"
    if not path.resolve().is_relative_to(folder.resolve()):
        raise RunError(f"{named} lies outside {folder}: {figure.file}", "Choose another --out.")
    again = "Run `digitlab reproduce` again; it makes what is missing."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"cannot read {named}: {path}: {error.strerror}", again) from None
    try:
        with Image.open(io.BytesIO(content), formats=list(FORMATS)) as image:
            (width, height), kind = image.size, FORMATS[str(image.format)]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise RunError(f"{named} is no PNG or GIF: {path}", f"Remove the file. {again}") from None
    uri = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return EmbeddedFigure(width, height, round(width * INKED_PIXELS), uri)


def page(results: Results, figures: Mapping[str, EmbeddedFigure], under_way: bool = False) -> str:
    """The whole page as HTML.

    Args:
        results: The results of all studies.
        figures: Every figure of `results`, by its `file`.
        under_way: Whether the page is to load itself again, because it will be written again.
    """
    environment = html_templates("digitlab.report")
    environment.filters["inline"] = _inline
    return environment.get_template("page.html.j2").render(
        results=results,
        figures=figures,
        reload_seconds=RELOAD_SECONDS if under_way else None,
        tables=tables,
        items=items,
        counts=tables.verdict_counts(results),
        dash=MISSING,
        many_rows=MANY_ROWS,
        columns_of=_columns_of,
        describe_setup=describe_setup,
        source_text=source_text,
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
    """The columns of a table: name, cells as text, and how they are set.

    Numbers stand to the right; words of a column whose cells are all short do not break.
    """
    columns = zip(*table.rows, strict=True) if table.rows else [() for _ in table.columns]
    described = []
    for name, cells in zip(table.columns, columns, strict=True):
        texts = cell_texts(cells)
        numeric = not any(isinstance(cell, str) for cell in cells)
        short = max(map(len, texts), default=0) <= SHORT
        described.append({"name": name, "texts": texts, "numeric": numeric, "short": short})
    return described


def write_report(folder: Path, under_way: bool = False) -> tuple[Path, Path]:
    """Writes `index.html` and `results.md` into a folder that holds a `results.json`.

    Args:
        folder: Where `results.json` and the figures are.
        under_way: Whether more is on its way; the page then says so and loads itself again.

    Returns:
        The two files.

    Raises:
        RunError: If `results.json` is missing, damaged or of another version, or a figure cannot be read.
        OutputError: If the operating system refuses.
    """
    results = read_results(folder / "results.json")
    html, text = folder / "index.html", folder / "results.md"
    write_text(html, page(results, read_figures(results, folder), under_way))
    write_text(text, markdown(results))
    return html, text
