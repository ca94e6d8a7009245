"""Studies: the five published pieces of work, as data, and the runner that does them."""

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
from digitlab.studies.training_results import ExperimentRuns

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
