"""Looking inside a network: numbers only. What draws them is in `figures/`."""

from digitlab.inspection.digits import average_digits, random_indices
from digitlab.inspection.functions import (
    ActivationCurve,
    CrossEntropySteps,
    SoftmaxSteps,
    activation_curves,
    cross_entropy_steps,
    softmax_steps,
    softmax_sweep,
)
from digitlab.inspection.places import as_inputs, check_number, find_layer, first_layer

__all__ = [
    "ActivationCurve",
    "CrossEntropySteps",
    "SoftmaxSteps",
    "activation_curves",
    "as_inputs",
    "average_digits",
    "check_number",
    "cross_entropy_steps",
    "find_layer",
    "first_layer",
    "random_indices",
    "softmax_steps",
    "softmax_sweep",
]
