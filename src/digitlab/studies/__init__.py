"""Studies: the five published pieces of work, as data, and the runner that does them."""

from digitlab.studies.experiment_results import ExperimentRuns
from digitlab.studies.registry import STUDIES, study
from digitlab.studies.reproduction import ReproduceProgress, reproduce
from digitlab.studies.study import (
    Computation,
    ComputationResult,
    Experiment,
    FigureSpec,
    PublishedValue,
    ReproduceOptions,
    SearchExperiment,
    Study,
    StudyData,
    TrainingExperiment,
)

__all__ = [
    "STUDIES",
    "Computation",
    "ComputationResult",
    "Experiment",
    "ExperimentRuns",
    "FigureSpec",
    "PublishedValue",
    "ReproduceOptions",
    "ReproduceProgress",
    "SearchExperiment",
    "Study",
    "StudyData",
    "TrainingExperiment",
    "reproduce",
    "study",
]
