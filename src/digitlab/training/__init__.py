"""Training: the recipe, the one loop, checkpoints, and the run folder."""

from digitlab.training.check import check_training
from digitlab.training.comparison import Comparison, compare_runs
from digitlab.training.data_plan import DataPlan, LoadedData
from digitlab.training.examples import Examples
from digitlab.training.hardware import available_cores
from digitlab.training.history import Period
from digitlab.training.loop import Callback, Fitted, Live, fit
from digitlab.training.recipe import Recipe
from digitlab.training.recipes import RECIPES, recipe, standard_recipe
from digitlab.training.replicas import can_stack, fit_replicas
from digitlab.training.run import Run, RunFacts, environment, new_run_folder
from digitlab.training.session import Timetable
from digitlab.training.snapshots import Snapshot, snapshots
from digitlab.training.team import leads

__all__ = [
    "RECIPES",
    "Callback",
    "Comparison",
    "DataPlan",
    "Examples",
    "Fitted",
    "Live",
    "LoadedData",
    "Period",
    "Recipe",
    "Run",
    "RunFacts",
    "Snapshot",
    "Timetable",
    "available_cores",
    "can_stack",
    "check_training",
    "compare_runs",
    "environment",
    "fit",
    "fit_replicas",
    "leads",
    "new_run_folder",
    "recipe",
    "snapshots",
    "standard_recipe",
]
