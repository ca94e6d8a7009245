"""Output of commands: answers on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from digitlab.data import SkippedEntries
    from digitlab.runs import TrainedModel

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SkipUnknown = Annotated[
    bool,
    typer.Option(
        "--skip-unknown",
        help="In a folder of images, skip and name what is no digit's sub-folder and no readable image.",
    ),
]

__all__ = [
    "AsJson",
    "SkipUnknown",
    "format_table",
    "log",
    "log_member",
    "log_skipped",
    "print_error",
    "print_json",
    "print_table",
]

PLAIN_WIDTH = 10_000
"""Characters in a line of a table that no terminal shows, so that no cell of it is broken."""


def print_json(value: object) -> None:
    """Prints `value` on standard output as one JSON document."""
    print(json.dumps(value, indent=2, allow_nan=False))


def log(text: str) -> None:
    """Prints `text` on standard error, at once."""
    print(text, file=sys.stderr, flush=True)


def log_member(opened: TrainedModel) -> None:
    """Says which run of a folder of several is taken."""
    if len(opened.runs) > 1:
        log(f"note: {opened.path} holds {len(opened.runs)} runs; taken is {opened.runs[0].folder.name}")


def log_skipped(skipped: SkippedEntries) -> None:
    """Says which entries of a folder of images were skipped."""
    log(f"note: {skipped}")


def print_error(text: str) -> None:
    """Prints an error's one or two lines on standard error."""
    log(f"error: {text}")


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    left: Collection[str] = (),
    title: str = "",
    fold: bool = False,
) -> None:
    """Prints a table on standard output: styled on a terminal, else as aligned plain text.

    Args:
        columns: The heading of each column.
        rows: One text for each column.
        left: Headings of the columns that are aligned left; the others are aligned right.
        title: A line above the table.
        fold: Whether a table that is wider than the terminal is printed as several below each other, each
            with the first column.
    """
    width, rows = _terminal_width(), [tuple(row) for row in rows]
    parts = _folded(columns, rows, width) if fold and width else [range(len(columns))]
    for number, part in enumerate(parts):
        own = [[row[i] for i in part] for row in rows]
        text = format_table(
            [columns[i] for i in part], own, left=left, title="" if number else title, width=width
        )
        print(f"\n{text}" if number else text)


def _folded(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[Sequence[int]]:
    """The columns of each part of a table that is folded to a width; the first column is in all of them."""
    by_column = zip(columns, *rows, strict=True)
    sizes = [max(map(len, texts)) + 2 for texts in by_column]
    parts: list[list[int]] = [[0]]
    for column in range(1, len(columns)):
        if len(parts[-1]) > 1 and sum(sizes[i] for i in parts[-1]) + sizes[column] - 2 > width:
            parts.append([0])
        parts[-1].append(column)
    return [*parts]


def format_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    left: Collection[str] = (),
    title: str = "",
    width: int | None = None,
) -> str:
    """A table as text, without spaces at the ends of lines. The arguments are those of `print_table`.

    Args:
        columns: See `print_table`.
        rows: See `print_table`.
        left: See `print_table`.
        title: See `print_table`.
        width: Characters in a line of the terminal that shows the table; None: plain text for none.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Rich leaves colors out by itself where NO_COLOR is set.
    console = Console(width=width or PLAIN_WIDTH, force_terminal=width is not None, highlight=False)
    table = Table(
        title=title or None,
        box=None,
        pad_edge=False,
        title_justify="left",
        title_style="",
        header_style="bold",
    )
    for name in columns:
        table.add_column(Text(name), justify="left" if name in left else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _terminal_width() -> int | None:
    """Characters in a line of the terminal on standard output; None where it is none."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
