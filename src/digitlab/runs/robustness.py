"""Robustness of trained models: the same perturbed digits for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digitlab.arguments import check_arguments
from digitlab.data import Digits
from digitlab.data.digits import stratified_sample
from digitlab.errors import SettingError
from digitlab.evaluation import Robustness, measure_robustness
from digitlab.runs.evaluate import predict_probabilities
from digitlab.runs.models import Model

__all__ = ["ROBUSTNESS_DIGITS", "evaluate_robustness"]

ROBUSTNESS_DIGITS = 2000
"""At most so many digits are perturbed by default, so that it takes seconds."""


@check_arguments
def evaluate_robustness(
    models: Sequence[Model], digits: Digits, most: int = ROBUSTNESS_DIGITS, seed: int = 0
) -> tuple[Robustness, ...]:
    """Evaluates models on the same perturbed digits: accuracy, share answered, errors among the answered.

    Args:
        models: At least one, for example what `digitlab.open` returns.
        digits: Of the size that the models take.
        most: At most so many digits; of more, a random sample with the proportions of the classes.
        seed: Of the sample and of the perturbations.

    Returns:
        One measurement for each model.

    Raises:
        SettingError: If there is no model, or `most` is below 1.
        DataError: If a model does not take images of that size.
        ModelError: If its logits are not finite, or not those of ten digits.
    """
    if not models:
        raise SettingError("no model is given", "Give at least one.")
    if most < 1:
        raise SettingError(f"most={most}", "Give at least 1.")
    if len(digits) > most:
        digits = digits.subset(stratified_sample(digits.labels, most, seed), digits.name)

    def predictor(model: Model) -> Callable[[NDArray[np.uint8]], NDArray[np.floating]]:
        return lambda images: predict_probabilities(model, images, digits.name)[0]

    return measure_robustness([predictor(model) for model in models], digits.images, digits.labels, seed)
