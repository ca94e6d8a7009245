"""Measures how long reading a picture takes on one core, and how much memory: prints one JSON document.

    python docs/measure_reading_speed.py FILE [TIMES]

The file is decoded anew each time; the first time is not counted. Memory is the peak of the whole process.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def peak_bytes() -> int:
    """The most memory that this process has held; on Linux without what its parent held when it began."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Reads the file and prints seconds and megabytes."""
    import digitlab
    from digitlab.pages.evidence import READING_MODEL
    from digitlab.reader import OnnxModel

    file, times = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    model = OnnxModel(READING_MODEL)
    (page,) = digitlab.read(file, model)
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        digitlab.read(file, model)
        seconds.append(time.perf_counter() - started)
    megabytes = peak_bytes() / 1e6
    digits = sum(len(string.digits) for string in page.strings)
    print(json.dumps({"digits": digits, "seconds": seconds, "megabytes": megabytes}))


if __name__ == "__main__":
    main()
