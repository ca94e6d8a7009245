"""Source 001 (`practice-lab`): a university course's practice lab, 400-25-15-10 on 5,000 digits of 20x20."""

from __future__ import annotations

import math
import timeit
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.data import classroom, classroom_matrix
from digitlab.inspection import softmax_steps
from digitlab.inspection.activation_functions import LOGITS
from digitlab.report import Table
from digitlab.studies.course_common import (
    HELD_OUT,
    OPTIONS,
    RECIPE,
    layers,
    logits_of_two,
    measures,
    weight_shapes,
)
from digitlab.studies.datasets import CLASSROOM_BOXES, CLASSROOM_WHOLE, IMAGE_OF_TWO
from digitlab.studies.figures import ARCHITECTURE, learning_curves, view_figure, view_without_model
from digitlab.studies.source_items import source_items
from digitlab.studies.study import (
    Computation,
    ComputationResult,
    FigureSpec,
    PublishedValue,
    ReproduceOptions,
    Study,
    TrainingExperiment,
)

__all__ = ["STUDY"]

LOSSES = (
    *(1.7094, 0.7480, 0.4428, 0.3463, 0.2977, 0.2630, 0.2361, 0.2131, 0.2004, 0.1805),
    *(0.1692, 0.1580, 0.1507, 0.1396, 0.1289, 0.1255, 0.1154, 0.1102, 0.1016, 0.0970),
    *(0.0926, 0.0891, 0.0828, 0.0785, 0.0755, 0.0713, 0.0701, 0.0617, 0.0578, 0.0550),
    *(0.0511, 0.0499, 0.0462, 0.0437, 0.0422, 0.0396, 0.0366, 0.0344, 0.0312, 0.0294),
)


def softmax_by_loop(z: Sequence[float]) -> list[float]:
    """Softmax as a beginner writes it: one loop for the sum of all e^z, one for the quotients."""
    total = 0.0
    for one in z:
        total += math.exp(one)
    return [math.exp(one) / total for one in z]


