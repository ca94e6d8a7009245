"""Studies: the five published pieces of work, as data, and the runner that does them."""

from digitlab.studies.catalogue import STUDIES, study
from digitlab.studies.runner import ReproduceProgress, reproduce
from digitlab.studies.study import (
    Demonstration,
    DemonstrationResult,
    Experiment,
    FigureSpec,
    Published,
    ReproduceOptions,
    Search,
    Study,
    StudyData,
    Training,
)
from digitlab.studies.trained import ExperimentRuns

__all__ = [
    "STUDIES",
    "Demonstration",
    "DemonstrationResult",
    "Experiment",
    "ExperimentRuns",
    "FigureSpec",
    "Published",
    "ReproduceOptions",
    "ReproduceProgress",
    "Search",
    "Study",
    "StudyData",
    "Training",
    "reproduce",
    "study",
]
