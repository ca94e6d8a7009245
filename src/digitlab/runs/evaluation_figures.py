"""Figures of an evaluation as PNG files: confusion matrix, reliability, risk against coverage, robustness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from digitlab.evaluation import PERTURBATIONS, Metrics, Robustness, RobustnessCell, wilson_interval
from digitlab.files import make_folder, write_bytes
from digitlab.formatting import format_accuracy, format_count, format_number, format_share

__all__ = [
    "confusion_title",
    "write_confusion",
    "write_evaluation_figures",
    "write_reliability",
    "write_risk_coverage",
    "write_robustness",
]


def write_evaluation_figures(
    scores: Metrics, models: Sequence[str], digits: str, folder: Path, measured: Sequence[Robustness] = ()
) -> None:
    """Draws all figures of an evaluation to PNG files in a folder, which is made.

    They are `confusion.png`, `reliability.png` and `risk-coverage.png`; with `measured` also
    `robustness.png`.

    Args:
        scores: Of the first model on the digits.
        models: The names of the models.
        digits: The name of the digits.
        folder: The folder.
        measured: The robustness of each model.

    Raises:
        OutputError: If the operating system refuses.
    """
    make_folder(folder)
    write_confusion(scores, confusion_title(models[0], digits, scores), folder / "confusion.png")
    write_reliability(scores, models[0], digits, folder / "reliability.png")
    write_risk_coverage(scores, models[0], digits, folder / "risk-coverage.png")
    if measured:
        write_robustness(measured, models, digits, folder / "robustness.png")


def write_confusion(scores: Metrics, title: str, path: Path) -> None:
    """Draws the confusion matrix of `scores` to the PNG file `path`.

    Raises:
        OutputError: If the operating system refuses.
    """
    from digitlab.figures import draw_confusion, save_figure  # matplotlib takes 0.4 s to import

    write_bytes(path, save_figure(draw_confusion(scores.confusion, title)))


def write_reliability(scores: Metrics, model: str, digits: str, path: Path) -> None:
    """Draws the reliability diagram of `scores` to the PNG file `path`.

    Args:
        scores: Of the model on the digits.
        model: Its name.
        digits: Their name.
        path: The file.

    Raises:
        OutputError: If the operating system refuses.
    """
    from digitlab.figures import draw_reliability, save_figure

    bins = scores.calibration.bins
    low, high = scores.calibration.ece_ci95
    title = (
        f"Reliability diagram: do probabilities say how often predictions are correct?\n{model}\n"
        f"{digits}: {format_count(scores.n, 'digit')}, expected calibration error {format_share(scores.ece)} "
        f"(95 % interval {format_share(low)} to {format_share(high)})"
    )
    figure = draw_reliability(
        [each.n for each in bins],
        [each.confidence for each in bins],
        [each.accuracy for each in bins],
        [wilson_interval(round(each.accuracy * each.n), each.n) for each in bins],
        title,
    )
    write_bytes(path, save_figure(figure))


def write_risk_coverage(scores: Metrics, model: str, digits: str, path: Path) -> None:
    """Draws the risk-coverage curve of `scores` to the PNG file `path`.

    Args:
        scores: Of the model on the digits.
        model: Its name.
        digits: Their name.
        path: The file.

    Raises:
        OutputError: If the operating system refuses.
    """
    from digitlab.figures import draw_risk_coverage, save_figure

    title = (
        f"Risk against coverage: how many errors are left where unsure digits are not answered?\n{model}\n"
        f"{digits}: {format_count(scores.n, 'digit')}, area under the curve (AURC) "
        f"{format_number(scores.aurc, significant=3)}"
    )
    curve = (model, scores.risk_coverage.coverage, scores.risk_coverage.risk)
    marks = [(each.n_answered / each.n, each.error, each.interval) for each in scores.risk_at]
    write_bytes(path, save_figure(draw_risk_coverage([curve], marks, title)))


def confusion_title(model: str, digits: str, scores: Metrics) -> str:
    """Title of a confusion matrix: what it shows, of which model, on which digits."""
    return (
        f"Confusion matrix of {model}: which digits are mistaken for which?\n"
        f"{digits}: {format_accuracy(scores.accuracy, scores.n)} of {format_count(scores.n)}"
    )


def write_robustness(measured: Sequence[Robustness], models: Sequence[str], data: str, path: Path) -> None:
    """Draws the robustness of one or two models to the PNG file `path`.

    Args:
        measured: Of each model, on the same digits.
        models: Their names.
        data: Name of the digits.
        path: The file.

    Raises:
        OutputError: If the operating system refuses.
    """
    from digitlab.figures import draw_robustness, save_figure  # matplotlib takes 0.4 s to import

    panels = {
        name: [
            [
                _shares(cell)
                for cell in (each.clean, *(cell for cell in each.cells if cell.perturbation == name))
            ]
            for each in measured
        ]
        for name in PERTURBATIONS
    }
    title = (
        "Robustness: what is answered under perturbations, and how much of it is wrong?\n"
        f"{' and '.join(models)}\n{data}: {format_count(measured[0].n, 'digit')}, "
        "answered at the threshold of confidence at which 98 % of the clean ones are"
    )
    write_bytes(path, save_figure(draw_robustness(panels, models, title)))


def _shares(cell: RobustnessCell) -> list[float]:
    right = cell.answered - cell.errors
    return [part / cell.n for part in (right, cell.n - cell.answered, cell.errors, cell.correct)]
