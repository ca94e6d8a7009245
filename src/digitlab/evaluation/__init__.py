"""Evaluation: how good predictions are. Works on logits and labels, from wherever they come."""

from digitlab.evaluation.prediction import predict_logits
from digitlab.evaluation.scores import (
    Confusion,
    DigitScore,
    Scores,
    accuracy_and_log_loss,
    log_probabilities,
    score,
)
from digitlab.evaluation.statistics import Spread, spread, wilson_interval

__all__ = [
    "Confusion",
    "DigitScore",
    "Scores",
    "Spread",
    "accuracy_and_log_loss",
    "log_probabilities",
    "predict_logits",
    "score",
    "spread",
    "wilson_interval",
]
