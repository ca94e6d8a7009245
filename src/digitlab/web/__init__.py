"""The lab: `digitlab lab`, a page in the browser and an HTTP API.

Nothing here imports torch, matplotlib or scikit-learn at the top: the server answers at once, and imports
torch in the background. Each name is imported from its module when it is first used; `__init__.pyi` lists
them: the process that decodes uploads needs no server.
"""

from digitlab.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
