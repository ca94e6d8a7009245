"""Evaluation of trained models: metrics, figures, and the results in a run folder."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.arguments import check_arguments
from digitlab.data import Digits, load
from digitlab.data.digits import scale_ink
from digitlab.errors import DataError, ModelError
from digitlab.evaluation import DecisionResult, Metrics, apply_rule, compute_metrics, predict_outputs
from digitlab.files import write_bytes
from digitlab.networks import Network
from digitlab.probabilities import digit_probabilities
from digitlab.runs.evaluation_figures import confusion_title, write_confusion
from digitlab.runs.folder import Run
from digitlab.runs.models import Model, open_model
from digitlab.training import Examples, FitResult

__all__ = [
    "default_data",
    "evaluate",
    "evaluate_and_save",
    "evaluate_decisions",
    "predict_logits_for",
    "predict_probabilities",
]

SETS = ((28, "mnist:test"), (20, "classroom"))
"""Digits to be classified by default, by the side of their images in pixels."""
CONFUSION_SPLITS = ("test", "validation", "train")
"""The confusion matrix in a run folder is that of the first of these that the run has."""


def default_data(model: Model | Network, run: Run | None = None) -> str:
    """The name of labeled digits of the size that a model takes: `mnist:test`, or `classroom` for 20x20.

    Of a model that was trained on `classroom-reduced`, which has other margins, it is that.

    Args:
        model: A model, or a network.
        run: What trained it; None: its attribute `run`, if it has one.

    Raises:
        DataError: If no digits are known of that size.
    """
    run = run or getattr(model, "run", None)
    trained_on = run.config.data.train.partition("[")[0] if run else ""
    for side, name in SETS:
        if model.input_shape in ((side, side), (side * side,)):
            return trained_on if name == "classroom" and trained_on.startswith(name) else name
    network = model.name if isinstance(model, Network) else model.network
    shape = " x ".join(map(str, model.input_shape))
    raise DataError(
        f"{network} takes inputs of {shape}, which no image of ours has",
        "Views need a network that reads images; or say which digits it reads (--data).",
    )


@check_arguments
def evaluate(
    model: Model | str | os.PathLike[str], digits: Digits | str | os.PathLike[str] | None = None
) -> Metrics:
    """Evaluates a model on digits: accuracy, log loss, calibration, risk against coverage, confusion matrix.

    Args:
        model: A model, or the path of a run folder, a weights file or an ONNX file.
        digits: Digits, or the name or path of a dataset; None: test digits of the model's size.

    Raises:
        SettingError: If there is no such dataset.
        DataError: If the model does not take images of that size.
        ModelError: If its logits are not finite, or not ten.
    """
    if isinstance(model, str | os.PathLike):
        model = open_model(Path(model))
    if digits is None:
        digits = default_data(model)
    if not isinstance(digits, Digits):
        digits = load(os.fspath(digits))
    return compute_metrics(_outputs(model, digits.images, digits.name), digits.labels)


def evaluate_decisions(model: Model, digits: Digits) -> tuple[Metrics, DecisionResult | None]:
    """Evaluates a model on digits, and what its temperature and thresholds do there.

    Returns:
        The metrics of the network's own probabilities, as `evaluate` has them; and the result of its
        decision rule, None if it has none.

    Raises:
        DataError: As `evaluate` does.
        ModelError: As `evaluate` does.
    """
    outputs = _outputs(model, digits.images, digits.name)
    decisions = apply_rule(model.rule, outputs, digits.labels) if model.rule else None
    return compute_metrics(outputs, digits.labels), decisions


def predict_probabilities(
    model: Model, images: NDArray[np.uint8], name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities that a model gives to the digits, and to "no digit", checked.

    Args:
        model: The model.
        images: `(n, height, width)`, `uint8`, 0 = paper, 255 = ink.
        name: What to call the images in an error.

    Returns:
        `(n, 10)`, and `(n,)`; see `digitlab.probabilities.digit_probabilities`.

    Raises:
        DataError: If the model does not take images of that size.
        ModelError: If its outputs are not finite, or not those of ten digits.
    """
    return digit_probabilities(_outputs(model, images, name), model.rule.temperature if model.rule else 1.0)


def predict_logits_for(model: Model, digits: Digits) -> NDArray[np.float32]:
    """Logits of a model on digits, checked.

    Returns:
        `(n, 10)`, `float32`, finite.

    Raises:
        DataError: If the model does not take images of that size.
        ModelError: If its logits are not finite, or not ten.
    """
    return _outputs(model, digits.images, digits.name)[:, :10]


