"""Looking inside a network: numbers only. What draws them is in `figures/`."""

from digitlab.inspection.digits import average_digits, random_indices
from digitlab.inspection.places import as_inputs, check_number, find_layer, first_layer

__all__ = ["as_inputs", "average_digits", "check_number", "find_layer", "first_layer", "random_indices"]
