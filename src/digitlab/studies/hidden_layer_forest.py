"""Experiment 5 of source 003 (`hidden-layer`): feature selection by a random forest."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from digitlab.data import mnist
from digitlab.figures import draw_importances, draw_pixels
from digitlab.files import atomic_write
from digitlab.inspection import pixel_importances, top_pixels
from digitlab.studies.study import ComputationResult, ReproduceOptions
from digitlab.studies.train_job import PIXELS_FILE

__all__ = ["forest_pixels"]

PIXELS = 70
TREES = 100


def forest_pixels(options: ReproduceOptions, folder: Path) -> ComputationResult:
    """Random forest of 100 trees on the 55,000 training images; its 70 most important pixels."""
    train = mnist("train")
    n, trees = (3000, 20) if options.quick else (55_000, TREES)
    importances = pixel_importances(train.images[5000 : 5000 + n], train.labels[5000 : 5000 + n], trees, 42)
    pixels = top_pixels(importances, PIXELS)
    share = float(importances.ravel()[pixels].sum())
    with atomic_write(folder / PIXELS_FILE) as part, part.open("wb") as file:
        np.save(file, pixels, allow_pickle=False)
    return ComputationResult(
        measured={"pixels": float(len(pixels)), "share_of_importance": share},
        figures=(
            (
                "importances",
                "Feature importance of each pixel in the random forest",
                draw_importances(
                    importances,
                    f"Feature importance: how much does each pixel count? {trees} trees, {n:,} images",
                ),
            ),
            (
                "pixels",
                "Feature selection: the 70 pixels, on the second training image",
                draw_pixels(
                    train.ink()[5001], pixels, "Feature selection: which 70 pixels does the network see?"
                ),
            ),
        ),
    )
