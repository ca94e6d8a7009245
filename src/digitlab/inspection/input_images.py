"""Input images: random samples, class averages, pixel values, and pixel importance by a random forest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import SettingError
from digitlab.figures.image_grid import draw_averages, draw_digits, draw_pixel_values
from digitlab.figures.pixel_maps import draw_importances, draw_pixels
from digitlab.formatting import format_count
from digitlab.inspection.view import (
    InspectedModel,
    ViewOptions,
    ViewResult,
    format_label,
    short_name,
    training_digits,
)

__all__ = [
    "average_digits",
    "pixel_importances",
    "random_indices",
    "top_pixels",
    "view_averages",
    "view_digits",
    "view_image",
    "view_important_pixels",
    "view_pixel_importance",
    "view_predictions",
]

GRID = 64
PICTURED = 256
"""The most digits that one figure holds."""
TREES = 100
TOP_PIXELS = 70
"""How many pixels study `hidden-layer` keeps."""
SAMPLE = 5000
"""On how many digits the view's forest grows; on 55,000 it takes half a minute."""
FOREST_SEED = 42


def random_indices(n: int, count: int, seed: int) -> NDArray[np.int64]:
    """A random sample of indices without replacement: `count` of `n`, or all where there are fewer.

    Args:
        n: How many there are.
        count: How many to choose.
        seed: Seed of the choice.

    Returns:
        `(min(count, n),)`, each from 0 to n - 1.
    """
    return np.random.default_rng(seed).permutation(n)[:count]


def average_digits(
    images: NDArray[np.uint8], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The average image of each digit.

    Args:
        images: `(n, height, width)`, `uint8`, 0 = paper, 255 = ink.
        labels: `(n,)`, 0 to 9.

    Returns:
        The averages, `(10, height, width)`, ink in [0, 1]; without ink where there is no such digit. And
        how many of each digit there are, `(10,)`.
    """
    averages = np.zeros((10, *images.shape[1:]), dtype=np.float32)
    counts = np.bincount(labels, minlength=10)
    for digit in np.flatnonzero(counts):
        averages[digit] = images[labels == digit].mean(axis=0) / 255
    return averages, counts


def pixel_importances(
    images: NDArray[np.uint8], labels: NDArray[np.int64], trees: int = 100, seed: int = 42, jobs: int = 1
) -> NDArray[np.float64]:
    """How important a random forest finds each pixel: its mean decrease of Gini impurity.

    Study `hidden-layer`, experiment 5, has 100 trees and the seed 42 on 55,000 images; scikit-learn's other
    settings are its defaults there and here.

    Args:
        images: `(n, height, width)`, `uint8`.
        labels: `(n,)`.
        trees: Trees in the forest.
        seed: Decides the forest.
        jobs: Processor cores to use.

    Returns:
        `(height, width)`, each 0 or more; they add up to 1.
    """
    from sklearn.ensemble import RandomForestClassifier  # takes a second to import

    forest = RandomForestClassifier(trees, random_state=seed, n_jobs=jobs)
    ink = images.reshape(len(images), -1).astype(np.float32) / 255
    importances: NDArray[np.float64] = forest.fit(ink, labels).feature_importances_
    return importances.reshape(images.shape[1:])


def top_pixels(importances: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """The most important pixels, the most important first.

    Args:
        importances: `(height, width)`.
        n: How many.

    Returns:
        `(n,)`, their numbers row after row: pixel k is in row `k // width` and column `k % width`. Of
        equally important ones the lower number comes first.

    Raises:
        SettingError: If there are not that many.
    """
    if not 1 <= n <= importances.size:
        raise SettingError(
            f"cannot choose {n} of {importances.size} pixels", f"Choose 1 to {importances.size}."
        )
    order: NDArray[np.int64] = np.argsort(-importances.ravel(), kind="stable")
    return order[:n]


def view_digits(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Random digits with their labels."""
    digits = model.digits
    chosen = random_indices(len(digits), min(options.count or GRID, PICTURED), options.seed)
    images, labels = digits.images[chosen], digits.labels[chosen]
    title = (
        f"Random sample: {len(chosen)} of the {format_count(len(digits), 'digit')} of {short_name(digits)}"
    )
    figure = draw_digits(images / 255, [str(label) for label in labels], title)
    return ViewResult({"indices": chosen, "images": images, "labels": labels}, figure)


def view_predictions(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Random digits with their predictions; errors are marked."""
    digits = model.digits
    chosen = random_indices(len(digits), min(options.count or GRID, PICTURED), options.seed)
    images, labels, predicted = digits.images[chosen], digits.labels[chosen], model.predictions[chosen]
    wrong = np.flatnonzero(labels != predicted)
    captions = [f"{label}, {read}" for label, read in zip(labels, predicted, strict=True)]
    for number in wrong:
        captions[number] = f"✗ {captions[number]}"
    total = format_count(len(chosen), "digit")
    some = f"{len(wrong)} of {total} of {short_name(digits)}; below each: label, prediction"
    title = f"Predictions of {model.name}: which digits are misclassified?\n{some}"
    figure = draw_digits(images / 255, captions, title, marked=wrong.tolist(), font_size=9)
    summary = f"misclassified: {len(wrong)} of {_these(len(chosen))}"
    return ViewResult(
        {"indices": chosen, "images": images, "labels": labels, "predictions": predicted}, figure, summary
    )


def view_averages(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The average image of each class."""
    digits = model.digits
    averages, counts = average_digits(digits.images, digits.labels)
    title = f"Class averages: the average image of each digit of {short_name(digits)}"
    figure = draw_averages(averages, counts.tolist(), title)
    return ViewResult({"averages": averages, "counts": counts}, figure)


def view_image(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """One image with the value of each pixel."""
    image = model.input_image(options.image)
    values = np.rint(image.ink * 255).astype(np.uint8)
    title = f"Pixel values: how much ink is where in {format_label(image)}? (0 paper, 255 ink)"
    return ViewResult({"values": values}, draw_pixel_values(values, title))


def view_pixel_importance(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The importance of each pixel to a random forest."""
    importances, source = _forest(model)
    title = f"Pixel importance: which pixels does a random forest use?\n{source}"
    return ViewResult({"importances": importances}, draw_importances(importances, title), source)


def view_important_pixels(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The most important pixels to a random forest, over a digit."""
    image = model.input_image(options.image)
    importances, source = _forest(model)
    pixels = top_pixels(importances, min(options.count or TOP_PIXELS, importances.size))
    asked = f"which are the {len(pixels)} most important?" if len(pixels) > 1 else "which is the largest?"
    title = f"Pixel importance: {asked}\n{source}\nover {image.name}"
    share = importances.ravel()[pixels].sum()
    hold = "hold" if len(pixels) > 1 else "holds"
    total = format_count(importances.size, "pixel")
    summary = f"{len(pixels)} of {total} {hold} {share:.1%} of the importance; {source}"
    rows, columns = np.divmod(pixels, importances.shape[1])
    data = {"importances": importances, "pixels": pixels, "rows": rows, "columns": columns}
    return ViewResult(data, draw_pixels(image.ink, pixels, title), summary)


def _these(n: int) -> str:
    return "this digit" if n == 1 else f"these {format_count(n, 'digit')}"


def _forest(model: InspectedModel) -> tuple[NDArray[np.float64], str]:
    """Importances `(height, width)` by a forest on some of the digits, and on which."""
    digits, source = training_digits(model, SAMPLE)
    importances = pixel_importances(digits.images, digits.labels, TREES, FOREST_SEED, jobs=2)
    return importances, f"{format_count(TREES, 'tree')} on {source}"
