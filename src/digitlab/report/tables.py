"""What a report shows, worked out once for the page and the Markdown: rows, facts and chosen figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from digitlab.formatting import MISSING, format_number, format_seconds
from digitlab.report.format import (
    difference_text,
    measured_text,
    metric_kind,
    name_text,
    published_text,
    range_text,
    speed_text,
    verdict_text,
)
from digitlab.report.results import (
    ExperimentResult,
    FigureFile,
    PublishedComparison,
    Results,
    Series,
    StudyResult,
)

__all__ = [
    "TIMES",
    "MetricRow",
    "SeriesTable",
    "headline",
    "highlight_figures",
    "metric_row",
    "metric_rows",
    "overall",
    "overall_rows",
    "series_pairs",
    "series_summary",
    "series_tables",
    "spread_text",
    "summary",
    "verdict_counts",
]

HEADLINES = ("test_accuracy", "validation_accuracy", "final_loss")
"""The figure that stands for an experiment in the overall table: the first of these that it has."""

HIGHLIGHTS = ("stages", "scatter", "kernels", "weights")
"""Ids of figures worth showing at the top, the most telling first; `weights-...` counts as `weights`."""

MONTHS = "January, February, March, April, May, June, July, August, September, October, November, December"
SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six")
TIME = "train_seconds"
SCALES = {
    "seeds": "over the seeds",
    "recorded seeds": "of two runs, by the recorded spread over seeds",
    "digits": "of this many digits",
}
TIMES = "Times are of training one network on one core; a search's are added up over its fits."
"""What the two columns of times mean, in a sentence."""


@dataclass(frozen=True)
class MetricRow:
    """A figure of an experiment in words; what there is none of is empty.

    Attributes:
        name: The figure's name.
        published: What the source printed.
        place: Where in the source.
        measured: Ours, with its spread.
        n: How many values ours is the mean of; 0 if it was not measured.
        range: Lowest and highest of them.
        difference: Ours less the published one.
        deviations: The same in standard deviations, and which ones.
        sign: Of the verdict.
        verdict: In a word or two.
        kind: `inside`, `near`, `outside`, or empty where nothing was compared.
    """

    name: str
    published: str
    reference: str
    measured: str
    n: int
    range: str
    difference: str
    deviations: str
    sign: str
    verdict: str
    kind: str


NO_ROW = MetricRow(
    name="",
    published="",
    reference="",
    measured="",
    n=0,
    range="",
    difference="",
    deviations="",
    sign="",
    verdict="",
    kind="",
)
"""The row of a metric that there is not."""


@dataclass(frozen=True)
class SeriesTable:
    """Series over the same x as one table: `columns`, and `rows` of numbers as text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def headline(experiment: ExperimentResult) -> str | None:
    """The name of the figure that stands for an experiment: one of `HEADLINES`, else its first."""
    for names in (experiment.published, experiment.measured):
        figures = [name for name in names if name != TIME]
        for name in HEADLINES:
            if name in figures:
                return name
        if figures:
            return figures[0]
    return None


def metric_row(experiment: ExperimentResult, name: str) -> MetricRow:
    """One figure of an experiment in words."""
    measured, published = experiment.measured.get(name), experiment.published.get(name)
    comparison = experiment.comparison.get(name)
    sign, verdict, kind = "", "", ""
    if comparison:
        (sign, verdict), kind = verdict_text(comparison), comparison.verdict
    elif measured is None:
        verdict = "not measured"
    elif published is not None and metric_kind(name) == "seconds":
        slept = name in experiment.sleep_counted
        verdict = "its machine slept" if slept else speed_text(published, measured.mean)
    return MetricRow(
        name=name_text(name),
        published="" if published is None else published_text(name, published),
        reference=experiment.references.get(name, ""),
        measured="" if measured is None else measured_text(name, measured),
        n=len(measured.values) if measured else 0,
        range=range_text(name, measured) if measured else "",
        difference=difference_text(name, comparison) if comparison else "",
        deviations=_deviations_text(comparison) if comparison else "",
        sign=sign,
        verdict=verdict,
        kind=kind,
    )


