"""The digits of the studies, as each source split them, and held out where it did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, wraps
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from digitlab.data import Digits, classroom, mnist, read_mat
from digitlab.errors import DataError
from digitlab.studies.study import ReproduceOptions, StudyData
from digitlab.training import Examples

__all__ = [
    "IMAGE_OF_TWO",
    "check_mat_file",
    "classroom_boxes",
    "classroom_held_out",
    "classroom_whole",
    "first_5000_held_out",
    "first_5000_set_aside",
    "held_out_2500",
    "of_mat_file",
    "pca_of_first_5000_held_out",
    "pixels_of_first_5000_held_out",
    "same_first_test_images",
]

PCA_VARIANCE = 0.95
QUICK_TEST = 2000
IMAGE_OF_TWO = 1015
"""The image that sources 001 and 004 ask about: a two in the course's file, and in any file of its order."""


def _once(make: Callable[[ReproduceOptions], StudyData]) -> Callable[[ReproduceOptions], StudyData]:
    """Makes the digits at most once in a process, and lets the last ones go for others."""
    last: dict[ReproduceOptions, StudyData] = {}

    @wraps(make)
    def made(options: ReproduceOptions) -> StudyData:
        if options not in last:
            last.clear()
            last[options] = make(options)
        return last[options]

    return made


@cache
def _mnist(split: str) -> Digits:
    return mnist("train" if split == "train" else "test")


@cache
def _examples(split: str) -> Examples:
    return Examples.of(_mnist(split))


def _part(examples: Examples, start: int, end: int) -> Examples:
    return Examples(examples.inputs[start:end], examples.labels[start:end])


def same_first_test_images(_: ReproduceOptions) -> StudyData:
    """Source 000 as it ran: trained on the training file, everything else is the start of the test file.

    Its loader is given a range and takes only its length: "training", "validation" and "test" examples are
    the first 7,500, 2,500 and 3,000 images of the *test* file, so the last two lie within the first.
    """
    test, images = _examples("test"), _mnist("test")
    return StudyData(
        train=_examples("train"),
        scored={
            "train": _part(test, 0, 7500),
            "validation": _part(test, 0, 2500),
            "test": _part(test, 0, 3000),
        },
        extra_eval="train",
        digits={"validation": images.take(2500), "test": images.take(3000), "train": images.take(7500)},
        words={
            "batches": "60,000 images of the training file, shuffled",
            "train": "the first 7,500 images of the test file",
            "validation": "the first 2,500 images of the test file",
            "test": "the first 3,000 images of the test file",
        },
    )


@_once
def held_out_2500(_: ReproduceOptions) -> StudyData:
    """Source 000's sizes on digits that are apart: 57,500 to train on, 2,500 held out, 10,000 test."""
    train, validation = _mnist("train").split(2500, "stratified")
    examples = Examples.of(train)
    return StudyData(
        train=examples,
        scored={
            "train": _part(examples, 0, 7500),
            "validation": Examples.of(validation),
            "test": _examples("test"),
        },
        extra_eval="train",
        digits={"train": train.take(7500), "validation": validation, "test": _mnist("test")},
        words={
            "batches": "57,500 images of the training file, shuffled",
            "train": "the first 7,500 of them",
            "validation": "2,500 images of the training file, held out by digit",
            "test": "all 10,000 images of the test file",
        },
    )


def first_5000_held_out(_: ReproduceOptions) -> StudyData:
    """Sources 002 and 003: the first 5,000 of the training file held out, 55,000 to train on, 10,000 test."""
    whole, examples = _mnist("train"), _examples("train")
    train = _part(examples, 5000, 60000)
    return StudyData(
        train=train,
        scored={"train": train, "validation": _part(examples, 0, 5000), "test": _examples("test")},
        digits={
            "train": Digits(whole.images[5000:], whole.labels[5000:], "mnist:train[5000:]"),
            "validation": whole.take(5000),
            "test": _mnist("test"),
        },
        words=WORDS,
    )


def first_5000_set_aside(options: ReproduceOptions) -> StudyData:
    """Source 002: the same division; its deep network is followed by nothing but its own batches."""
    whole = first_5000_held_out(options)
    if options.quick:  # reading 15,000 images takes longer than a quick look's training
        few = _part(whole.scored["test"], 0, QUICK_TEST)
        words = {**WORDS, "test": f"the first {QUICK_TEST:,} images of the test file"}
        digits = {"test": whole.digits["test"].take(QUICK_TEST)}
        return StudyData(whole.train, {"test": few}, words, monitor=None, digits=digits)
    roles = ("validation", "test")
    return StudyData(
        train=whole.train,
        scored={role: whole.scored[role] for role in roles},
        monitor=None,
        digits={role: whole.digits[role] for role in roles},
        words=WORDS,
    )


