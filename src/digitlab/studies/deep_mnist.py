"""Source 002 (`deep-mnist`): a company's course from softmax regression to a deep convolutional network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn

from digitlab.data import load
from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.inspection import cross_entropy_steps
from digitlab.inspection.activation_functions import TOY_PROBABILITIES, TOY_TARGETS
from digitlab.networks import layer_table
from digitlab.probabilities import softmax
from digitlab.report import Table
from digitlab.studies.datasets import FIRST_5000_HELD_OUT, FIRST_5000_SET_ASIDE
from digitlab.studies.experiment_results import ExperimentRuns
from digitlab.studies.figures import ARCHITECTURE, confusion, learning_curves, view_figure, view_without_model
from digitlab.studies.progress_lines import read_progress_lines
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
from digitlab.training import RECIPES, Examples

__all__ = ["STUDY"]

STATE_OF_THE_ART = 0.9979


def _cross_entropy(_options: ReproduceOptions, _folder: Path) -> ComputationResult:
    """The toy mini-batch of two: the mean over items of -sum(y log p)."""
    steps = cross_entropy_steps(TOY_PROBABILITIES, TOY_TARGETS)
    return ComputationResult(
        measured={"cross_entropy": steps.mean, "row_sum": float(steps.probabilities[0].sum())},
        figures=(
            view_without_model("cross-entropy", "Cross-entropy of the toy example, every number shown"),
        ),
    )


def _layers(runs: ExperimentRuns) -> Table:
    rows = layer_table(runs.network)
    return Table(
        id="layers",
        title=f"Layers: {runs.network.parameter_count():,} parameters",
        columns=("layer", "kind", "output shape", "parameters", "multiply-adds"),
        rows=tuple(
            (row.name, row.kind, " x ".join(map(str, row.output_shape)), row.parameters, row.multiply_adds)
            for row in rows
        ),
    )


def _shapes(runs: ExperimentRuns) -> Table:
    """The shapes of digits, of a batch and of the weights, images flattened as the source has them."""
    splits, linear = runs.splits, runs.network.layers["logits"]
    assert splits.validation is not None
    assert splits.test is not None
    assert isinstance(linear, nn.Linear)
    pixels, batch = splits.train.height * splits.train.width, runs.recipe.batch_size
    sizes = {"training": splits.train, "validation": splits.validation, "test": splits.test}
    rows = [(f"{name} images", f"{len(digits):,} x {pixels}", "uint8") for name, digits in sizes.items()]
    rows += [
        ("images of a batch", f"{batch} x {pixels}", "float32"),
        ("labels of a batch, one-hot", f"{batch} x 10", "float32"),
        ("weights W", f"{linear.in_features} x {linear.out_features}", "float32"),
        ("biases b", f"{linear.out_features}", "float32"),
        ("outputs x W + b", f"{batch} x {linear.out_features}", "float32"),
    ]
    return Table(id="shapes", title="Shapes", columns=("what", "shape", "type"), rows=tuple(rows))


def _one_hot(runs: ExperimentRuns) -> Table:
    """The one-hot label of a nine beside the probabilities that the first seed's network gives to it."""
    assert runs.splits.test is not None
    test = Examples.of(runs.splits.test)
    nine = int((test.labels == 9).nonzero()[0])
    probabilities = softmax(predict_logits(runs.network, test.inputs[nine : nine + 1]))[0]
    return Table(
        id="one-hot",
        title=f"One-hot label and softmax output: test image {nine}, a nine",
        columns=("digit", "one-hot label", "probability"),
        rows=tuple((digit, int(digit == 9), round(float(probabilities[digit]), 4)) for digit in range(10)),
    )


def _progress_lines(runs: ExperimentRuns) -> Table:
    """What the source prints while it trains, for the first seed."""
    return Table(
        id="progress",
        title="Progress lines of seed 0: the coming batch of 50, before its step and without dropout",
        columns=("step", "loss", "accuracy in the batch"),
        rows=tuple(
            (step, round(loss, 4), round(accuracy, 4))
            for step, loss, accuracy in read_progress_lines(runs.seed_results[0].run.folder)
        ),
    )


def _validation(runs: ExperimentRuns) -> Mapping[str, Sequence[float]]:
    """Metrics on the 5,000 images set aside, after training: between steps they would take long."""
    held_out = Examples.of(load("mnist:train[:500]" if runs.options.quick else "mnist:train[:5000]"))
    scores = [
        accuracy_and_log_loss(predict_logits(network, held_out.inputs), held_out.labels.numpy())
        for network in runs.networks
    ]
    return {
        "validation_accuracy": [accuracy for accuracy, _ in scores],
        "validation_loss": [loss for _, loss in scores],
    }


