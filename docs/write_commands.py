"""Writes `docs/commands.md` from the commands' own help; with --check, says whether it is up to date."""

from __future__ import annotations

import os
import subprocess
import sys

from generated_page import write_or_check

HEAD = """# Commands

Made from `--help` by `python docs/write_commands.py`; `make check` fails when it is out of date.

Answers go to standard output, talk and progress to standard error. With `--json` a command prints
exactly one JSON document. Exit codes: 0 done; 1 a check failed; 2 wrong use or bad input, with one or
two lines that name the value and the remedy; 130 interrupted.
"""
COMMANDS = [
    ["reproduce"],
    ["studies"],
    ["train"],
    ["evaluate"],
    ["mistakes"],
    ["inspect"],
    ["search"],
    ["lr-range"],
    ["compare"],
    ["predict"],
    ["read"],
    ["lab"],
    ["export"],
    ["networks"],
    ["recipes"],
    ["bench"],
    ["data"],
    ["data", "list"],
    ["data", "show"],
    ["data", "verify"],
    ["data", "path"],
]


def help_of(command: list[str]) -> str:
    """What `digitlab COMMAND --help` prints on a page 100 columns wide."""
    environment = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
    arguments = [sys.executable, "-m", "digitlab", *command, "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environment)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def page() -> str:
    """The whole page."""
    sections = [HEAD, f"```\n{help_of([])}\n```\n"]
    for command in COMMANDS:
        sections.append(f"## {' '.join(['digitlab', *command])}\n\n```\n{help_of(command)}\n```\n")
    return "\n".join(sections)


def main() -> None:
    """Writes the page, or checks it."""
    write_or_check("commands.md", page())


if __name__ == "__main__":
    main()
