"""Packages that only an extra of digitlab installs, and the error that names the extra where one is missing.

Reading pictures needs none of them. A name of a package that needs torch is imported when it is first used:
`attach_stub` makes it raise `MissingPackageError` then, and commands do the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lazy_loader

from digitlab.errors import SettingError

__all__ = ["EXTRAS", "MissingPackageError", "attach_stub"]

EXTRAS = {
    "annotated_types": "lab",
    "anyio": "lab",
    "fastapi": "lab",
    "jinja2": "lab",
    "markupsafe": "lab",
    "matplotlib": "lab",
    "onnx": "lab",
    "onnxscript": "lab",
    "pydantic": "lab",
    "python_multipart": "lab",
    "safetensors": "lab",
    "scipy": "lab",
    "segno": "lab",
    "sklearn": "lab",
    "starlette": "lab",
    "threadpoolctl": "lab",
    "torch": "lab",
    "uvicorn": "lab",
    "pandas": "pandas",
    "pillow_heif": "heic",
    "pypdfium2": "pdf",
    "ray": "ray",
}
"""The extra that installs a module, by the module's name."""


class MissingPackageError(SettingError, ImportError):
    """Something that needs a package which is not installed.

    Args:
        what: What needs it: a command or a name of the Python API.
        module: The module that is missing, one of `EXTRAS`.
    """

    def __init__(self, what: str, module: str) -> None:
        super().__init__(
            f"{what} needs {module}, which is not installed",
            f"Install it: pip install 'digitlab[{EXTRAS[module]}]'.",
        )
        self.what = what
        self.module = module

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.what, self.module)

    @classmethod
    def of(cls, error: ImportError, what: str) -> MissingPackageError | None:
        """The error in digitlab's words; None if what is missing comes with no extra."""
        if isinstance(error, MissingPackageError):  # of a name that was asked for on the way
            return cls(what, error.module)
        missing = isinstance(error, ModuleNotFoundError) and error.name in EXTRAS
        return cls(what, str(error.name)) if missing else None


def attach_stub(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Makes the names in a package's `__init__.pyi` be imported when they are first used.

    Args:
        package: The package's `__name__`.
        file: The package's `__file__`.

    Returns:
        Its `__getattr__`, `__dir__` and `__all__`; the first raises `MissingPackageError` if the name
        needs a package that is not installed.
    """
    load, names, exported = lazy_loader.attach_stub(package, file)

    def load_or_name_extra(name: str) -> Any:
        try:
            return load(name)
        except ImportError as error:
            missing = MissingPackageError.of(error, f"{package}.{name}")
            if missing is None:
                raise
            raise missing from None

    return load_or_name_extra, names, exported