def softmax_vectorized(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same in two calls of NumPy, without a loop in Python."""
    exponentials = np.exp(z)
    quotients: NDArray[np.float64] = exponentials / exponentials.sum()
    return quotients


def _softmax_times() -> Table:
    """Softmax by a loop and vectorized, of 4 to 10,000 logits: the best of five times."""
    rows = []
    for n in (4, 100, 10_000):
        z = np.linspace(1, 4, n)
        count = max(1, 20_000 // n)
        forms = (partial(softmax_by_loop, z.tolist()), partial(softmax_vectorized, z))
        times = [min(timeit.repeat(form, number=count, repeat=5)) / count for form in forms]
        rows.append((n, round(times[0] * 1e6, 1), round(times[1] * 1e6, 1), round(times[0] / times[1], 1)))
    return Table(
        id="softmax-times",
        title="Softmax by a loop and vectorized: microseconds, best of five",
        columns=("logits", "loop", "vectorized", "loop / vectorized"),
        rows=tuple(rows),
    )


def _softmax(_options: ReproduceOptions, _folder: Path) -> ComputationResult:
    """Exercise 1: softmax by hand, e^z over the sum of all e^z, against the library's."""
    z = np.array(LOGITS)
    by_hand, by_loop = softmax_vectorized(z), softmax_by_loop(z.tolist())
    library = torch.softmax(torch.from_numpy(z), 0).numpy()
    forms = (by_loop, by_hand.tolist(), library.tolist())
    rows = tuple(
        (f"{one:g}", round(float(np.exp(one)), 4), *(round(form[i], 6) for form in forms))
        for i, one in enumerate(z)
    )
    stable = softmax_steps(z).probabilities
    return ComputationResult(
        measured={
            **{f"softmax_of_{int(one)}": float(a) for one, a in zip(z, by_hand, strict=True)},
            "largest_difference_to_library": float(np.abs(by_hand - library).max()),
            "largest_difference_to_stable": float(np.abs(by_hand - stable).max()),
        },
        figures=(
            view_without_model("activation-functions", "Activation functions: linear, ReLU and sigmoid"),
            view_without_model("softmax", "Softmax: what one logit does to all probabilities"),
        ),
        tables=(
            Table(
                id="softmax",
                title="Softmax of 1, 2, 3, 4",
                columns=("z", "e^z", "by a loop", "vectorized", "torch"),
                rows=rows,
            ),
            _softmax_times(),
        ),
    )


def _dataset(_options: ReproduceOptions, _folder: Path) -> ComputationResult:
    """Section 4.2: 5,000 digits as a matrix of 5,000 x 400 and a column of labels."""
    x, y = classroom_matrix("reduced")
    return ComputationResult(
        measured={
            "images": float(x.shape[0]),
            "pixels": float(x.shape[1]),
            "first_label": float(y[0, 0]),
            "last_label": float(y[-1, 0]),
            "mean_ink": float(x.mean()),
        },
        figures=(
            view_without_model(
                "digits", "Input images: 64 of the 5,000 digits with their labels", classroom("reduced")
            ),
        ),
    )


STUDY = Study(
    id="practice-lab",
    title="A university course's practice lab",
    source="001_72f5d947beeda5a0.txt",
    source_title="Practice Lab: Neural Networks for Handwritten Digit Recognition, Multiclass",
    method=(
        "Softmax is written by hand and checked against the library's; then a network 400-25-15-10 with ReLU "
        "and a linear output learns 5,000 digits of 20x20, its loss worked out on logits. It trains for 40 "
        "epochs of batches of 32 with Adam at 0.001, and is asked about image 1015 and about its errors on "
        "the same digits."
    ),
    experiments=(
        Computation(
            id="softmax",
            title="Softmax by hand against the library's",
            run=_softmax,
            published={
                "softmax_of_1": PublishedValue(0.03, "Out [8], two decimals"),
                "softmax_of_2": PublishedValue(0.09, "Out [8], two decimals"),
                "softmax_of_3": PublishedValue(0.24, "Out [8], two decimals"),
                "softmax_of_4": PublishedValue(0.64, "Out [8], two decimals"),
            },
        ),
        Computation(
            id="dataset",
            title="5,000 digits of 20x20 as a matrix of 5,000 x 400",
            run=_dataset,
            published={
                "images": PublishedValue(5000, "Out [12]"),
                "pixels": PublishedValue(400, "Out [12]"),
                "first_label": PublishedValue(0, "Out [11]"),
                "last_label": PublishedValue(9, "Out [11]"),
            },
            notes=("The course's own file may not be passed on; these are MNIST's first 500 of each digit.",),
        ),
        TrainingExperiment(
            id="network",
            title="400-25-15-10, 40 epochs of Adam at 0.001",
            network="mlp",
            options=OPTIONS,
            recipe=RECIPE,
            data=CLASSROOM_WHOLE,
            seeds=5,
            quick={"epochs": 10},
            cost=1.4,
            published={
                "final_loss": PublishedValue(0.0294, "Out [21], epoch 40"),
                "digit_read_in_1015": PublishedValue(2, "In [23], the image of a two"),
                "step_seconds": PublishedValue(0.002, "Out [21]: 2ms/step"),
                "parameters": PublishedValue(10575, "Out [17]"),
            },
            published_series={"train_loss": LOSSES},
            measures=measures,
            tables=(layers, weight_shapes, logits_of_two),
            figures=(
                ARCHITECTURE,
                FigureSpec(
                    "loss", "Learning curve: loss after each epoch, beside the published one", learning_curves
                ),
                FigureSpec(
                    "weights",
                    "First-layer weights: what does each of the 25 units respond to?",
                    view_figure("weights"),
                ),
                FigureSpec(
                    "outputs",
                    "Logits and probabilities of image 1015",
                    view_figure("outputs", image=IMAGE_OF_TWO),
                ),
                FigureSpec(
                    "predictions",
                    "Predictions for 64 digits, beside their labels",
                    view_figure("predictions"),
                ),
                FigureSpec(
                    "mistakes",
                    "Misclassifications: training digits that are still mistaken",
                    view_figure("mistakes"),
                ),
            ),
        ),
        TrainingExperiment(
            id="network-boxes",
            title="The same on digits cut to the 20x20 box that each fills, not reduced",
            network="mlp",
            options=OPTIONS,
            recipe=RECIPE,
            data=CLASSROOM_BOXES,
            seeds=5,
            quick={"epochs": 10},
            cost=1.2,
            published={"final_loss": PublishedValue(0.0294, "Out [21], epoch 40")},
            published_series={"train_loss": LOSSES},
            figures=(
                FigureSpec(
                    "loss", "Learning curve: loss after each epoch, not as published", learning_curves
                ),
            ),
            notes=(
                "Shown because it tells how the course's file was made: twice the ink in every image, and "
                "the loss falls to a fifth of the published one. With whole images reduced it falls as "
                "published.",
            ),
        ),
        HELD_OUT,
    ),
    notes=(
        "The lab scores its network on the digits that it was trained on. What it can read of digits it has "
        "never seen is in the experiment beside it.",
        "The lab's text speaks of 100 epochs; its code and its output have 40.",
        "The text that we have ends at the prediction for image 1015; source 004 (`mat-file`) follows the "
        "same lab to its end.",
        "The digits are not the course's own: same number, size and order by digit, other hands. They are "
        "whole MNIST images reduced to 20x20 by bicubic interpolation; that the course's were made so is our "
        "inference, from values that overshoot 0 and 1 in its file and from the losses (network-boxes has "
        "the other form).",
        "Loss is the mean over an epoch's batches while the weights move, as Keras prints it.",
    ),
    items=source_items("practice-lab"),
)
