"""Tables and figures of `docs/reading.md`, in Markdown, from its numbers; see `write_reading.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from model_card_tables import table

from digitlab.evaluation import sample_stats, wilson_interval
from digitlab.formatting import format_count, format_share

Numbers = dict[str, Any]
SHOWN = (
    *("pictures right", "strings right", "digits right", "box F1"),
    *("share of strings answered", "error among answered strings", "time"),
)
PEER = ("peer: pictures right", "peer: digits right", "peer: time")
KEPT = (*SHOWN, *PEER)
"""Figures of `digitlab bench read` that the page shows."""
GOALS = {"clean": 95, "loose": 95, "boxes": 92, "ruled": 90, "photo": 90, "touching": 80, "page": 85}
"""Percent of the strings that were to be right."""
KINDS = {
    "clean": "one number on white paper, digits apart",
    "loose": "one or two lines of numbers with points, commas and dashes; uneven",
    "boxes": "a form, one digit a box",
    "ruled": "on ruled or squared paper",
    "photo": "a photo: turned, shadows, noise",
    "touching": "one number in which most neighbors touch",
    "page": "a page of 5 to 20 lines, some after a word; scan or photo",
    "table": "a table of one or two digits a cell",
}
"""What each kind of composed picture shows."""


def condense(benchmarks: Iterable[Mapping[str, Any]]) -> Numbers:
    """What the page needs of the JSON of `digitlab bench read`: mean and n by kind, strength and figure."""
    values: dict[str, dict[str, dict[str, list[float]]]] = {}
    for one in benchmarks:
        kind, _, rest = one["name"].removeprefix("read: ").partition(", ")
        strength, _, figure = rest.partition(": ")
        if figure in KEPT:
            own = values.setdefault(kind, {})
            own.setdefault(strength, {})[figure] = one["values"]
            own.setdefault("all", {}).setdefault(figure, []).extend(one["values"])
    return {
        kind: {
            strength: {figure: _condensed(found) for figure, found in figures.items()}
            for strength, figures in strengths.items()
        }
        for kind, strengths in values.items()
    }


def _condensed(values: Sequence[float]) -> Numbers:
    return {"n": len(values), "mean": round(float(np.mean(values)), 5)}


def summary_table(composed: Numbers) -> str:
    """All strengths of each kind together, beside the goal and Tesseract."""
    peer = any(PEER[0] in one["all"] for one in composed.values())
    head = ["kind", "what", "pictures", "strings", *_heads(SHOWN)]
    head[6:6] = ["goal"]
    rows = []
    for kind, strengths in composed.items():
        figures = strengths["all"]
        name, _, cells = kind.partition(" --cells ")
        what = f"the same, with `--cells {'9x9`, as many as there are' if cells == 'RxC' else cells + '`'}"
        goal = f"{GOALS[name]} %" if name in GOALS and not cells else "–"
        row = [f"`{name}`", what if cells else KINDS[name], *_counts(figures)]
        texts = [_text(figures, figure) for figure in SHOWN]
        row += [*texts[:2], goal, *texts[2:]]
        if peer:
            row += [_text(figures, figure) for figure in PEER]
        rows.append(row)
    if peer:
        head += ["Tesseract: pictures right", "digits right", "s"]
    return table(head, rows, left=2)


def strength_table(composed: Numbers) -> str:
    """Each kind and strength by itself."""
    rows = []
    for kind, strengths in composed.items():
        for strength, figures in strengths.items():
            if strength == "all":
                continue
            rows.append(
                [f"`{kind}`", strength, *_counts(figures), *(_text(figures, figure) for figure in SHOWN)]
            )
    return table(["kind", "strength", "pictures", "strings", *_heads(SHOWN)], rows, left=2)


def _counts(figures: Numbers) -> list[str]:
    """How many pictures and strings there are."""
    return [format_count(figures[one]["n"]) for one in ("pictures right", "strings right")]


def _heads(figures: Sequence[str]) -> list[str]:
    named = {
        "share of strings answered": "answered",
        "error among answered strings": "error among these",
        "time": "s a picture",
    }
    return [named.get(figure, figure) for figure in figures]


def _text(figures: Numbers, figure: str) -> str:
    """A mean; `–` where there is none."""
    if figure not in figures:
        return "–"
    mean = figures[figure]["mean"]
    if figure.endswith("time"):
        return f"{mean:.2f}"
    return f"{mean:.3f}" if figure == "box F1" else format_share(mean, 1)


def real_table(kinds: Numbers) -> str:
    """The real collections beside what others reach on the same pictures."""
    cheques, lines, boxes = kinds["cheques"], kinds["lines"], kinds["boxes"]
    single, mixed, none = kinds["single"], kinds["mixed"], kinds["none"]
    answered = share(cheques["answered"], cheques["n"])
    rows = [
        (
            f"cheques, amount right (n = {cheques['n']})",
            share(cheques["right"], cheques["n"]),
            "8.6 %",
            "8.6 %",
            "75.4 % untrained, 80.7 % trained",
            "75 %",
        ),
        ("– digits right", format_share(cheques["digits_right"], 1), "42 %", "29 %", "–", "–"),
        ("– digit boxes, F1 at IoU 0.5", f"{cheques['box_f1']:.3f}", "–", "–", "–", "0.90"),
        ("– answered as *sure*", answered, "–", "–", "–", "60 %"),
        ("– wrong among these", share(cheques["wrong"], cheques["answered"]), "–", "–", "–", "2 %"),
        (
            f"`lines`, all lines right (n = {lines['n']})",
            f"{lines['right']} of {lines['n']}",
            "0",
            "6",
            "–",
            "12",
        ),
        ("– digits right", format_share(lines["digits_right"], 1), "34 %", "65 %", "–", "95 %"),
        (
            f"`boxes`, digits right (n = {boxes['n']}; {boxes['digits']} digits)",
            f"{format_share(boxes['digits_right'], 1)}; "
            f"{format_share(boxes['digits_right_strict'], 1)} if what is read from print counts",
            "27 %",
            "75 %",
            "–",
            "92 %",
        ),
        (
            f"`single`, the digit right (n = {single['n']})",
            f"{single['right']} of {single['n']}",
            "20",
            "9",
            "–",
            "–",
        ),
        (
            f"`mixed`, numbers right (n = {mixed['n']})",
            f"{mixed['strings_right']} of {mixed['strings']}; {mixed['strings_more']} others read",
            "–",
            "–",
            "–",
            "–",
        ),
        (
            f"`none`, pictures in which anything is *sure* (n = {none['n']})",
            f"{none['sure']}; anything read: {none['read']}",
            "5 read",
            "2 read",
            "–",
            "at most 2",
        ),
    ]
    rows.append(("seconds a picture", "; ".join(_seconds(kinds)), "0.18", "0.70", "–", "–"))
    return table(["what", "digitlab", "Tesseract 5", "RapidOCR 1.4", "best published", "goal"], rows, left=2)


def share(count: int, n: int) -> str:
    """A share with its 95 % interval."""
    if not n:
        return "–"
    low, high = (format_share(end, 1).removesuffix(" %") for end in wilson_interval(count, n))
    return f"{format_share(count / n, 1)} ({low} to {high})"


def _seconds(kinds: Numbers) -> list[str]:
    return [f"{kind} {np.median(found['seconds']):.2f}" for kind, found in kinds.items()]


def speed_table(speed: Numbers) -> str:
    """Seconds and megabytes of reading on one core."""
    rows = []
    for name, goal in (("line", "0.15 s"), ("touching", "0.15 s"), ("a4", "1.5 s, 500 MB")):
        found = speed[name]
        what = f"{found['what']}; {found['digits']} digits read"
        rows.append((what, _spread(found["seconds"]), f"{found['megabytes']:.0f} MB", goal))
    rows.append(
        (f"`digitlab read` of {speed['command']['what']}", _spread(speed["command"]["seconds"]), "–", "–")
    )
    n = len(speed["line"]["seconds"])
    return table([f"what (n = {n} each)", "time", "peak memory of the process", "goal"], rows)


def _spread(seconds: Sequence[float]) -> str:
    found = sample_stats(seconds)
    return f"{found.mean:.3f} ± {found.std:.3f} s"


def threshold_table(thresholds: Numbers) -> str:
    """Which share of composed strings is sure, by what is promised."""
    rows = [
        (
            f"{row['max_error']:g}",
            f"{row['threshold']:.3f}",
            format_share(row["coverage"], 1),
            f"{row['errors']} of {row['n_answered']}",
            format_share(row["upper_bound"], 1),
        )
        for row in thresholds["rows"]
    ]
    head = [
        "`--max-error`",
        "sure from probability",
        "answered",
        "wrong among these",
        "95 % bound of the error",
    ]
    return table(head, rows)
