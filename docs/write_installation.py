"""Writes the README's figures on the installation: sizes of the distributions and environments, import times.

    python docs/write_installation.py          # builds, installs into a fresh environment, measures: minutes
    python docs/write_installation.py --words  # only the words, from the numbers of the last time

The numbers are kept in `docs/installation.json`. Versions are those of `constraints.txt`.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fresh_environment import ROOT, FreshEnvironment, build, clean_environment

from digitlab.machine import environment

MEASURED = Path(__file__).with_name("installation.json")
README = ROOT / "README.md"
MARKS = re.compile(r"(<!-- installation -->\n).*?(<!-- /installation -->)", re.DOTALL)
N = 10
PICTURE = ROOT / "samples" / "seven-pen.jpg"
IMPORTS = {
    "import": "import digitlab",
    "reading": "from digitlab import predict, read",
}
VERSION = "import importlib.metadata as metadata; print(metadata.version('{}'))"
TIMED = "import time\nstarted = time.perf_counter()\n{}\nprint(time.perf_counter() - started)"
Numbers = dict[str, Any]


def measure() -> Numbers:
    """Builds and installs, and returns bytes and seconds; the first start, which compiles, is not counted."""
    with tempfile.TemporaryDirectory() as name:
        wheel, source = build(Path(name) / "dist")
        made = FreshEnvironment.make(Path(name) / "environment")
        empty = made.size()
        made.install(str(wheel))
        sizes = {"wheel": wheel.stat().st_size, "sdist": source.stat().st_size, "base": made.size() - empty}
        seconds = {key: _repeat([made.python, "-c", TIMED.format(code)]) for key, code in IMPORTS.items()}
        predict = [made.program, "predict", PICTURE]
        seconds["predict"] = [_wall_time(predict) for _ in range(N + 1)][1:]
        load = round(os.getloadavg()[0], 1)
        made.install(f"{wheel}[lab]")
        sizes["lab"] = made.size() - empty
        versions = {
            name: _output([made.python, "-c", VERSION.format(name)]).strip() for name in ("digitlab", "torch")
        }
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {**environment(), **versions},
        "load": load,
        "bytes": sizes,
        "seconds": seconds,
    }


def _output(command: list[str | Path]) -> str:
    return subprocess.run(
        command, env=clean_environment(), check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def _repeat(command: list[str | Path]) -> list[float]:
    """The seconds that a script prints, of N processes."""
    return [round(float(_output(command)), 4) for _ in range(N + 1)][1:]


def _wall_time(command: list[str | Path]) -> float:
    started = time.perf_counter()
    _output(command)
    return round(time.perf_counter() - started, 4)


def readme(text: str, measured: Numbers) -> str:
    """The README with its figures on the installation made anew."""
    size = {key: f"{value / 1e6:,.0f} MB" for key, value in measured["bytes"].items()}
    times = {key: _time(values) for key, values in measured["seconds"].items()}
    machine = measured["machine"]
    rows = [
        "| installed | does | on disk |",
        "|---|---|--:|",
        f"| `digitlab` | reads pictures and pages, loads and checks data, lists runs | {size['base']} |",
        "| `digitlab[lab]` | trains, evaluates, looks inside, searches, exports, the lab in the browser | "
        f"{size['lab']} (torch {machine['torch']}) |",
        "| `[pdf]`, `[heic]` | reads PDF files, pictures of iPhones | |",
        "| `[pandas]`, `[ray]` | data frames; searches and reads on a Ray cluster | |",
    ]
    # Where more processes run than there are cores, each waits for others, and times are too high.
    busy = f", beside other work: load {measured['load']}" if measured["load"] > machine["cores"] else ""
    where = f"{machine['processor']}, {machine['cores']} cores{busy}, Python {machine['python']}"
    sentences = (
        f"Of digitlab {machine['digitlab']}, the wheel has {size['wheel']}, most of it MNIST; the source "
        f"distribution {size['sdist']}. "
        f"`import digitlab` takes {times['import']}, with all that reads pictures {times['reading']}, and "
        f"`digitlab predict` of a picture from start to end {times['predict']}: median, and range of n = {N} "
        f"({where}, {measured['date']}; "
        "`python docs/write_installation.py`). Sizes are of all packages that are installed with it."
    )
    lines = textwrap.wrap(sentences, 110, break_long_words=False, break_on_hyphens=False)
    return MARKS.sub(lambda marks: "\n".join([marks[1].rstrip(), *rows, "", *lines, marks[2]]), text)


def _time(values: list[float]) -> str:
    """Median and range, in milliseconds below a tenth of a second."""
    scale, unit, digits = (1000, "ms", 0) if max(values) < 0.1 else (1, "s", 2)
    three = (min(values), statistics.median(values), max(values))
    low, middle, high = (f"{scale * one:.{digits}f}" for one in three)
    return f"{middle} {unit} ({low} to {high} {unit})"


def main() -> None:
    """Measures and writes, or only writes."""
    if sys.argv[1:] not in ([], ["--words"]):
        sys.exit("usage: python docs/write_installation.py [--words]")
    if not sys.argv[1:]:
        MEASURED.write_text(json.dumps(measure(), indent=1) + "\n")
    README.write_text(readme(README.read_text(), json.loads(MEASURED.read_text())))


if __name__ == "__main__":
    main()
