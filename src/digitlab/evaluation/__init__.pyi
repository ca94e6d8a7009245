from .calibration import (
    Calibration as Calibration,
    ReliabilityBin as ReliabilityBin,
    brier_score as brier_score,
    calibration_error as calibration_error,
    confidence_and_correct as confidence_and_correct,
    fit_temperature as fit_temperature,
)
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
from .perturbations import PERTURBATIONS as PERTURBATIONS, Perturbation as Perturbation, perturb as perturb
from .robustness import (
    Robustness as Robustness,
    RobustnessCell as RobustnessCell,
    measure_robustness as measure_robustness,
)
from .selective import (
    COVERAGES as COVERAGES,
    MAX_ERRORS as MAX_ERRORS,
    DecisionResult as DecisionResult,
    RiskAtCoverage as RiskAtCoverage,
    RiskCoverage as RiskCoverage,
    apply_rule as apply_rule,
    auroc as auroc,
    fit_decision_rule as fit_decision_rule,
    fit_threshold_table as fit_threshold_table,
    risk_at_coverage as risk_at_coverage,
    risk_coverage as risk_coverage,
)
from .statistics import (
    SampleStats as SampleStats,
    clopper_pearson_interval as clopper_pearson_interval,
    mean_interval as mean_interval,
    sample_stats as sample_stats,
    wilson_interval as wilson_interval,
)
