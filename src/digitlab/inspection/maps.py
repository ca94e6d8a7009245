"""Many numbers made few: principal components of images, and maps of activations in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from digitlab.errors import DataError, SettingError

__all__ = ["Components", "PcaMap", "pca_map", "principal_components", "tsne_map"]

BATCH = 5000
PERPLEXITY = 30.0
FIRST = 50
"""To how many components activations are brought before t-SNE, as van der Maaten and Hinton (2008) do."""
STEPS = 750
"""Of t-SNE, a quarter fewer than usual, to keep a map of 2,000 points within seconds."""
FEWEST = 4
"""Points without which there is no map."""


@dataclass(frozen=True)
class Components:
    """Principal components of images, that of the largest variance first.

    Attributes:
        mean: `(height, width)`, the average image, ink in [0, 1].
        images: `(k, height, width)`: the components, each of length 1 and at right angles to the others;
            the value farthest from 0 is positive.
        variances: `(k,)`: the variance of the images along each, in squared ink.
        shares: `(k,)`: what part of all variance each explains; they add up to 1.
    """

    mean: NDArray[np.float64]
    images: NDArray[np.float64]
    variances: NDArray[np.float64]
    shares: NDArray[np.float64]

    def needed(self, share: float) -> int:
        """How many components, the largest first, explain more than `share` of the variance.

        Raises:
            SettingError: If `share` is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise SettingError(f"a share of {share} of the variance", "Take one between 0 and 1.")
        return int(np.searchsorted(self.shares.cumsum(), share, side="right")) + 1


@dataclass(frozen=True)
class PcaMap:
    """Points on the plane of the two largest principal components.

    Attributes:
        points: `(n, 2)`, in units of the activations.
        shares: `(2,)`: what part of all variance each axis shows.
    """

    points: NDArray[np.float64]
    shares: NDArray[np.float64]


def principal_components(images: NDArray[np.uint8]) -> Components:
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
    return Components(
        mean.reshape(height, width),
        (rows * np.sign(farthest)[:, None]).reshape(-1, height, width),
        variances,
        variances / variances.sum(),
    )


def pca_map(activations: NDArray[np.float32], seed: int = 0) -> PcaMap:
    """Activations on the plane on which they spread most (Pearson 1901).

    Args:
        activations: `(n, ...)`: what a layer puts out for n images, at least 4.
        seed: Decides the start of the search in layers too wide to be decomposed exactly.

    Raises:
        SettingError: If there are too few points.
        DataError: If all are alike.
    """
    table = _table(activations)
    with threadpool_limits(2):  # sums are in the same order on every machine
        pca = PCA(2, random_state=seed)
        points = pca.fit_transform(table)
    return PcaMap(points.astype(np.float64), pca.explained_variance_ratio_.astype(np.float64))


def tsne_map(activations: NDArray[np.float32], seed: int = 0) -> NDArray[np.float64]:
    """Activations in two dimensions so that near ones stay near: t-SNE (van der Maaten and Hinton 2008).

    Who is whose neighbor is what the map shows; the sizes of groups and the distances between them
    mean little, and its axes nothing. It starts from the two largest principal components, at a
    perplexity of 30.

    Args:
        activations: `(n, ...)`: what a layer puts out for n images, at least 4.
        seed: Decides what is drawn at random.

    Returns:
        `(n, 2)`.

    Raises:
        SettingError: If there are too few points.
        DataError: If all are alike.
    """
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
    if n < FEWEST:
        raise SettingError(f"a map of {n} points", f"Take {FEWEST} or more (--number).")
    table = activations.reshape(n, -1)
    if not np.ptp(table, axis=0).any():
        raise DataError("every image has the same activations there", "Look at another layer.")
    return np.pad(table, ((0, 0), (0, max(0, 2 - table.shape[1]))))
