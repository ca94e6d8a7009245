"""`Results`: what `results.json` holds, as frozen values that check themselves.

The file is the truth: the page, the Markdown and every table are made from it and the figures beside it.
Accuracies are fractions in [0, 1], losses are in nats, times are seconds of wall clock.
"""

from __future__ import annotations

import json
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, TypeAdapter, model_validator

from digitlab.errors import DigitlabError, RunError
from digitlab.files import write_json
from digitlab.metrics import METRICS
from digitlab.notebook import table_html
from digitlab.settings import from_dict, settings, to_dict

__all__ = [
    "ExperimentResult",
    "FigureFile",
    "Measurement",
    "PublishedComparison",
    "Results",
    "SeedSpread",
    "Series",
    "StudyResult",
    "Table",
    "read_results",
    "results_schema",
    "write_results",
]

SCHEMA_VERSION: Literal[4] = 4
Seconds = Annotated[float, Field(ge=0)]
Cell = str | int | float | None


@settings("field of a spread over seeds")
class SeedSpread:
    """Standard deviation over seeds, measured once, by metric, for an experiment that trains one seed.

    Attributes:
        std: Sample standard deviation over the seeds, by metric.
        n: How many seeds were trained.
        machine: Processor.
        date: When, as `2026-11-24`.
    """

    std: dict[str, Annotated[float, Field(ge=0)]]
    n: Annotated[int, Field(ge=2)]
    machine: str
    date: str


@settings("field of a measured metric")
class Measurement:
    """One metric measured once for each seed: `mean`, sample standard deviation `std`, and `values`."""

    mean: float
    std: Annotated[float, Field(ge=0)]
    values: Annotated[tuple[float, ...], Field(min_length=1)]


@settings("field of a comparison")
class PublishedComparison:
    """A published figure beside ours.

    Attributes:
        difference: Ours (the mean) less the published one.
        deviations: The same in units of `scale`; None where that is 0.
        scale: One standard deviation: of what we measured over the seeds; or, of a single seed, of the
            difference between two runs: from the spread over seeds recorded in the study and the standard
            error on that many digits, or from the latter alone.
        scale_of: Which of these it is: `seeds`, `recorded seeds` or `digits`.
        verdict: `inside`: within one deviation or between our lowest and highest value; `near`: within
            three; `outside`: further away, which a note explains.
    """

    difference: float
    deviations: float | None
    scale: Annotated[float, Field(ge=0)]
    scale_of: Literal["seeds", "recorded seeds", "digits"]
    verdict: Literal["inside", "near", "outside"]


@settings("field of a series")
class Series:
    """A figure that was followed: one value an epoch, a period or a width.

    Attributes:
        x: Where, `(k,)`.
        x_name: What x counts: `epoch`.
        mean: Ours at each x, over the seeds.
        std: Its sample standard deviation.
        published: The source's values, as many as it printed; None if it printed none.
    """

    x: tuple[float, ...]
    x_name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    published: tuple[float | None, ...] | None = None

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if not len(self.x) == len(self.mean) == len(self.std):
            raise ValueError("x, mean and std must be of the same length")
        return self


@settings("field of a figure")
class FigureFile:
    """A picture: its `file` is relative to the folder of `results.json`."""

    id: str
    title: str
    file: str


