"""Views: every way of looking at a trained network, by name."""

from digitlab.views.catalogue import VIEWS, inspect, view, write_view
from digitlab.views.subject import InputImage, InspectedModel
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = [
    "VIEWS",
    "InputImage",
    "InspectedModel",
    "View",
    "ViewOptions",
    "ViewResult",
    "inspect",
    "view",
    "write_view",
]
