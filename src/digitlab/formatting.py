"""Number formatting: how counts, shares, probabilities, times and other numbers are written everywhere.

The command line, figures and reports use these functions, so that one number is written alike in all three:
thousands in groups of three after commas, a real minus sign, no sign before a zero, a space before a unit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = [
    "MINUS",
    "MISSING",
    "format_accuracy",
    "format_count",
    "format_number",
    "format_probability",
    "format_seconds",
    "format_share",
    "join_words",
]

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EN DASH}"
"""What a table shows where there is no value."""


def format_number(
    value: float, decimals: int | None = None, *, significant: int = 4, signed: bool = False
) -> str:
    """Formats a number: `1,234.5`, `0.0294`, `−3`.

    Args:
        value: The number. Infinity and NaN are written `∞`, `−∞` and `nan`.
        decimals: How many; None: none for a whole number, else as many as `significant` digits need, without
            zeros at the end.
        significant: Significant digits of a number that is not whole; only used when `decimals` is None.
        signed: Whether a number above 0 gets a plus sign.
    """
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else f"{MINUS if value < 0 else ''}\N{INFINITY}"
    if decimals is not None:
        text = f"{abs(value):,.{decimals}f}"
    elif value == int(value):
        text = f"{abs(value):,.0f}"
    else:
        places = max(0, significant - 1 - math.floor(math.log10(abs(value))))
        text = f"{abs(value):,.{places}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    if not any(digit in "123456789" for digit in text):
        return text
    return f"{MINUS if value < 0 else '+' if signed else ''}{text}"


def format_count(n: int, noun: str = "", plural: str | None = None) -> str:
    """Formats a count, with its noun if one is given: `1,234`, `1 step`, `2,000 steps`.

    Args:
        n: The count.
        noun: What is counted, in the singular.
        plural: Its plural; None: the noun with an s.
    """
    text = format_number(n)
    return f"{text} {noun if n == 1 else plural or noun + 's'}" if noun else text


def format_share(share: float, decimals: int = 2) -> str:
    """Formats a share in [0, 1] as a percentage: `98.18 %`."""
    return f"{format_number(100 * share, decimals)} %"


def format_accuracy(accuracy: float, n: int) -> str:
    """Formats an accuracy as a percentage with as many decimals as `n` examples support.

    One more correct example changes the percentage by a step of 100 / n. There are the fewest decimals whose
    last place is not larger than this step: 0 for n = 100, 1 for 1,000, 2 for 10,000, 3 for 60,000. So two
    counts of correct examples are never written alike, and only a perfect accuracy is written as 100 %.

    Args:
        accuracy: Share of correct examples, in [0, 1]; also an end of its interval, or a standard deviation.
        n: Number of examples, at least 1; for a mean over runs, that of all runs together.
    """
    return format_share(accuracy, max(0, len(str(n - 1)) - 2))


def format_probability(probability: float, decimals: int = 2) -> str:
    """Formats a probability in [0, 1] so that none is rounded to certainty: `0.97`, `0.9951`, `>0.9999`.

    Args:
        probability: The probability.
        decimals: How many, at most 4; there are four where fewer would show 0 or 1, and a bound where four
            would.
    """
    if probability < 0.00005:
        return "<0.0001"
    if probability > 0.99995:
        return ">0.9999"
    half = 0.5 * 10.0**-decimals
    return f"{probability:.{decimals if half <= probability < 1 - half else 4}f}"


def format_seconds(seconds: float, *, whole: bool = False) -> str:
    """Formats a duration: `0.63 ms`, `0.43 s`, `12.3 s`, `40 min 21 s`, `2 h 5 min`.

    Args:
        seconds: The duration, 0 or more.
        whole: Whether to round to whole seconds, as for a time that is only estimated: `12 s`.
    """
    if whole:
        seconds = round(seconds)
    elif seconds < 0.01:
        return "0 s" if seconds == 0 else f"{format_number(1000 * seconds, significant=2)} ms"
    if round(seconds, 1) < 60:
        return f"{seconds:.{0 if whole else 2 if seconds < 1 else 1}f} s"
    if round(seconds) < 3600:
        return f"{round(seconds) // 60} min {round(seconds) % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def join_words(words: Sequence[str], conjunction: str = "and") -> str:
    """Joins words: `a`, `a and b`, `a, b and c`.

    Args:
        words: At least one.
        conjunction: Before the last.
    """
    return f" {conjunction} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
