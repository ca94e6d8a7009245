"""Exercises of lesson `mat-file`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.lessons.checking import Check, NoAnswer, WrongAnswer
from digitlab.lessons.exercises.answers import array_of, check_is_function, number_of
from digitlab.probabilities import softmax

__all__ = ["EXERCISES"]

TOLERANCE = 1e-5
ERROR_COSTS = float(np.log(2))
"""Least loss of an image that is misclassified, in nats: its true digit has a probability of at most 1/2."""


def _softmax_of_a_batch(answer: Any) -> str:
    function = check_is_function(answer, "softmax(z)")
    z = np.array([[1.0, 2, 3, 4], [0, 0, 0, 0], [4, 1, 0, 2]])
    given = z.copy()
    found, right = array_of(function(given), z.shape, "softmax of 3 rows"), softmax(z)
    if not np.array_equal(given, z):
        raise WrongAnswer("It changes the array that it is given; make a new one.")
    if np.allclose(found, softmax(z.T).T, atol=TOLERANCE):
        raise WrongAnswer(
            "The columns sum to 1: axis 0 runs over the images. Sum over the logits of each row, axis 1."
        )
    if np.isclose(found.sum(), 1, atol=TOLERANCE):
        raise WrongAnswer("All numbers together sum to 1; each row must, for it is one image.")
    if not np.allclose(found, right, atol=TOLERANCE):
        rows = ", ".join(f"{each:.3f}" for each in found.sum(axis=1))
        raise WrongAnswer(
            f"The rows sum to {rows}; the softmax of the first must be "
            f"{', '.join(f'{each:.4f}' for each in right[0])}."
        )
    far = array_of(function(np.array([[1000.0, 1001], [1, 2]])), (2, 2), "softmax of 2 rows")
    if not np.isfinite(far[0]).all():
        raise WrongAnswer("Logits of 1000 and 1001 become nan: subtract the largest logit of each row first.")
    if not np.allclose(far[1], far[0], atol=TOLERANCE):
        raise WrongAnswer(
            "Beside a row of 1000 and 1001, the row of 1 and 2 is lost: subtract from each row its own "
            "largest logit, not the largest of all."
        )
    return "Each row sums to 1, and no row spoils another."


def _size_of_x(answer: Any) -> str:
    found, right = number_of(answer, "The size"), 5000 * 400 * 8
    mistakes = {
        400.0 * 8: "That is one image; there are 5,000.",
        5000.0 * 400: "That is the number of values; each takes 8 bytes.",
        5000.0 * 400 * 4: "4 bytes are a float32; the values here are float64.",
        5000.0 * 400 * 64: "A float64 has 64 bits; a byte has 8 of them.",
        16.0: "Give the number of bytes, not of megabytes.",
    }
    if found in mistakes:
        raise WrongAnswer(mistakes[found])
    if found != right:
        raise WrongAnswer(f"Not {found:,g}: images, times values in each, times bytes of a value.")
    return "16,000,000 bytes."


def _labels(answer: Any) -> str:
    function = check_is_function(answer, "to_digits(y)")
    y = np.array([[10], [1], [9], [10], [5]], np.uint8)
    given = y.copy()
    result = function(given)
    if not np.array_equal(given, y):
        raise WrongAnswer("It changes y itself. Run twice, or read-only, that goes wrong; make a new array.")
    found = array_of(result, (5,), "to_digits(y) for y of shape (5, 1)")
    if np.array_equal(found, y[:, 0]):
        raise WrongAnswer("10 is still there: it stands for the digit 0.")
    if np.array_equal(found, y[:, 0] - 1):
        raise WrongAnswer("Every label is one less: only 10 means another digit, 0; the others stay.")
    if not np.array_equal(found, y[:, 0] % 10):
        raise WrongAnswer(f"Labels 10, 1, 9, 10, 5 become {found.astype(int)}; they must be 0, 1, 9, 0, 5.")
    return "10 becomes 0, the others stay, and the file's own array is unchanged."


def _rows_of_x(answer: Any) -> str:
    function = check_is_function(answer, "unroll(images)")
    images = np.arange(2 * 20 * 20, dtype=np.float64).reshape(2, 20, 20)
    found = array_of(function(images.copy()), (2, 400), "unroll(images) for 2 images")
    right = images.transpose(0, 2, 1).reshape(2, 400)
    if np.array_equal(found, right):
        return "Each image is a row, column after column."
    if np.array_equal(found, images.reshape(2, 400)):
        raise WrongAnswer("The images are unrolled row after row; the file has them column after column.")
    if np.array_equal(found, images.T.reshape(2, 400)):
        raise WrongAnswer(
            "images.T turns all three axes around and mixes the images; exchange only the last two."
        )
    raise WrongAnswer("The pixels are not in order: exchange rows and columns of each image, then reshape.")


def _probability(answer: Any, logits: NDArray[np.float64]) -> str:
    found, z = number_of(answer, "The probability"), np.asarray(logits, np.float64)
    right = softmax(z)
    if np.isclose(found, right[2], atol=0.0005):
        return f"{right[2]:.1%}: the network is sure, and not as sure as it could be."
    if np.isclose(found, 100 * right[2], atol=0.05):
        raise WrongAnswer(f"{found:.1f} is in percent; give a fraction between 0 and 1.")
    if np.isclose(found, z[2]):
        raise WrongAnswer(f"{found:g} is the logit; softmax makes a probability of it.")
    if np.isclose(found, z[2] / z.sum(), atol=0.0005):
        raise WrongAnswer("The logit is divided by the sum of the logits: take exponentials of them first.")
    if np.isclose(found, np.exp(z[2]), rtol=0.0005):
        raise WrongAnswer(f"{found:.1f} is the exponential; divide it by the sum of all ten.")
    others = np.flatnonzero(np.isclose(found, right, atol=0.0005))
    if len(others) == 1:
        raise WrongAnswer(f"That is the probability of a {others[0]}; a two has the index 2.")
    raise WrongAnswer(f"Not {found:.4f}: take softmax of the ten logits, and of that the number at index 2.")


def _most_errors(answer: Any, loss: float, n: int) -> str:
    found, right = number_of(answer, "The number"), n * loss / ERROR_COSTS
    if right - 1 <= found <= right + 1:
        return f"At most {int(right)} of {n:,} images can be wrong. 4,499 cannot."
    if np.isclose(found, n * loss, atol=1):
        raise WrongAnswer("That is the sum of all losses. An error may cost less than 1: what is the least?")
    if np.isclose(found, n * loss / np.log(10), atol=1):
        raise WrongAnswer(
            "ln 10 is the loss at a probability of 1/10. The true digit of an error may have more: up to 1/2."
        )
    if np.isclose(found, n * loss * ERROR_COSTS, atol=1):
        raise WrongAnswer("Divide the sum of the losses by what an error costs; do not multiply.")
    raise WrongAnswer(
        f"Not {found:,.0f}: the losses sum to {n * loss:.1f} nats. How many errors can that pay for, if each "
        "costs at least ln 2?"
    )


def _count_errors(answer: Any) -> str:
    function = check_is_function(answer, "count_errors(predicted, labels)")
    predicted, labels = np.array([0, 0, 2, 3, 3, 7, 7]), np.array([[0], [1], [2], [3], [9], [7], [8]])
    result = function(predicted.copy(), labels.copy())
    if result is None or result is ...:
        raise NoAnswer
    found = number_of(result, "count_errors(predicted, labels)")
    wrong, n = predicted != labels[:, 0], len(labels)
    mistakes = {
        float((predicted != labels).sum()): (
            f"It counts {found:g} errors in 7 images: labels are (7, 1), so NumPy compares every prediction "
            "with every label. Take labels[:, 0]."
        ),
        float((predicted != labels[0]).sum()): (
            "Every prediction is compared with the first label: labels[0] is a row, labels[:, 0] a column."
        ),
        float(n - wrong.sum()): "That is the number of right predictions; count the wrong ones.",
        float(wrong.mean()): "That is the share of errors; asked for is their number.",
    }
    if found in mistakes:
        raise WrongAnswer(mistakes[found])
    if found != wrong.sum():
        raise WrongAnswer(f"It counts {found:g} errors where 3 of 7 predictions are wrong.")
    return "Each prediction is compared with the label of the same image."


def _published_count(answer: Any, predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> str:
    found, first = number_of(answer, "The count"), labels.reshape(len(labels), -1)[:, 0]
    right = int((predicted != first[0]).sum())
    if found == right:
        return f"{right:,}: all images but the {len(predicted) - right} that are read as {first[0]}."
    mistakes = {
        float((predicted != first).sum()): "That is the true number of errors of this network.",
        float((predicted == first[0]).sum()): "So many are read as 0; the article counts all the others.",
        float((first != first[0]).sum()): (
            "So many labels are no 0. The article compares what the network reads, which is not quite "
            "the same."
        ),
        4499.0: "That is the article's own number; which does this network give, counted in the same way?",
    }
    if found in mistakes:
        raise WrongAnswer(mistakes[found])
    raise WrongAnswer(f"Not {found:,g}: compare all predictions with the label of the first image.")


EXERCISES: Mapping[str, Check] = {
    "softmax of a batch": _softmax_of_a_batch,
    "size of X": _size_of_x,
    "labels": _labels,
    "rows of X": _rows_of_x,
    "probability of the two": _probability,
    "most errors": _most_errors,
    "count errors": _count_errors,
    "published count": _published_count,
}
