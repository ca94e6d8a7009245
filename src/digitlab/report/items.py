"""The items of a source in words: what each is, and where ours is on the page."""

from __future__ import annotations

from dataclasses import dataclass

from digitlab.report.format import name_text
from digitlab.report.results import StudyResult

__all__ = ["ItemRow", "item_rows", "items_summary"]


@dataclass(frozen=True)
class ItemRow:
    """An item of a source with its answers: `(text, address on the page or empty)` each."""

    what: str
    place: str
    answers: tuple[tuple[str, str], ...]


def item_rows(study: StudyResult) -> list[ItemRow]:
    """Every item of a study's source, and where ours is."""
    return [
        ItemRow(
            item.what,
            item.place,
            tuple(_answer(study, reference) for reference in item.ours)
            or ((f"not reproduced: {item.not_reproduced}", ""),),
        )
        for item in study.items
    ]


def items_summary(study: StudyResult) -> str:
    """How many items of the source are answered, in words."""
    left_out = sum(not item.ours for item in study.items)
    text = f"Every item of the source: {len(study.items) - left_out} of {len(study.items)} are here"
    return f"{text}, {left_out} not reproduced" if left_out else text


def _answer(study: StudyResult, reference: str) -> tuple[str, str]:
    """A reference of a `SourceItem` in words, with its address on the page."""
    kind, _, target = reference.partition(":")
    if kind in ("view", "docs", "command"):
        commands = {"view": f"`digitlab inspect --view {target}`", "command": f"`{target}`"}
        return commands.get(kind, target.partition("#")[0]), ""
    experiment, _, name = target.partition("/")
    address = f"#{study.id}" if experiment == "study" else f"#{study.id}--{experiment}"
    words = name_text(name) if kind in ("published", "series") else name
    kinds = {"figure": "figure", "table": "table", "note": "note"}
    after = "by epoch" if kind == "series" else ""
    parts = (experiment, kinds.get(kind, ""), words, after)
    text = " ".join(part for part in parts if part and part != "study")
    return text, address
