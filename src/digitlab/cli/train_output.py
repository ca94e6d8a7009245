"""What `digitlab train` prints of finished runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitlab.cli.output import log, print_json
from digitlab.formatting import format_accuracy, format_count, format_number, format_seconds

if TYPE_CHECKING:
    from digitlab.runs import Run

__all__ = ["print_run", "print_seeds", "run_as_json", "seed_logger"]

FEW_STEPS = 100
"""Steps before which a network is not called one that has learned nothing."""


def seed_logger() -> Callable[[Run], None]:
    """What logs each finished run of several seeds."""
    return lambda run: log(_format_run(run_as_json(run)))


def run_as_json(run: Run) -> dict[str, Any]:
    """A finished run as `train --json` prints it."""
    from digitlab.runs import accuracy_gap

    metrics = run.metrics()
    return {
        "run": str(run.folder),
        "network": run.config.network,
        "seed": run.config.seed,
        "train_seconds": metrics["train_seconds"],
        "load_seconds": metrics["load_seconds"],
        "evaluation_seconds": metrics["evaluation_seconds"],
        "final_evaluation_seconds": metrics["final_evaluation_seconds"],
        "parameters": metrics["parameters"],
        "steps": metrics["steps"],
        "step_kind": metrics["step_kind"],
        "n_stacked_seeds": metrics["n_stacked_seeds"],
        "stopped_early": metrics.get("stopped_early", False),
        "best_entry": metrics.get("best_entry"),
        "until": run.config.recipe.until,
        "stop_reason": metrics.get("stop_reason"),
        "kept": _kept(run, metrics),
        "gap": accuracy_gap(metrics),
        "overfitting": _overfitting(run, metrics),
        "hardware": metrics["hardware"],
        "metrics": {
            split: {key: scores[key] for key in ("n", "accuracy", "interval", "log_loss")}
            for split, scores in metrics["splits"].items()
        },
    }


def print_run(run: Run, as_json: bool) -> None:
    """Prints a finished run on standard output."""
    answer = run_as_json(run)
    if has_learned_nothing(answer["steps"], answer["metrics"]):
        log(
            "note: the network is no better than guessing (log loss ln 10 = 2.303); the learning rate, "
            f"{run.config.recipe.learning_rate:g}, may be too high: digitlab lr-range "
            f"{run.config.network} suggests one"
        )
    if as_json:
        print_json(answer)
    else:
        print(_format_run(answer))


def has_learned_nothing(steps: int, metrics: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether after some steps the log loss is still that of ten equal guesses, or larger.

    Args:
        steps: How many were trained; after fewer than `FEW_STEPS` nothing can be said.
        metrics: Scores by split; those of the training digits count, else those of the first split.
    """
    scores = metrics.get("train") or next(iter(metrics.values()))
    return steps >= FEW_STEPS and scores["log_loss"] > 0.99 * math.log(10)


def _format_run(run: dict[str, Any]) -> str:
    splits = [
        f"{split} {format_accuracy(scores['accuracy'], scores['n'])} (n={format_count(scores['n'])}, "
        f"log loss {scores['log_loss']:.4f})"
        for split, scores in run["metrics"].items()
    ]
    text = (
        f"{run['run']}: {', '.join(splits)}; {format_count(run['parameters'], 'parameter')}, "
        f"{format_seconds(run['train_seconds'])} of training"
    )
    if run["gap"] is not None:
        text += f"; gap between training and validation {format_number(100 * run['gap'], 2)} points"
    return ". ".join([text, *_remarks(run)])


def _remarks(run: dict[str, Any]) -> list[str]:
    """Why training ended, which weights are kept, and whether it overfits: sentences without their dots."""
    remarks = []
    if run["until"] is not None:
        reached = run["stop_reason"] == "until"
        remarks.append(f"The target {run['until']} was {'' if reached else 'not '}reached")
    if run["best_entry"] is not None and run["stop_reason"] != "until":
        stopped = "It stopped early: entry" if run["stop_reason"] == "patience" else "Entry"
        remarks.append(f"{stopped} {run['best_entry']} was the best, and the {run['kept']} weights are kept")
    if run["overfitting"]:
        remarks.append(run["overfitting"].rstrip("."))
    return remarks


def _overfitting(run: Run, metrics: dict[str, Any]) -> str | None:
    """The sentence on overfitting; None for the weights of the best entry, which come from before it."""
    from digitlab.training import describe_overfitting

    if _kept(run, metrics) == "best":
        return None
    return describe_overfitting(run.history(), run.config.recipe.label_smoothing) or None


def _kept(run: Run, metrics: dict[str, Any]) -> str:
    """Which weights a run has kept: those of its best entry, or of its last."""
    recipe = run.config.recipe
    by_patience = recipe.patience is not None and recipe.restore_best
    return "best" if by_patience and metrics.get("stop_reason") != "until" else "last"


def print_seeds(folder: Path, runs: list[Run], as_json: bool) -> None:
    """Prints the finished runs of several seeds: mean and standard deviation."""
    from dataclasses import asdict

    from digitlab.evaluation import sample_stats

    answers = [run_as_json(run) for run in runs]
    metrics = {
        split: {
            key: asdict(sample_stats([each["metrics"][split][key] for each in answers]))
            for key in ("accuracy", "log_loss")
        }
        for split in answers[0]["metrics"]
    }
    seconds = sample_stats([each["train_seconds"] for each in answers])
    if as_json:
        print_json(
            {
                "run": str(folder),
                "network": answers[0]["network"],
                "seed": answers[0]["seed"],
                "seeds": [each["seed"] for each in answers],
                "train_seconds": seconds.mean,
                "parameters": answers[0]["parameters"],
                "metrics": metrics,
                "arithmetic": arithmetic_note(folder, runs) or None,
                "runs": answers,
            }
        )
        return
    for split, scores in metrics.items():
        accuracy = scores["accuracy"]
        n = len(answers) * answers[0]["metrics"][split]["n"]
        print(
            f"{split} accuracy over {accuracy['n']} seeds: mean {format_accuracy(accuracy['mean'], n)}, "
            f"standard deviation {format_accuracy(accuracy['std'], n)}"
        )
    print(
        f"{folder}: {format_seconds(seconds.mean)} of training each "
        f"(standard deviation {format_seconds(seconds.std)})"
    )
    if note := arithmetic_note(folder, runs):
        log(f"note: {note}")


def arithmetic_note(folder: Path, runs: Sequence[Run]) -> str:
    """Why a seed of several need not have the very bits of that seed trained alone; empty if it has them."""
    from dataclasses import replace

    from digitlab.runs import SeedRuns
    from digitlab.training.hardware import choose_hardware

    first = runs[0].metrics()
    if first["n_stacked_seeds"] > 1:
        return (
            f"the {first['n_stacked_seeds']} seeds were trained together, which takes sums in another order: "
            "trained alone, a seed has the same weights but for rounding"
        )
    recipe = replace(SeedRuns.open(folder).config.recipe, device=first["hardware"]["device"])
    alone = choose_hardware(recipe, runs[0].network()).threads
    if alone == first["hardware"]["threads"]:
        return ""
    threads = format_count(first["hardware"]["threads"], "thread")
    return (
        f"each seed was trained on {threads}; alone it has {alone}, which takes sums in another order (--set "
        "threads=1 gives these weights to the bit)"
    )
