"""The view of one unit's arithmetic."""

from __future__ import annotations

from digitlab.views.view import View

VIEWS: tuple[View, ...] = ()
