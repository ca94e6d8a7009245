"""digitlab: train, compare, look inside, and put to work networks that recognize handwritten digits.

The public API: the names in `__init__.pyi` are all that most programs need. Each is imported from its
package when it is first used, so that `import digitlab` is instant and reading pictures never loads torch.
"""

import os

from digitlab.extras import attach_stub

# Waiting threads look 30,000 times and then sleep. Without this, one other busy process makes a step
# of a convolution about ten times as slow (measured, two cores). Read when torch is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
__all__.remove("open")  # a star import would hide the built-in
