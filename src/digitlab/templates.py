"""HTML pages from Jinja templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["html_templates"]


def html_templates(package: str, folder: str = ".") -> Environment:
    """The templates of HTML pages that lie in a package: what is put in is escaped, what is missing an error.

    Args:
        package: Its name: `digitlab.report`.
        folder: Below it.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
