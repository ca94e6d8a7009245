"""Training: the recipe, the one loop, checkpoints, and the run folder."""

from digitlab.training.check import check_training
from digitlab.training.comparison import RunTable, compare_runs
from digitlab.training.data_plan import DataConfig, Splits
from digitlab.training.examples import Examples
from digitlab.training.hardware import available_cores
from digitlab.training.history import HistoryEntry
from digitlab.training.loop import Callback, FitResult, StepInfo, fit
from digitlab.training.recipe import Recipe
from digitlab.training.recipes import RECIPES, recipe, standard_recipe
from digitlab.training.replicas import can_stack, fit_replicas
from digitlab.training.run import Run, RunConfig, environment, new_run_folder
from digitlab.training.session import StepCounts
from digitlab.training.snapshots import Snapshot, snapshots
from digitlab.training.team import is_main_process

__all__ = [
    "RECIPES",
    "Callback",
    "DataConfig",
    "Examples",
    "FitResult",
    "HistoryEntry",
    "Recipe",
    "Run",
    "RunConfig",
    "RunTable",
    "Snapshot",
    "Splits",
    "StepCounts",
    "StepInfo",
    "available_cores",
    "can_stack",
    "check_training",
    "compare_runs",
    "environment",
    "fit",
    "fit_replicas",
    "is_main_process",
    "new_run_folder",
    "recipe",
    "snapshots",
    "standard_recipe",
]
