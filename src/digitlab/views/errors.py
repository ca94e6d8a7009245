"""Views of errors: which digits are taken for which, the worst mistakes, and labels that may be wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from digitlab.data import Digits, known_label_errors
from digitlab.errors import SettingError
from digitlab.evaluation import Scores, score
from digitlab.evaluation.mistakes import Mistake, find_mistakes, most_confused, pair_panels
from digitlab.evaluation.suspects import Suspect, find_suspects, may_be_suspect, needed
from digitlab.figures import draw_confusion, draw_digits, draw_errors
from digitlab.figures.mistakes import PANEL, draw_pair
from digitlab.networks import Network
from digitlab.runs import TorchModel, predict_logits_for
from digitlab.views.subject import InspectedModel, short_name
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["VIEWS", "picture_mistakes", "picture_suspects", "place_of", "suspect_words", "suspects_of"]

NAMED = 20
"""How many mistakes or suspects are told unless a number is given."""
PICTURED = 50
"""The most that one picture holds."""
LONGEST_PLACE = 14  # characters below a picture
UNCONFUSED = (4, 9)
"""The pair that is shown where no two digits were ever taken for each other."""
BY_PEOPLE = "also judged wrong by people"


def _confusion(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    scores, counts = _scores(subject)
    title = f"Which digits does {subject.name} take for which?\n{_result(subject, scores)}"
    data = {"counts": counts, "shares": counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)}
    return ViewResult(data, draw_confusion(counts, title), _commonest(scores))


def _errors(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    scores, counts = _scores(subject)
    errors = np.where(np.eye(10, dtype=bool), 0, counts)
    title = f"Which digits does {subject.name} misread as which?\n{_result(subject, scores)}"
    data = {"counts": errors, "shares": errors / np.maximum(counts.sum(axis=1, keepdims=True), 1)}
    return ViewResult(data, draw_errors(counts, title), _commonest(scores))


def _pair(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    counts = _scores(subject)[1]
    pair = choices.pair or most_confused(counts) or UNCONFUSED
    a, b = pair
    if a == b:
        raise SettingError(f"a pair of the same digit: {a},{b}", "Name two different digits: --pair 4,9.")
    panels = pair_panels(subject.digits.labels, subject.predictions, pair)
    images = [subject.digits.images[panel[:PANEL]] / 255 for panel in panels]
    title = f"Where does {subject.name} take {a} and {b} for each other?\n{short_name(subject.digits)}"
    figure = draw_pair(images, [len(panel) for panel in panels], pair, title)
    words = f"{a} read as {b}: {len(panels.a_as_b)}; {b} read as {a}: {len(panels.b_as_a)}"
    return ViewResult({"pair": np.array(pair), **panels._asdict()}, figure, words)


def _mistakes(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    found, number = find_mistakes(subject.logits, subject.digits.labels), choices.number or NAMED
    told, place = found[:number], place_of(subject.digits)
    words = "\n".join(each.words(place) for each in told) or "no digit is misread"
    return ViewResult(_columns(told), picture_mistakes(found, number, subject.digits, subject.name), words)


def _suspects(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    found, number = suspects_of(subject), choices.number or NAMED
    told = found[:number]
    known = known_label_errors(subject.digits.name)
    data = {
        **_columns(told),
        "agreeing": np.array([each.agreeing for each in told], dtype=np.int64),
        "judged_wrong": np.array([each.index in known for each in told], dtype=bool),
    }
    words = "\n".join(suspect_words(found, number, subject))
    return ViewResult(data, picture_suspects(found, number, subject), words)


def _columns(told: Sequence[Mistake | Suspect]) -> dict[str, NDArray[np.generic]]:
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


def picture_mistakes(found: Sequence[Mistake], number: int, digits: Digits, name: str) -> Figure:
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


def suspects_of(subject: InspectedModel) -> tuple[Suspect, ...]:
    """Labels of a subject's digits that its seeds agree in doubting, most suspect first.

    Raises:
        SettingError: If it has fewer than two runs.
        ModelError: If a run's logits are not finite.
    """
    runs, digits = subject.runs, subject.digits
    # Once so many have read a digit as its label that too few are left to doubt it, the others skip it.
    several = len(runs) - needed(len(runs)) + 1
    first = [_read(run.network(), digits) for run in runs[1:several]]
    logits = np.stack([subject.logits, *first])
    left = may_be_suspect(logits, digits.labels, len(runs))
    if not len(left):
        return ()
    rest = digits.subset(left)
    others = [_read(run.network(), rest) for run in runs[several:]]
    return find_suspects(
        np.concatenate([logits[:, left], *(each[None] for each in others)]), digits.labels, left
    )


def picture_suspects(found: Sequence[Suspect], number: int, subject: InspectedModel) -> Figure:
    """Draws the most suspect labels, each with its words; those that people judged wrong are marked.

    Args:
        found: All suspects, most suspect first.
        number: How many of them are wanted; a picture holds at most `PICTURED`.
        subject: Whose seeds read which digits.
    """
    shown, digits, seeds = found[: min(number, PICTURED)], subject.digits, len(subject.runs)
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
        f"{some} labels doubted by at least {needed(seeds)} of {seeds} seeds of {subject.network.name}",
        columns=5,
        marked=marked,
        font_size=9,
        empty=f"None of {len(digits):,} labels is doubted by {needed(seeds)} of {seeds} seeds.",
    )


def suspect_words(found: Sequence[Suspect], number: int, subject: InspectedModel) -> list[str]:
    """How many labels are doubted, and the `number` most suspect of them, a line each."""
    digits, seeds = subject.digits, len(subject.runs)
    known = known_label_errors(digits.name)
    head = f"labels doubted by at least {needed(seeds)} of {seeds} seeds: {len(found):,} of {len(digits):,}"
    if known:
        both = sum(each.index in known for each in found)
        head += f", among them {both} of the {len(known)} that people judged wrong"
    lines = [head]
    for each in found[:number]:
        lines.append(each.words(place_of(digits)) + (f"; {BY_PEOPLE}" if each.index in known else ""))
    return lines


def _read(network: Network, digits: Digits) -> NDArray[np.float32]:
    return predict_logits_for(TorchModel(network), digits)


def _scores(subject: InspectedModel) -> tuple[Scores, NDArray[np.int64]]:
    """Scores of a subject, and their confusion matrix as an array `(10, 10)`; rows are the truth."""
    scores = score(subject.logits, subject.digits.labels)
    return scores, np.array(scores.confusion, dtype=np.int64)


def _result(subject: InspectedModel, scores: Scores) -> str:
    return f"{short_name(subject.digits)}: {scores.accuracy:.2%} of {scores.n:,} read rightly"


def _commonest(scores: Scores) -> str:
    top = ", ".join(f"{each.truth} read as {each.prediction} ({each.n})" for each in scores.top_confusions(5))
    return f"commonest errors: {top}" if top else "no digit is misread"


VIEWS: tuple[View, ...] = (
    View("confusion", "Which digits are read as which: counts and shares.", _confusion),
    View("errors", "The same without what is read rightly: the errors alone.", _errors),
    View("pair", "Two digits that are taken for each other, in four panels.", _pair),
    View("mistakes", "The worst mistakes, with both probabilities.", _mistakes),
    View("suspects", "Labels that are probably wrong, by agreement of several seeds.", _suspects),
)
