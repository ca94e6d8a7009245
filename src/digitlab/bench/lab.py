"""The lab: how soon it answers, how many pictures a second, and what a tab that watches costs."""

from __future__ import annotations

import http.client
import io
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from digitlab.bench.measurement import Log, Measurement
from digitlab.data import mnist

__all__ = ["LabProcess", "lab", "percentile_95", "running_lab"]

STARTS = 5
CONNECTIONS = 8
PICTURES = 10_000
PARTS = 5
"""Parts of the pictures, each of which gives a rate."""
SIDE = 112
"""Pixels of a side of a picture."""
NETWORK, OPTIONS = "mlp", {"hidden": "300"}
WATCHED = 5
"""How often the training is measured with and without a watcher, in turn."""
WATCH_SECONDS = 6.0


@dataclass(frozen=True)
class LabProcess:
    """A lab that serves.

    Attributes:
        pid: Of its process.
        port: Its port.
        token: Its token.
        url: Of its page, with the token.
        ready: Seconds from the command to the line that says so.
    """

    pid: int
    port: int
    token: str
    url: str
    ready: float

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """The JSON that a request of a connection of its own answers.

        Raises:
            RuntimeError: If the answer is an error.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            content = json.dumps(body).encode() if kind == "application/json" and body is not None else body
            connection.request(method, path, content, self.headers(kind))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}: {text[:300]!r}")
        return json.loads(text) if text else None

    def headers(self, kind: str) -> Mapping[str, str]:
        """Of a request with a body of this type."""
        return {"Authorization": f"Bearer {self.token}", "Content-Type": kind}

    def megabytes(self) -> float:
        """The memory that the server takes now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1000

    def wait_for_torch(self) -> None:
        """Waits until everything is imported."""
        while not self.ask("GET", "/api/models")["torch"]:
            time.sleep(0.2)


@contextmanager
def running_lab(folder: Path) -> Iterator[LabProcess]:
    """Starts `digitlab lab` on a folder of runs, and ends it.

    Args:
        folder: That of the runs.
    """
    command = [sys.executable, "-m", "digitlab", "lab", "--runs", str(folder), "--no-open", "--port", "0"]
    started = time.perf_counter()
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            ready = time.perf_counter() - started
            yield LabProcess(process.pid, said["port"], said["token"], said["url"], ready)
        finally:
            process.terminate()


def lab(log: Log) -> Iterator[Measurement]:
    """The lab's promises; what needs a browser is left out where there is none."""
    from digitlab.bench.lab_browser import in_the_browser, open_browser

    with tempfile.TemporaryDirectory() as name, open_browser(log) as browser:
        folder = Path(name) / "runs"
        seconds = []
        for _ in range(STARTS):
            with running_lab(folder) as served:
                seconds.append(served.ready)
                log(f"lab: ready in {seconds[-1]:.2f} s")
        yield Measurement("lab: from the command to ready", "s", seconds, "at most 2 s")
        yield from _predictions(folder, log)
        if browser is not None:
            yield from in_the_browser(browser, folder, log)
        yield from _watched(folder, browser, log)


def percentile_95(values: list[float]) -> float:
    """What 95 % of the values are at most."""
    return float(np.quantile(values, 0.95))


def _predictions(folder: Path, log: Log) -> Iterator[Measurement]:
    """`POST /api/predict` by eight connections at once."""
    pictures = [_png(number) for number in range(500)]
    errors: list[str] = []
    rates = []
    with running_lab(folder) as served:
        served.wait_for_torch()  # else its import is measured, too
        _ask_all(served, pictures, CONNECTIONS * 10, [])
        for _ in range(PARTS):
            started = time.perf_counter()
            _ask_all(served, pictures, PICTURES // PARTS, errors)
            rates.append(PICTURES // PARTS / (time.perf_counter() - started))
            log(f"lab: {rates[-1]:.0f} predictions/s, {len(errors)} errors; {served.megabytes():.0f} MB")
    title = f"lab: /api/predict, {CONNECTIONS} connections"
    yield Measurement(title, "pictures/s", rates, "at least 150")
    yield Measurement(f"{title}: errors among {PICTURES:,} pictures", "errors", [len(errors)], "none")


def _png(number: int) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(255 - mnist("test").images[number])
    picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def _ask_all(served: LabProcess, pictures: list[bytes], count: int, errors: list[str]) -> None:
    """Asks for so many predictions, each connection for its share one after another."""

    def ask(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        for number in range(first, count, CONNECTIONS):
            content = pictures[number % len(pictures)]
            try:
                connection.request("POST", "/api/predict", content, served.headers("image/png"))
                answer = connection.getresponse()
                text = answer.read().decode()
            except OSError as error:
                errors.append(str(error))
                connection.close()
                continue
            if answer.status != 200:
                errors.append(text)
        connection.close()

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _watched(folder: Path, browser: Any, log: Log) -> Iterator[Measurement]:
    """Steps a second of a training with a tab that shows it, and without one, in turn."""
    if browser is None:
        return
    with running_lab(folder) as served:
        wanted = {"network": NETWORK, "options": OPTIONS, "recipe": "default", "changes": {"epochs": "1000"}}
        run = served.ask("POST", "/api/train", wanted)["id"]
        browser.get(served.url)  # the cookie
        while _step(served, run) < 100:
            time.sleep(0.2)
        rates: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(WATCHED):
            for watched in (False, True):
                browser.get(f"http://127.0.0.1:{served.port}/#tab=train" if watched else "about:blank")
                time.sleep(2)
                first, started = _step(served, run), time.perf_counter()
                time.sleep(WATCH_SECONDS)
                last = _step(served, run)
                rates[watched].append((last - first) / (time.perf_counter() - started))
            log(f"lab: {rates[False][-1]:.0f} steps/s, watched {rates[True][-1]:.0f}")
        browser.get("about:blank")
    slower = [1 - there / alone for there, alone in zip(rates[True], rates[False], strict=True)]
    yield Measurement("lab: training slowed by a tab that watches", "share", slower, "at most 0.1")


def _step(served: LabProcess, run: str) -> int:
    trainings = served.ask("GET", "/api/train")["trainings"]
    (step,) = (one["step"] for one in trainings if one["id"] == run)
    return int(step)
