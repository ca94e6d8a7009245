"""Two runs, or groups of runs, on the same digits: which is better, and is that chance?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from digitlab.errors import DataError
from digitlab.evaluation import PairedTest, paired_test

__all__ = ["ComparedPair", "compare_pair"]


class ComparedPair(NamedTuple):
    """The paired test of two, and its result in words."""

    test: PairedTest
    sentence: str
    digits: str


def compare_pair(paths: Sequence[Path], names: Sequence[str], data: str | None = None) -> ComparedPair:
    """Tests two runs, or folders of runs that differ by seed alone, against each other on the same digits.

    Args:
        paths: Both folders.
        names: What they are called in the sentence.
        data: The digits; None: test digits of the networks' size.

    Raises:
        DataError: If the two take digits of different sizes, or the digits cannot be read.
        RunError: If a run is not finished.
    """
    from digitlab.data import load
    from digitlab.runs.evaluate import default_data
    from digitlab.runs.trained_model import open as open_trained

    models = [open_trained(path) for path in paths]
    wanted = [default_data(model) for model in models]
    if data is None and wanted[0] != wanted[1]:
        raise DataError("they take digits of different sizes", "Name digits that both take (--data).")
    digits = load(data or wanted[0])
    trained_on = {run.config.data.train for model in models for run in model.runs}
    first, second = (
        np.array([member.predict(digits) == digits.labels for member in model.members]) for model in models
    )
    test = paired_test(first, second)
    sentence = test.sentence(names[0], names[1], digits.name)
    if digits.name in trained_on:
        sentence += f" Some were trained on {digits.name}: name other digits with --data."
    return ComparedPair(test, sentence, digits.name)
