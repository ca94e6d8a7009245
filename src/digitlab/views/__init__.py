"""Views: every way of looking at a trained network, by name."""

from digitlab.views.catalogue import VIEWS, inspect, view, write_view
from digitlab.views.subject import Picture, Subject
from digitlab.views.view import Choices, Seen, View

__all__ = ["VIEWS", "Choices", "Picture", "Seen", "Subject", "View", "inspect", "view", "write_view"]