def metric_rows(experiment: ExperimentResult, published_only: bool = False) -> list[MetricRow]:
    """The figures of an experiment: those that were published first, in the source's order."""
    names = list(experiment.published)
    if not published_only:
        names += [name for name in experiment.measured if name not in experiment.published]
    return [metric_row(experiment, name) for name in names]


def overall(experiment: ExperimentResult) -> tuple[MetricRow, MetricRow]:
    """An experiment's line in the overall table: its headline figure and its time of training."""
    name = headline(experiment)
    time = metric_row(experiment, TIME) if {TIME} & {*experiment.measured, *experiment.published} else NO_ROW
    if TIME in experiment.measured:
        time = replace(time, measured=format_seconds(experiment.measured[TIME].mean))
    if name is not None:
        return metric_row(experiment, name), time
    shown = "shown" if experiment.figures or experiment.tables else "not done"
    return replace(NO_ROW, verdict=shown), time


def overall_rows(results: Results) -> list[tuple[str, ...]]:
    """The overall table as text: its header, then a row for each experiment."""
    header = ("study", "experiment", "figure", "published", "measured", "verdict")
    rows: list[tuple[str, ...]] = [(*header, "time published", "time measured")]
    for study in results.studies:
        for experiment in study.experiments:
            row, time = overall(experiment)
            measured = f"{row.measured} (n = {row.n})" if row.n > 1 else row.measured
            verdict = f"{row.sign} {row.verdict}".strip()
            cells = (row.name, row.published, measured, verdict, time.published, time.measured)
            rows.append((study.id, experiment.id, *(cell or MISSING for cell in cells)))
    return rows


def spread_text(experiment: ExperimentResult) -> str:
    """The recorded spread over seeds in words: what, of how many seeds, where and when."""
    spread = experiment.seed_spread
    if spread is None:
        return ""
    values = []
    for name, std in spread.std.items():
        share = metric_kind(name) == "share"
        number = format_number(100 * std if share else std, 2 if share else 4)
        values.append(f"{name_text(name)} ±{number}{' points' if share else ''}")
    return f"{', '.join(values)} (n = {spread.n}, {spread.machine}, {spread.date})"


def verdict_counts(results: Results) -> Counter[str]:
    """How many of all compared figures got each verdict."""
    return Counter(
        comparison.verdict
        for study in results.studies
        for experiment in study.experiments
        for comparison in experiment.comparison.values()
    )


def series_pairs(series: Series) -> list[tuple[float, float]]:
    """The published values of a series, each with ours at the same place."""
    published = series.published or ()
    return [(value, ours) for value, ours in zip(published, series.mean, strict=False) if value is not None]


def series_summary(results: Results) -> str:
    """How many values by epoch or width stand beside ours, in a sentence; empty without any."""
    pairs = [
        series_pairs(series)
        for study in results.studies
        for experiment in study.experiments
        for series in experiment.series.values()
        if series.published
    ]
    n = sum(map(len, pairs))
    if not n:
        return ""
    return f"{n:,} more published figures, by epoch or width in {len(pairs)} series, stand beside ours below."


def summary(results: Results) -> str:
    """What was run, when, on what, and for how long, in a sentence."""
    here = results.environment
    studies = len(results.studies)
    many = SMALL[studies] if studies < len(SMALL) else str(studies)
    experiments = sum(len(study.experiments) for study in results.studies)
    text = f"{many} published {'study' if studies == 1 else 'studies'} of digit recognition, "
    text += f"{experiments} {'experiment' if experiments == 1 else 'experiments'}, run again"
    if "digitlab" in here:
        text += f" by digitlab {here['digitlab']}"
    if results.finished:
        text += f" on {_date_text(results.finished)}"
    if "processor" in here:
        cores = here.get("cores")
        text += f", on {here['processor']}".replace("(R)", "").replace("(TM)", "")
        text += f" ({cores} {'core' if cores == 1 else 'cores'})" if cores else ""
    return f"{text}, in {format_seconds(results.seconds)}."


