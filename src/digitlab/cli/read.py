"""`digitlab read`: the numbers on pages, with boxes and probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli.output import AsJson, log, print_error
from digitlab.errors import OutputError, SettingError

if TYPE_CHECKING:
    from digitlab.cli.read_output import Format
    from digitlab.pages import PageResult

__all__ = ["read"]

FORMATS = ("json", "jsonl", "csv")
PICTURES = (".png", ".jpg", ".jpeg")


def read(
    images: Annotated[
        list[Path],
        typer.Argument(help="Photos, scans or PDF files of numbers in a line, a form or a page; or folders."),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            help="A run folder, an ONNX or a safetensors file; by default the model that ships with it. With "
            "an ONNX file, many images are read on all cores."
        ),
    ] = None,
    length: Annotated[int | None, typer.Option(help="How many digits each number has.", metavar="L")] = None,
    count: Annotated[
        int | None,
        typer.Option(help="How many numbers each page holds; of more, the most probable ones.", metavar="N"),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(
            help="What each number looks like, as dd.dd.dddd: d for a digit, and . , - / : for themselves.",
            metavar="P",
        ),
    ] = None,
    cells: Annotated[
        str | None,
        typer.Option(
            help="Rows and columns of a form with boxes of one digit or none, as 9x9; auto: as many as its "
            "lines show, of any number of digits.",
            metavar="RxC|auto",
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="Read this part only: left, top, width, height in pixels of the upright page, as the boxes "
            "of an answer are; of a PDF file in 1/400 inch.",
            metavar="X,Y,W,H",
        ),
    ] = None,
    max_error: Annotated[
        float | None,
        typer.Option(
            help="The share of wrong numbers that those marked as sure may have, by what was measured on "
            "composed pages; between 0 and 1.",
            metavar="E",
            show_default="0.02",
        ),
    ] = None,
    show: Annotated[
        Path | None,
        typer.Option(
            help="Draw boxes and readings on the page, as PNG or JPEG; of several pages, FILE gets their "
            "numbers and names.",
            metavar="FILE",
        ),
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            help="Write every stage of reading as a picture, with a page about them.", metavar="DIR"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write the answer to a file instead; its ending .json, .jsonl or .csv says how.",
            metavar="FILE",
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(help="Read on a Ray cluster: HOST:PORT of its head; by default on all cores here."),
    ] = None,
    as_json: AsJson = False,
    as_jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print one JSON document a page, on a line, as each is done.")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print a table with one row a number, for a spreadsheet.")
    ] = False,
) -> None:
    """Read the numbers on photos, scans and PDF files, with boxes, probabilities and what cannot be read.

    Numbers come in reading order; ? marks those that are not sure, with the second-best reading. A file that
    cannot be read has its error on standard error; the others are read all the same. Many files are read on
    all cores; where that was interrupted, the same command goes on.
    """
    from digitlab.cli.predict import open_model
    from digitlab.cli.read_output import PagePictures, writer
    from digitlab.pages import read_files
    from digitlab.pages.evidence import READING_MODEL
    from digitlab.pages.options import parse_options

    options = parse_options(length, count, pattern, cells, region, max_error)
    chosen = [name for name, asked in zip(FORMATS, (as_json, as_jsonl, as_csv), strict=True) if asked]
    form = _format(chosen, out)
    if show is not None and show.suffix.lower() not in PICTURES:
        raise OutputError(
            f"cannot write {show}: its name ends in none of {', '.join(PICTURES)}", "Name it FILE.png."
        )
    for path in (show, explain):
        if path is not None and not path.parent.is_dir():
            raise OutputError(f"cannot write {path}: there is no folder {path.parent}", "Make it first.")
    opened = open_model(model or READING_MODEL)
    with writer(form, out) as output:
        kept = PagePictures(show, explain)

        def on_page(result: PageResult) -> None:
            kept.add(result)
            output.add(result.outcome)

        try:
            reading = read_files(
                images,
                opened,
                options,
                ray=ray,
                show=show is not None,
                explain=explain is not None,
                on_page=on_page,
                in_order=form != "jsonl",
                show_progress=True,
            )
        except KeyboardInterrupt:
            log("stopped; of many files, what is done is kept: the same command goes on from there")
            raise
        output.finish(reading)
    kept.finish()
    for failure in reading.failures:
        print_error(str(failure.error))
    if reading.failures:
        raise typer.Exit(2)


def _format(chosen: list[str], out: Path | None) -> Format:
    """What is printed or written: by the options, or by the ending of the file.

    Raises:
        SettingError: If several are asked for, or none for a file.
    """
    if len(chosen) > 1:
        raise SettingError(f"--{chosen[0]} and --{chosen[1]} contradict each other", "Give one of them.")
    ending = "" if out is None else out.suffix.lower().removeprefix(".")
    if chosen and ending in FORMATS and ending != chosen[0]:
        raise SettingError(f"--{chosen[0]} contradicts --out {out}", f"Name it FILE.{chosen[0]}.")
    named: Any = chosen[0] if chosen else ending if ending in FORMATS else "text"
    if out is not None and named == "text":
        raise SettingError(
            f"--out {out} does not say how to write it", "Name it FILE.json, FILE.jsonl or FILE.csv."
        )
    form: Format = named
    return form
