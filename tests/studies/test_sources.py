"""Titles, authors and years of the sources are those that their texts name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from digitlab.studies import STUDIES, Study


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_what_a_source_is_called_stands_in_its_text(study: Study, read_source: Callable[[str], str]) -> None:
    lines = {line.lstrip("# ") for line in read_source(study.source).splitlines()}
    named = [study.source_title] if study.source_title else []
    assert [title for title in named if title not in lines] == []
    text = read_source(study.source)
    assert study.source_author in text
    assert study.source_year is None or str(study.source_year) in text


def test_sources_are_named_as_far_as_they_name_themselves() -> None:
    named = {
        name: (bool(study.source_title), study.source_author, study.source_year)
        for name, study in STUDIES.items()
    }
    assert named == {
        "crash-course": (True, "", None),
        "practice-lab": (True, "", None),
        "deep-mnist": (False, "Saeed Aghabozorgi", 2016),
        "hidden-layer": (True, "Claire Boetticher", None),
        "mat-file": (True, "", None),
    }
