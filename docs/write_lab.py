"""Writes `docs/lab.md` and its pictures: trains two small networks, and looks at every tab in Chromium.

    python docs/write_lab.py [FOLDER]

The trainings (a minute on two cores) stay in FOLDER, by default `runs/lab-pictures`, and are used again.
Needs Debian's chromium and chromium-driver.
"""

from __future__ import annotations

import base64
import io
import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from digitlab.bench.lab import running_lab
from digitlab.bench.lab_browser import open_browser

PAGE = Path(__file__).with_name("lab.md")
PICTURES = PAGE.with_name("pictures") / "lab"
TRAININGS = {
    "swift": ("swift", "--data", "mnist:train[:12000]", "--set", "epochs=1", "--test", "mnist:test"),
    "mlp": ("mlp", "--option", "hidden=16,16", "--set", "epochs=2", "--test", "mnist:test"),
}
TWO = [(0.28, 0.32), (0.36, 0.2), (0.52, 0.16), (0.66, 0.24), (0.66, 0.4), (0.5, 0.6), (0.3, 0.8)]
TWO += [(0.72, 0.8)]
HEAD = """# The lab

`make lab`, or `digitlab lab`, opens a page in the browser: draw, and networks answer while you do; look at
every layer; train, and change the learning rate meanwhile; see what a network gets wrong; compare runs; read
pages. It runs on this machine alone and loads nothing from elsewhere. What you see is in the address: reload
it, go back, or send it to somebody who has the same runs. Programs ask the same server:
[serve predictions](how-to/serve-predictions.md).

The pictures are of the running page, made by `python docs/write_lab.py`.
"""


@dataclass(frozen=True)
class Shot:
    """A picture of a tab.

    Attributes:
        name: Of its file.
        title: Above it.
        words: Below the title.
        state: What is behind the # of the URL; `{swift}` and `{mlp}` stand for the runs' ids.
        act: What is done before the picture is taken.
        size: Of the window, in CSS pixels.
        colors: `light` or `dark`.
    """

    name: str
    title: str
    words: str
    state: str
    act: Callable[[Any], None] = lambda _: None
    size: tuple[int, int] = (1200, 850)
    colors: str = "light"


def draw(browser: Any) -> None:
    """Draws a two on the pad, by mouse events of the browser's own."""
    left, top, side = browser.execute_script(
        "const box = document.querySelector('canvas.pad').getBoundingClientRect();"
        "return [box.left, box.top, box.width]"
    )
    points = [
        (a + (c - a) * step / 6, b + (d - b) * step / 6)
        for (a, b), (c, d) in itertools.pairwise(TWO)
        for step in range(7)
    ]
    for number, (x, y) in enumerate(points):
        kind = "mousePressed" if number == 0 else "mouseMoved"
        place = {"x": left + x * side, "y": top + y * side}
        mouse(browser, kind, place)
        time.sleep(0.03)
    mouse(browser, "mouseReleased", place)


def mouse(browser: Any, kind: str, place: dict[str, float]) -> None:
    """One event of the mouse with its left button."""
    pressed = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
    browser.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, **place, **pressed})


def press(text: str, seconds: float, done: str = "return true") -> Callable[[Any], None]:
    """Presses the first button with this text, waits so many seconds, and until a script says so."""

    def act(browser: Any) -> None:
        browser.find_element("xpath", f"//main//button[contains(., '{text}')]").click()
        time.sleep(seconds)
        while not browser.execute_script(done):
            time.sleep(0.2)

    return act


SHOTS = (
    Shot(
        "draw",
        "Draw",
        "One to four networks answer while you draw, and say whether they are sure.",
        "models=recognizer,{mlp}",
        draw,
    ),
    Shot(
        "inside",
        "Look inside",
        "Every layer for this drawing: a cell shows what it reads, a unit its sum in numbers.",
        "models={swift}&inside.model={swift}",
        draw,
    ),
    Shot("train", "Train", "Curves, weights and activations while it trains.", "", press("Start", 8)),
    Shot("errors", "Errors", "What a run gets wrong, by true digit and answer.", "errors.model={mlp}"),
    Shot("runs", "Runs and studies", "All runs of the folder: compare, open, delete, undo.", ""),
    Shot(
        "read",
        "Read",
        "The numbers on photos, scans and PDF files.",
        "",
        press("sample", 1, "return !document.querySelector('main progress')"),
    ),
    Shot("phone", "On a phone", "At 360 pixels, in dark colors.", "tab=draw", draw, (360, 740), "dark"),
)


def train(folder: Path) -> None:
    """Trains what is not there yet, and goes on with what was interrupted."""
    for name, words in TRAININGS.items():
        place = folder / name
        if not (place / "metrics.json").exists():
            given = ["--resume", str(place)] if place.exists() else [*words, "--out", str(place)]
            subprocess.run([sys.executable, "-m", "digitlab", "train", *given], check=True)


def take(browser: Any, base: str, shot: Shot, ids: dict[str, str]) -> None:
    """Takes a picture, and writes it with at most 256 colors."""
    width, height = shot.size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": shot.colors}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get("about:blank")
    state = shot.state.format(**ids)
    browser.get(f"{base}#{state}" if state.startswith("tab=") else f"{base}#tab={shot.name}&{state}")
    time.sleep(2)
    shot.act(browser)
    time.sleep(2)
    found = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
    with Image.open(io.BytesIO(base64.b64decode(found))) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(PICTURES / f"{shot.name}.png", optimize=True)


def main() -> None:
    """Takes all pictures and writes the page."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs/lab-pictures")
    train(folder)
    PICTURES.mkdir(parents=True, exist_ok=True)
    parts = [HEAD]
    with open_browser(print) as browser, running_lab(folder) as served:
        if browser is None:
            sys.exit(2)
        served.wait_for_torch()
        ids = {one["name"]: one["id"] for one in served.ask("GET", "/api/models")["models"]}
        browser.get(served.url)  # the cookie
        for shot in SHOTS:
            take(browser, f"http://127.0.0.1:{served.port}/", shot, ids)
            parts.append(
                f"## {shot.title}\n\n{shot.words}\n\n![{shot.title}](pictures/lab/{shot.name}.png)\n"
            )
            print(f"docs/pictures/lab/{shot.name}.png")
    PAGE.write_text("\n".join(parts))


if __name__ == "__main__":
    main()
