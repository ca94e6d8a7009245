"""`results.md`: the report as Markdown, with its figures as links to the files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from digitlab.formatting import MISSING
from digitlab.report.format import cell_texts, describe_setup, source_text
from digitlab.report.items import item_rows, items_summary
from digitlab.report.results import ExperimentResult, Results, StudyResult, Table
from digitlab.report.tables import (
    TIMES,
    metric_rows,
    overall_rows,
    series_summary,
    series_tables,
    spread_text,
    summary,
    verdict_counts,
)

__all__ = ["markdown"]

CODE = re.compile(r"(`[^`]+`)")
LINES = re.compile(r"\s*\n\s*")
SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")
QUICK = "Quick look: budgets were cut. This is not a reproduction."
INCOMPLETE = "Incomplete: some experiments have not been done yet."


def markdown(results: Results) -> str:
    """The whole report as GitHub's Markdown."""
    return "\n\n".join(_blocks(results)) + "\n"


def _blocks(results: Results) -> Iterator[str]:
    yield "# Published beside measured"
    if results.quick:
        yield f"**{QUICK}**"
    if not results.complete:
        yield f"**{INCOMPLETE}**"
    yield _escape(summary(results))
    count = verdict_counts(results)
    yield (
        f"{count.total()} published figures: ✓ {count['inside']} in agreement (within one standard deviation "
        f"of ours, or the range of our seeds), ≈ {count['near']} close (within three), ≠ {count['outside']} "
        f"different. {series_summary(results)} Measured is mean ± standard deviation over n seeds. {TIMES}"
    )
    header, *rows = overall_rows(results)
    yield _table(header, [tuple(map(_escape, row)) for row in rows])
    for study in results.studies:
        yield from _study(study)


def _study(study: StudyResult) -> Iterator[str]:
    yield f"## {_escape(study.title)}"
    yield f"`{study.id}`. Source: {_escape(source_text(study))} (`{study.source}`). {_escape(study.method)}"
    rows = []
    for experiment in study.experiments:
        for r in metric_rows(experiment, published_only=True):
            told = (r.name, r.published, r.reference, r.measured, str(r.n or ""), r.difference)
            rows.append((experiment.id, *told, f"{r.sign} {r.verdict}".strip()))
    if rows:
        header = ("experiment", "figure", "published", "reference", "measured", "n", "difference", "verdict")
        yield _table(header, [tuple(_escape(cell or MISSING) for cell in row) for row in rows])
    for table in study.tables:
        yield from _titled(table)
    for experiment in study.experiments:
        yield from _experiment(experiment)
    if study.notes:
        yield "### Notes on the source"
        yield _list(study.notes)
    if study.items:
        yield f"### {_escape(items_summary(study))}"
        items = [
            (row.what, row.place, ", ".join(text for text, _ in row.answers)) for row in item_rows(study)
        ]
        yield _table(("in the source", "where", "here"), [tuple(map(_escape, each)) for each in items])


def _experiment(experiment: ExperimentResult) -> Iterator[str]:
    yield f"### {_escape(experiment.title)}"
    if experiment.fixes_protocol_of:
        yield f"Corrects the protocol of `{experiment.fixes_protocol_of}`: scored on held-out digits."
    facts = describe_setup(experiment)
    lines = [("Network", facts.network), ("Recipe", facts.recipe), *facts.data, ("Seeds", facts.seeds)]
    lines.append(("Spread over seeds", spread_text(experiment)))
    lines = [(name, words) for name, words in lines if words]
    if lines:
        yield "\n".join(f"- {_escape(name)}: {_escape(words)}" for name, words in lines)
    rows = metric_rows(experiment)
    if rows:
        cells = [(r.name, r.published, r.measured, str(r.n or ""), r.range) for r in rows]
        header = ("figure", "published", "measured", "n", "lowest to highest")
        yield _table(header, [tuple(_escape(cell or MISSING) for cell in row) for row in cells])
    for table in experiment.tables:
        yield from _titled(table)
    for figure in experiment.figures:
        yield f"![{_escape(figure.title)}]({quote(figure.file)})"
        yield f"*{_escape(figure.title)}*"
    for grid in series_tables(experiment):
        yield f"**{_escape(grid.title)}**"
        yield _table(tuple(map(_escape, grid.columns)), grid.rows)
    if experiment.notes:
        yield _list(experiment.notes)
    if experiment.runs:
        yield "Runs: " + ", ".join(f"`{run}`" for run in experiment.runs)


def _titled(table: Table) -> Iterator[str]:
    yield f"**{_escape(table.title)}**"
    columns = [cell_texts(column) for column in zip(*table.rows, strict=True)]
    rows = [tuple(map(_escape, row)) for row in zip(*columns, strict=True)]
    yield _table(tuple(map(_escape, table.columns)), rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _list(notes: Sequence[str]) -> str:
    return "\n".join(f"- {_escape(note)}" for note in notes)


def _escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line; code in backticks stays code."""
    parts = CODE.split(LINES.sub(" ", text))
    escaped = [part.replace("|", "\\|") if CODE.fullmatch(part) else _escape_words(part) for part in parts]
    return "".join(escaped)


def _escape_words(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))
