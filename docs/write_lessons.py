"""Writes `docs/lessons/`: each notebook of `lessons/`, executed, as a page with its outputs and figures.

    python docs/write_lessons.py [NOTEBOOK ...]

With --check it says which pages are of other notebooks than those that are there; nothing is executed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import sys
import tempfile
from pathlib import Path

from lesson_notebooks import execute, notebooks, read_notebook
from nbconvert import MarkdownExporter
from nbformat import NotebookNode

PAGES = Path(__file__).parent / "lessons"
EMBEDDED = re.compile(r"data:image/(png|gif);base64,([A-Za-z0-9+/=]+)")


def main() -> None:
    """Writes the pages, or checks them."""
    if sys.argv[1:] == ["--check"]:
        stale = [path.name for path in notebooks() if not is_current(path)]
        if stale:
            sys.exit(f"out of date: {', '.join(stale)}; run python docs/write_lessons.py")
        return
    for path in map(Path, sys.argv[1:] or notebooks()):
        with tempfile.TemporaryDirectory() as folder:
            write(path, execute(read_notebook(path), Path(folder)))
        print(page_of(path))


def page_of(path: Path) -> Path:
    """The page of a notebook."""
    return PAGES / f"{path.stem}.md"


def is_current(path: Path) -> bool:
    """Whether the page of a notebook is there, and made of what it is now."""
    page = page_of(path)
    return page.exists() and page.read_text().startswith(_mark(path))


def _mark(path: Path) -> str:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"<!-- docs/write_lessons.py made this page of lessons/{path.name}, SHA-256 {digest}. -->\n"


def write(path: Path, executed: NotebookNode) -> None:
    """Writes the page of a notebook and its figures; those of before are removed."""
    figures = PAGES / path.stem
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir(parents=True)
    for cell in executed.cells:
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]  # progress
    text, resources = MarkdownExporter().from_notebook_node(executed)
    for name, content in resources["outputs"].items():
        (figures / name).write_bytes(content)
        text = text.replace(f"]({name})", f"]({path.stem}/{name})")

    def take_out(match: re.Match[str]) -> str:
        content = base64.b64decode(match[2])
        name = f"{hashlib.sha256(content).hexdigest()[:12]}.{match[1]}"
        (figures / name).write_bytes(content)
        return f"{path.stem}/{name}"

    text = EMBEDDED.sub(take_out, text)
    text = re.sub(r"<details>", "<details markdown>", text)  # so that the site renders what is inside
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\n{3,}", "\n\n", text)
    note = (
        f"*This lesson is a notebook, `lessons/{path.name}`: here as it is handed out, its exercises not "
        "answered, with what one run of it gave.*"
    )
    title, rest = text.strip().split("\n", 1)
    page_of(path).write_text(f"{_mark(path)}\n{title}\n\n{note}\n{rest.rstrip()}\n")


if __name__ == "__main__":
    main()
