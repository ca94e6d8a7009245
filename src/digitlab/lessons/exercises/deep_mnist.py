"""Exercises of lesson `deep-mnist`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from digitlab.lessons.checking import Check, WrongAnswer
from digitlab.lessons.exercises.answers import number_of
from digitlab.lessons.exercises.convolution import check_convolution, check_max_pooling, check_vertical_kernel
from digitlab.lessons.exercises.cross_entropy import check_cross_entropy

if TYPE_CHECKING:
    from digitlab.runs import Run

__all__ = ["EXERCISES"]

CONV2_WEIGHTS, CONV2_BIASES = 5 * 5 * 32 * 64, 64
STEPS, STEP_GOAL = 100, 0.92
"""What the last exercise allows, and the accuracy on held-out digits that it asks for."""
SECOND_LAYER = {
    (64, 14, 14): "The second max pooling halves rows and columns once more.",
    (64, 28, 28): "There are two max poolings, and each halves rows and columns.",
    (32, 7, 7): "The second convolution has 64 kernels, and each makes a map.",
    (32, 14, 14): "That is the output of the first layer.",
    (64, 5, 5): "The convolutions pad the image, so that they keep rows and columns: 28, 14 and then 7.",
    (64, 4, 4): "The convolutions pad the image, so that they keep rows and columns: 28, 14 and then 7.",
}


def _first_loss(answer: Any) -> str:
    loss = number_of(answer, "The loss")
    mistakes = {
        0.1: "0.1 is the probability of the true digit; the loss is minus its logarithm.",
        -np.log(10): "The logarithm of a probability is negative; the loss is minus that.",
        np.log10(10): "That is the logarithm to base 10; the log loss takes the natural logarithm.",
        np.log2(10): "That is the logarithm to base 2; the log loss takes the natural logarithm.",
        0.0: "The loss is 0 only if the true digit has the probability 1. What is softmax of ten zeros?",
        -np.log(0.5): "That is the loss of a choice between two classes; here there are ten.",
    }
    for value, text in mistakes.items():
        if np.isclose(loss, value, atol=0.002):
            raise WrongAnswer(text)
    if not np.isclose(loss, np.log(10), atol=0.002):
        raise WrongAnswer(f"Not {loss:g}: which probability do ten equal logits give to the true digit?")
    return "-log(1/10) = 2.303: what a network loses that knows nothing. Remember it: a larger loss is a bug."


def _standard_error(answer: Any, accuracy: float, n: int) -> str:
    error = number_of(answer, "The standard error")
    variance = accuracy * (1 - accuracy)
    right = float(np.sqrt(variance / n))
    if np.isclose(error, 100 * right, rtol=0.01) or np.isclose(error, np.sqrt(variance), rtol=0.01):
        raise WrongAnswer(
            f"{error:.3f} is the standard deviation of a single digit, or a standard error in percent: "
            "divide by the root of n, and give a fraction, as the accuracy is one."
        )
    if np.isclose(error, variance / n, rtol=0.01):
        raise WrongAnswer("That is the variance; the standard error is its square root.")
    if np.isclose(error, np.sqrt(variance) / n, rtol=0.01):
        raise WrongAnswer("n belongs under the root: more digits help by the root of their number only.")
    if not np.isclose(error, right, rtol=0.02):
        raise WrongAnswer(f"Not {error:g}: it is sqrt(p (1 - p) / n), with p = {accuracy} and n = {n:,}.")
    return f"{right:.5f}: {right:.2%}, or {right * n:.1f} of the {n:,} digits."


def _second_layer(answer: Any) -> str:
    try:
        shape = tuple(int(each) for each in answer)
    except (TypeError, ValueError):
        raise WrongAnswer(f"{answer!r} is no shape: give (maps, rows, columns).") from None
    if shape == (7, 7, 64):
        raise WrongAnswer("Those are the numbers, in the source's order; here maps come first.")
    if len(shape) != 3:
        raise WrongAnswer(f"{shape} has {len(shape)} numbers; give three: maps, rows, columns.")
    if shape != (64, 7, 7):
        raise WrongAnswer(f"Not {shape}. {SECOND_LAYER.get(shape, 'Follow the diagram layer by layer.')}")
    return "64 maps of 7 x 7: 3,136 numbers go into the next layer."


def _conv2_parameters(answer: Any) -> str:
    count, right = number_of(answer, "The count"), CONV2_WEIGHTS + CONV2_BIASES
    mistakes = {
        CONV2_WEIGHTS: "The biases are missing: one for each of the 64 maps.",
        5
        * 5
        * 64: "A kernel of this layer looks at all 32 maps of the layer before: it has 5 x 5 x 32 weights.",
        5 * 5 * 64
        + 64: "A kernel of this layer looks at all 32 maps of the layer before: 5 x 5 x 32 weights.",
        5 * 5 * 32 + 32: "That is the first convolution, which looks at one image and has 32 kernels.",
        CONV2_WEIGHTS + 32 * 64: "Each of the 64 maps has one bias, not one for each of the maps before.",
        CONV2_WEIGHTS * 14 * 14: "A kernel has the same weights at each position; do not count positions.",
    }
    if count in mistakes:
        raise WrongAnswer(mistakes[int(count)])
    if count != right:
        raise WrongAnswer(f"Not {count:,.0f}: 64 kernels, each with how many weights, and a bias each.")
    return f"64 kernels of 5 x 5 x 32 weights and a bias each: {right:,}."


def _learning_rate(answer: Run) -> str:
    from digitlab.runs import Run

    if not isinstance(answer, Run):
        raise WrongAnswer(f"{answer!r} is no run: give what lesson.train returns.")
    config = answer.config
    if config.network != "deep-mnist":
        raise WrongAnswer(f"The run is of a network {config.network!r}; asked for is 'deep-mnist'.")
    if not config.data.holds_out:
        raise WrongAnswer("Choose by digits that are held out of the training digits: data=held_out.")
    seen = answer.metrics()["steps"] * config.recipe.batch_size
    if seen > STEPS * 50:
        raise WrongAnswer(f"It has seen {seen:,} digits; allowed are {STEPS} steps of 50.")
    accuracy = answer.metrics()["splits"]["validation"]["accuracy"]
    rate = config.recipe.learning_rate
    if accuracy < STEP_GOAL:
        way = "a higher" if rate < 5e-4 else "a lower" if rate > 5e-3 else "another"
        raise WrongAnswer(
            f"With a rate of {rate:g} it is right for {accuracy:.2%} of the held-out digits; {STEP_GOAL:.0%} "
            f"can be reached. Try {way} learning rate."
        )
    return f"With a rate of {rate:g} it is right for {accuracy:.2%} of the held-out digits."


EXERCISES: Mapping[str, Check] = {
    "first loss": _first_loss,
    "standard error": _standard_error,
    "convolution": check_convolution,
    "vertical strokes": check_vertical_kernel,
    "max pooling": check_max_pooling,
    "second layer": _second_layer,
    "parameters": _conv2_parameters,
    "cross-entropy": check_cross_entropy,
    "learning rate": _learning_rate,
}
