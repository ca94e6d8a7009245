"""Runs: configuration and folder of a training run; train, resume, evaluate, open, export, compare.

Each name is imported from its module when it is first used; `__init__.pyi` lists them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
