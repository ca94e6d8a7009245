"""The items of the sources: each is answered, or says why not, and every answer is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from digitlab.cli import app
from digitlab.errors import SettingError
from digitlab.report import SourceItem
from digitlab.studies import STUDIES
from digitlab.studies.source_items import check_items

ROOT = Path(__file__).parents[2]
ITEMS = [(study, item) for study in STUDIES.values() for item in study.items]


def test_every_reference_leads_somewhere() -> None:
    assert [line for study in STUDIES.values() for line in check_items(study)] == []


def test_there_are_as_many_items_as_the_sources_were_found_to_have() -> None:
    assert len(ITEMS) >= 190
    assert sum(not item.ours for _, item in ITEMS) <= 5


def test_no_item_stands_twice() -> None:
    for study in STUDIES.values():
        named = [(item.what, item.place) for item in study.items]
        assert len(named) == len(set(named))


def test_commands_are_commands() -> None:
    named = {reference for _, item in ITEMS for reference in item.ours if reference.startswith("command:")}
    for reference in sorted(named):
        program, command, *more = reference.removeprefix("command:").split()
        words = [command, more[0]] if command == "data" else [command]
        assert program == "digitlab"
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0, reference


def test_pages_are_there() -> None:
    for _, item in ITEMS:
        for reference in item.ours:
            if reference.startswith("docs:"):
                assert (ROOT / reference.removeprefix("docs:").partition("#")[0]).exists(), reference


@pytest.mark.parametrize("fields", [{}, {"ours": ("experiment:a",), "not_reproduced": "why"}])
def test_an_item_is_answered_or_says_why_not(fields: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="needs either"):
        SourceItem(what="a number", place="Out [1]", **fields)  # type: ignore[arg-type]
