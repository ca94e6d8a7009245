"""digitlab: train, compare, look inside, and put to work networks that recognize handwritten digits.

The public API: the names below are all that most programs need. Each is imported from its package when
it is first used, so that `import digitlab` is instant and reading pictures never loads torch.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# Waiting threads look 30,000 times and then sleep. Without this, one other busy process makes a step
# of a convolution about ten times as slow (measured, two cores). Read when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")

if TYPE_CHECKING:
    from digitlab.data import Digits, classroom, load, mnist
    from digitlab.errors import DigitlabError
    from digitlab.estimator import DigitClassifier
    from digitlab.evaluation import Metrics, compute_metrics
    from digitlab.inspection import inspect
    from digitlab.networks import Network, build, layer_table, load_network, save_network
    from digitlab.reader import predict
    from digitlab.runs import (
        DataConfig,
        Run,
        TrainedModel,
        evaluate,
        export_model,
        open,  # noqa: F401 - not in __all__: a star import would hide the built-in
        resume,
        train,
        train_seeds,
    )
    from digitlab.training import Examples, Recipe, fit, recipe
    from digitlab.tuning import search

__all__ = [
    "DataConfig",
    "DigitClassifier",
    "DigitlabError",
    "Digits",
    "Examples",
    "Metrics",
    "Network",
    "Recipe",
    "Run",
    "TrainedModel",
    "build",
    "classroom",
    "compute_metrics",
    "evaluate",
    "export_model",
    "fit",
    "inspect",
    "layer_table",
    "load",
    "load_network",
    "mnist",
    "predict",
    "recipe",
    "resume",
    "save_network",
    "search",
    "train",
    "train_seeds",
]

EXPORTS = {
    "data": ("Digits", "classroom", "load", "mnist"),
    "errors": ("DigitlabError",),
    "estimator": ("DigitClassifier",),
    "evaluation": ("Metrics", "compute_metrics"),
    "networks": ("Network", "build", "layer_table", "load_network", "save_network"),
    "reader": ("predict",),
    "runs": (
        "DataConfig",
        "Run",
        "evaluate",
        "export_model",
        "open",
        "resume",
        "train",
        "train_seeds",
    ),
    "tuning": ("search",),
    "training": ("Examples", "Recipe", "fit", "recipe"),
    "inspection": ("inspect",),
}
PACKAGE_OF = {name: package for package, names in EXPORTS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in PACKAGE_OF:
        raise AttributeError(f"module 'digitlab' has no attribute {name!r}")
    return getattr(import_module(f"digitlab.{PACKAGE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
