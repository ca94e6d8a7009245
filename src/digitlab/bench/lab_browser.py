"""The lab's page in a browser: first paint, bytes, foreign requests, latency while drawing, memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from digitlab.bench.lab import LabProcess, percentile_95, running_lab
from digitlab.bench.measurement import Log, Measurement

__all__ = ["in_the_browser", "open_browser"]

PAINTS = 5
BLOCKS, BLOCK = 5, 60
"""Movements of the pen: so many blocks of so many, each of which gives a 95th percentile."""
UPDATES = 10_000
BETWEEN = 0.12
"""Seconds between two movements, so that each is answered before the next."""
PAD = "canvas"
BARS = ".networks"
LAYERS = "/api/inside/layers"
BOX = """
  const { left, top, width, height } = document.querySelector(arguments[0]).getBoundingClientRect();
  return [left, top, width, height];"""
LOADED = """
  const every = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return every.filter((one) => !new URL(one.name).pathname.startsWith("/api/"))
    .map((one) => [new URL(one.name).pathname, one.decodedBodySize]);"""
WATCH = """
  const [pad, bars] = arguments;
  let asked = null;
  window.answered = [];
  document.querySelector(pad).addEventListener("pointermove", (event) => { asked = event.timeStamp; }, true);
  const watcher = new MutationObserver(() => {
    if (asked !== null) window.answered.push(performance.now() - asked);
    asked = null;
  });
  watcher.observe(document.querySelector(bars), { subtree: true, characterData: true, attributes: true });"""
PAINTED = "return performance.getEntriesByName('first-contentful-paint').map((one) => one.startTime)"
POST = """
  const [path, query, count, done] = arguments;
  import("/api.js").then(async ({ postBytes, readArrays }) => {
    const side = Math.sqrt(query.width * query.height);
    const pixels = new Uint8Array(query.width * query.height).fill(255);
    const taken = [];
    for (let i = 0; i < count; i += 1) {
      for (let k = 0; k < 400; k += 1) pixels[Math.floor(Math.random() * pixels.length)] = 0;
      for (let k = 60; k < side - 60; k += 1) pixels.fill(0, k * side + side / 2, k * side + side / 2 + 16);
      const started = performance.now();
      await readArrays(await postBytes(path, pixels, query));
      taken.push(performance.now() - started);
      if (i % 20 === 19) pixels.fill(255);
    }
    done(taken);
  }, (error) => done(String(error)));"""


@contextmanager
def open_browser(log: Log) -> Iterator[Any]:
    """Debian's Chromium without a window; None, and a line about it, where that or Selenium is missing."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    try:
        from selenium import webdriver
    except ImportError:
        program = None
    if not (program and driver):
        log("lab: no browser: what needs one is left out; apt-get install chromium chromium-driver")
        yield None
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        for word in ("--headless=new", f"--user-data-dir={profile}", "--disable-dev-shm-usage"):
            options.add_argument(word)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # Chromium's sandbox refuses root
        opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        opened.set_script_timeout(600)
        try:
            yield opened
        finally:
            opened.quit()


def in_the_browser(browser: Any, folder: Path, log: Log) -> Iterator[Measurement]:
    """What the page does in a browser.

    Args:
        browser: Chromium, driven by Selenium.
        folder: That of the runs.
        log: Is called with a line of progress.
    """
    yield _first_paint(browser, folder, log)
    given = ["--data", "mnist:train[:2000]", "--set", "epochs=1", "--out", str(folder / "swift")]
    subprocess.run(
        [sys.executable, "-m", "digitlab", "train", "swift", *given], capture_output=True, check=True
    )
    with running_lab(folder) as served:
        served.wait_for_torch()
        yield from _loaded(browser, served, log)
        yield _pen(browser, served, log)
        yield from _layers(browser, served, log)
        yield from _memory(browser, served, log)
        browser.get("about:blank")


def _first_paint(browser: Any, folder: Path, log: Log) -> Measurement:
    """From the browser's request to the first content, of a server that has just started."""
    seconds = []
    for _ in range(PAINTS):
        with running_lab(folder) as served:
            browser.get(served.url)
            found: list[float] = []
            while not found:
                found = browser.execute_script(PAINTED)
            seconds.append(found[0] / 1000)
            log(f"lab: first paint after {seconds[-1]:.2f} s")
            browser.get("about:blank")
    return Measurement("lab: first paint of the page", "s", seconds, "at most 1 s")


