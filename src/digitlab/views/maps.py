"""Views that map many images: activations in two dimensions, principal components, pixels that matter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Digits
from digitlab.errors import DataError, SettingError
from digitlab.figures.maps import draw_components, draw_map, draw_variance
from digitlab.figures.pixels import draw_importances, draw_pixels
from digitlab.inspection.activations import capture
from digitlab.inspection.digits import random_indices
from digitlab.inspection.maps import pca_map, principal_components, tsne_map
from digitlab.inspection.pixels import pixel_importances, top_pixels
from digitlab.inspection.places import find_layer
from digitlab.networks.layers import Dropout
from digitlab.views.subject import InspectedModel, short_name
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["VIEWS"]

POINTS = 2000
COMPONENTS = 20
SHARE = 0.95
"""The share of the variance that source 003 keeps."""
TREES = 100
PIXELS = 70
"""How many pixels source 003 keeps."""
PICTURED = 100
"""The most components that one picture holds."""
SAMPLE = 5000
"""On how many digits the view's forest grows; on 55,000 it takes half a minute."""
FOREST_SEED = 42


class LayerActivations(NamedTuple):
    """Digits with what one layer makes of them.

    Attributes:
        layer: The layer's name.
        indices: `(n,)`: which of the subject's digits they are.
        labels: `(n,)`: what they are.
        predictions: `(n,)`: what they are read as.
        activations: `(n, units)`.
    """

    layer: str
    indices: NDArray[np.int64]
    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    activations: NDArray[np.float32]

    def words(self) -> str:
        """How many are misread."""
        return f"misread: {(self.labels != self.predictions).sum()} of these {len(self.labels):,} digits"

    def title(self, how: str, subject: InspectedModel) -> str:
        """What is laid out, how, and whose it is."""
        n = self.activations.shape[1]
        values = f"{n:,} values" if n > 1 else "one value"
        return (
            f"Does layer {self.layer} tell the digits apart? Its {values} by {how}\n"
            f"{subject.name}: {len(self.labels):,} digits of {short_name(subject.digits)}"
        )


def _mapped(subject: InspectedModel, choices: ViewOptions) -> LayerActivations:
    network, digits = subject.network, subject.digits
    *before, last = network.layers
    kept = [name for name in before if not isinstance(network.layers[name], Dropout)]
    layer = choices.layer or kept[-1]
    find_layer(network, layer)
    chosen = random_indices(len(digits), choices.number or POINTS, choices.seed)
    ink = digits.subset(chosen).ink()
    found = capture(network, ink, [layer, last])
    return LayerActivations(
        layer,
        chosen,
        digits.labels[chosen],
        found[last].argmax(axis=1),
        found[layer].reshape(len(ink), -1),
    )


def _pca_map(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    mapped = _mapped(subject, choices)
    found = pca_map(mapped.activations, choices.seed)
    first, second = (
        f"component {i + 1} ({share:.1%} of the variance)" for i, share in enumerate(found.shares)
    )
    title = mapped.title("PCA", subject)
    figure = draw_map(found.points, mapped.labels, mapped.predictions, title, (first, second))
    return ViewResult({**_data(mapped, found.points), "shares": found.shares}, figure, mapped.words())


def _tsne_map(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    mapped = _mapped(subject, choices)
    points = tsne_map(mapped.activations, choices.seed)
    figure = draw_map(points, mapped.labels, mapped.predictions, mapped.title("t-SNE", subject))
    return ViewResult(_data(mapped, points), figure, mapped.words())


def _data(
    mapped: LayerActivations, points: NDArray[np.float64]
) -> dict[str, NDArray[np.floating] | NDArray[np.int64]]:
    return {
        "points": points,
        "indices": mapped.indices,
        "labels": mapped.labels,
        "predictions": mapped.predictions,
    }


def _variance(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    digits, words = _learned(subject)
    found = principal_components(digits.images)
    needed = found.needed(SHARE)
    title = f"How many components hold {SHARE:.0%} of the variance? {needed} of {len(found.shares)}\n{words}"
    figure = draw_variance(found.shares, SHARE, needed, title)
    said = f"{needed} of {len(found.shares)} components explain {SHARE:.0%} of the variance; {words}"
    return ViewResult({"shares": found.shares, "needed": np.array(needed)}, figure, said)


def _components(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    digits, words = _learned(subject)
    found = principal_components(digits.images)
    n = min(choices.number or COMPONENTS, PICTURED, len(found.shares))
    captions = [f"{i + 1}: {share:.1%}" for i, share in enumerate(found.shares[:n])]
    title = f"In which ways do digits differ most? Their first {n} principal components\n{words}"
    figure = draw_components(found.images[:n], captions, title)
    said = f"these {n} components together explain {found.shares[:n].sum():.1%} of the variance; {words}"
    data = {"components": found.images[:n], "shares": found.shares[:n], "mean": found.mean}
    return ViewResult(data, figure, said)


def _importances(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    importances, words = _forest(subject)
    title = f"Which pixels does a random forest go by?\n{words}"
    return ViewResult({"importances": importances}, draw_importances(importances, title), words)


def _pixels(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    picture = subject.picture(choices.image)
    importances, words = _forest(subject)
    pixels = top_pixels(importances, min(choices.number or PIXELS, importances.size))
    title = f"Which {len(pixels)} pixels does a random forest go by most?\n{words}\nover {picture.name}"
    share = importances.ravel()[pixels].sum()
    said = f"{len(pixels)} of {importances.size} pixels hold {share:.1%} of the importance; {words}"
    rows, columns = np.divmod(pixels, importances.shape[1])
    data = {"importances": importances, "pixels": pixels, "rows": rows, "columns": columns}
    return ViewResult(data, draw_pixels(picture.ink, pixels, title), said)


def _forest(subject: InspectedModel) -> tuple[NDArray[np.float64], str]:
    """Importances `(height, width)` by a forest on some of the digits, and on which."""
    digits, words = _learned(subject, SAMPLE)
    importances = pixel_importances(digits.images, digits.labels, TREES, FOREST_SEED, jobs=2)
    return importances, f"{TREES} trees on {words}"


def _learned(subject: InspectedModel, most: int | None = None) -> tuple[Digits, str]:
    """The digits that the network was trained on, or the first `most` of them; and which they are.

    Where they are not known, or no longer where they were, they are those that it reads here.
    """
    digits, name, whose = subject.digits, short_name(subject.digits), ""
    if subject.run is not None:
        try:
            train = subject.run.config.data.load().train
        except (DataError, SettingError):
            train = digits
        if train is not digits and train.images.shape[1:] == digits.images.shape[1:]:
            digits, name, whose = (
                train,
                train.name.partition("[")[0],
                f" that {subject.network.name} learned from",
            )
    n = min(len(digits), most or len(digits))
    if n == len(digits):
        return digits, f"{n:,} digits of {name}{whose}"
    return digits.take(n), f"the first {n:,} digits of {name}{whose}"


VIEWS: tuple[View, ...] = (
    View("pca-map", "A layer's activations on the plane where they spread most, by digit.", _pca_map),
    View("tsne-map", "A layer's activations in two dimensions, neighbors kept together (t-SNE).", _tsne_map),
    View("variance", "How much of the variance of the images their principal components explain.", _variance),
    View("components", "The first principal components of the images, as images.", _components),
    View("importances", "How important a random forest finds each pixel.", _importances),
    View("pixels", "The pixels that a random forest finds most important, over a digit.", _pixels),
)
