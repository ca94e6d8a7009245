"""A pool's processes end with the process that started them, also when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

POOL = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from digitlab.processes import exit_with_parent

if __name__ == "__main__":
    pool = ProcessPoolExecutor(2, get_context("spawn"), exit_with_parent)
    print(*sorted({future.result() for future in [pool.submit(os.getpid) for _ in range(8)]}), flush=True)
    time.sleep(600)
"""


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes where Linux shows them")
def test_killed_with_its_helpers_waiting(tmp_path):
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        helpers = [int(pid) for pid in process.stdout.readline().split()]
        assert helpers
        assert all(map(_lives, helpers))
        process.send_signal(signal.SIGKILL)
        process.wait()
    end = time.monotonic() + 20
    while any(map(_lives, helpers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(_lives, helpers))