@settings("field of a table")
class Table:
    """A table: a `title`, the names of its `columns`, and `rows` of as many cells."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"every row of table {self.id} must have {len(self.columns)} cells")
        return self


@settings("field of an experiment's result")
class ExperimentResult:
    """Result of one experiment.

    Attributes:
        id: Unique within its study.
        title: What was done, in a line.
        network: `name`, `options` and `parameters`; empty where nothing is trained.
        recipe: Every knob of training; empty where nothing is trained.
        data: What was trained on, followed and scored, in words, by role.
        fixes_protocol_of: The id of the experiment whose protocol this one corrects: it scores held-out
            digits.
        seeds: The seeds that were trained.
        seed_spread: The spread over seeds by which a single seed is judged; None without one.
        measured: Figures by name: `test_accuracy`, `final_loss`, `train_seconds`.
        published: The source's figures by the same names.
        references: Where in the source each published value stands.
        sleep_counted: Published times in which the source's machine slept: no speed follows from them.
        comparison: The two compared, for figures that are no times.
        series: Figures that were followed, by name.
        figures: Pictures.
        tables: Tables.
        runs: Run folders of its networks, one for each seed, relative to the folder of `results.json`.
        notes: What is to be known about it.
    """

    id: str
    title: str
    network: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    fixes_protocol_of: str | None = None
    seeds: tuple[int, ...] = ()
    seed_spread: SeedSpread | None = None
    measured: dict[str, Measurement] = field(default_factory=dict)
    published: dict[str, float] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    sleep_counted: tuple[str, ...] = ()
    comparison: dict[str, PublishedComparison] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    figures: tuple[FigureFile, ...] = ()
    tables: tuple[Table, ...] = ()
    runs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_metrics(self) -> Self:
        for name in (*self.measured, *self.published, *self.series):
            if name not in METRICS:
                raise ValueError(f"experiment {self.id}: there is no metric {name!r}")
        return self


@settings("field of a source's item")
class SourceItem:
    """One item of a source: what it prints, draws, asks or shows, and where ours is.

    Attributes:
        what: What it is.
        place: Where in the source: a cell, an output, a figure, a section.
        ours: Where ours is: each `experiment:ID`, `published:EXPERIMENT/METRIC`, `series:EXPERIMENT/METRIC`,
            `figure:EXPERIMENT/ID`, `table:EXPERIMENT/ID`, `note:EXPERIMENT`, `view:NAME`,
            `command:digitlab ...` or `docs:PAGE`; `study` in place of an experiment is the study as a whole.
        not_reproduced: Why there is nothing of ours; empty where there is.
    """

    what: str
    place: str
    ours: tuple[str, ...] = ()
    not_reproduced: str = ""

    @model_validator(mode="after")
    def _answered(self) -> Self:
        if bool(self.ours) == bool(self.not_reproduced):
            raise ValueError(f"item {self.what!r} needs either `ours` or `not_reproduced`")
        return self


@settings("field of a study's result")
class StudyResult:
    """Result of one study.

    Attributes:
        id: As the command line takes it.
        title: What it is.
        source: The file with the source's text.
        source_title: The title that the text gives itself; empty where it names none.
        source_author: The author whom the text names; empty where it names none.
        source_year: The year that the text dates itself to; None where it names none.
        method: What the source did, in two sentences.
        seconds: Processor-seconds of its jobs, added up.
        experiments: In the order of the source.
        tables: Tables over several experiments.
        notes: Where the source and we differ, and why.
        items: Everything that the source prints, draws or asks for, in its order.
    """

    id: str
    title: str
    source: str
    method: str
    seconds: Seconds
    experiments: tuple[ExperimentResult, ...]
    source_title: str = ""
    source_author: str = ""
    source_year: int | None = None
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    items: tuple[SourceItem, ...] = ()


@settings("field of results")
class Results:
    """`results.json`.

    Attributes:
        environment: Versions and machine.
        seconds: Wall clock of the whole, over all resumptions.
        quick: Whether budgets were cut for a first look; its figures are not reproductions.
        complete: Whether every experiment asked for has been done.
        finished: When the last of it was done, with its time zone; None if nobody noted it.
        studies: In the order of the sources.
    """

    schema_version: Literal[4] = SCHEMA_VERSION
    environment: dict[str, Any]
    seconds: Seconds
    quick: bool
    complete: bool
    finished: AwareDatetime | None = None
    studies: tuple[StudyResult, ...]

    def __repr__(self) -> str:
        state = "quick, not a reproduction" if self.quick else "complete" if self.complete else "not complete"
        return f"Results({', '.join(study.id for study in self.studies)}; {state})"

    def _repr_html_(self) -> str:
        from digitlab.report.tables import overall_rows

        header, *rows = overall_rows(self)
        return table_html(repr(self), header, rows)


def results_schema() -> dict[str, Any]:
    """The JSON Schema of `results.json`, as it is committed beside this module."""
    schema = TypeAdapter(Results).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def write_results(results: Results, folder: Path) -> Path:
    """Writes `results.json` into `folder` and returns its path.

    Raises:
        OutputError: If the operating system refuses.
    """
    path = folder / "results.json"
    write_json(path, to_dict(results))
    return path


def read_results(path: Path) -> Results:
    """Reads a `results.json`.

    Raises:
        RunError: If it is missing, damaged or of another version.
    """
    try:
        plain = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RunError(
            f"cannot read {path}: {error}", "Give a folder that `digitlab reproduce` made."
        ) from None
    seen = plain.get("schema_version") if isinstance(plain, dict) else None
    if seen != SCHEMA_VERSION:
        raise RunError(
            f"{path} is of schema version {seen!r}; this digitlab reads version {SCHEMA_VERSION}",
            "Choose another --out, or delete the folder and reproduce again.",
        )
    try:
        return from_dict(Results, plain)
    except DigitlabError as error:
        raise RunError(f"{path}: {error.problem}", "Choose another --out.") from None
