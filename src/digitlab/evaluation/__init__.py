"""Evaluation: how good predictions are. Works on logits and labels, from wherever they come.

Each name is imported from its module when it is first used; `__init__.pyi` lists them.
"""

from digitlab.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