def series_tables(experiment: ExperimentResult) -> list[SeriesTable]:
    """The series of an experiment as tables: those over the same x stand side by side."""
    groups: dict[tuple[str, tuple[float, ...]], dict[str, Series]] = {}
    for name, series in experiment.series.items():
        groups.setdefault((series.x_name, series.x), {})[name] = series
    return [_grid(x_name, x, group) for (x_name, x), group in groups.items()]


def highlight_figures(
    results: Results, most: int = 4
) -> list[tuple[StudyResult, ExperimentResult, FigureFile]]:
    """The figures for the top: for each id in `STRIKING` the first there is, no two of one study."""
    chosen: list[tuple[StudyResult, ExperimentResult, FigureFile]] = []
    for wanted in HIGHLIGHTS:
        seen = {study.id for study, _, _ in chosen}
        candidates = [each for each in _figures(results, wanted) if each[0].id not in seen]
        chosen += candidates[: 1 if len(chosen) < most else 0]
    return chosen


def _figures(results: Results, wanted: str) -> Iterator[tuple[StudyResult, ExperimentResult, FigureFile]]:
    for study in results.studies:
        for experiment in study.experiments:
            for figure in experiment.figures:
                if figure.id == wanted or figure.id.startswith(f"{wanted}-"):
                    yield study, experiment, figure


def _grid(x_name: str, x: tuple[float, ...], group: Mapping[str, Series]) -> SeriesTable:
    printed = max((len(series.published or ()) for series in group.values()), default=0)
    if x == tuple(range(1, len(x) + 1)):
        # The source went on after we had stopped, or a quick look stopped early.
        x = tuple(map(float, range(1, max(printed, len(x)) + 1)))
    columns, texts = [x_name], [[format_number(each) for each in x]]
    for name, series in group.items():
        words = name_text(name)
        decimals = 2 if metric_kind(name) == "share" else 4
        scale, unit = (100, " (%)") if decimals == 2 else (1, "")
        if series.published is not None:
            columns.append(f"{words}, published{unit}")
            texts.append([_number(scale, each, decimals) for each in series.published])
        columns.append(f"{words}, measured{unit}" if series.published is not None else f"{words}{unit}")
        texts.append([_number(scale, each, decimals) for each in series.mean])
        if any(series.std):
            columns.append("±")
            texts.append([_number(scale, each, decimals) for each in series.std])
    padded = [(text + [MISSING] * len(x))[: len(x)] for text in texts]
    names = ", ".join(name_text(name) for name in group)
    title = f"{names} by {x_name}{_differences_text(group)}"
    return SeriesTable(title, tuple(columns), tuple(zip(*padded, strict=True)))


def _differences_text(group: Mapping[str, Series]) -> str:
    """How far ours is from the published values on average, for each series that was published."""
    told = []
    for name, series in group.items():
        pairs = series_pairs(series)
        if pairs:
            mean = sum(abs(ours - value) for value, ours in pairs) / len(pairs)
            share = metric_kind(name) == "share"
            number = f"{format_number(100 * mean, 2)} points" if share else format_number(mean, significant=2)
            told.append(f"{name_text(name)} {number}")
    return f"; mean absolute difference from the published: {', '.join(told)}" if told else ""


def _number(scale: float, value: float | None, decimals: int) -> str:
    return MISSING if value is None else format_number(scale * value, decimals)


def _deviations_text(comparison: PublishedComparison) -> str:
    if comparison.deviations is None:
        return ""
    of = SCALES[comparison.scale_of]
    return f"{format_number(comparison.deviations, 1)} standard deviations {of}"


def _date_text(finished: datetime) -> str:
    """`21 November 2026, 07:44 UTC`: the same text wherever the report is made."""
    when = finished.astimezone(UTC)
    return f"{when.day} {MONTHS.split(', ')[when.month - 1]} {when:%Y, %H:%M} UTC"
