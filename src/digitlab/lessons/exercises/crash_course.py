"""Exercises of lesson `crash-course`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitlab.lessons.checking import Check, WrongAnswer
from digitlab.lessons.exercises.answers import array_of, check_is_function, number_of
from digitlab.lessons.exercises.softmax import check_softmax

if TYPE_CHECKING:
    from digitlab.runs import Run

__all__ = ["EXERCISES"]

LINEAR_GOAL, NETWORK_GOAL = 0.91, 0.95
"""Accuracy on held-out digits: what the lesson asks of a linear model; what the source asks of a network."""
HARDLY = 0.6
"""Accuracy below which a network has hardly learned."""
FEW_UNITS = 30


def _share_of_zeros(answer: Any, image: NDArray[np.uint8]) -> str:
    share, right = number_of(answer, "The share"), float((image == 0).mean())
    if np.isclose(share, 1 - right):
        raise WrongAnswer(f"{share:.3f} is the share of pixels with ink; asked for is that of paper.")
    if np.isclose(share, (image == 0).sum()) or share > 1:
        raise WrongAnswer(f"{share:g} is above 1: divide the number of zeros by the number of pixels, 784.")
    if not np.isclose(share, right, atol=0.0005):
        raise WrongAnswer(f"Not {share:.3f}: count the pixels that are exactly 0, and divide by all 784.")
    return f"{right:.1%} of this image is paper."


def _one_hot(answer: Any) -> str:
    function = check_is_function(answer, "one_hot(labels)")
    labels = np.array([3, 0, 9])
    found = array_of(function(labels), (3, 10), "one_hot([3, 0, 9])")
    if not np.array_equal(found.sum(axis=1), [1, 1, 1]):
        raise WrongAnswer(
            f"The rows of one_hot([3, 0, 9]) sum to {found.sum(axis=1)}; each must hold a single 1."
        )
    places = found.argmax(axis=1)
    if np.array_equal(places, (labels - 1) % 10):
        raise WrongAnswer("The 1 of a three stands in column 2: columns are counted from 0 here, not from 1.")
    if not np.array_equal(places, labels):
        raise WrongAnswer(
            f"The ones of one_hot([3, 0, 9]) stand in columns {places}; they must stand in 3, 0 and 9."
        )
    return "Each row holds a single 1, in the column of its label."


def _most_confused(answer: Any, confusion: NDArray[np.int64]) -> str:
    try:
        one, other = sorted(map(int, answer))
    except (TypeError, ValueError):
        raise WrongAnswer(f"{answer!r} is no pair of digits, such as (0, 6).") from None
    if one == other or not {one, other} <= set(range(10)):
        raise WrongAnswer(f"({one}, {other}) must be two different digits from 0 to 9.")
    both = np.triu(confusion + confusion.T, k=1)
    if both[one, other] < both.max():
        counts = f"{one} and {other} are confused {both[one, other]} times"
        if (
            max(confusion[one, other], confusion[other, one])
            == (confusion - np.diag(np.diag(confusion))).max()
        ):
            raise WrongAnswer(f"{counts}, and most often one way; added both ways, another pair has more.")
        raise WrongAnswer(f"{counts}; another pair is confused {both.max()} times.")
    return f"{one} and {other} are confused {both.max()} times, both ways added."


def _accuracy_of(run: Run, network: str) -> float:
    """The accuracy on held-out digits of a run of a network."""
    from digitlab.runs import Run

    if not isinstance(run, Run):
        raise WrongAnswer(f"{run!r} is no run: give what lesson.train returns.")
    if run.config.network != network:
        raise WrongAnswer(f"The run is of a network {run.config.network!r}; asked for is {network!r}.")
    if not run.config.data.holds_out:
        raise WrongAnswer(
            f"It is validated on {run.config.data.validation}: choose by digits that are held out of the "
            "training digits (data=held_out), so that the test digits stay unseen."
        )
    accuracy: float = run.metrics()["splits"]["validation"]["accuracy"]
    return accuracy


def _check_has_learned(run: Run, accuracy: float) -> None:
    """Refuses a run that is hardly better than chance, whose learning rate will not do."""
    recipe = run.config.recipe
    if accuracy < HARDLY:
        raise WrongAnswer(
            f"It is right for {accuracy:.2%} of the held-out digits: it has hardly learned. A learning rate "
            f"of {recipe.learning_rate:g} is too high or too low for {recipe.optimizer}."
        )


def _linear(answer: Run) -> str:
    accuracy = _accuracy_of(answer, "softmax")
    _check_has_learned(answer, accuracy)
    if accuracy < LINEAR_GOAL:
        raise WrongAnswer(
            f"It is right for {accuracy:.2%} of the held-out digits; {LINEAR_GOAL:.0%} can be reached. Try "
            "larger batches, more steps, or a lower learning rate."
        )
    return f"It is right for {accuracy:.2%} of the held-out digits."


def _network(answer: Run) -> str:
    accuracy = _accuracy_of(answer, "mlp")
    _check_has_learned(answer, accuracy)
    narrowest = min(answer.config.options["hidden"])
    if accuracy < NETWORK_GOAL and narrowest < FEW_UNITS:
        raise WrongAnswer(
            f"It is right for {accuracy:.2%} of the held-out digits; {NETWORK_GOAL:.0%} is asked for. A "
            f"hidden layer of {narrowest} units holds back what comes after it: try more."
        )
    if accuracy < NETWORK_GOAL:
        raise WrongAnswer(
            f"It is right for {accuracy:.2%} of the held-out digits; {NETWORK_GOAL:.0%} is asked for. In how "
            "many of the 57,500 training digits has it looked? Try more steps, or larger batches."
        )
    return f"It is right for {accuracy:.2%} of the held-out digits."


def _most_active(answer: Any, outputs: NDArray[np.float32]) -> str:
    unit = number_of(answer, "The unit")
    if unit != int(unit) or not 0 <= unit < len(outputs):
        raise WrongAnswer(f"{unit:g} is no unit: they are counted from 0 to {len(outputs) - 1}.")
    right = int(outputs.argmax())
    if outputs[int(unit)] < outputs[right]:
        raise WrongAnswer(
            f"Unit {unit:g} has the output {outputs[int(unit)]:.2f}; another has {outputs[right]:.2f}."
        )
    return f"Unit {right} has the output {outputs[right]:.2f}."


EXERCISES: Mapping[str, Check] = {
    "share of zeros": _share_of_zeros,
    "one-hot": _one_hot,
    "softmax": check_softmax,
    "most confused": _most_confused,
    "linear 91 %": _linear,
    "network 95 %": _network,
    "most active unit": _most_active,
}
