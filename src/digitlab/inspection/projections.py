"""Dimensionality reduction: principal components of images, PCA and t-SNE projections of activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Digits
from digitlab.errors import DataError, SettingError
from digitlab.figures.curves import draw_explained_variance
from digitlab.figures.distributions import draw_projection
from digitlab.figures.pixel_maps import draw_components
from digitlab.formatting import format_count
from digitlab.inspection.activations import compute_activations
from digitlab.inspection.input_images import random_indices
from digitlab.inspection.lookup import find_layer
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult, short_name, training_digits
from digitlab.networks.layers import Dropout

__all__ = [
    "PcaProjection",
    "PrincipalComponents",
    "pca_projection",
    "principal_components",
    "principal_components_of",
    "tsne_projection",
    "view_explained_variance",
    "view_pca",
    "view_principal_components",
    "view_tsne",
]

BATCH = 5000
PERPLEXITY = 30.0
FIRST = 50
"""To how many components activations are brought before t-SNE, as van der Maaten and Hinton (2008) do."""
STEPS = 750
"""Of t-SNE, a quarter fewer than usual, to keep a map of 2,000 points within seconds."""
MIN_POINTS = 4
"""Points without which there is no map."""
POINTS = 2000
COMPONENTS = 20
SHARE = 0.95
"""The share of the variance that study `hidden-layer` keeps."""
MAX_COMPONENTS = 100
"""The most components that one figure holds."""
_COMPONENTS: WeakKeyDictionary[Digits, PrincipalComponents] = WeakKeyDictionary()


@dataclass(frozen=True)
class PrincipalComponents:
    """Principal components of images, that of the largest variance first.

    Attributes:
        mean: `(height, width)`, the average image, ink in [0, 1].
        images: `(k, height, width)`: the components, each of length 1 and at right angles to the others;
            the value farthest from 0 is positive.
        variances: `(k,)`: the variance of the images along each, in squared ink.
        explained_variance_ratio: `(k,)`: what part of all variance each explains; they add up to 1.
    """

    mean: NDArray[np.float64]
    images: NDArray[np.float64]
    variances: NDArray[np.float64]
    explained_variance_ratio: NDArray[np.float64]

    def n_for(self, share: float) -> int:
        """How many components, the largest first, explain more than `share` of the variance.

        Raises:
            SettingError: If `share` is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise SettingError(f"a share of {share} of the variance", "Take one between 0 and 1.")
        return int(np.searchsorted(self.explained_variance_ratio.cumsum(), share, side="right")) + 1


@dataclass(frozen=True)
class PcaProjection:
    """Points on the plane of the two largest principal components.

    Attributes:
        points: `(n, 2)`, in units of the activations.
        explained_variance_ratio: `(2,)`: what part of all variance each axis shows.
    """

    points: NDArray[np.float64]
    explained_variance_ratio: NDArray[np.float64]


def principal_components(images: NDArray[np.uint8]) -> PrincipalComponents:
    """All principal components of images, exactly.

    They are the eigenvectors of the covariance of the pixels, which takes one pass over the images,
    5,000 at a time: 55,000 images of 28x28 take half a second on two cores. Decomposing the images
    themselves gives the same and takes longer.

    Args:
        images: `(n, height, width)`, `uint8`, 0 = paper, 255 = ink; two or more that are not all alike.

    Returns:
        As many components as there are pixels; where n is smaller, those from n on explain nothing.

    Raises:
        DataError: If there is nothing to tell the images apart by.
    """
    n, height, width = images.shape
    mean = images.mean(axis=0, dtype=np.float64).ravel() / 255
    products = np.zeros((height * width, height * width))
    for start in range(0, n, BATCH):
        ink = images[start : start + BATCH].reshape(-1, height * width).astype(np.float32) / np.float32(255)
        ink -= mean.astype(np.float32)
        products += ink.T @ ink
    if not products.any():
        raise DataError(f"{n} images without any difference", "Give several different ones.")
    variances, vectors = np.linalg.eigh(products / (n - 1))
    variances, rows = variances[::-1].clip(min=0), vectors.T[::-1]
    farthest = rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)]
    return PrincipalComponents(
        mean.reshape(height, width),
        (rows * np.sign(farthest)[:, None]).reshape(-1, height, width),
        variances,
        variances / variances.sum(),
    )


def principal_components_of(digits: Digits) -> PrincipalComponents:
    """The principal components of a dataset, computed once for each `Digits` object as long as it lives.

    Raises:
        DataError: If there is nothing to tell the images apart by.
    """
    if digits not in _COMPONENTS:  # a `Digits` equals itself only, and is immutable
        _COMPONENTS[digits] = principal_components(digits.images)
    return _COMPONENTS[digits]


def pca_projection(activations: NDArray[np.float32], seed: int = 0) -> PcaProjection:
    """Activations on the plane on which they spread most (Pearson 1901).

    Args:
        activations: `(n, ...)`: what a layer puts out for n images, at least 4.
        seed: Decides the start of the search in layers too wide to be decomposed exactly.

    Raises:
        SettingError: If there are too few points.
        DataError: If all are alike.
    """
    from sklearn.decomposition import PCA  # scikit-learn takes a second to import
    from threadpoolctl import threadpool_limits

    table = _table(activations)
    with threadpool_limits(2):  # sums are in the same order on every machine
        pca = PCA(2, random_state=seed)
        points = pca.fit_transform(table)
    return PcaProjection(points.astype(np.float64), pca.explained_variance_ratio_.astype(np.float64))


