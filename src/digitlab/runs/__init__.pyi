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
    confusion_title as confusion_title,
    default_data as default_data,
    evaluate as evaluate,
    evaluate_and_save as evaluate_and_save,
    predict_logits_for as predict_logits_for,
    write_confusion as write_confusion,
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
