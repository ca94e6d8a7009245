"""Every stage of reading a page, as pictures and a web page that shows them in order."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from digitlab.files import atomic_write, make_folder, write_text
from digitlab.formatting import format_probability
from digitlab.pages.answers import Page, ReadString
from digitlab.pages.stages import Stage

__all__ = ["write_index", "write_stages"]

LEGIBLE = 600
"""Pixels of width to which small pictures are enlarged, by a whole factor."""

STYLE = """
:root { color-scheme: light dark;
  --line: #c8c8c8; --quiet: #595959; --paper: #fff; --ink: #1a1a1a; --link: #00569c; }
@media (prefers-color-scheme: dark) {
  :root { --line: #4a4a4a; --quiet: #b4b4b4; --paper: #161616; --ink: #ececec; --link: #8ec8ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 75rem; font: 1rem/1.5 system-ui, sans-serif;
  background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 0.25rem; padding-top: 1rem; border-top: 1px solid var(--line); }
p { margin: 0.25rem 0 0.75rem; max-width: 45rem; }
a { color: var(--link); }
.quiet { color: var(--quiet); }
img { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); background: #fff; }
img.small { image-rendering: pixelated; }
.wide { overflow-x: auto; margin-top: 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; white-space: nowrap; padding: 0.2rem 1.2rem 0.2rem 0;
  border-bottom: 1px solid var(--line); }
"""


def write_stages(folder: Path, page: Page, stages: Sequence[Stage], drawing: Image.Image) -> None:
    """Writes the stages of a page as PNG files, and `index.html`, which shows them in order with the answer.

    Args:
        folder: Where; it is made.
        page: The answer.
        stages: In order.
        drawing: The page with boxes and readings.

    Raises:
        OutputError: If the operating system refuses.
    """
    make_folder(folder)
    title = f"{page.image}, page {page.page}"
    parts = []
    for number, stage in enumerate(stages, start=1):
        picture = Image.fromarray(stage.picture)
        name = f"{number:02d}-{stage.name}.png"
        _save(folder / name, picture)
        parts.append(_section(f"{number}. {stage.title}", stage.about, name, picture.size))
    _save(folder / "answer.png", drawing)
    about = f"Read in {page.seconds:.2f} s. Solid boxes are sure, dashed ones are not."
    parts.append(_section(f"{len(stages) + 1}. The answer", about, "answer.png", drawing.size))
    parts.append(_answers(page))
    write_text(folder / "index.html", _document(f"How {title} was read", "\n".join(parts)))


def write_index(folder: Path, entries: Sequence[tuple[str, Page]]) -> None:
    """Writes `index.html`, which leads to the stages of several pages.

    Args:
        folder: Above the pages' folders.
        entries: The name of each page's folder, and its answer.

    Raises:
        OutputError: If the operating system refuses.
    """
    rows = []
    for name, page in entries:
        link = html.escape(f"{name}/index.html", quote=True)
        unsure = sum(string.status != "sure" for string in page.strings)
        rows.append(
            f'<tr><td><a href="{link}">{html.escape(page.image)}, page {page.page}</a></td>'
            f"<td>{len(page.strings)}</td><td>{unsure}</td><td>{len(page.left_out)}</td></tr>"
        )
    head = "<tr><th>page</th><th>numbers</th><th>not sure</th><th>left out</th></tr>"
    table = f'<div class="wide"><table>{head}\n{"".join(rows)}</table></div>'
    write_text(folder / "index.html", _document("How these pages were read", table))


def _save(path: Path, picture: Image.Image) -> None:
    with atomic_write(path) as temporary:
        picture.save(temporary, format="PNG")


def _section(title: str, about: str, name: str, size: tuple[int, int]) -> str:
    factor = max(1, min(4, LEGIBLE // max(1, size[0])))
    kind = ' class="small"' if factor > 1 else ""
    return (
        f"<section><h2>{html.escape(title)}</h2>\n<p>{html.escape(about)}</p>\n"
        f'<a href="{name}"><img{kind} src="{name}" alt="{html.escape(title, quote=True)}" '
        f'width="{size[0] * factor}" height="{size[1] * factor}" loading="lazy"></a></section>'
    )


def _answers(page: Page) -> str:
    """What was read as a table, and what was left out."""
    rows = [
        f"<tr><td>{number}</td><td>{html.escape(string.written)}</td><td>{_probability(string)}</td>"
        f"<td>{html.escape(_second(string))}</td></tr>"
        for number, line in enumerate(page.lines, start=1)
        for string in line.strings
    ]
    head = "<tr><th>line</th><th>read</th><th>probability</th><th>or else</th></tr>"
    table = f'<div class="wide"><table>{head}\n{"".join(rows)}</table></div>' if rows else ""
    words = "" if rows else "<p>Nothing to read.</p>"
    reasons = sorted({one.reason for one in page.left_out})
    if reasons:
        told = ", ".join(f"{reason} ({sum(x.reason == reason for x in page.left_out)})" for reason in reasons)
        words += f'<p class="quiet">Left out: {html.escape(told)}.</p>'
    return table + words


def _probability(string: ReadString) -> str:
    told = format_probability(string.probability, 3)
    return html.escape(told if string.status == "sure" else f"{told}, not sure")


def _second(string: ReadString) -> str:
    if string.second is None:
        return ""
    return f"{string.second} ({format_probability(string.second_probability, 3)})"


def _document(title: str, content: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n"
        f"<body>\n<h1>{html.escape(title)}</h1>\n{content}\n</body>\n</html>\n"
    )