LOOKS = (
    ARCHITECTURE,
    FigureSpec("curves", "Learning curve: log loss every 100 steps", learning_curves),
    FigureSpec(
        "kernels",
        "Convolution kernels: the 32 of 5x5 of the first layer",
        view_figure("kernels", "test", layer="conv1"),
    ),
    FigureSpec("image", "Input image: test image 1", view_figure("image", "test", image=1)),
    FigureSpec(
        "features-1",
        "Feature maps of test image 1 after convolution 1 (32)",
        view_figure("feature-maps", "test", image=1, layer="conv1"),
    ),
    FigureSpec(
        "features-2",
        "Feature maps of test image 1 after convolution 2 (64)",
        view_figure("feature-maps", "test", image=1, layer="conv2"),
    ),
    FigureSpec(
        "confusion", "Confusion matrix: which digits are mistaken for which? Test images", confusion("test")
    ),
)

STUDY = Study(
    id="deep-mnist",
    title="A company's course: from softmax regression to a deep network",
    source="002_ab007cbb22cbebcf.txt",
    source_author="Saeed Aghabozorgi",
    source_year=2016,
    method=(
        "Softmax regression is trained by plain gradient descent at 0.5 for 1,000 steps of 50, on 55,000 "
        "images with 5,000 held out; then a network of two convolutions and 1,024 units with dropout 0.5 by "
        "Adam at 0.0001, for 1,100 steps or for 20,000. Its kernels and its feature maps of one test "
        "image are drawn."
    ),
    experiments=(
        TrainingExperiment(
            id="softmax",
            title="Softmax regression, gradient descent at 0.5, 1,000 steps of 50",
            network="softmax",
            recipe=RECIPES["softmax"],
            data=FIRST_5000_HELD_OUT,
            seeds=5,
            cost=0.8,
            tables=(_shapes, _one_hot),
            figures=(
                FigureSpec("curves", "Learning curve: log loss every 100 steps", learning_curves),
                FigureSpec(
                    "weights",
                    "Weights of the ten outputs: what does each digit respond to?",
                    view_figure("weights", "test"),
                ),
                FigureSpec(
                    "confusion",
                    "Confusion matrix: which digits are mistaken for which? Test images",
                    confusion("test"),
                ),
            ),
            notes=("The source's output, a final accuracy, is missing from the text that we have.",),
        ),
        Computation(
            id="state-of-the-art",
            title="The best that the source knows of, on 10 June 2016",
            published={"test_accuracy": PublishedValue(STATE_OF_THE_ART, "Is the final result good?")},
            notes=(
                "Quoted, not run: 0.21 % of errors. On 10,000 digits one standard error of such an accuracy "
                "is 0.05 points.",
            ),
        ),
        Computation(
            id="cross-entropy",
            title="Cross-entropy of a toy mini-batch, worked out",
            run=_cross_entropy,
            notes=(
                "The source asks to run the cell and prints no result. Its rows add up to 1.1, so they are "
                "no probabilities; only the first number of each matters.",
            ),
        ),
        TrainingExperiment(
            id="cnn",
            title="The deep network, 1,100 steps of 50 by Adam at 0.0001, dropout 0.5",
            network="deep-mnist",
            recipe=RECIPES["deep-mnist"],
            data=FIRST_5000_SET_ASIDE,
            seeds=1,
            quick={"max_steps": 40, "eval_every": 10},
            cost=60.0,
            progress_every=100,
            tables=(_layers, _progress_lines),
            measures=_validation,
            figures=LOOKS,
            notes=(
                "The source's outputs, losses every 100 steps and a test accuracy, are missing from our "
                "text.",
            ),
        ),
        TrainingExperiment(
            id="cnn-long",
            title="The deep network, 20,000 steps",
            network="deep-mnist",
            recipe=replace(RECIPES["deep-mnist"], max_steps=20_000, eval_every=1000),
            data=FIRST_5000_SET_ASIDE,
            seeds=1,
            quick={"max_steps": 300, "eval_every": 100},
            cost=1000.0,
            progress_every=100,
            tables=(_progress_lines,),
            measures=_validation,
            figures=LOOKS,
            long=True,
        ),
    ),
    notes=(
        "The text that we have has lost every printed result, so there is no figure of its own to compare "
        "with but the state of the art that it quotes.",
        "It draws batches with `next_batch(50)`, shuffled anew after each pass, as we do.",
        "Its loss takes the logarithm of a softmax and would be infinite for a probability of 0; ours is "
        "worked out on logits.",
        "It shows the maps of both convolutions before the ReLU; so do we.",
        "It calls softmax regression a simple multi-layer perceptron; it has a single layer. The "
        "probabilities of its example, a nine, add up to 241 %. It describes validation digits and "
        "never uses them.",
    ),
    items=source_items("deep-mnist"),
)
