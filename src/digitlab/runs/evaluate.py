"""What a training came to: scores, pictures, and the finished run folder."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Digits
from digitlab.errors import DataError, ModelError
from digitlab.evaluation import Metrics, compute_metrics, predict_logits
from digitlab.files import write_bytes
from digitlab.networks import Network
from digitlab.runs.folder import Run
from digitlab.runs.models import Model
from digitlab.training import Examples, FitResult

__all__ = ["evaluate", "evaluate_and_save", "predict_logits_for", "write_confusion"]

SPLIT_SHOWN = ("test", "validation", "train")
"""Of which split the confusion matrix is drawn: the first of these that the run has."""


def evaluate(model: Model, digits: Digits) -> Metrics:
    """Scores a model on digits.

    Raises:
        DataError: If the model does not take pictures of that size.
        ModelError: If its logits are not finite, or not ten.
    """
    return compute_metrics(predict_logits_for(model, digits), digits.labels)


def predict_logits_for(model: Model, digits: Digits) -> NDArray[np.float32]:
    """What a model says of digits, once it is seen that they go together.

    Returns:
        `(n, 10)`, finite.

    Raises:
        DataError: If the model does not take pictures of that size.
        ModelError: If its logits are not finite, or not ten.
    """
    shape = (digits.height, digits.width)
    fits = model.input_shape in (shape, (shape[0] * shape[1],))
    if not fits:
        takes = " x ".join(map(str, model.input_shape))
        raise DataError(
            f"{model.network} takes inputs of {takes}; {digits.name} has {shape[0]} x {shape[1]}",
            "Give it digits of the size it was trained on (--data).",
        )
    logits = _finite(model.logits(digits.ink()), model.network)
    if logits.shape[1] != 10:
        raise ModelError(
            f"{model.network} tells {logits.shape[1]} classes apart, not ten digits",
            "Score it with DigitClassifier, which knows its classes.",
        )
    return logits


def write_confusion(scores: Metrics, title: str, path: Path) -> None:
    """Draws the confusion matrix of `scores` to the PNG file `path`.

    Raises:
        OutputError: If the operating system refuses.
    """
    from digitlab.figures import draw_confusion, save_figure  # matplotlib takes 0.4 s to import

    write_bytes(path, save_figure(draw_confusion(scores.confusion, title)))


def evaluate_and_save(
    run: Run,
    network: Network,
    fitted: FitResult,
    splits: Mapping[str, Examples],
    load_seconds: float,
    together: int = 1,
) -> None:
    """Scores a trained network on every split, draws its pictures, and finishes the run's folder.

    Args:
        run: Begun, not finished.
        network: With the weights that training kept.
        fitted: What training came to.
        splits: What to score on: `train`, and `validation` and `test` where the run has them.
        load_seconds: How long loading took, to be reported beside training.
        together: How many seeds were trained as one stack; their sums run in another order than alone.

    Raises:
        ModelError: If the network's logits are not finite.
        OutputError: If the operating system refuses.
    """
    started = time.perf_counter()
    scores = _score(network, splits)
    scoring_seconds = time.perf_counter() - started
    _draw(run, fitted, scores)
    run.finish(
        network,
        fitted.history,
        {
            "splits": {name: split.to_dict() for name, split in scores.items()},
            "parameters": network.parameter_count(),
            "steps": fitted.steps,
            "best_entry": fitted.best_entry,
            "stopped_early": fitted.stopped_early,
            "trained_together": together,
            "hardware": vars(fitted.hardware),
            "train_seconds": fitted.train_seconds,
            "load_seconds": load_seconds,
            "evaluation_seconds": fitted.evaluation_seconds + scoring_seconds,
        },
    )


def _score(network: Network, splits: Mapping[str, Examples]) -> dict[str, Metrics]:
    return {
        name: compute_metrics(
            _finite(predict_logits(network, examples.inputs), network.name), examples.labels.numpy()
        )
        for name, examples in splits.items()
    }


def _finite(logits: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if not np.isfinite(logits).all():
        raise ModelError(
            f"{name} gives logits that are not numbers",
            "Its training diverged: train again with a lower learning rate.",
        )
    return logits


def _draw(run: Run, fitted: FitResult, scores: Mapping[str, Metrics]) -> None:
    """Draws the run's two pictures: learning curves and a confusion matrix."""
    from digitlab.figures import Line, draw_learning_curves, save_figure

    history = fitted.history
    epochs = [period.epoch for period in history]
    loss = [Line("training", epochs, [p.train_loss for p in history])]
    accuracy = [Line("training", epochs, [p.train_accuracy for p in history])]
    if history[-1].validation_loss is not None:
        loss.append(Line("validation", epochs, [p.validation_loss or 0.0 for p in history]))
        accuracy.append(Line("validation", epochs, [p.validation_accuracy or 0.0 for p in history]))
    best = history[fitted.best_entry - 1].epoch if fitted.best_entry else None
    title = f"{run.config.network}, seed {run.config.seed}"
    write_bytes(run.folder / "curves.png", save_figure(draw_learning_curves(loss, accuracy, title, best)))
    split = next(name for name in SPLIT_SHOWN if name in scores)
    shown = scores[split]
    title = f"Which digits does {title} take for which?\n{split} digits: {shown.accuracy:.2%} of {shown.n:,}"
    write_confusion(shown, title, run.folder / "confusion.png")
