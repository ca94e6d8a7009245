"""What a study is: experiments as data, with the figures that were published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from digitlab.data import Digits
from digitlab.report import ExperimentResult, Table
from digitlab.training import Examples, Recipe

if TYPE_CHECKING:
    from digitlab.studies.training_results import ExperimentRuns

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


@dataclass(frozen=True)
class PublishedValue:
    """A figure that the source printed.

    Attributes:
        value: The figure.
        place: Where in the source it stands.
        at_least: Whether it is an aim to be reached, not a result.
    """

    value: float
    reference: str
    at_least: bool = False


@dataclass(frozen=True)
class ReproduceOptions:
    """What `reproduce` was asked for.

    Attributes:
        out: The folder of everything that is left.
        quick: Whether budgets are cut for a first look.
        long: Whether the trainings that take a quarter of an hour are done too.
        seeds: How many seeds each training has; None: as many as the study says.
        mat: A `.mat` file in the course's layout, instead of one written from the classroom set.
    """

    out: Path
    quick: bool = False
    long: bool = False
    seeds: int | None = None
    mat: Path | None = None

    def arrays(self, study: str, experiment: str) -> Path:
        """Where a demonstration leaves its arrays for others."""
        return self.out / "work" / study / f"{experiment}.npz"


@dataclass(frozen=True, eq=False)
class StudyData:
    """The digits of an experiment.

    Attributes:
        train: What the network is trained on.
        scored: What it is scored on in the end, by role: `train`, `validation`, `test`.
        follow: The role that is followed between periods, and that early stopping looks at.
        also: A second role followed between periods, without any say; None for none.
        digits: The same as images with labels, by role, for pictures of them; empty where the network
            sees features, not images.
        words: What each role holds, in words.
    """

    train: Examples
    scored: Mapping[str, Examples]
    words: Mapping[str, str]
    monitor: str | None = "validation"
    extra_eval: str | None = None
    digits: Mapping[str, Digits] = field(default_factory=dict)


@dataclass(frozen=True)
class FigureSpec:
    """A picture of what was trained: its id, its caption, what draws it, and the ending of its file."""

    id: str
    title: str
    draw: Callable[[ExperimentRuns], Figure | bytes]
    file_format: str = "png"


@dataclass(frozen=True, kw_only=True)
class TrainingExperiment:
    """An experiment that trains one network, with several seeds.

    Attributes:
        id: Unique in its study.
        title: What is done, in a line.
        network: A network's name.
        options: Its options.
        recipe: How it is trained; its seed is replaced.
        material: The digits.
        seeds: How many seeds, 0, 1, 2 ...
        quick: Fields of the recipe for a quick look, where fewer seeds are trained as well.
        cost: Seconds of one core for one seed, roughly; decides what is begun first.
        published: The source's figures, by the names of ours.
        published_series: What the source printed period by period: `validation_loss`.
        measures: Further figures, one value for each seed.
        drawings: Pictures of the first seed's network.
        tables: Tables.
        fixes_protocol_of: The id of the experiment whose protocol this one mends.
        notes: What is to be known.
        needs: Ids of demonstrations whose arrays the material is made from.
        long: Whether it is done only when long ones are asked for.
    """

    id: str
    title: str
    network: str
    options: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe
    data: Callable[[ReproduceOptions], StudyData]
    seeds: int = 1
    quick: Mapping[str, Any] = field(default_factory=dict)
    cost: float = 1.0
    published: Mapping[str, PublishedValue] = field(default_factory=dict)
    published_series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    measures: Callable[[ExperimentRuns], Mapping[str, Sequence[float]]] | None = None
    figures: tuple[FigureSpec, ...] = ()
    tables: tuple[Callable[[ExperimentRuns], Table], ...] = ()
    fixes_protocol_of: str | None = None
    notes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    long: bool = False


@dataclass(frozen=True, kw_only=True)
class SearchExperiment:
    """An experiment that compares the widths of one hidden layer by cross-validation.

    Attributes:
        id: Unique in its study.
        title: What is done, in a line.
        network: A network's name.
        options: Its options, but for `hidden`.
        recipe: How each is trained.
        widths: What is compared: numbers of hidden units.
        quick_widths: What is compared in a quick look.
        quick: Fields of the recipe for a quick look.
        cv: How many folds.
        data: What is dealt to folds, by name.
        validation: What is held out of it beforehand, to stop early by.
        costs: Seconds of one core for a fit, as a function of its width.
        published: The source's figures.
        published_series: The source's mean score for each width, as `mean_score`.
        notes: What is to be known.
        fixes_protocol_of: The id of the experiment whose protocol this one mends.
        long: Whether it is done only when long ones are asked for.
        needs: Ids of demonstrations that must have been shown before.
    """

    id: str
    title: str
    network: str
    options: Mapping[str, Any]
    recipe: Recipe
    widths: tuple[int, ...]
    quick_widths: tuple[int, ...]
    quick: Mapping[str, Any]
    cv: int
    data: str
    validation: str
    costs: Callable[[int], float]
    published: Mapping[str, PublishedValue] = field(default_factory=dict)
    published_series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fixes_protocol_of: str | None = None
    long: bool = False
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComputationResult:
    """What a demonstration came to.

    Attributes:
        measured: Figures by name.
        figures: Pictures: id, caption, figure.
        tables: Tables.
        arrays: Arrays that other experiments need, by name.
    """

    measured: Mapping[str, float] = field(default_factory=dict)
    figures: Sequence[tuple[str, str, Figure]] = ()
    tables: Sequence[Table] = ()
    arrays: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Computation:
    """An experiment without a training: something worked out, read, or only quoted.

    Attributes:
        id: Unique in its study.
        title: What is done, in a line.
        show: What does it; None for a figure that is only quoted.
        cost: Seconds of one core, roughly.
        published: The source's figures.
        notes: What is to be known.
        fixes_protocol_of: The id of the experiment whose protocol this one mends.
        long: Whether it is done only when long ones are asked for.
        needs: Ids of demonstrations that must have been shown before.
    """

    id: str
    title: str
    show: Callable[[ReproduceOptions], ComputationResult] | None = None
    cost: float = 1.0
    published: Mapping[str, PublishedValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fixes_protocol_of: str | None = None
    long: bool = False
    needs: tuple[str, ...] = ()


Experiment = TrainingExperiment | SearchExperiment | Computation


@dataclass(frozen=True)
class Study:
    """A published piece of work.

    Attributes:
        id: As the command line takes it.
        title: What it is.
        source: The file that holds its text.
        method: What it did, in two sentences.
        experiments: In its order.
        notes: Where it and we differ, and why; its slips.
        tables: Makes tables over several experiments, of what they have come to.
    """

    id: str
    title: str
    source: str
    method: str
    experiments: tuple[Experiment, ...]
    notes: tuple[str, ...] = ()
    tables: Callable[[Sequence[ExperimentResult]], tuple[Table, ...]] | None = None

    def experiment(self, name: str) -> Experiment:
        """The experiment called `name`."""
        return next(each for each in self.experiments if each.id == name)

    def chosen(self, options: ReproduceOptions) -> list[Experiment]:
        """The experiments that an order is about."""
        return [each for each in self.experiments if options.long or not each.long]
