"""The digits of the studies: as each source split them, and with held-out digits where it had none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

from digitlab.data import read_mat
from digitlab.errors import DataError
from digitlab.runs import DataConfig
from digitlab.studies.study import ReproduceOptions, StudyData

__all__ = [
    "CLASSROOM_BOXES",
    "CLASSROOM_HELD_OUT",
    "CLASSROOM_WHOLE",
    "FIRST_5000_HELD_OUT",
    "FIRST_5000_SET_ASIDE",
    "HELD_OUT_2500",
    "IMAGE_OF_TWO",
    "MAT_FILE",
    "SAME_FIRST_TEST_IMAGES",
    "check_mat_file",
    "data_digest",
    "mat_file_data",
]

IMAGE_OF_TWO = 1015
"""The image that studies `practice-lab` and `mat-file` ask about: a two in the course's file."""
MAT_FILE = "classroom.mat"
"""The name of the file that the computation `file` of source 004 (`mat-file`) writes."""

EXTRA_IS_TRAIN = {"extra": "train", "validation": "validation", "test": "test"}
"""What source 000 (`crash-course`) calls training examples are not all of those that it trains on."""

SAME_FIRST_TEST_IMAGES = StudyData(
    DataConfig(
        train="mnist:train",
        validation="mnist:test[:2500]",
        test="mnist:test[:3000]",
        extra="mnist:test[:7500]",
    ),
    {
        "batches": "60,000 images of the training file, shuffled",
        "train": "the first 7,500 images of the test file",
        "validation": "the first 2,500 images of the test file",
        "test": "the first 3,000 images of the test file",
    },
    measured_as=EXTRA_IS_TRAIN,
)
"""Source 000 (`crash-course`) as it ran: trained on the training file, scored on the start of the test file.

Its loader is given a range and takes only its length: "training", "validation" and "test" examples are the
first 7,500, 2,500 and 3,000 images of the *test* file, so that the last two lie within the first."""

HELD_OUT_2500 = StudyData(
    DataConfig(train="mnist:train", validation="stratified:2500", test="mnist:test", extra="train[:7500]"),
    {
        "batches": "57,500 images of the training file, shuffled",
        "train": "the first 7,500 of them",
        "validation": "2,500 images of the training file, a stratified sample held out",
        "test": "all 10,000 images of the test file",
    },
    measured_as=EXTRA_IS_TRAIN,
)
"""The sizes of source 000 (`crash-course`) on disjoint splits: 57,500 to train on, 2,500 held out, 10,000
test."""

_FIRST_5000 = {
    "train": "the last 55,000 images of the training file",
    "validation": "its first 5,000 images",
    "test": "all 10,000 images of the test file",
}
FIRST_5000_HELD_OUT = StudyData(
    DataConfig(train="mnist:train", validation="first:5000", test="mnist:test"),
    _FIRST_5000,
    quick=DataConfig(train="mnist:train[:25000]", validation="first:5000", test="mnist:test[:5000]"),
)
"""Sources 002 (`deep-mnist`) and 003 (`hidden-layer`): the first 5,000 of the training file held out, 55,000
to train on, 10,000 test."""

FIRST_5000_SET_ASIDE = StudyData(
    DataConfig(train="mnist:train[5000:]", validation="none", test="mnist:test"),
    _FIRST_5000,
    measured_as={"test": "test"},
    quick=DataConfig(train="mnist:train[5000:]", validation="none", test="mnist:test[:1000]"),
)
"""Source 002 (`deep-mnist`): the same split; its deep network is not evaluated while it is trained."""

CLASSROOM_WHOLE = StudyData(
    DataConfig(train="classroom-reduced", validation="none", test="none"),
    {
        "train": "5,000 digits: whole images reduced to 20x20",
        "test": "none: the source scores on what it trains on",
    },
)
"""Sources 001 (`practice-lab`) and 004 (`mat-file`): 5,000 digits of 20x20, trained on and scored on."""

CLASSROOM_BOXES = replace(
    CLASSROOM_WHOLE,
    config=DataConfig(train="classroom", validation="none", test="none"),
    descriptions={**CLASSROOM_WHOLE.descriptions, "train": "5,000 digits: the 20x20 boxes that they fill"},
)
"""The same digits in the other form: the 20x20 box that each fills."""

CLASSROOM_HELD_OUT = StudyData(
    DataConfig(train="classroom-reduced", validation="stratified:1000", test="none"),
    {
        "train": "4,000 digits of the classroom set",
        "test": "1,000 of its digits, a stratified sample held out; nothing is decided by them",
    },
    measured_as={"train": "train", "validation": "test"},
)
"""Sources 001 (`practice-lab`) and 004 (`mat-file`), corrected: a fifth of the digits held out."""


def mat_file_data(options: ReproduceOptions) -> StudyData:
    """Source 004 (`mat-file`): the digits of a `.mat` file, the person's own or one in the same layout."""
    path = options.out / "computed" / "mat-file" / "file" / MAT_FILE
    read_from = options.mat.name if options.mat else MAT_FILE
    return replace(
        CLASSROOM_WHOLE,
        config=DataConfig(train=str(path), validation="none", test="none"),
        descriptions={**CLASSROOM_WHOLE.descriptions, "train": f"the digits read from {read_from}"},
        files=(("train", "file", MAT_FILE),),
    )


def check_mat_file(path: Path) -> None:
    """Checks that a person's `.mat` file can be used for source 004 (`mat-file`).

    Raises:
        DataError: If it cannot be read, or holds other images than 20x20, or too few to have number 1,015.
    """
    digits = read_mat(path)
    if (digits.height, digits.width) != (20, 20) or len(digits) <= IMAGE_OF_TWO:
        raise DataError(
            f"{path} holds {len(digits):,} images of {digits.height}x{digits.width}",
            f"The course's file has 5,000 of 20x20; give one of that layout with more than {IMAGE_OF_TWO:,}.",
        )


def data_digest(paths: Iterable[Path] = ()) -> str:
    """Digest of the digits that come with the package, and of further files.

    Args:
        paths: Files of a person's own.

    Returns:
        32 hexadecimal digits.
    """
    digest = hashlib.blake2b(_package_digest().encode(), digest_size=16)
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _package_digest() -> str:
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(resources.files("digitlab.data").joinpath("mnist").iterdir(), key=lambda f: f.name):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
