"""The lab: `digitlab lab`, a page in the browser and an HTTP API.

Nothing here imports torch, matplotlib or scikit-learn at the top: the server answers at once, and imports
torch in the background.
"""

from __future__ import annotations

from digitlab.lab.server import ServerOptions, serve

__all__ = ["ServerOptions", "serve"]
