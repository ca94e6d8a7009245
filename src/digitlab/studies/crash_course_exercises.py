"""Source 000 (`crash-course`): its exercises, and its questions, answered from the runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.data import mnist
from digitlab.evaluation import accuracy_and_log_loss, predict_logits, sample_stats
from digitlab.formatting import format_share
from digitlab.inspection.learning import STAGE_STEPS
from digitlab.networks import build
from digitlab.report import Measurement, Table
from digitlab.report.format import measured_text
from digitlab.studies.experiment_results import ExperimentRuns
from digitlab.studies.figures import view_without_model, weights_by_step
from digitlab.studies.study import ComputationResult, ReproduceOptions
from digitlab.training import Examples, Recipe, fit

__all__ = ["confused_digits", "example_72", "linear_search", "what_more_steps_change"]

EXAMPLE = 71
"""The source's example 72: Julia counts from 1."""
RATES, BATCHES = (0.001, 0.003, 0.01, 0.03), (10, 30, 100)
EVERY, LONGEST = 1000, 3000
SEEDS = 3
SMOOTHER = 0.1
"""Rise of the correlation of neighboring weights from which on they are called smoother."""


def example_72(_options: ReproduceOptions, _folder: Path) -> ComputationResult:
    """Example 72 of the training file: its label, its number of pixels, and its picture."""
    digits = mnist("train").subset([EXAMPLE])
    ink = digits.ink()[0]
    return ComputationResult(
        measured={"label_of_example_72": float(digits.labels[0]), "pixels": float(ink.size)},
        figures=(view_without_model("image", "Input image: example 72 of the training file", digits),),
    )


def linear_search(options: ReproduceOptions, _folder: Path) -> ComputationResult:
    """Task 1's exercise: how well can a linear model do? Rate, batch size and steps, by validation digits.

    Each of 12 pairs of rate and batch size is trained once for 3,000 steps and scored every 1,000 on 2,500
    digits held out by class. The best of the 36 is trained with three seeds and scored on the test digits.
    """
    whole = mnist("train").take(10_000) if options.quick else mnist("train")
    train, held_out = map(Examples.of, whole.split(2500, "stratified"))
    longest, every = (LONGEST // 10, EVERY // 10) if options.quick else (LONGEST, EVERY)
    base = Recipe(optimizer="adam", max_steps=longest, eval_every=every, threads=1)
    found: dict[tuple[float, int, int], tuple[float, float]] = {}
    for rate in RATES:
        for batch in BATCHES:
            recipe = replace(base, learning_rate=rate, batch_size=batch)
            for entry in fit(build("softmax"), recipe, train, held_out).history:
                assert entry.validation_accuracy is not None
                assert entry.validation_loss is not None
                found[rate, batch, entry.step] = (entry.validation_accuracy, entry.validation_loss)
    rate, batch, steps = max(found, key=lambda setting: found[setting])
    test = Examples.of(mnist("test"))
    scores = []
    for seed in range(1 if options.quick else SEEDS):
        network = build("softmax", seed=seed)
        best = replace(base, learning_rate=rate, batch_size=batch, max_steps=steps, seed=seed)
        fit(network, best, train)
        scores.append(accuracy_and_log_loss(predict_logits(network, test.inputs), test.labels.numpy())[0])
    stats = sample_stats(scores)
    test_accuracy = Measurement(mean=stats.mean, std=stats.std, values=stats.values)
    rows = [
        (f"{each[0]:g}", each[1], each[2], round(accuracy, 4), round(loss, 4))
        for each, (accuracy, loss) in sorted(found.items(), key=lambda item: -item[1][0])
    ]
    return ComputationResult(
        measured={
            "validation_accuracy": found[rate, batch, steps][0],
            "validation_loss": found[rate, batch, steps][1],
            "test_accuracy": scores,
        },
        tables=(
            Table(
                id="search",
                title="Linear models by accuracy on 2,500 held-out digits, the best first",
                columns=("learning rate", "batch size", "steps", "validation accuracy", "validation loss"),
                rows=tuple(rows),
            ),
        ),
        answers=(
            f"How well can a linear model do? The best of these {len(found)} settings has rate {rate:g}, "
            f"batches of {batch} and {steps:,} steps; it is correct for "
            f"{format_share(found[rate, batch, steps][0])} of the held-out digits and "
            f"{measured_text('test_accuracy', test_accuracy)} of the test digits "
            f"({'mean ± standard deviation over seeds, ' if stats.n > 1 else ''}n = {stats.n}).",
        ),
    )


def confused_digits(runs: ExperimentRuns) -> str:
    """Task 1's question: which digits get confused for each other?"""
    counts = np.sum([result.scores["validation"]["confusion"] for result in runs.seed_results], axis=0)
    both = Counter({(a, b): int(counts[a, b] + counts[b, a]) for a in range(10) for b in range(a)})
    errors = int(counts.sum() - np.trace(counts))
    pairs = ", ".join(f"{b} and {a} ({n})" for (a, b), n in both.most_common(4))
    mean = errors / len(runs.seed_results)
    return (
        f"Which digits get confused for each other? Of {errors:,} errors of all seeds ({mean:.0f} a seed), "
        f"most are between {pairs}."
    )


def what_more_steps_change(runs: ExperimentRuns) -> str:
    """Task 3's question: what does stopping after 10, 100 and 1,000 steps change in the weights?"""
    weights, _ = weights_by_step(runs)
    start = weights[0]
    told, correlations = [], []
    for step in (each for each in STAGE_STEPS if each in weights):
        change = float(np.std(weights[step] - start) / np.std(start))
        correlations.append(_neighbor_correlation(weights[step]))
        told.append(
            f"after {step:,} steps the weights have moved {change:.1f} standard deviations of their start, "
            f"and those of neighboring pixels correlate by {correlations[-1]:.2f}"
        )
    before, after = _neighbor_correlation(start), correlations[-1]
    if after - before >= SMOOTHER:
        conclusion = (
            f"From {before:.2f} at the start the correlation rises to {after:.2f}: noise gives way to smooth "
            "strokes, for neighboring pixels are inked together, and their weights learn alike."
        )
    else:
        conclusion = (
            f"The correlation is {before:.2f} at the start and {after:.2f} at the end: the weights are still "
            "about as noisy as they began."
        )
    return f"What changes with more steps? {'; '.join(told)}. {conclusion}"


def _neighbor_correlation(tiles: NDArray[np.float32]) -> float:
    """Correlation of each weight with that of the pixel to its right, in `(units, height, width)`."""
    return float(np.corrcoef(tiles[:, :, :-1].ravel(), tiles[:, :, 1:].ravel())[0, 1])
