"""Classification errors: confusion matrix, confused pairs, the worst errors, and probable label errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from digitlab.data import Digits, known_label_errors
from digitlab.errors import SettingError
from digitlab.evaluation import Metrics, compute_metrics
from digitlab.evaluation.misclassifications import (
    LabelIssue,
    Misclassification,
    find_label_issues,
    find_misclassifications,
    most_confused,
    pair_panels,
    possible_label_issues,
    votes_needed,
)
from digitlab.figures import draw_confusion, draw_digits, draw_errors
from digitlab.figures.confusion_matrix import PANEL, draw_pair
from digitlab.formatting import format_count, format_share
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult, short_name
from digitlab.networks import Network
from digitlab.runs.evaluate import predict_logits_for
from digitlab.runs.models import TorchModel

__all__ = [
    "ErrorReport",
    "LabelIssueReport",
    "report_errors",
    "report_label_issues",
    "split_name",
    "view_confused_pair",
    "view_confusion",
    "view_errors",
    "view_label_errors",
    "view_mistakes",
]

LISTED = 20
"""How many errors are listed unless a count is given."""
MAX_DRAWN = 50
"""The most that one figure holds."""
MAX_NAME_LENGTH = 14  # characters below an image
UNCONFUSED = (4, 9)
"""The pair that is shown where no two digits were ever confused."""


def view_confusion(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Confusion matrix: counts and row percentages."""
    scores, counts = _confusion_matrix(model)
    title = f"Confusion matrix: which digits does {model.name} mistake for which?\n{_result(model, scores)}"
    data = {"counts": counts, "shares": counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)}
    return ViewResult(data, draw_confusion(counts, title), _most_frequent_errors(scores))


