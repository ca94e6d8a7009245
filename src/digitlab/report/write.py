"""Writing the report: the page and its Markdown, from `results.json` and the figures beside it."""

from __future__ import annotations

from pathlib import Path

from digitlab.files import write_text
from digitlab.report.markdown import markdown
from digitlab.report.page import page
from digitlab.report.pictures import read_pictures
from digitlab.report.results import read_results

__all__ = ["write_report"]


def write_report(folder: Path) -> list[Path]:
    """Writes `index.html` and `results.md` into a folder that holds a `results.json`.

    Returns:
        The two files.

    Raises:
        RunError: If `results.json` is missing, damaged or of another version, or a figure cannot be read.
        OutputError: If the operating system refuses.
    """
    results = read_results(folder / "results.json")
    texts = {
        "index.html": page(results, read_pictures(results, folder)),
        "results.md": markdown(results),
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]
