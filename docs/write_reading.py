"""Writes `docs/reading.md`, its pictures, and what README and `docs/performance.md` tell of reading pages.

    python docs/write_reading.py --real DIR --peer tesseract  # measures everything: about half an hour
    python docs/write_reading.py --pictures  # pictures, README's answer and speed: a minute
    python docs/write_reading.py --words     # only the words, from the numbers of the last time

The words are `docs/reading-words.md`. What is measured is kept in `docs/reading.json`. Run it when the model
of page reading, its calibration or the weights of its lattice have changed. DIR holds real pictures, see
`measure_real_pages.py`; without it the figures of the last time stay.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import reading_pages
import reading_tables as tables
from command_output import run
from measure_real_pages import measure_folder
from PIL import Image

from digitlab.formatting import format_count
from digitlab.machine import environment
from digitlab.pages import Page, ReadOptions
from digitlab.pages.drawing import draw_page, upright_gray
from digitlab.pages.evidence import FILE, READING_MODEL
from digitlab.pages.reading import THIN, read_page
from digitlab.pages.stages import Stages
from digitlab.reader import OnnxModel

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PAGE, WORDS, MEASURED = DOCS / "reading.md", DOCS / "reading-words.md", DOCS / "reading.json"
README, PERFORMANCE = ROOT / "README.md", DOCS / "performance.md"
PICTURES = DOCS / "pictures" / "reading"
FORM = PICTURES / "form.jpg"
ANSWER = PICTURES / "form-answer.jpg"
QUALITY = 80
COMMAND = f"digitlab read {FORM.relative_to(ROOT)}"
MARKS = re.compile(r"(<!-- reading -->\n).*?(<!-- /reading -->)", re.DOTALL)
FORM_STAGES = ("page", "ink", "lines", "rows", "digits")
LINE_STAGES = ("page", "pieces", "digits")
TILE_ROWS = 3 * 120
"""Pixels of the tiles of single digits that are shown: three rows."""
LARGEST = {"jpg": 120_000, "png": 60_000, "readme": 120_000}
"""Bytes of a picture."""
N = 40
TIMES = 5
Numbers = dict[str, Any]


def main() -> None:
    """Measures what is asked for, and writes."""
    parser = argparse.ArgumentParser(description="Writes docs/reading.md.")
    parser.add_argument("--n", type=int, default=N, help="composed pictures of each kind and strength")
    parser.add_argument("--peer", help="tesseract reads them, too")
    parser.add_argument("--real", type=Path, help="a folder of real pictures")
    parser.add_argument("--pictures", action="store_true", help="no figures but those of speed")
    parser.add_argument("--words", action="store_true", help="the text only")
    wanted = parser.parse_args()
    measured = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    if not wanted.words:
        PICTURES.mkdir(parents=True, exist_ok=True)
        _write_form()
        measured["readme"] = draw_pictures()
        measured["speed"] = measure_speed()
        if not wanted.pictures:
            measured["composed"] = measure_composed(wanted.n, wanted.peer)
            if wanted.real is not None:
                measured["real"] = measure_folder(wanted.real) | when()
        measured["files"] = digests()
        MEASURED.write_text(json.dumps(measured, indent=1) + "\n")
    PAGE.write_text(page(measured))
    README.write_text(readme(README.read_text(), measured))
    PERFORMANCE.write_text(performance(PERFORMANCE.read_text(), measured))
    # The model card shows these figures, too.
    subprocess.run([sys.executable, DOCS / "write_model_card.py", "--words"], check=True)


def when() -> Numbers:
    """The day, and the files that the figures are of."""
    return {"date": datetime.now(UTC).date().isoformat(), "files": digests()}


def digests() -> Numbers:
    """SHA-256 of the model and the calibration that ship."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in (READING_MODEL, FILE)}


def measure_composed(n: int, peer: str | None) -> Numbers:
    """The figures of `digitlab bench read`."""
    command = f"digitlab bench read --n {n}" + (f" --peer {peer}" if peer else "")
    found = json.loads(run(f"{command} --json"))["benchmarks"]
    return {
        "command": command,
        "n": n,
        "machine": environment(),
        **when(),
        "kinds": tables.condense(found),
    }