def _outputs(model: Model, images: NDArray[np.uint8], name: str) -> NDArray[np.float32]:
    """Outputs of a model on images, checked: `(n, 10)` logits, or `(n, 11)` with that of "no digit"."""
    height, width = images.shape[1:]
    if model.input_shape not in ((height, width), (height * width,)):
        takes = " x ".join(map(str, model.input_shape))
        raise DataError(
            f"{model.network} takes inputs of {takes}; {name} has {height} x {width}",
            "Give it digits of the size it was trained on (--data).",
        )
    ink = scale_ink(images)
    classes = model.logits(ink[:1]).shape[1]  # of one image: the outputs alone do not say what the last is
    if classes != 10:
        raise ModelError(
            f"{model.network} has {classes} classes, not ten digits",
            "Evaluate it with DigitClassifier, which knows its classes.",
        )
    return _check_finite(model.outputs(ink), model.network)


def evaluate_and_save(
    run: Run,
    network: Network,
    fitted: FitResult,
    splits: Mapping[str, Examples],
    load_seconds: float,
    figures: bool = True,
) -> None:
    """Evaluates a trained network on every split, draws its figures, and finishes the run's folder.

    Args:
        run: Not finished yet.
        network: With its final weights.
        fitted: The result of its training.
        splits: What to evaluate it on: `train`, and the other splits that the run has.
        load_seconds: How long loading took, recorded beside the time of training.
        figures: Whether learning curves and confusion matrix are drawn.

    Raises:
        ModelError: If the network's logits are not finite.
        OutputError: If the operating system refuses.
    """
    started = time.perf_counter()
    scores = _score(network, splits)
    scoring_seconds = time.perf_counter() - started
    if figures:
        _draw(run, fitted, scores)
    run.finish(
        network,
        fitted.history,
        {
            "splits": {name: split.to_dict() for name, split in scores.items()},
            "parameters": network.parameter_count(),
            "steps": fitted.steps,
            "step_kind": fitted.step_kind,
            "n_stacked_seeds": fitted.n_stacked_seeds,
            "stop_reason": fitted.stop_reason,
            "best_entry": fitted.best_entry,
            "stopped_early": fitted.stopped_early,
            "hardware": vars(fitted.hardware),
            "train_seconds": fitted.train_seconds,
            "load_seconds": load_seconds,
            "evaluation_seconds": fitted.evaluation_seconds,
            "final_evaluation_seconds": scoring_seconds,
        },
    )


def _score(network: Network, splits: Mapping[str, Examples]) -> dict[str, Metrics]:
    return {
        name: compute_metrics(
            _check_finite(predict_outputs(network, examples.inputs), network.name), examples.labels.numpy()
        )
        for name, examples in splits.items()
    }


def _check_finite(logits: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if not np.isfinite(logits).all():
        raise ModelError(
            f"{name} gives logits that are not numbers",
            "Its training diverged: train again with a lower learning rate.",
        )
    return logits


def _draw(run: Run, fitted: FitResult, scores: Mapping[str, Metrics]) -> None:
    """Draws the run's two figures: learning curves and a confusion matrix."""
    from digitlab.figures import Line, draw_learning_curves, save_figure

    history = fitted.history
    epochs = [entry.epoch for entry in history]
    smoothing = run.config.recipe.label_smoothing
    loss = [
        Line(
            "training, labels smoothed" if smoothing else "training",
            epochs,
            [entry.train_loss for entry in history],
        )
    ]
    accuracy = [Line("training", epochs, [entry.train_accuracy for entry in history])]
    for name in ("validation", "extra"):
        losses = [getattr(entry, f"{name}_loss") for entry in history]
        if losses[-1] is not None:
            loss.append(Line(name, epochs, losses))
            accuracy.append(Line(name, epochs, [getattr(entry, f"{name}_accuracy") for entry in history]))
    best = history[fitted.best_entry - 1].epoch if fitted.best_entry else None
    name = f"{run.config.network}, seed {run.config.seed}"
    title = f"Learning curves: how do loss and accuracy develop?\n{name}"
    figure = draw_learning_curves(loss, accuracy, title, best, smoothing)
    write_bytes(run.folder / "curves.png", save_figure(figure))
    split = next(split for split in CONFUSION_SPLITS if split in scores)
    title = confusion_title(name, f"{split} digits", scores[split])
    write_confusion(scores[split], title, run.folder / "confusion.png")
