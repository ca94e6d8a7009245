"""Fingerprints: a hash of everything that decides a job's result, its code included."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from digitlab.jobs.job import Job

__all__ = ["code_digest", "fingerprint"]

PACKAGE = "digitlab"
_ROOT = Path(__file__).parents[1]


def fingerprint(job: Job, predecessors: Mapping[str, str]) -> str:
    """Hash of a job's function, arguments, data, code, and of the jobs it comes after.

    Args:
        job: The job.
        predecessors: The fingerprint of each job in `job.after`, by its key.

    Returns:
        32 hexadecimal digits.

    Raises:
        ValueError: If an argument is not plain data.
    """
    try:
        plain = json.dumps(dict(job.arguments), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"job {job.key}: its arguments are not plain data: {error}") from None
    parts = [
        job.function_name,
        plain,
        job.data_digest,
        code_digest(job.function.__module__),
        json.dumps([[key, predecessors[key]] for key in sorted(job.after)]),
    ]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


@cache
def code_digest(module: str) -> str:
    """Hash of the sources of a module and of all digitlab modules that it imports, transitively.

    Imports are read from the source, also those inside functions; nothing is imported. The package's
    own `__init__` counts only where a name is taken from it, because it imports what it offers lazily.

    Args:
        module: Full name. One outside of digitlab must have been imported.
    """
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_imports(name))
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(found):
        path = _source(name)
        digest.update(f"{name}\n".encode())
        digest.update(path.read_bytes() if path else b"")
    return digest.hexdigest()


def _source(module: str) -> Path | None:
    """The file of a module; None if there is none, or the module is built in."""
    first, *rest = module.split(".")
    if first != PACKAGE:
        file = getattr(sys.modules.get(module), "__file__", None)
        return Path(file) if file and file.endswith(".py") else None
    path = _ROOT.joinpath(*rest)
    # The stub of a package that imports lazily says what it imports.
    for candidate in (path.with_suffix(".py"), path / "__init__.pyi", path / "__init__.py"):
        if rest and candidate.is_file():
            return candidate
    return None if rest else _ROOT / "__init__.py"


@cache
def _imports(module: str) -> frozenset[str]:
    """The digitlab modules that one module imports, with the packages around them."""
    path = _source(module)
    if path is None:
        return frozenset()
    names: set[str] = set()
    for name in _imported_names(ast.parse(path.read_bytes()), module, path.stem == "__init__"):
        parts = name.split(".")
        # A package's __init__ runs before its modules do; digitlab's own is lazy, see above.
        names.update(".".join(parts[:n]) for n in range(2, len(parts) + 1))
        if len(parts) == 1:
            names.add(name)
    return frozenset(name for name in names if _source(name))


def _imported_names(tree: ast.Module, module: str, is_package: bool) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                above = module.split(".")[: None if is_package and node.level == 1 else -node.level]
                source = ".".join([*above, *filter(None, [source])])
            if source.split(".")[0] == PACKAGE:
                modules = [f"{source}.{alias.name}" for alias in node.names]
                submodules = [name for name in modules if _source(name)]
                yield from submodules
                if len(submodules) < len(modules):
                    yield source
