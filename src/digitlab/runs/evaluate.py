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
from digitlab.errors import DataError, ModelError
from digitlab.evaluation import Metrics, compute_metrics, predict_logits
from digitlab.files import write_bytes
from digitlab.formatting import format_accuracy, format_count
from digitlab.networks import Network
from digitlab.runs.folder import Run
from digitlab.runs.models import Model, open_model
from digitlab.training import Examples, FitResult

__all__ = [
    "confusion_title",
    "default_data",
    "evaluate",
    "evaluate_and_save",
    "predict_logits_for",
    "write_confusion",
]

CONFUSION_SPLITS = ("test", "validation", "train")
"""The confusion matrix in a run folder is that of the first of these that the run has."""


def default_data(model: Model) -> str:
    """The name of labeled digits of the size that a model takes: `mnist:test`, or `classroom` for 20x20."""
    return "classroom" if model.input_shape in ((20, 20), (400,)) else "mnist:test"


@check_arguments
def evaluate(
    model: Model | str | os.PathLike[str], digits: Digits | str | os.PathLike[str] | None = None
) -> Metrics:
    """Evaluates a model on digits: accuracy, log loss, confusion matrix and more.

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
    return compute_metrics(predict_logits_for(model, digits), digits.labels)


def predict_logits_for(model: Model, digits: Digits) -> NDArray[np.float32]:
    """Logits of a model on digits, checked.

    Returns:
        `(n, 10)`, `float32`, finite.

    Raises:
        DataError: If the model does not take images of that size.
        ModelError: If its logits are not finite, or not ten.
    """
    shape = (digits.height, digits.width)
    if model.input_shape not in (shape, (shape[0] * shape[1],)):
        takes = " x ".join(map(str, model.input_shape))
        raise DataError(
            f"{model.network} takes inputs of {takes}; {digits.name} has {shape[0]} x {shape[1]}",
            "Give it digits of the size it was trained on (--data).",
        )
    logits = _check_finite(model.logits(digits.ink()), model.network)
    if logits.shape[1] != 10:
        raise ModelError(
            f"{model.network} has {logits.shape[1]} classes, not ten digits",
            "Evaluate it with DigitClassifier, which knows its classes.",
        )
    return logits


def write_confusion(scores: Metrics, title: str, path: Path) -> None:
    """Draws the confusion matrix of `scores` to the PNG file `path`.

    Raises:
        OutputError: If the operating system refuses.
    """
    from digitlab.figures import draw_confusion, save_figure  # matplotlib takes 0.4 s to import

    write_bytes(path, save_figure(draw_confusion(scores.confusion, title)))


def confusion_title(model: str, digits: str, scores: Metrics) -> str:
    """Title of a confusion matrix: what it shows, of which model, on which digits."""
    return (
        f"Confusion matrix of {model}: which digits are mistaken for which?\n"
        f"{digits}: {format_accuracy(scores.accuracy, scores.n)} of {format_count(scores.n)}"
    )


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
            _check_finite(predict_logits(network, examples.inputs), network.name), examples.labels.numpy()
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
