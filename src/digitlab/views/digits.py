"""Views of the digits themselves: many, their averages, one with its pixel values, and how they are read."""

from __future__ import annotations

import numpy as np

from digitlab.figures import draw_averages, draw_digits, draw_pixel_values
from digitlab.inspection import average_digits, random_indices
from digitlab.views.subject import InspectedModel, short_name
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["VIEWS"]

GRID = 64
PICTURED = 256
"""The most digits that one picture holds."""


def _digits(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    digits = subject.digits
    chosen = random_indices(len(digits), min(choices.number or GRID, PICTURED), choices.seed)
    images, labels = digits.images[chosen], digits.labels[chosen]
    title = f"{len(chosen)} of the {len(digits):,} digits of {short_name(digits)}, drawn at random"
    figure = draw_digits(images / 255, [str(label) for label in labels], title)
    return ViewResult({"indices": chosen, "images": images, "labels": labels}, figure)


def _predictions(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    digits = subject.digits
    chosen = random_indices(len(digits), min(choices.number or GRID, PICTURED), choices.seed)
    images, labels, read = digits.images[chosen], digits.labels[chosen], subject.predictions[chosen]
    wrong = np.flatnonzero(labels != read)
    captions = [str(label) for label in labels]
    for number in wrong:
        captions[number] = f"✗ said {read[number]}, is {labels[number]}"
    some = f"{len(wrong)} of {len(chosen)} digits of {short_name(digits)}"
    title = f"What does {subject.name} read?\n{some} wrongly"
    figure = draw_digits(images / 255, captions, title, marked=wrong.tolist(), font_size=9)
    words = f"misread: {len(wrong)} of these {len(chosen)} digits"
    return ViewResult(
        {"indices": chosen, "images": images, "labels": labels, "predictions": read}, figure, words
    )


def _averages(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    digits = subject.digits
    averages, counts = average_digits(digits.images, digits.labels)
    figure = draw_averages(averages, counts.tolist(), f"The average of each digit of {short_name(digits)}")
    return ViewResult({"averages": averages, "counts": counts}, figure)


def _image(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    picture = subject.picture(choices.image)
    values = np.rint(picture.ink * 255).astype(np.uint8)
    what = "" if picture.label is None else f", a {picture.label}"
    title = f"{picture.name}{what}: 0 is paper, 255 is ink"
    return ViewResult({"values": values}, draw_pixel_values(values, title))


VIEWS: tuple[View, ...] = (
    View("digits", "Digits drawn at random, with their labels.", _digits),
    View(
        "predictions", "Digits drawn at random, as the network reads them; errors are marked.", _predictions
    ),
    View("averages", "The average image of each digit.", _averages),
    View("image", "One image large, with the value of each pixel.", _image),
)
