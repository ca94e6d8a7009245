"""Exercises of lesson `deep-mnist`."""

from __future__ import annotations

from collections.abc import Mapping

from digitlab.lessons.checking import Check
from digitlab.lessons.exercises.softmax import check_softmax

__all__ = ["EXERCISES"]

EXERCISES: Mapping[str, Check] = {"softmax": check_softmax}
