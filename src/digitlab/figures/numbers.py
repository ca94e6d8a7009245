"""How numbers are printed in figures."""

from __future__ import annotations

__all__ = ["MINUS", "number_words", "probability_words"]

MINUS = "\N{MINUS SIGN}"


def number_words(value: float, decimals: int = 2) -> str:
    """A number with a minus as wide as a plus, and never minus nothing."""
    words = f"{value:,.{decimals}f}"
    return words.lstrip("-") if float(words.replace(",", "")) == 0 else words.replace("-", MINUS)


def probability_words(value: float) -> str:
    """A probability to four decimals; 0 and 1 are said only where it is exactly that."""
    if 0 < value < 0.00005:
        return "<0.0001"
    if 0.99995 <= value < 1:
        return ">0.9999"
    return f"{value:.4f}"