def tsne_projection(activations: NDArray[np.float32], seed: int = 0) -> NDArray[np.float64]:
    """Activations in two dimensions so that near ones stay near: t-SNE (van der Maaten and Hinton 2008).

    Who is whose neighbor is what the map shows; the sizes of groups and the distances between them
    mean little, and its axes nothing. It starts from the two largest principal components, at a
    perplexity of 30.

    Args:
        activations: `(n, ...)`: what a layer puts out for n images, at least 4.
        seed: Seed of the initialization.

    Returns:
        `(n, 2)`.

    Raises:
        SettingError: If there are too few points.
        DataError: If all are alike.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    table = _table(activations)
    with threadpool_limits(2):
        if table.shape[1] > FIRST and len(table) > FIRST:
            table = PCA(FIRST, random_state=seed).fit_transform(table)
        perplexity = min(PERPLEXITY, (len(table) - 1) / 3)
        tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=seed, max_iter=STEPS)
        points: NDArray[np.float64] = tsne.fit_transform(table).astype(np.float64)
    return points


def _table(activations: NDArray[np.float32]) -> NDArray[np.float32]:
    """The activations as `(n, at least 2)`; a single unit gets a second that is always 0."""
    n = len(activations)
    if n < MIN_POINTS:
        raise SettingError(f"a map of {format_count(n, 'point')}", f"Take {MIN_POINTS} or more (--count).")
    table = activations.reshape(n, -1)
    if not np.ptp(table, axis=0).any():
        raise DataError("every image has the same activations there", "Look at another layer.")
    return np.pad(table, ((0, 0), (0, max(0, 2 - table.shape[1]))))


class LayerActivations(NamedTuple):
    """Digits with what one layer makes of them.

    Attributes:
        layer: The layer's name.
        indices: `(n,)`: which of the model's digits they are.
        labels: `(n,)`: what they are.
        predictions: `(n,)`: their predicted classes.
        activations: `(n, units)`.
    """

    layer: str
    indices: NDArray[np.int64]
    labels: NDArray[np.int64]
    predictions: NDArray[np.int64]
    activations: NDArray[np.float32]

    def summary(self) -> str:
        """How many are misclassified."""
        return (
            f"misclassified: {(self.labels != self.predictions).sum()} of these "
            f"{format_count(len(self.labels), 'digit')}"
        )

    def title(self, how: str, model: InspectedModel) -> str:
        """What is laid out, how, and whose it is."""
        n = self.activations.shape[1]
        values = f"{n:,} values" if n > 1 else "one value"
        return (
            f"{how} projection: does layer {self.layer} separate the digits? Its {values}\n"
            f"{model.name}: {format_count(len(self.labels), 'digit')} of {short_name(model.digits)}"
        )


def _layer_activations(model: InspectedModel, options: ViewOptions) -> LayerActivations:
    network, digits = model.network, model.digits
    *before, last = network.layers
    kept = [name for name in before if not isinstance(network.layers[name], Dropout)]
    layer = options.layer or kept[-1]
    find_layer(network, layer)
    chosen = random_indices(len(digits), options.count or POINTS, options.seed)
    ink = digits.subset(chosen).ink()
    found = compute_activations(network, ink, [layer, last])
    return LayerActivations(
        layer,
        chosen,
        digits.labels[chosen],
        found[last].argmax(axis=1),
        found[layer].reshape(len(ink), -1),
    )


def view_pca(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """PCA projection of a layer's activations, colored by digit."""
    mapped = _layer_activations(model, options)
    found = pca_projection(mapped.activations, options.seed)
    first, second = (
        f"component {i + 1} ({share:.1%} of the variance)"
        for i, share in enumerate(found.explained_variance_ratio)
    )
    title = mapped.title("PCA", model)
    figure = draw_projection(found.points, mapped.labels, mapped.predictions, title, (first, second))
    return ViewResult(
        {**_data(mapped, found.points), "explained_variance_ratio": found.explained_variance_ratio},
        figure,
        mapped.summary(),
    )


def view_tsne(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """t-SNE projection of a layer's activations, colored by digit."""
    mapped = _layer_activations(model, options)
    points = tsne_projection(mapped.activations, options.seed)
    figure = draw_projection(points, mapped.labels, mapped.predictions, mapped.title("t-SNE", model))
    return ViewResult(_data(mapped, points), figure, mapped.summary())


def _data(
    mapped: LayerActivations, points: NDArray[np.float64]
) -> dict[str, NDArray[np.floating] | NDArray[np.int64]]:
    return {
        "points": points,
        "indices": mapped.indices,
        "labels": mapped.labels,
        "predictions": mapped.predictions,
    }


def view_explained_variance(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Explained variance of the images by their principal components."""
    digits, source = training_digits(model)
    ratio = (found := principal_components_of(digits)).explained_variance_ratio
    needed = found.n_for(SHARE)
    title = (
        f"Explained variance: how many components explain {SHARE:.0%}?\n{needed} of {len(ratio)}; {source}"
    )
    figure = draw_explained_variance(ratio, SHARE, needed, title)
    summary = f"{needed} of {len(ratio)} components explain {SHARE:.0%} of the variance; {source}"
    return ViewResult({"explained_variance_ratio": ratio, "needed": np.array(needed)}, figure, summary)


def view_principal_components(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The first principal components of the images, as images."""
    digits, source = training_digits(model)
    found = principal_components_of(digits)
    n = min(options.count or COMPONENTS, MAX_COMPONENTS, len(found.images))
    ratio = found.explained_variance_ratio[:n]
    captions = [f"{i + 1}: {share:.1%}" for i, share in enumerate(ratio)]
    title = f"Principal components: along which images do digits differ most?\nthe first {n}; {source}"
    figure = draw_components(found.images[:n], captions, title)
    summary = f"these {n} components together explain {ratio.sum():.1%} of the variance; {source}"
    data = {"components": found.images[:n], "explained_variance_ratio": ratio, "mean": found.mean}
    return ViewResult(data, figure, summary)
