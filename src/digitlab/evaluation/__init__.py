"""Evaluation: how good predictions are. Works on logits and labels, from wherever they come."""

from digitlab.evaluation.mistakes import Mistake, PairPanels, find_mistakes, most_confused, pair_panels
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
from digitlab.evaluation.suspects import Suspect, find_suspects

__all__ = [
    "Confusion",
    "DigitScore",
    "Mistake",
    "PairPanels",
    "Scores",
    "Spread",
    "Suspect",
    "accuracy_and_log_loss",
    "find_mistakes",
    "find_suspects",
    "log_probabilities",
    "most_confused",
    "pair_panels",
    "predict_logits",
    "score",
    "spread",
    "wilson_interval",
]