def _loaded(browser: Any, served: LabProcess, log: Log) -> Iterator[Measurement]:
    """Everything that the page loads while every tab is opened, and whom it asks."""
    browser.get_log("performance")
    browser.get(served.url)
    time.sleep(1)
    tabs = browser.execute_script("return [...document.querySelectorAll('nav a')].map((one) => one.hash)")
    for tab in tabs:
        browser.execute_script("location.hash = arguments[0]", tab)
        time.sleep(1)
    files = dict(browser.execute_script(LOADED))
    log(
        f"lab: {len(files)} files on {len(tabs)} tabs, the largest {max(files, key=lambda name: files[name])}"
    )
    asked = [
        message["params"]["request"]["url"]
        for message in (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
        if message["method"] == "Network.requestWillBeSent"
    ]
    foreign = [url for url in asked if urlsplit(url).netloc != f"127.0.0.1:{served.port}"]
    if foreign:
        log(f"lab: foreign: {', '.join(foreign)[:300]}")
    yield Measurement("lab: all that the page loads", "kB", [sum(files.values()) / 1000], "at most 400 kB")
    title = f"lab: requests to others, of {len(asked)}"
    yield Measurement(title, "requests", [len(foreign)], "none")


def _pen(browser: Any, served: LabProcess, log: Log) -> Measurement:
    """From a movement of the pen to the bars that it changes, by mouse events of the browser's own."""
    found = []
    for _ in range(BLOCKS):
        browser.get("about:blank")
        browser.get(f"http://127.0.0.1:{served.port}/#tab=draw")
        time.sleep(1)
        browser.execute_script(WATCH, PAD, BARS)
        box = browser.execute_script(BOX, PAD)
        _mouse(browser, "mousePressed", box, 0)
        for number in range(BLOCK):
            _mouse(browser, "mouseMoved", box, (number + 1) / BLOCK)
            time.sleep(BETWEEN)
        _mouse(browser, "mouseReleased", box, 1)
        taken = browser.execute_script("return window.answered")
        found.append(percentile_95(taken))
        log(f"lab: {len(taken)} of {BLOCK} movements changed bars, 95 % within {found[-1]:.0f} ms")
    return Measurement("lab: pen to bars, 95 %", "ms", found, "at most 50 ms")


def _layers(browser: Any, served: LabProcess, log: Log) -> Iterator[Measurement]:
    """From a drawing to what all layers of `swift` put out, as the page asks for it."""
    if LAYERS not in served.ask("GET", "/api/openapi.json")["paths"]:
        return
    models = served.ask("GET", "/api/models")["models"]
    (model,) = (one["id"] for one in models if one["network"] == "swift")
    query = {"width": 280, "height": 280, "model": model}
    _post(browser, LAYERS, query, BLOCK)  # opens it
    found = [percentile_95(_post(browser, LAYERS, query, BLOCK)) for _ in range(BLOCKS)]
    log(f"lab: all layers of swift: 95 % within {max(found):.0f} ms")
    yield Measurement("lab: drawing to all layers of swift, 95 %", "ms", found, "at most 100 ms")


def _post(browser: Any, path: str, query: dict[str, Any], count: int) -> list[float]:
    """Milliseconds that so many drawings take, one after another, from the page."""
    taken = browser.execute_async_script(POST, path, query, count)
    assert isinstance(taken, list), taken  # else the text of an error
    return [float(one) for one in taken]


def _mouse(browser: Any, kind: str, box: list[float], part: float) -> None:
    """A mouse event at a part of a zigzag over the pad."""
    left, top, width, height = box
    across = 0.25 + 0.5 * abs((4 * part) % 2 - 1)
    event = {"type": kind, "x": left + width * across, "y": top + height * (0.2 + 0.6 * part)}
    pressed = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
    browser.execute_cdp_cmd("Input.dispatchMouseEvent", event | pressed)


def _memory(browser: Any, served: LabProcess, log: Log) -> Iterator[Measurement]:
    """How much a tab and the server grow while 10,000 drawings are answered."""
    query = {"width": 280, "height": 280, "models": "recognizer"}

    _post(browser, "/api/draw", query, 500)  # fills caches
    server, tab = served.megabytes(), _tab_megabytes(browser)
    times = []
    for number in range(10):
        times.append(percentile_95(_post(browser, "/api/draw", query, UPDATES // 10)))
        log(f"lab: {(number + 1) * UPDATES // 10:,} updates, server {served.megabytes() - server:+.0f} MB")
    yield Measurement("lab: drawing to answer, as the page asks, 95 %", "ms", times, "at most 50 ms")
    grown = _tab_megabytes(browser) - tab
    yield Measurement(f"lab: growth of the tab in {UPDATES:,} updates", "MB", [grown], "at most 30 MB")
    grown = served.megabytes() - server
    yield Measurement(f"lab: growth of the server in {UPDATES:,} updates", "MB", [grown], "at most 50 MB")


def _tab_megabytes(browser: Any) -> float:
    """What the tab's scripts hold, after garbage is collected."""
    browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    browser.execute_cdp_cmd("Performance.enable", {})
    metrics = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize") / 1e6)
