"""Writing the report: the page and its Markdown, from `results.json` and the figures beside it."""

from __future__ import annotations

from pathlib import Path

from digitlab.files import write_text
from digitlab.report.figure_files import read_figures
from digitlab.report.markdown import markdown
from digitlab.report.page import page
from digitlab.report.results import read_results

__all__ = ["write_report"]


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