WORDS: Mapping[str, str] = {
    "train": "the last 55,000 images of the training file",
    "validation": "its first 5,000 images",
    "test": "all 10,000 images of the test file",
}


@_once
def pca_of_first_5000_held_out(options: ReproduceOptions) -> StudyData:
    """Source 003, experiment 4: the components that hold 95 % of the training images' variance."""
    images = first_5000_held_out(options)
    pca = PCA(n_components=PCA_VARIANCE, svd_solver="covariance_eigh").fit(
        images.train.inputs.flatten(1).numpy()
    )
    scored = {role: _features(each, lambda ink: pca.transform(ink)) for role, each in images.scored.items()}
    return StudyData(
        train=scored["train"],
        scored=scored,
        words={**WORDS, "features": f"{pca.n_components_} principal components of the training images"},
    )


@_once
def pixels_of_first_5000_held_out(options: ReproduceOptions) -> StudyData:
    """Source 003, experiment 5: the 70 pixels that its random forest finds most important."""
    images = first_5000_held_out(options)
    with np.load(options.arrays("hidden-layer", "forest")) as forest:
        pixels = forest["pixels"]
    scored = {role: _features(each, lambda ink: ink[:, pixels]) for role, each in images.scored.items()}
    return StudyData(
        train=scored["train"],
        scored=scored,
        words={**WORDS, "features": f"the ink of {len(pixels)} pixels"},
    )


def _features(examples: Examples, made: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> Examples:
    ink = examples.inputs.flatten(1).numpy()
    return Examples(torch.from_numpy(np.ascontiguousarray(made(ink), dtype=np.float32)), examples.labels)


def classroom_whole(_: ReproduceOptions) -> StudyData:
    """Sources 001 and 004: 5,000 digits of 20x20, trained on and scored on alike."""
    return _trained_and_scored(classroom("reduced"), "5,000 digits: whole images reduced to 20x20")


def classroom_boxes(_: ReproduceOptions) -> StudyData:
    """The same digits in the other form: the 20x20 box that each fills."""
    return _trained_and_scored(classroom(), "5,000 digits: the 20x20 boxes that they fill")


def check_mat_file(path: Path) -> None:
    """Checks that a person's `.mat` file can be source 004's.

    Raises:
        DataError: If it cannot be read, or holds other images than 20x20, or too few to have number 1,015.
    """
    digits = read_mat(path)
    if (digits.height, digits.width) != (20, 20) or len(digits) <= IMAGE_OF_TWO:
        raise DataError(
            f"{path} holds {len(digits):,} images of {digits.height}x{digits.width}",
            f"The course's file has 5,000 of 20x20; give one of that layout with more than {IMAGE_OF_TWO:,}.",
        )


def of_mat_file(options: ReproduceOptions) -> StudyData:
    """Source 004: the digits of a `.mat` file, the person's own or one written in the same layout."""
    path = options.mat or options.out / "work" / "mat-file" / "classroom.mat"
    digits = read_mat(path)
    words = f"{len(digits):,} digits of {digits.height}x{digits.width} read from {path.name}"
    return _trained_and_scored(digits, words)


def _trained_and_scored(digits: Digits, words: str) -> StudyData:
    examples = Examples.of(digits)
    return StudyData(
        train=examples,
        scored={"train": examples},
        monitor=None,
        digits={"train": digits},
        words={"train": words, "test": "none: the source scores on what it trains on"},
    )


@_once
def classroom_held_out(_: ReproduceOptions) -> StudyData:
    """Sources 001 and 004 (`practice-lab`, `mat-file`), corrected: a fifth of the digits held out."""
    train, test = classroom("reduced").split(1000, "stratified")
    examples = Examples.of(train)
    return StudyData(
        train=examples,
        scored={"train": examples, "test": Examples.of(test)},
        monitor=None,
        digits={"train": train, "test": test},
        words={
            "train": "4,000 digits of the classroom set",
            "test": "1,000 of its digits, held out by digit",
        },
    )
