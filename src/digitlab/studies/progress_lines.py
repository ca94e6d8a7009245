"""Progress lines as source 002 (`deep-mnist`) prints them: the coming batch, before its step."""

from __future__ import annotations

import csv
from pathlib import Path

from digitlab.evaluation import accuracy_and_log_loss, predict_logits
from digitlab.networks import Network
from digitlab.training import Examples, Recipe, StepCounts, StepInfo, iter_batches

__all__ = ["ProgressLines", "read_progress_lines"]

FILE = "progress_lines.csv"


class ProgressLines:
    """Appends loss and accuracy of the coming batch to a file in a run's folder: a callback of `fit`.

    The batch is scored before the step that it is trained on, and without dropout; a history entry holds the
    means over all steps since the entry before, with dropout.

    Args:
        folder: The run's folder.
        network: As it is before its first step.
        recipe: How it is trained.
        train: The training examples.
        every: Steps from one line to the next; the first is of step 0, the last before the end.
    """

    def __init__(self, folder: Path, network: Network, recipe: Recipe, train: Examples, every: int) -> None:
        self.path, self.recipe, self.train, self.every = folder / FILE, recipe, train, every
        self.counts = StepCounts.of(recipe, len(train))
        folder.mkdir(parents=True, exist_ok=True)
        self._write(0, network)

    def __call__(self, info: StepInfo) -> None:
        """Writes a line, if one is due after this step."""
        if info.step % self.every == 0 and info.step < self.counts.total_steps:
            self._write(info.step, info.network)

    def _write(self, step: int, network: Network) -> None:
        batches = iter_batches(self.train, [self.recipe.seed], self.recipe, self.counts, step, step + 1)
        inputs, labels = next(batches)
        accuracy, loss = accuracy_and_log_loss(predict_logits(network, inputs[0]), labels[0].numpy())
        with self.path.open("a") as file:
            csv.writer(file, lineterminator="\n").writerow((step, loss, accuracy))


def read_progress_lines(folder: Path) -> list[tuple[int, float, float]]:
    """Step, loss and accuracy of each line in a run's folder, by step.

    A training that went on from a checkpoint has written some lines twice; they are the same.
    """
    with (folder / FILE).open() as file:
        rows = {int(step): (float(loss), float(accuracy)) for step, loss, accuracy in csv.reader(file)}
    return [(step, *rows[step]) for step in sorted(rows)]
