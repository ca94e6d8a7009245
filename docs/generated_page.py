"""Pages that are made from the code: written, or with --check compared with what they would be now."""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).parent


def write_or_check(name: str, text: str) -> None:
    """Writes a page of `docs/`; with --check, ends the program with an error if the page is not this text."""
    page = DOCS / name
    if "--check" not in sys.argv:
        page.write_text(text)
    elif not page.exists() or page.read_text() != text:
        sys.exit(f"docs/{name} is out of date: run python docs/{Path(sys.argv[0]).name}")
