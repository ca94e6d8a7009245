"""Classification errors: confusion matrix, confused pairs, the worst mistakes, and label errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from digitlab.data import Digits, known_label_errors
from digitlab.errors import SettingError
from digitlab.evaluation import Metrics, compute_metrics
from digitlab.evaluation.label_errors import (
    LabelIssue,
    find_label_issues,
    possible_label_issues,
    votes_needed,
)
from digitlab.evaluation.misclassifications import (
    Misclassification,
    find_misclassifications,
    most_confused,
    pair_panels,
)
from digitlab.figures.confusion_matrix import PANEL, draw_confusion, draw_errors, draw_pair
from digitlab.figures.image_grid import draw_digits
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult, short_name
from digitlab.networks import Network
from digitlab.runs import TorchModel, predict_logits_for

__all__ = [
    "draw_label_issues",
    "draw_mistakes",
    "format_label_issues",
    "model_label_issues",
    "place_of",
    "view_confused_pair",
    "view_confusion",
    "view_errors",
    "view_label_errors",
    "view_mistakes",
]

NAMED = 20
"""How many mistakes or suspects are told unless a number is given."""
PICTURED = 50
"""The most that one picture holds."""
LONGEST_PLACE = 14  # characters below a picture
UNCONFUSED = (4, 9)
"""The pair that is shown where no two digits were ever taken for each other."""
BY_PEOPLE = "also judged wrong by people"


def view_confusion(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Confusion matrix: counts and row percentages."""
    scores, counts = _scores(model)
    title = f"Which digits does {model.name} take for which?\n{_result(model, scores)}"
    data = {"counts": counts, "shares": counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)}
    return ViewResult(data, draw_confusion(counts, title), _commonest(scores))


