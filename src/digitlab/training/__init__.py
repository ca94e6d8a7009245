"""Training: the recipe, the one loop, checkpoints, and the run folder."""

from digitlab.training.comparison import Comparison, compare_runs
from digitlab.training.data_plan import DataPlan, LoadedData
from digitlab.training.examples import Examples
from digitlab.training.history import Period
from digitlab.training.loop import Callback, Fitted, Live, check_training, fit
from digitlab.training.recipe import Recipe
from digitlab.training.recipes import RECIPES, recipe, standard_recipe
from digitlab.training.run import Run, RunFacts, environment, new_run_folder

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
    "check_training",
    "compare_runs",
    "environment",
    "fit",
    "new_run_folder",
    "recipe",
    "standard_recipe",
]
