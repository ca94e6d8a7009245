"""Runs: configuration and folder of a training run; train, resume, evaluate, open, export, compare."""

from digitlab.runs.compare import RunTable, compare_runs
from digitlab.runs.config import DataConfig, RunConfig, Splits, environment
from digitlab.runs.evaluate import evaluate, evaluate_and_save, predict_logits_for, write_confusion
from digitlab.runs.folder import Run, new_run_folder
from digitlab.runs.models import Model, TorchModel, export_model, open_model, open_network
from digitlab.runs.train import resume, train, train_seeds, train_worker

__all__ = [
    "DataConfig",
    "Model",
    "Run",
    "RunConfig",
    "RunTable",
    "Splits",
    "TorchModel",
    "compare_runs",
    "environment",
    "evaluate",
    "evaluate_and_save",
    "export_model",
    "new_run_folder",
    "open_model",
    "open_network",
    "predict_logits_for",
    "resume",
    "train",
    "train_seeds",
    "train_worker",
    "write_confusion",
]
