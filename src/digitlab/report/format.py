"""Text of values, cells and experiment setups in the report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from digitlab.formatting import MISSING, format_number, format_seconds
from digitlab.metrics import METRICS
from digitlab.report.results import Cell, ExperimentResult, Measurement, PublishedComparison, StudyResult

__all__ = [
    "ExperimentSetup",
    "cell_texts",
    "describe_setup",
    "difference_text",
    "measured_text",
    "metric_kind",
    "name_text",
    "published_text",
    "range_text",
    "source_text",
    "speed_text",
    "verdict_text",
]

Kind = Literal["share", "loss", "seconds", "number"]
DECIMALS = {"share": 2, "loss": 4, "number": 4}
"""Decimals of a figure by its kind, of a share in percent; fewer where its spread is wide."""

VERDICTS = {"inside": ("✓", "agrees"), "near": ("≈", "close"), "outside": ("≠", "ours")}


IN_USE: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "momentum": ("optimizer", ("momentum", "nesterov")),
    "betas": ("optimizer", ("adam", "adamw")),
    "rho": ("optimizer", ("rmsprop",)),
    "epsilon": ("optimizer", ("adam", "adamw", "rmsprop")),
    "epsilon_in_root": ("optimizer", ("rmsprop",)),
    "lr_decay": ("schedule", ("step", "exponential", "reduce-on-plateau")),
    "plateau_patience": ("schedule", ("reduce-on-plateau",)),
    "lr_decay_epochs": ("schedule", ("step", "exponential")),
    "pct_start": ("schedule", ("one-cycle",)),
    "final_lr_ratio": ("schedule", ("linear", "cosine", "one-cycle")),
}
"""Knobs of a recipe that mean something only beside a certain value of another."""
ONLY_WITH = {
    "monitor": "patience",
    "restore_best": "patience",
    "clip_mode": "max_grad_norm",
    "teachers": "distillation",
}
"""Knobs that mean something only where another is set."""


def metric_kind(name: str) -> Kind:
    """How a metric is written: as a share, a loss, a time, or a plain number."""
    kind = METRICS[name].kind if name in METRICS else "number"
    return kind if kind == "share" or kind == "loss" or kind == "seconds" else "number"


def name_text(name: str) -> str:
    """The title of a metric, or the name of a setting or of a role as words."""
    return METRICS[name].title if name in METRICS else name.replace("_", " ")


def published_text(name: str, value: float) -> str:
    """A published figure with the digits it was printed with, but no more than ours has."""
    kind = metric_kind(name)
    if kind == "seconds":
        return format_seconds(value)
    if kind == "number":
        return format_number(value)
    text = f"{value * 100 if kind == 'share' else value:.{DECIMALS[kind]}f}"
    text = text.rstrip("0").rstrip(".")
    return f"{text} %" if kind == "share" else text


def measured_text(name: str, measured: Measurement) -> str:
    """Mean and, of several values, standard deviation: `98.18 ± 0.12 %`, `43.3 ± 3.8 %`, `0.0294`.

    Both have as many decimals as leave two significant digits of the deviation, and never more than a
    figure of its kind has by itself.
    """
    kind = metric_kind(name)
    several = len(measured.values) > 1
    if kind == "seconds":
        return _seconds_measured(measured)
    scale = 100 if kind == "share" else 1
    unit = " %" if kind == "share" else ""
    mean, std = scale * measured.mean, scale * measured.std
    if not several or (kind == "number" and std == 0):
        text = format_number(mean, None if kind == "number" else DECIMALS[kind])
        return text + unit
    decimals = _decimals(std, DECIMALS[kind])
    return f"{format_number(mean, decimals)} ± {format_number(std, decimals)}{unit}"


def range_text(name: str, measured: Measurement) -> str:
    """The lowest and the highest value: `97.91 to 98.30 %`; nothing for a single one."""
    low, high = min(measured.values), max(measured.values)
    if len(measured.values) < 2 or low == high:
        return ""
    if metric_kind(name) == "seconds":
        return f"{format_seconds(low)} to {format_seconds(high)}"
    texts = [measured_text(name, Measurement(mean=each, std=0.0, values=(each,))) for each in (low, high)]
    return f"{texts[0].removesuffix(' %')} to {texts[1]}"


def difference_text(name: str, comparison: PublishedComparison) -> str:
    """Ours less the published figure: `+0.12 points`, and in deviations where there are any."""
    kind = metric_kind(name)
    value = comparison.difference * (100 if kind == "share" else 1)
    text = format_number(value, None if kind == "number" else DECIMALS[kind], signed=True)
    return f"{text} points" if kind == "share" else text


def verdict_text(comparison: PublishedComparison) -> tuple[str, str]:
    """A sign and a word, so that nothing hangs on color: `≠`, `ours higher`."""
    sign, word = VERDICTS[comparison.verdict]
    if comparison.verdict == "outside":
        word += " higher" if comparison.difference > 0 else " lower"
    return sign, word


def speed_text(published: float, measured: float) -> str:
    """How our time compares: `29 times as fast`. Nothing where a time is 0."""
    if not published or not measured:
        return ""
    ratio = published / measured
    if 0.95 <= ratio <= 1.05:
        return "as fast"
    times = ratio if ratio > 1 else 1 / ratio
    said = format_number(times, 1 if times < 9.95 else 0)
    return f"{said} times as {'fast' if ratio > 1 else 'long'}"


def source_text(study: StudyResult) -> str:
    """The source by title, author and year, and which of these its text does not name."""
    title = f"“{study.source_title}”" if study.source_title else ""
    year = "" if study.source_year is None else str(study.source_year)
    parts = {"title": title, "author": study.source_author, "year": year}
    named = ", ".join(text for text in parts.values() if text)
    *others, last = [name for name, text in parts.items() if not text] or [""]
    missing = f"{', '.join(others)} and {last} not named" if others else f"{last} not named" if last else ""
    return "; ".join(text for text in (named, missing) if text)


def cell_texts(cells: Sequence[Cell]) -> list[str]:
    """A column of a table as text; its fractions have the same number of decimals, at most five."""
    floats = [cell for cell in cells if isinstance(cell, float)]
    exponents = [len(f"{cell:.5f}".rstrip("0").partition(".")[2]) for cell in floats]
    decimals = max(exponents, default=0)
    return [_cell_text(cell, decimals) for cell in cells]


def _cell_text(cell: Cell, decimals: int) -> str:
    if cell is None:
        return MISSING
    if isinstance(cell, str):
        return cell
    return format_number(cell, decimals if isinstance(cell, float) else 0)


def _seconds_measured(measured: Measurement) -> str:
    mean, std = measured.mean, measured.std
    if len(measured.values) < 2:
        return format_seconds(mean)
    if mean >= 0.01 and round(mean, 1) < 60:
        decimals = 2 if mean < 1 else 1
        return f"{mean:.{decimals}f} ± {std:.{decimals}f} s"
    return f"{format_seconds(mean)} ± {format_seconds(std)}"


def _decimals(std: float, most: int) -> int:
    return most if std <= 0 else min(most, max(0, 1 - math.floor(math.log10(std))))


@dataclass(frozen=True)
class ExperimentSetup:
    """How an experiment was done: lines of text by heading."""

    network: str
    recipe: str
    data: tuple[tuple[str, str], ...]
    seeds: str


def describe_setup(experiment: ExperimentResult) -> ExperimentSetup:
    """How an experiment was done, leaving out knobs that were not in use."""
    network = dict(experiment.network)
    parts = [str(network.pop("name"))] if "name" in network else []
    parts += [f"{name_text(k)} {_value_text(v)}" for k, v in dict(network.pop("options", {})).items()]
    if network.get("parameters") is not None:
        parts.append(f"{_value_text(network.pop('parameters'))} parameters")
    parts += [f"{name_text(k)} {_value_text(v)}" for k, v in network.items()]
    recipe = [
        _value_text(value) if name == "optimizer" else f"{name_text(name)} {_value_text(value)}"
        for name, value in experiment.recipe.items()
        if _in_use(name, value, experiment.recipe)
    ]
    return ExperimentSetup(
        network=", ".join(parts),
        recipe=", ".join(recipe),
        data=tuple((name_text(role), _value_text(words)) for role, words in experiment.data.items()),
        seeds=", ".join(map(str, experiment.seeds)),
    )


def _in_use(name: str, value: Any, recipe: Mapping[str, Any]) -> bool:
    choice = isinstance(value, bool) and (name in IN_USE or name in ONLY_WITH)  # "no" tells something, too
    if value is None or value == "constant" or not (value or choice):
        return False
    if name in IN_USE:
        other, wanted = IN_USE[name]
        return recipe.get(other) in wanted
    if name in ONLY_WITH:
        return recipe.get(ONLY_WITH[name]) is not None
    return not (name == "epochs" and recipe.get("max_steps") is not None)


def _value_text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return format_number(value)
    if isinstance(value, list | tuple):
        between = "-" if all(isinstance(each, int) for each in value) else ", "
        return between.join(_value_text(each) for each in value) if value else "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name_text(str(k))} {_value_text(v)}" for k, v in value.items())
    return str(value)
