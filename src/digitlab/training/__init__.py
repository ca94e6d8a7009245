"""Training: the recipe, the training loop and checkpoints."""

from digitlab.training.check import check_training
from digitlab.training.examples import Examples
from digitlab.training.hardware import available_cores
from digitlab.training.history import HistoryEntry
from digitlab.training.loop import Callback, FitResult, StepInfo, fit
from digitlab.training.recipe import Recipe
from digitlab.training.recipes import RECIPES, recipe, standard_recipe
from digitlab.training.replicas import can_stack, fit_replicas
from digitlab.training.session import StepCounts
from digitlab.training.snapshots import Snapshot, snapshots
from digitlab.training.team import is_main_process

__all__ = [
    "RECIPES",
    "Callback",
    "Examples",
    "FitResult",
    "HistoryEntry",
    "Recipe",
    "Snapshot",
    "StepCounts",
    "StepInfo",
    "available_cores",
    "can_stack",
    "check_training",
    "fit",
    "fit_replicas",
    "is_main_process",
    "recipe",
    "snapshots",
    "standard_recipe",
]
