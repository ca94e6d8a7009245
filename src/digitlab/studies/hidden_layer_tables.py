"""Tables, figures and measures of source 003 (`hidden-layer`): what it printed beside ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from digitlab.evaluation import predict_logits
from digitlab.figures import draw_confusion
from digitlab.formatting import format_share
from digitlab.inspection import first_hidden_layer, principal_components_of, unit_values
from digitlab.inspection.unit_statistics import UnitValues
from digitlab.networks import Network, layer_table
from digitlab.probabilities import softmax
from digitlab.report import ExperimentResult, Table
from digitlab.report.format import measured_text, published_text
from digitlab.studies.experiment_results import ExperimentRuns
from digitlab.studies.hidden_layer_published import (
    CONFUSION,
    CV_RESULTS,
    EPOCHS,
    OTHER,
    RESULTS,
    SERIES,
    asleep_seconds,
    published_accuracy,
)

__all__ = [
    "PUBLISHED_CV_RESULTS",
    "PUBLISHED_FIRST_FITS",
    "activations_head",
    "agreement",
    "class_counts",
    "components_needed",
    "first_image_outputs",
    "layers",
    "maxima_and_agreement",
    "models_4_and_5",
    "published_confusion",
    "study_tables",
    "three_trainings",
]

SIGMOID = ("mlp-700-sigmoid", "mlp-700-sigmoid-4", "mlp-700-sigmoid-5")
"""The source's three trainings of the same network: its models 3a, 4 and 5."""
PUBLISHED_CV_RESULTS = Table(
    id="cv-results",
    title="The source's `cv_results_`, whole",
    columns=tuple(CV_RESULTS),
    rows=tuple(
        (int(width), *(round(value, 5) for value in values), int(rank))
        for width, *values, rank in zip(*CV_RESULTS.values(), strict=True)
    ),
)


_FIRST_FITS = [name for name in EPOCHS if name.startswith("grid-") and name != "grid-refit"]
PUBLISHED_FIRST_FITS = Table(
    id="first-fits",
    title="The fits of the source's search whose epochs it printed",
    columns=("hidden units", "fold", "epoch", *SERIES),
    rows=tuple(
        (int(name.split("-")[1]), int(name.split("-")[3]), epoch, *values)
        for name in _FIRST_FITS
        for epoch, values in enumerate(zip(*EPOCHS[name].values(), strict=True), start=1)
    ),
)


def published_confusion(runs: ExperimentRuns) -> Figure:
    """The confusion matrix that the source printed."""
    counts = CONFUSION[runs.experiment.id]
    share = format_share(published_accuracy(runs.experiment.id))
    title = "Confusion matrix as published: which digits are mistaken for which?"
    return draw_confusion(counts, f"{title}\n55,000 training images: {share} correct")


def agreement(runs: ExperimentRuns) -> Mapping[str, Sequence[float]]:
    """Correlation of the 90 counts of errors in our confusion matrix with those in the published one."""
    off = ~np.eye(10, dtype=bool)
    published = np.array(CONFUSION[runs.experiment.id])[off]
    ours = [np.array(result.scores["train"]["confusion"])[off] for result in runs.seed_results]
    return {
        "confusion_correlation": [
            float(np.corrcoef(published, each)[0, 1]) if each.std() else 0.0 for each in ours
        ]
    }


def maxima_and_agreement(runs: ExperimentRuns) -> Mapping[str, Sequence[float]]:
    """The largest activation of each hidden unit over the training images, largest first; and agreement."""
    largest = [np.sort(_hidden(runs, network).values.max(axis=0))[::-1] for network in runs.networks]
    names = ("maximum_activation", "second_maximum_activation")
    maxima = {
        name: [float(each[unit]) for each in largest] for unit, name in enumerate(names[: len(largest[0])])
    }
    return {**maxima, **agreement(runs)}


