"""`Study`: a published piece of work as data: experiments, and the values that were published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from digitlab.report import ExperimentResult, SeedSpread, SourceItem, Table
from digitlab.runs import DataConfig
from digitlab.training import Recipe
from digitlab.tuning import Splitter

if TYPE_CHECKING:  # only for annotations: experiment_results imports this module
    from digitlab.studies.experiment_results import ExperimentRuns

__all__ = [
    "Computation",
    "ComputationResult",
    "Experiment",
    "FigureSpec",
    "PublishedValue",
    "ReproduceOptions",
    "SearchExperiment",
    "Study",
    "StudyData",
    "TrainingExperiment",
]


SPLITS = {"train": "train", "validation": "validation", "test": "test"}


@dataclass(frozen=True)
class PublishedValue:
    """A value that the source printed.

    Attributes:
        value: The value.
        reference: Where in the source it stands.
        at_least: Whether it is an aim to be reached, not a result.
        counts_sleep: Whether it is a time in which the machine slept, so that no speed follows from it.
    """

    value: float
    reference: str
    at_least: bool = False
    counts_sleep: bool = False


@dataclass(frozen=True)
class ReproduceOptions:
    """Options of `reproduce`.

    Attributes:
        out: Output folder.
        quick: Whether budgets are cut for a first look.
        long: Whether the trainings that take a quarter of an hour are done too.
        seeds: How many seeds each training has; None: as many as the study says.
        mat: A `.mat` file in the course's layout, instead of one written from the classroom set.
        ray: Address of a Ray cluster that does the work; None: the cores of this machine.
    """

    out: Path
    quick: bool = False
    long: bool = False
    seeds: int | None = None
    mat: Path | None = None
    ray: str | None = None


@dataclass(frozen=True)
class StudyData:
    """The digits of an experiment: where they come from, and what each split is, in words.

    Attributes:
        config: Where they come from, as a run records it.
        descriptions: What each split holds, in words, by the name of the split.
        measured_as: The name under which each split of a run is measured; what is not named is not reported.
        quick: The digits of a quick look, where loading and scoring all of them takes longer than its
            training; None: the same.
        files: Splits whose digits a computation of the same study writes: the name of the split, the id of
            the computation, and the name of the file.
    """

    config: DataConfig
    descriptions: Mapping[str, str]
    measured_as: Mapping[str, str] = field(default_factory=lambda: SPLITS)
    quick: DataConfig | None = None
    files: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class FigureSpec:
    """A figure of what was trained.

    Attributes:
        id: Unique in its experiment; also the name of its file.
        title: Its caption.
        draw: What draws it.
        file_format: `png` or `gif`.
        in_quick: Whether a quick look has it, too.
    """

    id: str
    title: str
    draw: Callable[[ExperimentRuns], Figure | bytes]
    file_format: str = "png"
    in_quick: bool = True


@dataclass(frozen=True, kw_only=True)
class TrainingExperiment:
    """An experiment that trains one network, with several seeds.

    Attributes:
        id: Unique in its study.
        title: What is done, in a line.
        network: Name of the architecture.
        options: Its options.
        recipe: How it is trained; its seed is replaced.
        data: The digits; may depend on the options of `reproduce`.
        seeds: How many seeds.
        first_seed: The first of them; the others follow: 0, 1, 2 ...
        quick: Recipe fields of a quick look, which trains one seed.
        cost: Expected seconds of one core for one seed.
        published: The source's values, by metric.
        published_series: Values that the source printed for each epoch or evaluation: `validation_loss`.
        seed_spread: Standard deviation over seeds, measured once, for an experiment of one seed.
        measures: Further metrics, one value for each seed.
        figures: Figures of the first seed's network, or of all seeds.
        tables: Tables.
        answers: Answers to the source's questions, in words worked out from the runs.
        progress_every: Steps from one progress line of the source to the next: loss and accuracy of the batch
            that comes next, before its step and without dropout; None: it prints none.
        pixels_from: Id of the computation whose `pixels.npy` says which pixels the network reads.
        fixes_protocol_of: The id of the experiment whose protocol this one corrects.
        notes: Remarks for the reader.
        long: Whether it is done only when long ones are asked for.
    """

    id: str
    title: str
    network: str
    options: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe
    data: StudyData | Callable[[ReproduceOptions], StudyData]
    seeds: int = 1
    first_seed: int = 0
    quick: Mapping[str, Any] = field(default_factory=dict)
    cost: float = 1.0
    published: Mapping[str, PublishedValue] = field(default_factory=dict)
    published_series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    seed_spread: SeedSpread | None = None
    measures: Callable[[ExperimentRuns], Mapping[str, Sequence[float]]] | None = None
    figures: tuple[FigureSpec, ...] = ()
    tables: tuple[Callable[[ExperimentRuns], Table], ...] = ()
    answers: tuple[Callable[[ExperimentRuns], str], ...] = ()
    progress_every: int | None = None
    pixels_from: str | None = None
    fixes_protocol_of: str | None = None
    notes: tuple[str, ...] = ()
    long: bool = False

    def data_for(self, options: ReproduceOptions) -> StudyData:
        """The digits, under these options of `reproduce`."""
        return self.data if isinstance(self.data, StudyData) else self.data(options)

    def needs(self, options: ReproduceOptions) -> tuple[str, ...]:
        """Ids of the computations whose files it reads."""
        from_files = [computation for _, computation, _ in self.data_for(options).files]
        return tuple(dict.fromkeys([*from_files, *([self.pixels_from] if self.pixels_from else [])]))


@dataclass(frozen=True, kw_only=True)
class SearchExperiment:
    """An experiment that compares the widths of one hidden layer by cross-validation.

    Attributes:
        id: Unique in its study.
        title: What is done, in a line.
        network: Name of the architecture.
        options: Its options, but for `hidden`.
        recipe: How each is trained.
        widths: What is compared: numbers of hidden units.
        quick_widths: What is compared in a quick look.
        quick: Recipe fields of a quick look.
        splitter: How digits are dealt to folds, by scikit-learn's name.
        cv: How many folds.
        data: The digits that are split into folds, by name.
        quick_data: The same for a quick look.
        validation: What is held out of them beforehand, for early stopping.
        costs: Expected seconds of one core for a fit, as a function of its width.
        published: The source's values, by metric.
        published_series: The source's mean score for each width, as `mean_score`.
        seed_spread: Standard deviation over seeds, measured once.
        tables: Further tables.
        notes: Remarks for the reader.
        fixes_protocol_of: The id of the experiment whose protocol this one corrects.
        long: Whether it is done only when long ones are asked for.
    """

    id: str
    title: str
    network: str
    options: Mapping[str, Any]
    recipe: Recipe
    widths: tuple[int, ...]
    quick_widths: tuple[int, ...]
    quick: Mapping[str, Any]
    splitter: Splitter
    cv: int
    data: str
    quick_data: str
    validation: str
    costs: Callable[[int], float]
    published: Mapping[str, PublishedValue] = field(default_factory=dict)
    published_series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    seed_spread: SeedSpread | None = None
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    fixes_protocol_of: str | None = None
    long: bool = False

    @property
    def cost(self) -> float:
        """Expected seconds of one core for the fits of all widths on all folds."""
        return self.cv * sum(map(self.costs, self.widths))

    def widths_for(self, options: ReproduceOptions) -> tuple[int, ...]:
        """The widths that are compared."""
        return self.quick_widths if options.quick else self.widths


@dataclass(frozen=True)
class ComputationResult:
    """Result of a computation.

    Attributes:
        measured: A value by metric, or several where it was measured with several seeds.
        figures: Figures: id, caption, figure.
        tables: Tables.
        answers: Answers to the source's questions, in words.
    """

    measured: Mapping[str, float | Sequence[float]] = field(default_factory=dict)
    figures: Sequence[tuple[str, str, Figure]] = ()
    tables: Sequence[Table] = ()
    answers: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Computation:
    """An experiment without a training: something computed, read from a file, or only quoted.

    Attributes:
        id: Unique in its study.
        title: What is done, in a line.
        run: What does it: gets the options of `reproduce`, and a folder for files that other experiments
            read; None for a value that is only quoted.
        cost: Expected seconds of one core.
        published: The source's values, by metric.
        notes: Remarks for the reader.
        fixes_protocol_of: The id of the experiment whose protocol this one corrects.
        long: Whether it is done only when long ones are asked for.
    """

    id: str
    title: str
    run: Callable[[ReproduceOptions, Path], ComputationResult] | None = None
    cost: float = 1.0
    published: Mapping[str, PublishedValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fixes_protocol_of: str | None = None
    long: bool = False


Experiment = TrainingExperiment | SearchExperiment | Computation


@dataclass(frozen=True)
class Study:
    """A published piece of work.

    Attributes:
        id: As the command line takes it.
        title: What it is.
        source: The file that holds its text.
        source_title: The title that the text gives itself; empty where it names none.
        source_author: The author whom the text names; empty where it names none.
        source_year: The year that the text dates itself to; None where it names none.
        method: What it did, in two sentences.
        experiments: In its order.
        notes: Where it and we differ, and why; its errors.
        tables: Makes tables over several experiments, from their results.
        items: Everything that the source prints, draws or asks for, in its order.
    """

    id: str
    title: str
    source: str
    method: str
    experiments: tuple[Experiment, ...]
    source_title: str = ""
    source_author: str = ""
    source_year: int | None = None
    notes: tuple[str, ...] = ()
    tables: Callable[[Sequence[ExperimentResult]], tuple[Table, ...]] | None = None
    items: tuple[SourceItem, ...] = ()

    def experiment(self, name: str) -> Experiment:
        """The experiment called `name`."""
        return next(each for each in self.experiments if each.id == name)

    def selected(self, options: ReproduceOptions) -> list[Experiment]:
        """The experiments that are done under these options."""
        return [each for each in self.experiments if options.long or not each.long]
