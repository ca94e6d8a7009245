"""Shared by sources 001 (`practice-lab`) and 004 (`mat-file`): the network 400-25-15-10, its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from torch import nn

from digitlab.evaluation import predict_logits
from digitlab.networks import layer_table
from digitlab.probabilities import softmax
from digitlab.report import Table
from digitlab.studies.datasets import CLASSROOM_HELD_OUT, IMAGE_OF_TWO
from digitlab.studies.experiment_results import ExperimentRuns
from digitlab.studies.figures import confusion
from digitlab.studies.study import FigureSpec, TrainingExperiment
from digitlab.training import recipe

__all__ = ["HELD_OUT", "OPTIONS", "RECIPE", "layers", "logits_of_two", "measures", "weight_shapes"]

OPTIONS = {"inputs": 400, "hidden": (25, 15), "activation": "relu", "initialization": "glorot"}
RECIPE = replace(recipe("keras-adam"), epochs=40)
HELD_OUT = TrainingExperiment(
    id="network-heldout",
    title="The same, scored on a fifth of the digits that it never sees",
    network="mlp",
    options=OPTIONS,
    recipe=RECIPE,
    data=CLASSROOM_HELD_OUT,
    seeds=5,
    quick={"epochs": 10},
    cost=1.2,
    fixes_protocol_of="network",
    figures=(
        FigureSpec(
            "confusion",
            "Confusion matrix: which digits are mistaken for which? Held-out digits",
            confusion("test"),
        ),
    ),
)
"""What both sources leave out: digits that are held out."""


def measures(runs: ExperimentRuns) -> Mapping[str, Sequence[float]]:
    """Errors on the digits trained on, and what is read in image 1015, for each seed."""
    examples = runs.train_examples
    labels = examples.labels.numpy()
    errors, single, two, sure = [], [], [], []
    for network in runs.networks:
        logits = predict_logits(network, examples.inputs)
        read = logits.argmax(axis=1)
        errors.append(float((read != labels).sum()))
        single.append(float((read != labels[0]).sum()))
        two.append(float(read[IMAGE_OF_TWO]))
        sure.append(float(softmax(logits)[IMAGE_OF_TWO, read[IMAGE_OF_TWO]]))
    return {
        "errors": errors,
        "single_class_errors": single,
        "digit_read_in_1015": two,
        "probability_of_it": sure,
    }


def layers(runs: ExperimentRuns) -> Table:
    """The layer table: shapes and parameters of every layer that has some."""
    rows = [row for row in layer_table(runs.network) if row.parameters]
    return Table(
        id="layers",
        title="Layers: 10,025 + 390 + 160 = 10,575 parameters",
        columns=("layer", "kind", "output shape", "parameters"),
        rows=tuple(
            (row.name, row.kind, " x ".join(map(str, row.output_shape)), row.parameters) for row in rows
        ),
    )


def weight_shapes(runs: ExperimentRuns) -> Table:
    """The shapes of weights and biases, as the source prints them: inputs x units."""
    dense = {name: each for name, each in runs.network.layers.items() if isinstance(each, nn.Linear)}
    rows = [
        (f"W{n}, b{n}", name, f"({layer.in_features}, {layer.out_features})", f"({layer.out_features},)")
        for n, (name, layer) in enumerate(dense.items(), start=1)
    ]
    return Table(
        id="shapes",
        title="Shapes of the weights",
        columns=("name in the source", "layer", "weights (inputs, units)", "biases"),
        rows=tuple(rows),
    )


def logits_of_two(runs: ExperimentRuns, published: Sequence[float] | None = None) -> Table:
    """Logits and probabilities of image 1015 by the first seed, beside the published logits."""
    of_two = runs.train_examples.inputs[IMAGE_OF_TWO : IMAGE_OF_TWO + 1]
    logits = predict_logits(runs.network, of_two)[0]
    probabilities = softmax(logits[None])[0]
    columns = ["digit", "logit", "probability"]
    rows: list[list[float]] = [
        [digit, round(float(logits[digit]), 2), round(float(probabilities[digit]), 6)] for digit in range(10)
    ]
    if published:
        theirs = softmax(np.array([published]))[0]
        columns += ["published logit", "its probability"]
        for digit, row in enumerate(rows):
            row += [published[digit], round(float(theirs[digit]), 6)]
    return Table(
        id="image-1015",
        title="Image 1015, a two: logits and probabilities of seed 0",
        columns=tuple(columns),
        rows=tuple(tuple(row) for row in rows),
    )
