"""`digitlab export`: write a trained model to one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from digitlab.cli.output import AsJson, log_member, print_json
from digitlab.formatting import format_count, format_number

__all__ = ["export"]


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, a folder of runs, or a .safetensors file.")
    ],
    to: Annotated[
        Path,
        typer.Option(
            help="The file to write: FILE.onnx or FILE.safetensors; or FILE.html, a page that opens from "
            "disk, to draw digits and look inside."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Write a model to one file, checked against the original after writing.

    A page (FILE.html) checks itself whenever it is opened.
    """
    from digitlab import runs

    opened = runs.open(run)
    log_member(opened)
    if to.suffix.lower() == ".html":
        from digitlab.web.html_export import export_html

        _print_page(export_html(run, to), as_json)
        return
    exported = opened.export(to)
    if as_json:
        print_json(exported)
        return
    print(
        f"{to}: {format_count(exported['bytes'], 'byte')}; logits of {exported['checked']} digits differ "
        f"from the original's by at most {exported['largest_difference']:.2g}"
    )
    if exported["temperature"] is not None:
        print(
            f"decisions, measured on the run's validation digits: temperature {exported['temperature']:.3f}, "
            f"largest error that can be promised from {exported['smallest_error']:g}"
        )


def _print_page(exported: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(exported)
        return
    megabytes = exported["bytes"] / 1e6
    print(
        f"{exported['file']}: {format_number(megabytes, 1)} MB; a page with a drawing pad and "
        f"{format_count(exported['layers'], 'layer')} of {exported['network']}; "
        "a browser opens it without a connection"
    )