def view_errors(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Confusion matrix without its diagonal: the errors alone."""
    scores, counts = _confusion_matrix(model)
    errors = np.where(np.eye(10, dtype=bool), 0, counts)
    what = f"which digits does {model.name} mistake for which?"
    title = f"Confusion matrix, errors only: {what}\n{_result(model, scores)}"
    data = {"counts": errors, "shares": errors / np.maximum(counts.sum(axis=1, keepdims=True), 1)}
    return ViewResult(data, draw_errors(counts, title), _most_frequent_errors(scores))


def view_confused_pair(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Confused pair: two digits that are mistaken for each other, in four panels."""
    counts = _confusion_matrix(model)[1]
    pair = options.pair or most_confused(counts) or UNCONFUSED
    a, b = pair
    if a == b:
        raise SettingError(f"a pair of the same digit: {a},{b}", "Name two different digits: --pair 4,9.")
    panels = pair_panels(model.digits.labels, model.predictions, pair)
    images = [model.digits.images[panel[:PANEL]] / 255 for panel in panels]
    title = (
        f"Confused pair: where does {model.name} mistake {a} and {b} for each other?\n"
        f"{short_name(model.digits)}"
    )
    figure = draw_pair(images, [len(panel) for panel in panels], pair, title)
    summary = f"{a} predicted as {b}: {len(panels.a_as_b)}; {b} predicted as {a}: {len(panels.b_as_a)}"
    return ViewResult({"pair": np.array(pair), **panels._asdict()}, figure, summary)


def view_mistakes(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Worst errors: the most confident wrong predictions, with both probabilities."""
    report = report_errors(model, options.count or LISTED)
    summary = "\n".join(report.lines()) or "no digit is misclassified"
    return ViewResult(_columns(report.listed), report.draw(), summary)


def view_label_errors(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Label errors: labels that are probably wrong, by agreement of several seeds."""
    report = report_label_issues(model, options.count or LISTED)
    known = known_label_errors(model.digits.name)
    data = {
        **_columns(report.listed),
        "votes": np.array([each.votes for each in report.listed], dtype=np.int64),
        "judged_wrong": np.array([each.index in known for each in report.listed], dtype=bool),
    }
    return ViewResult(data, report.draw(), "\n".join(report.lines()))


@dataclass(frozen=True, eq=False)
class ErrorReport:
    """The errors of a model, worst first.

    Attributes:
        model: Whose.
        found: All of them.
        count: How many are listed.
    """

    model: InspectedModel
    found: tuple[Misclassification, ...]
    count: int

    @property
    def listed(self) -> tuple[Misclassification, ...]:
        """The errors that are listed."""
        return self.found[: self.count]

    def lines(self) -> list[str]:
        """The listed errors, a line each."""
        dataset = split_name(self.model.digits)
        return [each.format(dataset) for each in self.listed]

    def headline(self) -> str:
        """How many errors there are, in one line."""
        digits = self.model.digits
        more = f"; the worst {self.count}" if len(self.found) > self.count else ""
        total = format_count(len(digits), "digit")
        return f"misclassified by {self.model.name}: {len(self.found):,} of {total} of {digits.name}{more}"

    def draw(self) -> Figure:
        """Draws the listed errors, at most `MAX_DRAWN` of them, each with its caption."""
        digits, n = self.model.digits, len(self.found)
        shown = self.listed[:MAX_DRAWN]
        captions = ["\n".join(each.format_lines(_short_split_name(digits))) for each in shown]
        some = f"the worst {len(shown)} of {n:,}" if len(shown) < n else f"all {n}"
        total = format_count(len(digits), "digit")
        return draw_digits(
            digits.images[[each.index for each in shown]] / 255,
            captions,
            f"Misclassified digits: what does {self.model.name} get wrong?\n"
            f"{f'{some}, most confident first; ' if n else ''}{total} of {short_name(digits)}",
            columns=5,
            empty=f"None: {'it is' if len(digits) == 1 else f'all {total} are'} classified correctly.",
        )

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data for JSON."""
        n, lines = len(self.model.digits), self.lines()
        return {
            "network": self.model.network_name,
            "name": self.model.name,
            "data": self.model.digits.name,
            "n": n,
            "errors": len(self.found),
            "accuracy": (n - len(self.found)) / n,
            "mistakes": [
                {**vars(each), "words": line} for each, line in zip(self.listed, lines, strict=True)
            ],
        }


def report_errors(model: InspectedModel, count: int) -> ErrorReport:
    """Finds the classification errors of a model, the most confident first.

    Args:
        model: The opened model.
        count: How many to list, at least 1.

    Raises:
        DataError: If the model takes images of another size.
        ModelError: If its logits are not finite.
    """
    return ErrorReport(model, find_misclassifications(model.logits, model.digits.labels), count)


@dataclass(frozen=True, eq=False)
class LabelIssueReport:
    """Labels that a model's seeds agree in doubting, most doubtful first.

    Attributes:
        model: Whose seeds.
        found: All label issues.
        count: How many are listed.
    """

    model: InspectedModel
    found: tuple[LabelIssue, ...]
    count: int

    @property
    def listed(self) -> tuple[LabelIssue, ...]:
        """The label issues that are listed."""
        return self.found[: self.count]

    def lines(self) -> list[str]:
        """How many labels are doubted, and the listed ones, a line each."""
        digits, known = self.model.digits, known_label_errors(self.model.digits.name)
        head = f"labels doubted by at least {self._votes()} seeds: {len(self.found):,} of {len(digits):,}"
        if known:
            both = sum(each.index in known for each in self.found)
            head += f", among them {both} of the {len(known)} that people judged wrong"
        dataset = split_name(digits)
        marks = ["; also judged wrong by people" if each.index in known else "" for each in self.listed]
        return [head, *(each.format(dataset) + mark for each, mark in zip(self.listed, marks, strict=True))]

    def draw(self) -> Figure:
        """Draws the listed label issues, at most `MAX_DRAWN`; those that people judged wrong are marked."""
        digits, known = self.model.digits, known_label_errors(self.model.digits.name)
        shown, n = self.listed[:MAX_DRAWN], len(self.found)
        captions = ["\n".join(each.format_lines(_short_split_name(digits))) for each in shown]
        marked = [i for i, each in enumerate(shown) if each.index in known]
        for i in marked:
            captions[i] += "\nalso judged wrong\nby people"
        some = f"the {len(shown)} most doubtful of " if len(shown) < n else ""
        return draw_digits(
            digits.images[[each.index for each in shown]] / 255,
            captions,
            f"Label errors: which labels of {short_name(digits)} are probably wrong?\n"
            f"{some}{format_count(n, 'label')} doubted by at least {self._votes()} seeds of "
            f"{self.model.network_name}",
            columns=5,
            marked=marked,
            font_size=9,
            empty=f"None of {len(digits):,} labels is doubted by {self._votes()} seeds.",
        )

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data for JSON."""
        digits, known = self.model.digits, known_label_errors(self.model.digits.name)
        labels = [
            {**vars(each), "judged_wrong": each.index in known, "words": each.format(split_name(digits))}
            for each in self.listed
        ]
        return {"n": len(self.found), "labels": labels}

    def _votes(self) -> str:
        seeds = len(self.model.runs)
        return f"{votes_needed(seeds)} of {seeds}"


def report_label_issues(model: InspectedModel, count: int) -> LabelIssueReport:
    """Finds labels that a model's seeds agree in doubting.

    Args:
        model: The opened model.
        count: How many to list, at least 1.

    Raises:
        SettingError: If it has fewer than two runs.
        ModelError: If a run's logits are not finite.
    """
    runs, digits = model.runs, model.digits
    # Once so many have predicted the label that too few are left to doubt it, the others skip the digit.
    several = len(runs) - votes_needed(len(runs)) + 1
    first = [_logits(run.network(), digits) for run in runs[1:several]]
    logits = np.stack([model.logits, *first])
    left = possible_label_issues(logits, digits.labels, len(runs))
    if not len(left):
        return LabelIssueReport(model, (), count)
    rest = digits.subset(left)
    others = [_logits(run.network(), rest) for run in runs[several:]]
    every = np.concatenate([logits[:, left], *(each[None] for each in others)])
    return LabelIssueReport(model, find_label_issues(every, digits.labels, left), count)


def split_name(digits: Digits) -> str:
    """Name of a split for use beside an index: `test` for `mnist:test`, a file by its name."""
    return short_name(digits).removeprefix("mnist:")


def _short_split_name(digits: Digits) -> str:
    """The same where there is little room."""
    name = split_name(digits)
    return name if len(name) <= MAX_NAME_LENGTH else "digit"


def _columns(listed: Sequence[Misclassification | LabelIssue]) -> dict[str, NDArray[np.generic]]:
    """What errors and label issues have in common, an array `(n,)` of each."""
    return {
        "indices": np.array([each.index for each in listed], dtype=np.int64),
        "labels": np.array([each.label for each in listed], dtype=np.int64),
        "predictions": np.array([each.prediction for each in listed], dtype=np.int64),
        "probabilities": np.array([each.probability for each in listed], dtype=np.float64),
        "label_probabilities": np.array([each.label_probability for each in listed], dtype=np.float64),
    }


def _logits(network: Network, digits: Digits) -> NDArray[np.float32]:
    return predict_logits_for(TorchModel(network), digits)


def _confusion_matrix(model: InspectedModel) -> tuple[Metrics, NDArray[np.int64]]:
    """Metrics of a model, and their confusion matrix `(10, 10)`; rows are the truth."""
    scores = compute_metrics(model.logits, model.digits.labels)
    return scores, np.array(scores.confusion, dtype=np.int64)


def _result(model: InspectedModel, scores: Metrics) -> str:
    return f"{short_name(model.digits)}: {format_share(scores.accuracy)} of {scores.n:,} correct"


def _most_frequent_errors(scores: Metrics) -> str:
    top = ", ".join(f"{each.truth} as {each.prediction} ({each.n})" for each in scores.top_confusions(5))
    return f"most frequent errors: {top}" if top else "no digit is misclassified"
