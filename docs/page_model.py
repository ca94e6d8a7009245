"""Facts and failures of the model that reads pages, for the model card; see `write_model_card.py`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from digitlab.pages import Page, ReadOptions
from digitlab.pages.composition import STRING_KINDS, Composed, compose_strings
from digitlab.pages.evidence import READING_MODEL
from digitlab.pages.reading import read_page
from digitlab.pages.scoring import score
from digitlab.reader import OnnxModel

N, SEED = 360, 41
"""Composed pictures that are read for the figure; the calibration and the benchmark use other seeds."""
COLUMNS, ROWS = 2, 4
WIDTH, HEIGHT, CAPTION, GAP = 520, 170, 44, 16
Numbers = dict[str, Any]


def facts() -> Numbers:
    """What can be told of the file without reading a page: digest, size, and what its metadata says."""
    import onnx

    metadata = {one.key: one.value for one in onnx.load(READING_MODEL).metadata_props}
    training = json.loads(metadata["training"])
    every = json.loads(metadata["decisions"])["thresholds"]
    row = next(row for row in every["rows"] if row["coverage"] == 1.0)
    return {
        "sha256": hashlib.sha256(READING_MODEL.read_bytes()).hexdigest(),
        "bytes": READING_MODEL.stat().st_size,
        "seed": training["seed"],
        "recipe": {key: training["recipe"][key] for key in ("epochs", "non_digits", "string_parts")},
        "validation": {"n": every["n"], "errors": row["errors"]},
    }


def measure_failures(figure: Path) -> Numbers:
    """Reads composed pictures and draws those that are read wrongly, the sure ones first.

    Args:
        figure: The PNG file to write.

    Returns:
        How many pictures were read (`n`), read wrongly (`wrong`), of these with a wrong string that is sure
        (`sure`), and are in the figure (`shown`).
    """
    model = OnnxModel(READING_MODEL)
    sure, unsure = [], []
    for composed in compose_strings(N, SEED):
        page = read_page(composed.gray, model, ReadOptions())
        result = score(page, composed.truth(page.to_upright))
        if any(result.wrong):
            sure.append((composed, page))
        elif not result.lines_right:
            unsure.append((composed, page))
    chosen = [*sure, *unsure][: COLUMNS * ROWS]
    _draw(chosen, figure)
    return {"n": N, "wrong": len(sure) + len(unsure), "sure": len(sure), "shown": len(chosen)}


def _draw(failures: list[tuple[Composed, Page]], figure: Path) -> None:
    rows = -(-len(failures) // COLUMNS)
    cell_width, cell_height = WIDTH + GAP, HEIGHT + CAPTION + GAP
    sheet = Image.new("RGB", (COLUMNS * cell_width + GAP, rows * cell_height + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(16)
    for place, (composed, page) in enumerate(failures):
        left = GAP + place % COLUMNS * cell_width
        top = GAP + place // COLUMNS * cell_height
        said = "  ".join(f"{one.text}{'' if one.status == 'sure' else '?'}" for one in page.strings)
        written = composed.text.replace("\n", " / ")
        draw.text((left, top), f"{composed.kind}, {composed.strength}: is {written}", "black", font)
        draw.text((left, top + CAPTION // 2), f"read {said or 'nothing'}", "black", font)
        picture = Image.fromarray(composed.gray)
        picture.thumbnail((WIDTH, HEIGHT))
        sheet.paste(picture, (left, top + CAPTION))
    sheet.quantize(64).save(figure, optimize=True)


def kinds() -> str:
    """The kinds of pictures that are read for the figure, in one line."""
    return ", ".join(STRING_KINDS)
