from .batches import Examples as Examples, StepCounts as StepCounts, iter_batches as iter_batches
from .distributed import is_main_process as is_main_process
from .fit_result import (
    Callback as Callback,
    FitResult as FitResult,
    OnHistory as OnHistory,
    StepInfo as StepInfo,
)
from .history import (
    History as History,
    HistoryEntry as HistoryEntry,
    describe_overfitting as describe_overfitting,
)
from .hyperparameters import Recipe as Recipe, check_effect as check_effect
from .loop import fit as fit
from .lr_range import LrRange as LrRange, lr_range_test as lr_range_test
from .recipes import (
    RECIPE_SUMMARIES as RECIPE_SUMMARIES,
    RECIPES as RECIPES,
    change_recipe as change_recipe,
    recipe as recipe,
    recipe_fields as recipe_fields,
    standard_recipe as standard_recipe,
)
from .snapshots import Snapshot as Snapshot, snapshots as snapshots
from .stacking import plan_stacks as plan_stacks, supports_dense_step as supports_dense_step
from .state import OptimizerState as OptimizerState, TrainingSuspended as TrainingSuspended
from .validate import check_training as check_training
