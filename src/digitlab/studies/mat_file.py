"""Source 004 (`mat-file`): an article that follows the practice lab, from a `.mat` file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from digitlab.data import classroom, read_mat, write_mat
from digitlab.files import write_bytes
from digitlab.inspection import softmax_steps
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
from digitlab.studies.datasets import IMAGE_OF_TWO, MAT_FILE, mat_file_data
from digitlab.studies.experiment_results import ExperimentRuns
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

__all__ = ["LOGITS_OF_TWO", "STUDY"]

LOSSES = (
    *(1.9685, 0.6348, 0.4221, 0.3385, 0.2920, 0.2611, 0.2389, 0.2210, 0.2052, 0.1914),
    *(0.1789, 0.1680, 0.1583, 0.1496, 0.1416, 0.1341, 0.1275, 0.1211, 0.1150, 0.1098),
    *(0.1043, 0.0994, 0.0947, 0.0900, 0.0857, 0.0814, 0.0773, 0.0733, 0.0696, 0.0662),
    *(0.0628, 0.0594, 0.0563, 0.0533, 0.0503, 0.0473, 0.0446, 0.0420, 0.0394, 0.0368),
)
LOGITS_OF_TWO = (-4.87, 4.77, 8.07, 3.09, -6.48, -4.35, -2.85, 1.81, -0.71, -3.97)
"""What the source prints for image 1015."""


def _read(options: ReproduceOptions, folder: Path) -> ComputationResult:
    """Reads the person's file, or writes the classroom set in its layout and reads that."""
    path = folder / MAT_FILE
    if options.mat:
        write_bytes(path, options.mat.read_bytes())
        digits = read_mat(path)
        same = {}
    else:
        original = classroom("reduced")
        write_mat(path, original)
        digits = read_mat(path)
        same = {
            "images_changed": float((digits.images != original.images).any(axis=(1, 2)).sum()),
            "labels_changed": float((digits.labels != original.labels).sum()),
        }
    counts = np.bincount(digits.labels, minlength=10)
    return ComputationResult(
        measured={
            "images": float(len(digits)),
            "pixels": float(digits.height * digits.width),
            "zeros": float(counts[0]),
            **same,
        },
        figures=(view_without_model("digits", "Input images: 64 of the digits with their labels", digits),),
        tables=(
            Table(
                id="labels",
                title="Digits in the file; 0 is written as 10",
                columns=("label in the file", "digit", "images"),
                rows=tuple((digit or 10, digit, int(counts[digit])) for digit in (*range(1, 10), 0)),
            ),
        ),
    )


def _softmax(_options: ReproduceOptions, _folder: Path) -> ComputationResult:
    """Stable softmax: the largest z is taken off first, so that e^z cannot overflow."""
    z = np.array([1000.0, 1001.0, 1002.0])
    with np.errstate(over="ignore", invalid="ignore"):
        plain = np.exp(z) / np.exp(z).sum()
    stable = softmax_steps(z).probabilities
    rows = tuple(
        (one, "not a number" if np.isnan(a) else round(float(a), 6), round(float(b), 6))
        for one, a, b in zip(z.tolist(), plain, stable, strict=True)
    )
    return ComputationResult(
        measured={"sum_of_probabilities": float(stable.sum()), "largest_probability": float(stable.max())},
        tables=(
            Table(
                id="softmax",
                title="Softmax of large logits",
                columns=(
                    "z",
                    "e^z / sum, as source 001 (`practice-lab`) has it",
                    "stable, as source 004 (`mat-file`) has it",
                ),
                rows=rows,
            ),
        ),
    )


def _two(runs: ExperimentRuns) -> Table:
    return logits_of_two(runs, LOGITS_OF_TWO)


STUDY = Study(
    id="mat-file",
    title="An article that follows the lab, from a .mat file",
    source="004_d79f1252a15f20a5.txt",
    source_title="Neural Networks for Handwritten Digit Recognition | (Multiclass)",
    method=(
        "The same 5,000 digits are read from a MATLAB file, where 10 stands for the digit 0; softmax is "
        "written so that it cannot overflow. The same network 400-25-15-10 is trained for 40 epochs, and "
        "asked about image 1015, 64 digits at random, and its errors."
    ),
    experiments=(
        Computation(
            id="file",
            title="Reading the .mat file, with 10 meaning 0",
            run=_read,
            published={
                "images": PublishedValue(5000, "Check the shape of the data"),
                "pixels": PublishedValue(400, "Check the shape of the data"),
            },
        ),
        Computation(id="softmax", title="Stable softmax", run=_softmax),
        TrainingExperiment(
            id="network",
            title="400-25-15-10, 40 epochs of Adam at 0.001",
            network="mlp",
            options=OPTIONS,
            recipe=RECIPE,
            data=mat_file_data,
            seeds=5,
            first_seed=5,
            quick={"epochs": 10},
            cost=1.4,
            published={
                "final_loss": PublishedValue(0.0368, "epoch 40/40"),
                "digit_read_in_1015": PublishedValue(2, "Largest Prediction index"),
                "step_seconds": PublishedValue(0.00063, "median of its epochs"),
                "single_class_errors": PublishedValue(4499, "Now let's look at some of the errors"),
            },
            published_series={"train_loss": LOSSES},
            measures=measures,
            tables=(layers, weight_shapes, _two),
            figures=(
                ARCHITECTURE,
                FigureSpec(
                    "loss", "Learning curve: loss after each epoch, beside the published one", learning_curves
                ),
                FigureSpec(
                    "outputs",
                    "Logits and probabilities of image 1015",
                    view_figure("outputs", image=IMAGE_OF_TWO),
                ),
                FigureSpec(
                    "predictions",
                    "Predictions for 64 random digits, beside their labels",
                    view_figure("predictions", seed=4),
                ),
                FigureSpec("mistakes", "Misclassifications: the true errors", view_figure("mistakes")),
            ),
            notes=(
                "This is the practice lab's network, recipe and digits, with seeds of its own (5 to 9), so "
                "that the two studies are independent of each other.",
                "The article reports 4,499 errors out of 5,000. A network with a loss of 0.04 cannot make "
                "them: the number is what comes out if every reading is compared with one label, that of the "
                "first image (a 0), as in `single_class_errors`: all digits but those read as 0, of which "
                "there are about 500. The true count is `errors`.",
            ),
        ),
        HELD_OUT,
    ),
    notes=(
        "The course's file cannot be had here. The classroom set is written to a .mat file of the same "
        "layout (X of 5,000 x 400, unrolled by columns; y with 10 for 0) and read back; `--mat ex3data1.mat` "
        "uses the real one.",
        "The article compares its readings with a single class when it counts errors: 4,499 of 5,000 is "
        "5,000 less the digits read as 0.",
        "It scores on the digits that it trained on; the experiment beside it does not.",
        "Its softmax sums with `axis=0`: right for one image, wrong for a batch of them, where it would "
        "divide by sums over images. Its code uses names that it never defines: `widgvis`, `layer1` to "
        "`layer3`, `plot_loss_tf` and `display_errors`.",
        "The digits are not the course's own; how they are made here, and why so, is in the practice lab's "
        "notes.",
    ),
    items=source_items("mat-file"),
)
