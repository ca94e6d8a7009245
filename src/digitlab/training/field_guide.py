"""Field guide: what each field of `Recipe` does when it changes, and the command that shows it."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FieldGuide", "field_guides"]


@dataclass(frozen=True)
class FieldGuide:
    """What one field of `Recipe` does.

    Attributes:
        effect: What larger and smaller values do, usual values, and the formula where there is one.
        source: Where that is from: authors, year, title; empty where it follows from the code alone.
        command: A command, or several on a line each, that shows it on this data in a few minutes at most.
    """

    effect: str
    source: str
    command: str


@functools.cache
def field_guides() -> Mapping[str, FieldGuide]:
    """The guide to each field by its name, from `field_guide.toml`."""
    entries = tomllib.loads(Path(__file__).with_name("field_guide.toml").read_text(encoding="utf-8"))
    return {
        name: FieldGuide(" ".join(entry["effect"].split()), entry["source"], entry["command"].strip())
        for name, entry in entries.items()
    }
