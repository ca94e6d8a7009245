"""How commands speak: answers on standard output, talk on standard error."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

__all__ = ["AsJson", "answer_json", "complain", "say"]


def answer_json(value: object) -> None:
    """Prints `value` on standard output as one JSON document."""
    print(json.dumps(value, indent=2, allow_nan=False))


def say(words: str) -> None:
    """Prints `words` on standard error."""
    print(words, file=sys.stderr, flush=True)


def complain(words: str) -> None:
    """Prints an error's one or two lines on standard error."""
    say(f"error: {words}")
