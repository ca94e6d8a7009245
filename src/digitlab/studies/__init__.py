"""Studies: the five published pieces of work, as data, and the runner that does them."""

from digitlab.studies.catalogue import STUDIES, study
from digitlab.studies.runner import Course, reproduce
from digitlab.studies.study import (
    Demonstration,
    Drawing,
    Experiment,
    Material,
    Order,
    Published,
    Search,
    Shown,
    Study,
    Training,
)
from digitlab.studies.trained import Trained

__all__ = [
    "STUDIES",
    "Course",
    "Demonstration",
    "Drawing",
    "Experiment",
    "Material",
    "Order",
    "Published",
    "Search",
    "Shown",
    "Study",
    "Trained",
    "Training",
    "reproduce",
    "study",
]
