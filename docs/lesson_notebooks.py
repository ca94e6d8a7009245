"""The notebooks of `lessons/`: read, with the solutions in their exercises, and executed.

A cell tagged `exercise` is for the reader. The next Markdown cell with a folded block, `<details>`, holds
what solves it, as Python code.
"""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

LESSONS = Path(__file__).parent.parent / "lessons"
SECONDS = 180
"""Most that a cell may take."""
SOLUTION = re.compile(r"<summary>Solution</summary>\s*```python\n(.*?)```", re.DOTALL)


def notebooks() -> list[Path]:
    """The notebooks, in order."""
    return sorted(LESSONS.glob("*.ipynb"))


def read_notebook(path: Path) -> NotebookNode:
    """A notebook without outputs, as it is in the checkout."""
    return nbformat.read(path, as_version=4)


def is_exercise(cell: NotebookNode) -> bool:
    """Whether a cell is for the reader to fill in."""
    return "exercise" in cell.metadata.get("tags", [])


def with_solutions(notebook: NotebookNode) -> NotebookNode:
    """A notebook in which each exercise is solved as its folded solution says."""
    solved = deepcopy(notebook)
    for index, cell in enumerate(solved.cells):
        if is_exercise(cell):
            later = (SOLUTION.search(each.source) for each in solved.cells[index:])
            cell.source = next(match[1] for match in later if match).rstrip()
    return solved


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """A copy of a notebook with its outputs, executed in a folder.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell raises an error.
        nbclient.exceptions.CellTimeoutError: If a cell takes too long.
    """
    executed = deepcopy(notebook)
    client = NotebookClient(
        executed,
        extra_arguments=["--log-level=ERROR"],  # no warning that the kernel talks over TCP
        timeout=SECONDS,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return executed
