"""Runs the commands of the tutorial and the how-to pages and writes their real output below them.

In a page, a block that begins with "```console" holds commands, each after "$ ", and their output; a command
goes on after a line that ends in a backslash. All blocks of a page run in one empty folder, in order.
"```console 8" keeps the first 8 lines of each output. `tests/test_docs_commands.py` runs them, too.

Run it after a change of what commands print: python docs/write_pages.py [PAGE ...]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parent
BLOCK = re.compile(r"```console ?(\d*)\n(.*?)```", re.S)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.M)


def pages() -> list[Path]:
    """The pages with commands."""
    return [DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md"))]


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a page in order, each with the output that the page shows."""
    for block in BLOCK.finditer(text):
        for command in COMMAND.finditer(block[2]):
            yield command[1], command[2]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command in `folder`, its standard error among its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "110"}
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def run_commands(page: Path) -> str:
    """The text of a page with the output of its commands made anew."""
    with tempfile.TemporaryDirectory() as folder:

        def replace(match: re.Match[str]) -> str:
            most = int(match[1] or 40)
            lines = []
            for command, _ in commands(match[0]):
                output = [line.rstrip() for line in run(command, Path(folder)).stdout.splitlines()]
                lines += [f"$ {command}", *output[:most], *(["…"] if len(output) > most else [])]
            count = f" {match[1]}" if match[1] else ""
            return f"```console{count}\n" + "\n".join(lines) + "\n```"

        return BLOCK.sub(replace, page.read_text())


def main() -> None:
    """Writes the pages named on the command line, or all."""
    for page in [Path(name) for name in sys.argv[1:]] or pages():
        page.write_text(run_commands(page))
        print(page)


if __name__ == "__main__":
    main()
