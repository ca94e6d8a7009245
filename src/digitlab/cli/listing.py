"""Lists that take seconds to make, because they need torch, kept on disk until the code changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from digitlab.data import cache_folder
from digitlab.errors import OutputError
from digitlab.files import make_folder, write_json

__all__ = ["cached_listing"]

PACKAGE = Path(__file__).parents[1]


def cached_listing(name: str, make: Callable[[], Any]) -> Any:
    """What `make` returns, from the cache folder if the package's code is still that which made it.

    Args:
        name: Of the file in the cache folder.
        make: Makes the list, as plain data.
    """
    path = cache_folder() / f"{name}.json"
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(PACKAGE.rglob("*.py")):
        digest.update(file.read_bytes())
    code = digest.hexdigest()
    try:
        kept = json.loads(path.read_bytes())
        if kept["code"] == code:
            return kept["listing"]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    listing = json.loads(json.dumps(make()))
    try:
        make_folder(path.parent)
        write_json(path, {"code": code, "listing": listing})
    except OutputError:
        pass  # made again next time
    return listing
