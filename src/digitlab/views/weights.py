"""Views of weights."""

from __future__ import annotations

from digitlab.views.view import View

__all__ = ["VIEWS"]

VIEWS: tuple[View, ...] = ()