def view_errors(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Confusion matrix without its diagonal: the errors alone."""
    scores, counts = _scores(model)
    errors = np.where(np.eye(10, dtype=bool), 0, counts)
    title = f"Which digits does {model.name} misread as which?\n{_result(model, scores)}"
    data = {"counts": errors, "shares": errors / np.maximum(counts.sum(axis=1, keepdims=True), 1)}
    return ViewResult(data, draw_errors(counts, title), _commonest(scores))


def view_confused_pair(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Two digits that are mistaken for each other, in four panels."""
    counts = _scores(model)[1]
    pair = options.pair or most_confused(counts) or UNCONFUSED
    a, b = pair
    if a == b:
        raise SettingError(f"a pair of the same digit: {a},{b}", "Name two different digits: --pair 4,9.")
    panels = pair_panels(model.digits.labels, model.predictions, pair)
    images = [model.digits.images[panel[:PANEL]] / 255 for panel in panels]
    title = f"Where does {model.name} take {a} and {b} for each other?\n{short_name(model.digits)}"
    figure = draw_pair(images, [len(panel) for panel in panels], pair, title)
    words = f"{a} read as {b}: {len(panels.a_as_b)}; {b} read as {a}: {len(panels.b_as_a)}"
    return ViewResult({"pair": np.array(pair), **panels._asdict()}, figure, words)


def view_mistakes(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """The most confident errors, with both probabilities."""
    found, number = find_misclassifications(model.logits, model.digits.labels), options.count or NAMED
    told, place = found[:number], place_of(model.digits)
    words = "\n".join(each.words(place) for each in told) or "no digit is misread"
    return ViewResult(_columns(told), draw_mistakes(found, number, model.digits, model.name), words)


def view_label_errors(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Probable label errors, by agreement of several seeds."""
    found, number = model_label_issues(model), options.count or NAMED
    told = found[:number]
    known = known_label_errors(model.digits.name)
    data = {
        **_columns(told),
        "votes": np.array([each.votes for each in told], dtype=np.int64),
        "judged_wrong": np.array([each.index in known for each in told], dtype=bool),
    }
    words = "\n".join(format_label_issues(found, number, model))
    return ViewResult(data, draw_label_issues(found, number, model), words)


def _columns(told: Sequence[Misclassification | LabelIssue]) -> dict[str, NDArray[np.generic]]:
    """What mistakes and suspects both tell, an array `(n,)` of each."""
    return {
        "indices": np.array([each.index for each in told], dtype=np.int64),
        "labels": np.array([each.label for each in told], dtype=np.int64),
        "predictions": np.array([each.prediction for each in told], dtype=np.int64),
        "probabilities": np.array([each.probability for each in told], dtype=np.float64),
        "label_probabilities": np.array([each.label_probability for each in told], dtype=np.float64),
    }


def place_of(digits: Digits) -> str:
    """What digits are called beside a number: `test` for `mnist:test`, a file by its name."""
    return short_name(digits).removeprefix("mnist:")


def _short_place(digits: Digits) -> str:
    """The same where there is little room."""
    place = place_of(digits)
    return place if len(place) <= LONGEST_PLACE else "digit"


def draw_mistakes(found: Sequence[Misclassification], number: int, digits: Digits, name: str) -> Figure:
    """Draws the worst mistakes, each with its words.

    Args:
        found: All mistakes, worst first.
        number: How many of them are wanted; a picture holds at most `PICTURED`.
        digits: What was read.
        name: Who read it.
    """
    shown = found[: min(number, PICTURED)]
    captions = ["\n".join(each.lines(_short_place(digits))) for each in shown]
    some = f"The worst {len(shown)} of {len(found):,}" if len(shown) < len(found) else f"All {len(found)}"
    title = f"{some} mistakes of {name}, surest of the wrong digit first" if found else f"Mistakes of {name}"
    return draw_digits(
        digits.images[[each.index for each in shown]] / 255,
        captions,
        f"{title}\n{len(digits):,} digits of {short_name(digits)}",
        columns=5,
        empty=f"None: all {len(digits):,} digits are read rightly.",
    )


def model_label_issues(model: InspectedModel) -> tuple[LabelIssue, ...]:
    """Labels of a model's digits that its seeds agree in doubting, most suspect first.

    Raises:
        SettingError: If it has fewer than two runs.
        ModelError: If a run's logits are not finite.
    """
    runs, digits = model.runs, model.digits
    # Once so many have read a digit as its label that too few are left to doubt it, the others skip it.
    several = len(runs) - votes_needed(len(runs)) + 1
    first = [_read(run.network(), digits) for run in runs[1:several]]
    logits = np.stack([model.logits, *first])
    left = possible_label_issues(logits, digits.labels, len(runs))
    if not len(left):
        return ()
    rest = digits.subset(left)
    others = [_read(run.network(), rest) for run in runs[several:]]
    return find_label_issues(
        np.concatenate([logits[:, left], *(each[None] for each in others)]), digits.labels, left
    )


def draw_label_issues(found: Sequence[LabelIssue], number: int, model: InspectedModel) -> Figure:
    """Draws the most suspect labels, each with its words; those that people judged wrong are marked.

    Args:
        found: All suspects, most suspect first.
        number: How many of them are wanted; a picture holds at most `PICTURED`.
        model: Whose seeds read which digits.
    """
    shown, digits, seeds = found[: min(number, PICTURED)], model.digits, len(model.runs)
    known = known_label_errors(digits.name)
    captions = ["\n".join(each.lines(_short_place(digits))) for each in shown]
    marked = [i for i, each in enumerate(shown) if each.index in known]
    for i in marked:
        captions[i] += "\nalso judged wrong\nby people"
    some = f"the {len(shown)} most doubted of {len(found):,}" if len(shown) < len(found) else f"{len(found)}"
    return draw_digits(
        digits.images[[each.index for each in shown]] / 255,
        captions,
        f"Which labels of {short_name(digits)} are probably wrong?\n"
        f"{some} labels doubted by at least {votes_needed(seeds)} of {seeds} seeds of {model.network.name}",
        columns=5,
        marked=marked,
        font_size=9,
        empty=f"None of {len(digits):,} labels is doubted by {votes_needed(seeds)} of {seeds} seeds.",
    )


def format_label_issues(found: Sequence[LabelIssue], number: int, model: InspectedModel) -> list[str]:
    """How many labels are doubted, and the `number` most suspect of them, a line each."""
    digits, seeds = model.digits, len(model.runs)
    known = known_label_errors(digits.name)
    counted = f"{len(found):,} of {len(digits):,}"
    head = f"labels doubted by at least {votes_needed(seeds)} of {seeds} seeds: {counted}"
    if known:
        both = sum(each.index in known for each in found)
        head += f", among them {both} of the {len(known)} that people judged wrong"
    lines = [head]
    for each in found[:number]:
        lines.append(each.words(place_of(digits)) + (f"; {BY_PEOPLE}" if each.index in known else ""))
    return lines


def _read(network: Network, digits: Digits) -> NDArray[np.float32]:
    return predict_logits_for(TorchModel(network), digits)


def _scores(model: InspectedModel) -> tuple[Metrics, NDArray[np.int64]]:
    """Scores of a model, and their confusion matrix as an array `(10, 10)`; rows are the truth."""
    scores = compute_metrics(model.logits, model.digits.labels)
    return scores, np.array(scores.confusion, dtype=np.int64)


def _result(model: InspectedModel, scores: Metrics) -> str:
    return f"{short_name(model.digits)}: {scores.accuracy:.2%} of {scores.n:,} read rightly"


def _commonest(scores: Metrics) -> str:
    top = ", ".join(f"{each.truth} read as {each.prediction} ({each.n})" for each in scores.top_confusions(5))
    return f"commonest errors: {top}" if top else "no digit is misread"
