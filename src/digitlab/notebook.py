"""Notebook display: the HTML that results have there."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

__all__ = ["image_html", "table_html", "text_html"]


def table_html(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with a heading, as HTML; all texts are escaped.

    Args:
        heading: What it shows.
        columns: The heading of each column.
        rows: One text for each column.
    """
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div><strong>{html.escape(heading)}</strong><table><tr>{head}</tr>{body}</table></div>"


def image_html(image: bytes, description: str, kind: str = "png") -> str:
    """An image inside HTML, with its description above it.

    Args:
        image: Content of the file.
        description: What it shows; it is also the text for those who do not see it.
        kind: Kind of file: `png` or `gif`.
    """
    source = base64.b64encode(image).decode("ascii")
    words = html.escape(description)
    picture = f'<img src="data:image/{kind};base64,{source}" alt="{words}" style="max-width: 100%">'
    return f"<div>{words}<br>{picture}</div>"


def text_html(text: str) -> str:
    """A text of fixed pitch, as HTML."""
    return f"<pre>{html.escape(text)}</pre>"
