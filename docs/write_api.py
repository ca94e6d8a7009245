"""Writes `docs/api.md` from the docstrings of all public names; with --check, says whether it is up to date.

The page gives the first sentence of each; on the site (`docs/build_site.py`) the whole docstring takes its
place.
A public name, or a public method of one, without a docstring is an error.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import sys
from pathlib import Path

from generated_page import write_or_check

import digitlab

STUB = Path(digitlab.__file__).with_name("__init__.pyi")
HEAD = """# The Python package

Made from docstrings by `python docs/write_api.py`; `make check` fails when it is out of date, or when a
public name has no docstring. These names are all that most programs need: `import digitlab`, and then
`digitlab.train` and the others. Packages below it have more, each with a docstring; `help(digitlab.train)`
prints one.
"""


def public_names() -> dict[str, list[str]]:
    """The public names of digitlab by the package that they are from, in the order of `__init__.pyi`."""
    tree = ast.parse(STUB.read_text())
    return {
        str(node.module): [alias.name for alias in node.names]
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
    }


def first_sentence(value: object, name: str) -> str:
    """The first sentence of the docstring of `value`.

    Raises:
        ValueError: If it has none of its own.
    """
    text = inspect.getdoc(value)
    if not text or text.startswith(f"{name.rpartition('.')[2]}("):  # what `dataclass` writes itself
        raise ValueError(f"digitlab.{name} has no docstring")
    return " ".join(text.split("\n\n")[0].split())


def check_methods(kind: type, name: str) -> None:
    """Checks that the public methods and properties that a class defines have docstrings.

    Raises:
        ValueError: If one has none.
    """
    fields = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    for member, value in vars(kind).items():
        plain = inspect.isfunction(value) or isinstance(value, (property, classmethod, staticmethod))
        if plain and not member.startswith("_") and member not in fields:
            first_sentence(getattr(kind, member), f"{name}.{member}")


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for package, names in public_names().items():
        module = importlib.import_module(f"digitlab.{package}")
        lines += [f"## {package}", "", first_sentence(module, package), ""]
        for name in names:
            value = getattr(digitlab, name)
            summary = first_sentence(value, name)
            if isinstance(value, type):
                check_methods(value, name)
            whole = f"{value.__module__}.{value.__qualname__}"
            lines += [f"### digitlab.{name}", "", f"<!-- api {whole} -->", summary, ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Writes the page, or checks it."""
    try:
        fresh = page()
    except ValueError as error:
        sys.exit(str(error))
    write_or_check("api.md", fresh)


if __name__ == "__main__":
    main()