def components_needed(runs: ExperimentRuns) -> Mapping[str, Sequence[float]]:
    """How many principal components of the training images explain 95 % of their variance."""
    needed = principal_components_of(runs.splits.train).n_for(0.95)
    return {"components": [float(needed)] * len(runs.seed_results)}


def layers(runs: ExperimentRuns) -> Table:
    """The layer table: every layer that has parameters, as Keras's `summary` prints it."""
    rows = [row for row in layer_table(runs.network) if row.parameters]
    return Table(
        id="layers",
        title=f"Layers: {runs.network.parameter_count():,} trainable parameters",
        columns=("layer", "kind", "output shape", "parameters"),
        rows=tuple(
            (row.name, row.kind, " x ".join(map(str, row.output_shape)), row.parameters) for row in rows
        ),
    )


def activations_head(runs: ExperimentRuns) -> Table:
    """The first five training images: activations of the hidden units and predicted digit."""
    published = OTHER[f"activations_head_{runs.experiment.id.replace('-', '_')}"]
    found = _hidden(runs, runs.network, 5)
    names = [f"unit {unit}" for unit in found.units]
    theirs_of = [_published_unit(*each) for each in zip(found.units, published["columns"], strict=False)]
    return Table(
        id="activations-head",
        title="Activations of the hidden units and predicted digit: the first five training images, seed 0",
        columns=(
            *("image", "label"),
            *(f"{name}, published" for name in theirs_of),
            *("predicted, published", *names, "predicted"),
        ),
        rows=tuple(
            (
                *(image, int(runs.splits.train.labels[image])),
                *(abs(value) for value in values),
                *(theirs, *(round(float(each), 6) for each in found.values[image])),
                int(found.predictions[image]),
            )
            for image, (*values, theirs) in enumerate(published["rows"])
        ),
    )


def _published_unit(unit: int, column: str) -> str:
    """Our number of a unit, and the number that ends the name of the source's column, if it has one."""
    number = re.search(r"\d+$", column)
    return f"unit {unit} ({number[0]} in the source)" if number else f"unit {unit}"


def first_image_outputs(runs: ExperimentRuns) -> Table:
    """The ten outputs for the first training image."""
    published = OTHER[f"first_image_outputs_{runs.experiment.id.replace('-', '_')}"]
    logits = predict_logits(runs.network, runs.train_examples.inputs[:1])
    ours = softmax(logits)[0]
    return Table(
        id="first-image",
        title=f"Outputs for the first training image, a {runs.splits.train.labels[0]}, seed 0",
        columns=("digit", "probability, published", "probability"),
        rows=tuple((digit, published[digit], round(float(ours[digit]), 4)) for digit in range(10)),
    )


def class_counts(runs: ExperimentRuns) -> Table:
    """How many of the training images are predicted as each digit."""
    published = OTHER["predicted_class_counts_mlp_1"]
    counts = [np.sum(result.scores["train"]["confusion"], axis=0) for result in runs.seed_results]
    return Table(
        id="class-counts",
        title="Training images by predicted digit",
        columns=("digit", "published", *(f"seed {result.seed}" for result in runs.seed_results)),
        rows=tuple(
            (digit, published.get(str(digit), 0), *(int(each[digit]) for each in counts))
            for digit in range(10)
        ),
    )


def three_trainings(runs: ExperimentRuns) -> Table:
    """The source's three trainings of the same network beside our seeds."""
    rows: list[tuple[str | int | float | None, ...]] = []
    for name in SIGMOID:
        epochs, score = EPOCHS[name], OTHER[f"test_score_{name.replace('-', '_')}"]
        rows.append(
            (
                f"published, {name}",
                len(epochs["train_loss"]),
                *(epochs[metric][-1] for metric in ("train_loss", "validation_loss", "validation_accuracy")),
                *(round(score["accuracy"], 4), round(score["loss"], 4)),
            )
        )
    for result in runs.seed_results:
        last, test = result.history[-1], result.scores["test"]
        assert last.validation_loss is not None
        assert last.validation_accuracy is not None
        losses = (last.train_loss, last.validation_loss, last.validation_accuracy)
        scores = (*losses, test["accuracy"], test["log_loss"])
        rows.append((f"seed {result.seed}", len(result.history), *(round(each, 4) for each in scores)))
    return Table(
        id="three-trainings",
        title="Three trainings of the same network, the source's and ours: last epoch, and test images",
        columns=(
            *("training", "epochs", "training loss", "validation loss"),
            *("validation accuracy", "test accuracy", "test loss"),
        ),
        rows=tuple(rows),
    )


