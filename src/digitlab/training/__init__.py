"""Training: the recipe, the training loop and checkpoints."""

from digitlab.training.batches import Examples, StepCounts, iter_batches
from digitlab.training.distributed import is_main_process
from digitlab.training.fit_result import Callback, FitResult, HistoryEntry, OnHistory, StepInfo
from digitlab.training.hardware import available_cores, processor_name
from digitlab.training.loop import fit
from digitlab.training.recipe import Recipe, check_effect
from digitlab.training.recipes import RECIPE_SUMMARIES, RECIPES, recipe, recipe_fields, standard_recipe
from digitlab.training.snapshots import Snapshot, snapshots
from digitlab.training.stacking import plan_stacks, supports_dense_step
from digitlab.training.validate import check_training

__all__ = [
    "RECIPES",
    "RECIPE_SUMMARIES",
    "Callback",
    "Examples",
    "FitResult",
    "HistoryEntry",
    "OnHistory",
    "Recipe",
    "Snapshot",
    "StepCounts",
    "StepInfo",
    "available_cores",
    "check_effect",
    "check_training",
    "fit",
    "is_main_process",
    "iter_batches",
    "plan_stacks",
    "processor_name",
    "recipe",
    "recipe_fields",
    "snapshots",
    "standard_recipe",
    "supports_dense_step",
]
