from .compare import (
    RunTable as RunTable,
    accuracy_gap as accuracy_gap,
    compare_runs as compare_runs,
    mean_history as mean_history,
)
from .config import (
    DataConfig as DataConfig,
    RunConfig as RunConfig,
    Splits as Splits,
    configure as configure,
)
from .evaluate import (
    default_data as default_data,
    evaluate as evaluate,
    evaluate_and_save as evaluate_and_save,
    evaluate_decisions as evaluate_decisions,
    predict_logits_for as predict_logits_for,
    predict_probabilities as predict_probabilities,
)
from .evaluation_figures import (
    confusion_title as confusion_title,
    write_confusion as write_confusion,
    write_evaluation_figures as write_evaluation_figures,
    write_reliability as write_reliability,
    write_risk_coverage as write_risk_coverage,
    write_robustness as write_robustness,
)
from .folder import Run as Run, new_run_folder as new_run_folder, open_runs as open_runs
from .further import MoreTraining as MoreTraining, fine_tuning_config as fine_tuning_config
from .models import (
    Model as Model,
    TorchModel as TorchModel,
    export_model as export_model,
    open_model as open_model,
    open_network as open_network,
)
from .non_digits import (
    NonDigitKind as NonDigitKind,
    NonDigits as NonDigits,
    evaluate_non_digits as evaluate_non_digits,
)
from .robustness import (
    ROBUSTNESS_DIGITS as ROBUSTNESS_DIGITS,
    evaluate_robustness as evaluate_robustness,
)
from .seed_folder import SeedRuns as SeedRuns
from .seeds import (
    resume_seeds as resume_seeds,
    train_seeds as train_seeds,
    train_seeds_configured as train_seeds_configured,
)
from .setup import TrainingStart as TrainingStart
from .teachers import teacher_files as teacher_files
from .train import (
    fine_tune as fine_tune,
    resume as resume,
    train as train,
    train_configured as train_configured,
    train_run as train_run,
    train_worker as train_worker,
)
from .trained_model import TrainedModel as TrainedModel, open as open
