"""`DigitClassifier`: our networks and our training loop as a scikit-learn classifier."""

from digitlab.estimator.classifier import DigitClassifier
from digitlab.estimator.errors import InputError, ParameterError

__all__ = ["DigitClassifier", "InputError", "ParameterError"]
