"""Evaluation: how good predictions are. Works on logits and labels, from wherever they come."""

from digitlab.evaluation.classification import (
    ClassMetrics,
    ConfusionPair,
    Metrics,
    accuracy_and_log_loss,
    compute_metrics,
    predict_logits,
)
from digitlab.evaluation.misclassifications import (
    LabelIssue,
    Misclassification,
    PairPanels,
    find_label_issues,
    find_misclassifications,
    most_confused,
    pair_panels,
)
from digitlab.evaluation.paired import PairedTest, paired_test
from digitlab.evaluation.statistics import SampleStats, mean_interval, sample_stats, wilson_interval

__all__ = [
    "ClassMetrics",
    "ConfusionPair",
    "LabelIssue",
    "Metrics",
    "Misclassification",
    "PairPanels",
    "PairedTest",
    "SampleStats",
    "accuracy_and_log_loss",
    "compute_metrics",
    "find_label_issues",
    "find_misclassifications",
    "mean_interval",
    "most_confused",
    "pair_panels",
    "paired_test",
    "predict_logits",
    "sample_stats",
    "wilson_interval",
]
