"""Writes `docs/studies.md`, the README's table and the results that ship, from a whole reproduction.

    digitlab reproduce && python docs/write_studies.py runs/reproduce

The words of the page are `docs/studies-words.md`, cut at its headings; the numbers come from the results.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from digitlab.files import write_json
from digitlab.report import Results, StudyResult, overall_rows, read_results
from digitlab.report.format import source_text
from digitlab.report.shipped import SHIPPED, without_details
from digitlab.report.tables import TIMES, metric_rows, summary
from digitlab.settings import to_dict

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
PICTURES = {
    "crash-course/dense/weights.png": "weights-of-100-units.png",
    "hidden-layer/mlp-2/scatter.png": "two-units.png",
}
"""Figures of the run that the README and the page show, and their names in `docs/pictures/`."""
MARKS = re.compile(r"(<!-- studies -->\n).*?(<!-- /studies -->)", re.DOTALL)


def main() -> None:
    """Writes all three."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/reproduce")
    results = read_results(folder / "results.json")
    if results.quick or not results.complete:
        sys.exit(f"{folder} holds a quick look or an unfinished run; do a whole one first")
    for name, ours in PICTURES.items():
        shutil.copyfile(folder / "figures" / name, DOCS / "pictures" / ours)
    (DOCS / "studies.md").write_text("\n\n".join(page(results)) + "\n")
    write_json(SHIPPED, to_dict(without_details(results)))
    readme = README.read_text()
    table = f"{summary(results)} {TIMES}\n\n{_table(*_split(overall_rows(results)))}\n"
    README.write_text(MARKS.sub(lambda marks: marks[1] + table + marks[2], readme))


def page(results: Results) -> Iterator[str]:
    """The page, block by block."""
    words = _words()
    yield words["head"]
    yield summary(results)
    yield _table(*_split(overall_rows(results)))
    for study in results.studies:
        yield f"## {study.title}"
        source = f"{source_text(study)} (`{study.source}`)"
        yield f"`digitlab reproduce {study.id}`. Source: {source}. {study.method}"
        yield words[study.id]
        yield _figures(study)
        for table in study.tables:
            yield f"{table.title}:"
            yield _table(table.columns, [tuple(map(str, row)) for row in table.rows])
        yield "Errors in the source, and notes:"
        yield "\n".join(f"- {note}" for note in study.notes)
        told = [f"- {each.title}: {note}" for each in study.experiments for note in each.notes]
        if told:
            yield "\n".join(told)


def _words() -> dict[str, str]:
    """The page's words by study, from `studies-words.md`."""
    parts = re.split(r"^# ([a-z-]+)$", (DOCS / "studies-words.md").read_text(), flags=re.MULTILINE)
    return {name.strip(): text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def _figures(study: StudyResult) -> str:
    """Every published figure of a study beside ours."""
    rows = [
        (
            each.id,
            row.name,
            row.published,
            row.measured,
            str(row.n or ""),
            f"{row.sign} {row.verdict}".strip(),
        )
        for each in study.experiments
        for row in metric_rows(each, published_only=True)
    ]
    return _table(("experiment", "figure", "published", "measured", "n", "verdict"), rows)


def _split(rows: Sequence[Sequence[str]]) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    return rows[0], rows[1:]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    main()
