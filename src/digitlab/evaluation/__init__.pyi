from .classification import (
    ClassMetrics as ClassMetrics,
    ConfusionPair as ConfusionPair,
    Metrics as Metrics,
    accuracy_and_log_loss as accuracy_and_log_loss,
    compute_metrics as compute_metrics,
    predict_logits as predict_logits,
    predict_outputs as predict_outputs,
)
from .misclassifications import (
    LabelIssue as LabelIssue,
    Misclassification as Misclassification,
    PairPanels as PairPanels,
    find_label_issues as find_label_issues,
    find_misclassifications as find_misclassifications,
    most_confused as most_confused,
    pair_panels as pair_panels,
)
from .paired import PairedTest as PairedTest, paired_test as paired_test
from .statistics import (
    SampleStats as SampleStats,
    mean_interval as mean_interval,
    sample_stats as sample_stats,
    wilson_interval as wilson_interval,
)
