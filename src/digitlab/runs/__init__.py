"""Runs: configuration and folder of a training run; train, resume, evaluate, open, export, compare."""

from digitlab.runs.compare import RunTable, compare_runs
from digitlab.runs.config import DataConfig, RunConfig, Splits, configure, environment
from digitlab.runs.evaluate import (
    confusion_title,
    default_data,
    evaluate,
    evaluate_and_save,
    predict_logits_for,
    write_confusion,
)
from digitlab.runs.folder import Run, new_run_folder, open_runs
from digitlab.runs.models import Model, TorchModel, export_model, open_model, open_network
from digitlab.runs.seeds import SeedRuns, resume_seeds, train_seeds
from digitlab.runs.train import TrainingStart, resume, train, train_run, train_worker
from digitlab.runs.trained_model import TrainedModel, open

__all__ = [
    "DataConfig",
    "Model",
    "Run",
    "RunConfig",
    "RunTable",
    "SeedRuns",
    "Splits",
    "TorchModel",
    "TrainedModel",
    "TrainingStart",
    "compare_runs",
    "configure",
    "confusion_title",
    "default_data",
    "environment",
    "evaluate",
    "evaluate_and_save",
    "export_model",
    "new_run_folder",
    "open",
    "open_model",
    "open_network",
    "open_runs",
    "predict_logits_for",
    "resume",
    "resume_seeds",
    "train",
    "train_run",
    "train_seeds",
    "train_worker",
    "write_confusion",
]
