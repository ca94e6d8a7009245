"""Writes `docs/data-card.md`; with --check, says whether it is up to date.

    python docs/write_data_card.py [--check]

The words are `docs/data-card-words.md`; everything that can be counted is counted here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from generated_page import write_or_check
from model_card_tables import table
from PIL import Image
from write_non_digits import COUNT, KINDS as MEASURED_KINDS

from digitlab.data import Digits, classroom, mnist
from digitlab.data.mnist import KNOWN_LABEL_ERRORS, SHA256, embedded_folder
from digitlab.formatting import format_count, format_share
from digitlab.pages.composition import KINDS as PAGE_KINDS, STRENGTHS, held_out
from digitlab.pages.evidence import FILE as CALIBRATION
from digitlab.training.batches import NON_DIGITS, STRING_PARTS
from digitlab.training.non_digits import KINDS

DOCS = Path(__file__).parent
SAMPLES = DOCS.parent / "samples"
WORDS = DOCS / "data-card-words.md"
KIND_DESCRIPTIONS = {
    "half": "half of a digit",
    "several": "two or three digits",
    "with_neighbor": "a digit and half of its neighbor",
    "turned": "a digit mirrored, upside down or lying",
    "permuted": "squares of a digit in another order",
    "scribble": "scribbles",
    "lines": "straight lines",
    "dots": "dots",
    "shape": "shapes",
    "blob": "blots",
    "texture": "textures and noise",
    "blank": "blank paper",
    "letter": "letters and signs",
    "word": "words",
}
SHOWN = {
    "five-transparent.png": "a 5 on a transparent ground",
    "four-and-two.jpg": "a 4 and a 2, which are not one digit",
    "four-or-nine.jpg": "a digit that people read as 4 or as 9",
    "letter.jpg": "the letter K",
    "seven-pen.jpg": "a 7 in pen",
    "three-chalk.jpg": "a 3 in chalk",
    "two-pencil.jpg": "a 2 in pencil",
}


def page() -> str:
    """The page in Markdown."""
    train, test, course = mnist("train"), mnist("test"), classroom()
    wrong = KNOWN_LABEL_ERRORS["mnist:test"]
    calibration = json.loads(CALIBRATION.read_text())
    _, held_out_labels = held_out()
    samples = sorted(SAMPLES.iterdir())
    return WORDS.read_text().format(
        train_n=format_count(len(train)),
        test_n=format_count(len(test)),
        train_bytes=_megabytes(_bytes("train")),
        test_bytes=_megabytes(_bytes("t10k")),
        files=_files(),
        counts=_counts({"mnist:train": train, "mnist:test": test, "classroom": course}),
        duplicates=_duplicates(train, test),
        never_inked=int((train.images.max(axis=0) == 0).sum()),
        wrong_n=len(wrong),
        wrong=", ".join(map(str, wrong)),
        wrong_share=format_share(len(wrong) / len(test)),
        held_out_n=format_count(len(held_out_labels)),
        held_out=", ".join(f"{digit}: {n}" for digit, n in enumerate(np.bincount(held_out_labels))),
        classroom_n=format_count(len(course)),
        classroom_each=int(np.bincount(course.labels)[0]),
        pool=format_count(NON_DIGITS),
        parts=format_count(STRING_PARTS),
        kinds=_kinds(),
        measured_non_digits=format_count(COUNT * len(MEASURED_KINDS)),
        each_non_digits=COUNT,
        measured_kinds=", ".join(MEASURED_KINDS),
        page_kinds_n=len(PAGE_KINDS),
        page_kinds=", ".join(PAGE_KINDS),
        strengths_n=len(STRENGTHS),
        strengths=", ".join(STRENGTHS),
        strings_n=format_count(calibration["strings"]["n"]),
        digits_n=format_count(calibration["digits"]["n"]),
        samples_n=len(samples),
        samples_bytes=f"{sum(file.stat().st_size for file in samples) / 1000:.0f} kB",
        samples=_samples(samples),
    )


def _bytes(start: str) -> int:
    return sum(file.stat().st_size for file in embedded_folder().glob(f"{start}-*"))


def _megabytes(n: int) -> str:
    return f"{n / 1e6:.1f} MB"


def _files() -> str:
    rows = []
    for name, digest in SHA256.items():
        size = (embedded_folder() / f"{name}.gz").stat().st_size
        rows.append((f"`{name}`", f"`{digest}`", format_count(size)))
    return table(("file", "SHA-256, uncompressed", "bytes, compressed"), rows, left=2)


def _counts(sets: Mapping[str, Digits]) -> str:
    rows = []
    for name, digits in sets.items():
        counts = np.bincount(digits.labels, minlength=10)
        rows.append((f"`{name}`", *map(format_count, counts.tolist()), format_count(len(digits))))
    return table(("set", *map(str, range(10)), "all"), rows)


def _duplicates(train: Digits, test: Digits) -> str:
    """A sentence on images that occur twice."""
    seen = [{image.tobytes() for image in digits.images} for digits in (train, test)]
    twice = [len(digits) - len(own) for digits, own in zip((train, test), seen, strict=True)]
    if any(twice) or seen[0] & seen[1]:
        within = f"{twice[0]} training and {twice[1]} test images occur twice"
        return f"{within}; {len(seen[0] & seen[1])} are in both splits."
    return "No image occurs twice, neither within a split nor in both."


def _kinds() -> str:
    total = sum(weight for _, weight in KINDS)
    rows = [
        (KIND_DESCRIPTIONS[maker.__name__[1:]], format_share(weight / total, 0)) for maker, weight in KINDS
    ]
    return table(("kind", "share"), rows)


def _samples(files: Sequence[Path]) -> str:
    rows = []
    for file in files:
        with Image.open(file) as picture:
            rows.append((f"`{file.name}`", SHOWN[file.name], f"{picture.width}x{picture.height}"))
    return table(("file", "shows", "pixels"), rows, left=2)


def main() -> None:
    """Writes the page, or checks it."""
    write_or_check("data-card.md", page())


if __name__ == "__main__":
    main()
