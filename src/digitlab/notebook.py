"""Notebooks: the HTML that results have there, a display that is updated in place, and interrupts."""

from __future__ import annotations

import base64
import html
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

__all__ = [
    "LiveDisplay",
    "cells_html",
    "image_html",
    "in_notebook",
    "interrupts_told",
    "shortened",
    "table_html",
    "text_html",
]

UPDATE_SECONDS = 0.2
"""Between two updates of a display: more often would cost the work time, and nobody could read it."""


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


class LiveDisplay:
    """One output of a notebook's cell, updated in place. There is none before the first `show`.

    Args:
        title: What it is about.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._handle: Any = None
        self._last = float("-inf")

    @property
    def due(self) -> bool:
        """Whether the last update is long enough ago for another one."""
        return time.monotonic() - self._last > UPDATE_SECONDS

    def show(self, text: str, done: int = 0, total: int | None = None) -> None:
        """Replaces what is shown.

        Args:
            text: How far the work is, or what became of it.
            done: How much of `total` is done; a bar shows it.
            total: How much there is to do; None: no bar.
        """
        bar = f' <progress value="{done}" max="{total}"></progress>' if total else ":"
        title, words = html.escape(self.title), html.escape(text)
        data = {
            "text/plain": f"{self.title}: {text}",
            "text/html": f"<div><strong>{title}</strong>{bar} {words}</div>",
        }
        self._last = time.monotonic()
        if self._handle is None:
            display = import_module("IPython.display").display  # every kernel has it
            self._handle = display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


@contextmanager
def interrupts_told(remedy: Callable[[], str]) -> Iterator[None]:
    """Has an interrupt say how to go on: as a note of the error, and in a notebook instead of a traceback.

    Of two blocks, one in the other, the outer one has the last word.

    Args:
        remedy: Says how to go on, in one line. Called if the block is interrupted.

    Raises:
        KeyboardInterrupt: If the block is interrupted.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        line = remedy()
        error.__notes__ = [line]
        if in_notebook():
            error._render_traceback_ = lambda: [f"Interrupted. {line}"]  # type: ignore[attr-defined]
        raise


def table_html(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a heading, as HTML; all texts are escaped.

    Args:
        heading: What it shows; empty for none.
        columns: The heading of each column; without any there is no row of headings.
        rows: One text for each column.
    """
    return cells_html(heading, columns, ([html.escape(cell) for cell in row] for row in rows))


def cells_html(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The same of cells that are HTML: what is no markup in them has to be escaped.

    Args:
        heading: A text, as in `table_html`.
        columns: Texts, as in `table_html`.
        rows: HTML for each column.
    """
    title = f"<strong>{html.escape(heading)}</strong>" if heading else ""
    names = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    head = f"<tr>{names}</tr>" if columns else ""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div>{title}<table>{head}{body}</table></div>"


def image_html(image: bytes, description: str, kind: str = "png", name: str = "") -> str:
    """An image inside HTML, with its description above it.

    Args:
        image: Content of the file.
        description: What it shows; it is also the text for those who do not see it. Empty for nothing.
        kind: Kind of file: `png` or `gif`.
        name: The text for those who do not see it, where there is no description.
    """
    source = base64.b64encode(image).decode("ascii")
    words = html.escape(description).replace("\n", "<br>")
    other = html.escape(description or name)
    picture = (
        f'<img src="data:image/{kind};base64,{source}" alt="{other}" style="max-width: min(100%, 800px)">'
    )
    return f"<div>{words}<br>{picture}</div>" if words else f"<div>{picture}</div>"


def shortened(rows: Sequence[Sequence[str]], n: int) -> list[Sequence[str]]:
    """The first `n` rows of a table; if there are more, the last row says how many."""
    if len(rows) <= n:
        return list(rows)
    return [*rows[:n], [f"… {len(rows) - n:,} more", *[""] * (len(rows[0]) - 1)]]


def text_html(text: str) -> str:
    """A text of fixed pitch, as HTML."""
    return f"<pre>{html.escape(text)}</pre>"