def models_4_and_5(runs: ExperimentRuns) -> Table:
    """Every epoch of the source's second and third training of this network, beside the mean of ours."""
    ours = [result.history for result in runs.seed_results]
    rows: list[tuple[str | int | float | None, ...]] = []
    for epoch in range(max(len(EPOCHS[name]["train_loss"]) for name in SIGMOID[1:])):
        cells: list[str | int | float | None] = [epoch + 1]
        for metric in SERIES:
            for name in SIGMOID[1:]:
                values = EPOCHS[name][metric]
                cells.append(values[epoch] if epoch < len(values) else None)
            found = [getattr(one[epoch], metric) for one in ours if epoch < len(one)]
            cells.append(round(float(np.mean(found)), 4) if found else None)
        rows.append(tuple(cells))
    names = [name.replace("_", " ").replace("train ", "training ") for name in SERIES]
    columns = [f"{name}, {who}" for name in names for who in ("model 4", "model 5", "ours")]
    return Table(
        id="models-4-and-5",
        title="The source's models 4 and 5, the same network trained again, by epoch; ours: mean of seeds",
        columns=("epoch", *columns),
        rows=tuple(rows),
    )


def study_tables(experiments: Sequence[ExperimentResult]) -> tuple[Table, ...]:
    """The source's table of results, and its times with and without sleep, with ours beside them."""
    measured = [each for each in experiments if each.measured and "train_seconds" in each.measured]
    results, times = [], []
    for each in measured:
        ours = {metric: measured_text(metric, value) for metric, value in each.measured.items()}
        if each.id in RESULTS:
            network, seconds, train, test = RESULTS[each.id]
            results.append(
                (
                    *(network, each.id, published_text("train_seconds", seconds), ours["train_seconds"]),
                    *(published_text("train_accuracy", train), ours["last_epoch_accuracy"]),
                    *(published_text("test_accuracy", test), ours["test_accuracy"]),
                    *(ours["validation_accuracy"], len(each.seeds)),
                )
            )
        published = each.published.get("train_seconds")
        if published is not None:
            asleep, mean = asleep_seconds(each.id), each.measured["train_seconds"].mean
            with_sleep = round(published / mean, 1) if asleep < published / 2 else None
            row = (each.id, round(published, 1), round(asleep, 1), round(mean, 1))
            times.append((*row, with_sleep, round((published - asleep) / mean, 1)))
    columns = (
        *("network in the source", "here", "training time", "ours", "Acc (Train)", "ours, last epoch"),
        *("Acc (Validation), of test images", "ours, of test images", "ours, of validation images", "n"),
    )
    tables = []
    if results:
        title = "The source's table of results, and ours"
        tables.append(Table(id="results", title=title, columns=columns, rows=tuple(results)))
    if times:
        title = (
            "Times in seconds: published, how much of it the machine slept (estimated), ours, and how many "
            "times as fast; with the sleep only where most of the time was work"
        )
        names = ("experiment", "published", "asleep", "ours", "times as fast, with sleep", "without sleep")
        tables.append(Table(id="times", title=title, columns=names, rows=tuple(times)))
    return tuple(tables)


def _hidden(runs: ExperimentRuns, network: Network, n: int | None = None) -> UnitValues:
    """Activations of all hidden units for the training images, or the first `n`."""
    ink = runs.splits.train.ink() if n is None else runs.splits.train.take(n).ink()
    return unit_values(network, ink, first_hidden_layer(network), range(network.options["hidden"][0]))
