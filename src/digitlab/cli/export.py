"""`digitlab export`: write a trained model to one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digitlab.cli.output import AsJson, log_member, print_json
from digitlab.formatting import format_count

__all__ = ["export"]


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, a folder of runs, or a .safetensors file.")
    ],
    to: Annotated[Path, typer.Option(help="The file to write: FILE.onnx or FILE.safetensors.")],
    as_json: AsJson = False,
) -> None:
    """Write a model to one file, checked against the original after writing."""
    from digitlab import runs

    opened = runs.open(run)
    log_member(opened)
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
