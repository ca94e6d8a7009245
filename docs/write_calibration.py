"""Fits the calibration of page reading and writes `src/digitlab/pages/calibration.json`.

Composed pictures of MNIST's validation digits are read; some are turned, and then show no numbers. Logistic
regressions turn the evidence for a string into the probabilities that it is a number, and that it is read
right; thresholds of these are fitted on other composed pictures than the regressions.

Run it when the model of page reading or the weights of its lattice have changed:

    python docs/write_calibration.py
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from sklearn.linear_model import LogisticRegression

from digitlab.evaluation.selective import fit_threshold_table
from digitlab.files import atomic_write
from digitlab.pages.composition import KINDS, STRENGTHS, compose, held_out
from digitlab.pages.evidence import FILE, READING_MODEL, Calibration, logistic
from digitlab.pages.options import ReadOptions
from digitlab.pages.reading import find_page
from digitlab.pages.scoring import overlap, upright_boxes
from digitlab.pages.strings import NUMBER, FoundDigit
from digitlab.reader import OnnxModel

PICTURES = {"page": 14, "table": 4}
OTHERS = 56
"""How many of each kind and strength."""
SEED = 20
MAX_ERRORS = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002)

TURNED = -2
"""Label of a string on a turned picture."""
RARE = 0.1
"""How much such a string counts: there are many on a picture, but few pictures are turned."""

Example = tuple[list[float], int]
"""Features of a string and whether it is right (1), another number (0), no number (-1) or turned."""
DigitExample = tuple[float, float, list[float], bool]
"""Margin and logarithm of a digit, features of its string, and whether it is right."""


def main() -> None:
    """Reads, fits and writes."""
    jobs = [(kind, number) for kind in KINDS for number in range(PICTURES.get(kind, OTHERS))]
    with ProcessPoolExecutor(2) as pool:
        results = list(pool.map(_examples, *zip(*jobs, strict=True), chunksize=4))
    numbered = list(zip(jobs, results, strict=True))
    halves = [[result for (_, number), result in numbered if number % 2 == half] for half in (0, 1)]
    strings, digits = ([one for result in halves[0] for one in result[part]] for part in (0, 1))
    features, labels = np.array([one[0] for one in strings]), np.array([one[1] for one in strings])
    weights = np.where(labels == TURNED, RARE, 1.0)
    number = _fit(features, labels >= 0, weights)
    real = labels >= 0
    right = _fit(features[real], labels[real] == 1)
    digit = _fit(np.array([one[:2] for one in digits]), np.array([one[3] for one in digits]))
    given = Calibration.from_dict(
        {"number": number, "right": right, "digit": digit, "strings": EMPTY, "digits": EMPTY}
    )
    others, other_digits = ([one for result in halves[1] for one in result[part]] for part in (0, 1))
    # As many of those on turned pages as they count; in order, so that all probabilities are among them.
    turned = sorted((one for one in others if one[1] == TURNED), key=lambda one: given.right_of(one[0]))
    every = round(1 / RARE)
    others = [one for one in others if one[1] != TURNED] + turned[every // 2 :: every]
    name = f"composed strings of validation digits, seed {SEED}"
    # What decides whether a digit is sure: at least the probability of its string, which is a number.
    other_digits = [one for one in other_digits if logistic(given.number, one[2]) >= NUMBER]
    tables = []
    for values, truth in (
        ([given.right_of(one[0]) for one in others], [one[1] == 1 for one in others]),
        (
            [given.digit_probability(*one[:2], given.right_of(one[2])) for one in other_digits],
            [one[3] for one in other_digits],
        ),
    ):
        tables.append(fit_threshold_table(np.array(values), np.array(truth), name, MAX_ERRORS))
    final = Calibration(given.number, given.right, given.digit, *tables)
    with atomic_write(FILE) as temporary:
        temporary.write_text(json.dumps(final.to_dict(), indent=1) + "\n", "utf-8")
    for table in tables:
        for row in table.rows:
            print(row, file=sys.stderr)


EMPTY = {
    "data": "none",
    "n": 1,
    "rows": [
        {
            "max_error": 0.5,
            "threshold": 0.0,
            "coverage": 1.0,
            "n_answered": 1,
            "errors": 0,
            "upper_bound": 1.0,
        }
    ],
}


def _examples(kind: str, number: int) -> tuple[list[Example], list[DigitExample]]:
    """What is read of three pictures, one of each strength, and whether it is right.

    A page, and of the others every fourth, is read turned, too: by a quarter or a half of a circle. What
    looks like a number then is none.
    """
    import cv2

    cv2.setNumThreads(1)
    strings: list[Example] = []
    digits: list[DigitExample] = []
    model = OnnxModel(READING_MODEL)
    for strength in STRENGTHS:
        picture = compose(kind, strength, np.random.default_rng((SEED, number)), *held_out())
        if kind == "page" or number % 4 == 0:
            turned = np.ascontiguousarray(np.rot90(picture.gray, 1 + number % 3))
            rows = find_page(turned, model, ReadOptions()).rows
            strings += [(string.evidence.features(), TURNED) for row in rows for string in row]
        found = find_page(picture.gray, model, ReadOptions())
        boxes = upright_boxes(picture.outlines, found.matrix)
        for string in (one for row in found.rows for one in row):
            where = overlap(_array(string.digits, found.scale), np.array(boxes, float))
            match = np.where(where.max(1) >= 0.3, where.argmax(1), -1)
            label = -1 if (match < 0).all() else int(string.text in _texts(picture.lines, match))
            features = string.evidence.features()
            strings.append((features, label))
            for one, place in zip(string.digits, match, strict=True):
                true = bool(place >= 0 and picture.boxes[place][0] == one.digit)
                digits.append((one.margin, one.log, features, true))
    return strings, digits


def _array(digits: tuple[FoundDigit, ...], scale: float) -> np.ndarray:
    return np.array([one.box for one in digits], float) / scale


def _texts(lines: tuple[tuple[str, ...], ...], match: np.ndarray) -> Iterator[str]:
    """The true string that a string's digits lie on, if it is one."""
    start = 0
    own = set(match.tolist())
    for text in (text for line in lines for text in line):
        if own == set(range(start, start + len(text))):
            yield text
        start += len(text)


def _fit(features: np.ndarray, right: np.ndarray, weights: np.ndarray | None = None) -> list[float]:
    """Intercept and weights of a logistic regression; examples count by their weights."""
    scale = features.std(0) + 1e-9
    fitted = LogisticRegression(C=1.0, max_iter=2000).fit(features / scale, right, weights)
    return [float(fitted.intercept_[0]), *(fitted.coef_[0] / scale).tolist()]


if __name__ == "__main__":
    main()
