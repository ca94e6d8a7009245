"""Exercises of lesson `practice-lab`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.lessons.checking import Check, NoAnswer, WrongAnswer
from digitlab.lessons.exercises.answers import array_of, check_is_function, number_of
from digitlab.lessons.exercises.softmax import check_softmax
from digitlab.probabilities import log_softmax, softmax

__all__ = ["EXERCISES"]

WIDTHS = (400, 25, 15, 10)
BATCH, EPOCHS, EPOCHS_IN_TEXT = 32, 40, 100
"""The source trains for 40 epochs; its text speaks of 100."""


def _one_linear_layer(answer: Any) -> str:
    function = check_is_function(answer, "merge(w1, b1, w2, b2)")
    random = np.random.default_rng(0)
    w1, b1, w2, b2 = (random.normal(size=shape) for shape in ((4, 3), (3,), (3, 2), (2,)))
    found = function(w1.copy(), b1.copy(), w2.copy(), b2.copy())
    if found is None or found is ...:
        raise NoAnswer
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise WrongAnswer("merge must return two arrays: the weights and the biases of the one layer.")
    if any(each is ... for each in found):
        raise NoAnswer
    weights = array_of(found[0], (4, 2), "The weights of layers 4-3-2 merged")
    biases = array_of(found[1], (2,), "The biases of layers 4-3-2 merged")
    if not np.allclose(weights, w1 @ w2):
        raise WrongAnswer("The weights are not right: write (x @ w1 + b1) @ w2 + b2 without the brackets.")
    if np.allclose(biases, b2):
        raise WrongAnswer("The weights are right, but b1 is missing: the second layer multiplies it, too.")
    if not np.allclose(biases, b1 @ w2 + b2):
        raise WrongAnswer("The weights are right, but the biases are not: what does the second do to b1?")
    return "One linear layer gives what the two give, for every input."


def _odds(answer: Any) -> str:
    found = number_of(answer, "The factor")
    if np.isclose(found, 2):
        raise WrongAnswer("2 is the difference of the logits; softmax takes the exponential of each.")
    if np.isclose(found, np.e, rtol=0.01):
        raise WrongAnswer("e is the factor for logits that differ by 1; these differ by 2.")
    if np.isclose(found, np.exp(-2), rtol=0.01):
        raise WrongAnswer("That is the smaller probability over the larger one; asked for is the other.")
    if not np.isclose(found, np.exp(2), rtol=0.01):
        raise WrongAnswer(f"Not {found:g}: divide e^(z + 2) by e^z; the sum below both is the same.")
    return "e^2 = 7.39, whatever the other logits are."


def _upright(answer: Any, row: NDArray[np.float32]) -> str:
    function = check_is_function(answer, "upright(row)")
    found = array_of(function(row.copy()), (20, 20), "upright(row)")
    right = row.reshape(20, 20).T
    if np.allclose(found, right):
        return "The two stands upright."
    if np.allclose(found, right.T):
        raise WrongAnswer(
            "Rows and columns are exchanged: the 400 numbers are 20 columns, one after the other, and "
            "reshape fills rows."
        )
    if any(np.allclose(found, np.rot90(right, turns)) for turns in (1, 2, 3)):
        raise WrongAnswer("The digit is turned: exchange rows and columns instead of turning it.")
    if any(np.allclose(found, np.flip(right, axis)) for axis in (0, 1)):
        raise WrongAnswer("The digit is mirrored: exchange rows and columns, and flip nothing.")
    raise WrongAnswer("The pixels are not where they belong: reshape the row to 20 x 20 first.")


def _parameters(answer: Any) -> str:
    function = check_is_function(answer, "count_parameters(widths)")
    for widths in (WIDTHS, (7, 3, 2)):
        raw = function(widths)
        if raw is None or raw is ...:
            raise NoAnswer
        _check_count(number_of(raw, f"count_parameters({widths})"), widths)
    return f"{_count(WIDTHS):,}, and the function is right for other networks, too."


def _count(widths: Sequence[int]) -> int:
    return sum((a + 1) * b for a, b in pairwise(widths))


def _check_count(found: float, widths: Sequence[int]) -> None:
    right, biases = _count(widths), sum(widths[1:])
    if found == right:
        return
    if found == right - biases:
        raise WrongAnswer(f"{found:,.0f} are the weights alone; each unit also has a bias, {biases} in all.")
    if found == right + widths[0]:
        raise WrongAnswer(f"{found:,.0f} counts a bias for each input, too; inputs have none.")
    if found == _count(WIDTHS):
        raise WrongAnswer(f"It gives {found:,.0f} for {widths}, too: compute it from `widths`.")
    raise WrongAnswer(
        f"count_parameters({widths}) is {found:,.0f}. A layer with a inputs and b units has a x b weights "
        "and b biases."
    )


def _network(answer: Any) -> str:
    from digitlab.networks import build

    if not isinstance(answer, Mapping):
        raise WrongAnswer(f"{answer!r} are no options: give a dictionary, such as {{'inputs': 784}}.")
    if any(value is ... for value in answer.values()):
        raise NoAnswer
    try:
        options = build("mlp", **dict(answer)).options
    except DigitlabError as error:
        raise WrongAnswer(f"No network can be built of it: {error}") from None
    hidden = tuple(options["hidden"])
    if options["inputs"] != 400:
        raise WrongAnswer(f"It takes {options['inputs']} inputs; an image of 20 x 20 has 400 pixels.")
    if hidden == (25, 15, 10):
        raise WrongAnswer(
            "10 is one hidden layer too many: the layer of logits comes by itself, and no ReLU follows it."
        )
    if hidden == (15, 25):
        raise WrongAnswer("The hidden layers are exchanged: 25 units come first.")
    if hidden != (25, 15):
        raise WrongAnswer(f"Its hidden layers have {hidden} units; asked for are 25 and 15.")
    if options["activation"] != "relu":
        raise WrongAnswer(f"Its hidden layers have {options['activation']!r}; asked for is 'relu'.")
    if options["outputs"] != 10:
        raise WrongAnswer(f"It has {options['outputs']} outputs; there are ten digits.")
    if options["dropout"] or options["pixels"] or options["components"]:
        raise WrongAnswer("Leave out dropout, pixels and components: the source has none of them.")
    if options["initialization"] != "glorot":
        raise WrongAnswer(
            "The layers are right. Keras draws initial weights as 'glorot' says; set the initialization, too."
        )
    return "400-25-15-10 with ReLU in the hidden layers and logits at the end."


def _log_loss(answer: Any) -> str:
    function = check_is_function(answer, "log_loss(logits, label)")
    logits, label = np.array([1.0, 2.0, 3.0, 4.0]), 2
    found, name = _loss(function, logits, label), "log_loss([1, 2, 3, 4], 2)"
    right, probability = -float(log_softmax(logits)[label]), float(softmax(logits)[label])
    if np.isclose(found, -right):
        raise WrongAnswer(f"{name} is {found:.4f}: a loss is positive; change the sign.")
    if np.isclose(found, probability):
        raise WrongAnswer(f"{found:.4f} is the probability of the label; take minus its logarithm.")
    if np.isclose(found, right / np.log(2)) or np.isclose(found, right / np.log(10)):
        raise WrongAnswer(f"{name} is {found:.4f}: take the natural logarithm, np.log.")
    if not np.isclose(found, right):
        raise WrongAnswer(f"{name} is {found:.4f}; it must be -log({probability:.4f}) = {right:.4f}.")
    large = _loss(function, np.array([0.0, 1000.0]), 0)
    if not np.isfinite(large):
        raise WrongAnswer(
            f"It is right for small logits, but log_loss([0, 1000], 0) is {large}; it must be 1000. The "
            "probability is too small for a float, so do not take its logarithm: log(e^a / s) is a - log(s)."
        )
    if not np.isclose(large, 1000):
        raise WrongAnswer(f"log_loss([0, 1000], 0) is {large:g}; it must be 1000: do not limit it.")
    return f"{name} is {right:.4f}, and logits of 0 and 1000 give 1000, not infinity."


def _loss(function: Any, logits: NDArray[np.float64], label: int) -> float:
    found = function(logits.copy(), label)
    if found is None or found is ...:
        raise NoAnswer
    return number_of(found, "log_loss(logits, label)")


def _training_steps(answer: Any) -> str:
    found, n = number_of(answer, "The number"), 5000
    in_epoch = -(-n // BATCH)
    mistakes = {
        float(n // BATCH * EPOCHS): "156 full batches leave 8 digits of each epoch; they make a batch, too.",
        n / BATCH * EPOCHS: "An epoch ends with a batch that is not full: 5,000 / 32 is rounded up first.",
        float(in_epoch): "That is one epoch; there are 40.",
        float(n * EPOCHS): "So many digits are looked at; 32 of them make one step.",
        float(in_epoch * EPOCHS_IN_TEXT): "The source's text says 100 epochs; its code and output have 40.",
    }
    if found in mistakes:
        raise WrongAnswer(mistakes[found])
    if found != in_epoch * EPOCHS:
        raise WrongAnswer(f"Not {found:,g}: how many batches of 32 make an epoch of 5,000, and 40 of these?")
    return f"{in_epoch} steps in an epoch, {in_epoch * EPOCHS:,} in all."


def _digit_of_a_unit(answer: Any, outputs: NDArray[np.float32], labels: NDArray[np.int64]) -> str:
    found = number_of(answer, "The digit")
    if found not in range(10):
        raise WrongAnswer(f"{found:g} is no digit from 0 to 9.")
    means = np.array([outputs[labels == digit].mean() for digit in range(10)])
    right, digit = int(means.argmax()), int(found)
    if digit == right:
        return f"The mean output is {means[right]:.2f} for images of {right}."
    text = f"For images of {digit} the mean output is {means[digit]:.2f}; for another digit it is higher."
    if digit == int(labels[outputs.argmax()]):
        text += " The image with the largest output is one of these, but it is one image of 500."
    elif digit == int(means.argmin()):
        text += " That is the digit with the lowest mean."
    raise WrongAnswer(text)


def _best_epoch(answer: Any, history: Sequence[Any]) -> str:
    found = number_of(answer, "The epoch")
    if found != int(found) or not 0 <= found <= len(history):
        raise WrongAnswer(f"{found:g} is no epoch: they are counted from 1 to {len(history)}.")
    losses = [entry.validation_loss for entry in history]
    best = int(np.argmin(losses)) + 1
    if found == best:
        return f"After epoch {best} the held-out loss is lowest: {losses[best - 1]:.3f}."
    if found == best - 1:
        raise WrongAnswer("One off: epochs are counted from 1, and argmin counts from 0.")
    if found == int(np.argmin([entry.train_loss for entry in history])) + 1:
        raise WrongAnswer("There the training loss is lowest; asked for is the loss on held-out digits.")
    if found == int(np.argmax([entry.validation_accuracy for entry in history])) + 1:
        raise WrongAnswer("There the held-out accuracy is highest; asked for is the lowest held-out loss.")
    raise WrongAnswer(f"Another epoch has a held-out loss of {losses[best - 1]:.3f}, which is lower.")


EXERCISES: Mapping[str, Check] = {
    "one linear layer": _one_linear_layer,
    "softmax": check_softmax,
    "factor": _odds,
    "upright image": _upright,
    "parameters": _parameters,
    "log loss": _log_loss,
    "network": _network,
    "training steps": _training_steps,
    "digit of a unit": _digit_of_a_unit,
    "best epoch": _best_epoch,
}