def measure_speed() -> Numbers:
    """Time and memory of reading two numbers and a large photo, each in a process of its own on one core."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gray, text = reading_pages.a4_photo()
        n, written = len(reading_pages.LINE), sum(map(str.isdigit, text))
        pictures = {
            "line": (reading_pages.plain_line(), f"a scan of one number of {n} digits"),
            "touching": (reading_pages.touching_line(), "the same, all digits touch"),
            "a4": (gray, f"a photo of a sheet of A4, {gray.size / 1e6:.0f} megapixels, {written} digits"),
        }
        found: Numbers = {"machine": environment()}
        for key, (pixels, what) in pictures.items():
            file = folder / f"{key}.jpg"
            Image.fromarray(pixels).save(file, quality=90)
            script = [sys.executable, str(DOCS / "measure_reading_speed.py"), str(file), str(TIMES)]
            done = subprocess.run(script, check=True, text=True, stdout=subprocess.PIPE)
            found[key] = {"what": what, **json.loads(done.stdout)}
        seconds = []
        for _ in range(TIMES):
            started = time.perf_counter()
            run(f"digitlab read {folder / 'line.jpg'}")
            seconds.append(time.perf_counter() - started)
        found["command"] = {"what": "the first, from a standing start", "seconds": seconds}
    return found


def _write_form() -> None:
    Image.fromarray(reading_pages.form()).save(FORM, quality=QUALITY, optimize=True)
    _check_size(FORM, LARGEST["jpg"])


def draw_pictures() -> Numbers:
    """Writes the pictures of the stages, and returns what the command on the README prints."""
    model = OnnxModel(READING_MODEL)
    with Image.open(FORM) as picture:
        form = np.asarray(picture.convert("L"))
    _draw_stages("form", form, model, FORM_STAGES)
    _draw_stages("line", reading_pages.touching_line(), model, LINE_STAGES)
    with tempfile.TemporaryDirectory() as name:
        shown = Path(name) / "read.png"
        answer = run(f"{COMMAND} --show {shown}")
        with Image.open(shown) as drawing:
            _save(drawing.convert("RGB"), ANSWER, 1000, LARGEST["readme"])
    return {"answer": answer.splitlines()}


def _draw_stages(name: str, gray: reading_pages.Pixels, model: OnnxModel, wanted: tuple[str, ...]) -> None:
    """Writes the stages of reading a picture, made by the code that `--explain` uses."""
    stages = Stages()
    read: Page = read_page(gray, model, ReadOptions(), stages=stages)
    for stage in stages.every:
        if stage.name in wanted:
            tiles = stage.name == "digits"
            pixels, width = (stage.picture[:TILE_ROWS], 1104) if tiles else (stage.picture, 760)
            _save(Image.fromarray(pixels), PICTURES / f"{name}-{stage.name}.png", width, LARGEST["png"])
    if name == "line":
        drawing = draw_page(upright_gray(gray, read), read)
        _save(drawing, PICTURES / "line-answer.png", 760, LARGEST["png"])


def _save(picture: Image.Image, path: Path, width: int, largest: int) -> None:
    """Saves a picture, a PNG in as many colors and pixels (at most `width`) as `largest` bytes allow."""
    picture = picture.convert("RGB")
    for part in (1.0, 0.8, 0.65):
        own, wide = picture, min(picture.width, round(part * width))
        if wide < picture.width:
            size = wide, round(picture.height * wide / picture.width)
            own = picture.resize(size, Image.Resampling.LANCZOS)
        if path.suffix == ".jpg":
            own.save(path, quality=QUALITY, optimize=True)
        for colors in (128, 64, 24) if path.suffix == ".png" else ():
            # Rare colors count as much as frequent ones: a few lines are orange, and all paper is gray.
            own.quantize(colors, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                path, optimize=True
            )
            if path.stat().st_size <= largest:
                return
        if path.stat().st_size <= largest:
            return
    _check_size(path, largest)


def _check_size(path: Path, largest: int) -> None:
    if path.stat().st_size > largest:
        sys.exit(f"{path.name} has {path.stat().st_size} bytes; at most {largest} are wanted")


def page(measured: Numbers) -> str:
    """The page in Markdown."""
    composed, real, speed = measured["composed"], measured["real"], measured["speed"]
    thresholds = json.loads(FILE.read_text())
    return WORDS.read_text().format(
        example=_console(COMMAND, measured),
        n=composed["n"],
        composed_command=composed["command"],
        composed_date=composed["date"],
        composed_machine=_machine(composed["machine"]),
        summary=tables.summary_table(composed["kinds"]),
        strengths=tables.strength_table(composed["kinds"]),
        real=tables.real_table(real["kinds"]),
        real_date=real["date"],
        real_machine=_machine(real["machine"]),
        thin=THIN,
        strings_n=format_count(thresholds["strings"]["n"]),
        thresholds=tables.threshold_table(thresholds["strings"]),
        speed=tables.speed_table(speed),
        speed_machine=_machine(speed["machine"]),
        bytes=format_count(READING_MODEL.stat().st_size),
        sha256=measured["files"][READING_MODEL.name],
    )


def _console(command: str, measured: Numbers) -> str:
    return "\n".join(["```console", f"$ {command}", *measured["readme"]["answer"], "```"])


def _machine(machine: Numbers) -> str:
    return f"{machine['processor']}, {machine['cores']} cores"


def readme(text: str, measured: Numbers) -> str:
    """The README with its section on pages made anew."""
    folder = PICTURES.relative_to(ROOT)
    parts = [
        f"![A photo of a form with meter readings]({folder}/{FORM.name})",
        _console(f"{COMMAND} --show read.png", measured),
        f"![The same form with boxes and readings]({folder}/{ANSWER.name})",
        "*Handwriting of MNIST's validation digits on a form, photographed by code\n"
        "(`docs/reading_pages.py`). In `read.png` blue is sure, orange is not, dotted was left out. Nothing\n"
        "was told about the form.*",
    ]
    return MARKS.sub(lambda marks: marks[1] + "\n\n".join(parts) + "\n" + marks[2], text)


def performance(text: str, measured: Numbers) -> str:
    """`docs/performance.md` with its section on reading made anew."""
    speed = measured["speed"]
    parts = [
        f"`python docs/write_reading.py --pictures` ({_machine(speed['machine'])}), each in a process of\n"
        "its own on one core, with the decoding of its file:",
        tables.speed_table(speed),
        "Seconds a picture of each kind: [reading.md](reading.md).",
    ]
    return MARKS.sub(lambda marks: marks[1] + "\n\n".join(parts) + "\n" + marks[2], text)


if __name__ == "__main__":
    main()
