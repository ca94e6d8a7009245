"""A lab without and with a real server, and its page in a real browser."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from fastapi.testclient import TestClient
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from digitlab.web.access import AccessRules
from digitlab.web.app import create_app
from digitlab.web.lab import Lab

TOKEN = "a-token-of-the-tests"
SAMPLES = Path(__file__).parents[2] / "samples"
OWN = "http://127.0.0.1:8765"
LONGEST = 300.0
"""Seconds after which a lab in a process of its own is killed."""
READY = {
    "draw": "canvas.picture:not([data-size=''])",
    "inside": ".inside-main canvas",
    "train": ".train-form .fields",
    "errors": ".mistake [data-size='28x28']",
    "runs": ".runs-table tbody tr",
    "read": ".read-head",
}
"""What a tab shows once the lab, which has runs, has answered."""


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path / "runs")


@pytest.fixture
def client(lab):
    """Asks the lab as a program does, without a server."""
    app = create_app(lab, AccessRules(TOKEN, max_body=2**20))
    with TestClient(app, OWN, headers={"Authorization": f"Bearer {TOKEN}"}) as asked:
        yield asked


@pytest.fixture
def stranger(lab):
    """Asks the lab without its token, and follows no redirects."""
    app = create_app(lab, AccessRules(TOKEN))
    with TestClient(app, OWN, follow_redirects=False) as asked:
        yield asked


@dataclass(frozen=True)
class Served:
    """A lab that a real server serves at a port of its own."""

    lab: Lab
    port: int
    token: str = TOKEN

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def _served(lab, **options):
    app = create_app(lab, AccessRules(TOKEN, **options))
    bound = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", ws="none", lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield Served(lab, bound.getsockname()[1])
    finally:
        lab.events.close()
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def serve(tmp_path):
    """Serves a lab: a function of a folder of runs and options of `AccessRules`; a context manager."""

    def make(runs=tmp_path / "runs", **options):
        return _served(Lab(runs), **options)

    return make


@pytest.fixture
def server(serve):
    with serve() as served:
        yield served


@pytest.fixture
def lab_process(tmp_path):
    """Starts `digitlab lab` as a process: a function of its words; a context manager.

    It gives the process and, with `--json`, what its line says. One that hangs is killed, which ends what
    reads its lines and answers.
    """

    @contextmanager
    def start(*words):
        command = [sys.executable, "-W", "error", "-m", "digitlab", "lab", "--no-open", *words]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) as process:
            killer = threading.Timer(LONGEST, process.kill)
            killer.start()
            try:
                yield process, json.loads(process.stdout.readline()) if "--json" in words else None
            finally:
                killer.cancel()
                process.kill()

    return start


@pytest.fixture
def wait_until():
    """Waits until a function says so: True, or anything else that counts as it; gives that."""

    def wait(condition, seconds=60):
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < end, "it did not come"
            time.sleep(0.05)
        return found

    return wait


@pytest.fixture(scope="session")
def unpack():
    """Takes a binary answer apart: gives its header, and its arrays by name."""

    def header_and_arrays(answer):
        assert answer.status_code == 200, answer.text
        length = int.from_bytes(answer.content[:4], "little")
        header = json.loads(answer.content[4 : 4 + length])
        place, arrays = 4 + length, {}
        for each in header["arrays"]:
            count = int(np.prod(each["shape"]))
            array = np.frombuffer(answer.content, each["type"], count, place).reshape(each["shape"])
            arrays[each["name"]] = array
            place += -(-array.nbytes // 4) * 4
        return header, arrays

    return header_and_arrays


@pytest.fixture
def page(browser, emulate, server):
    """Opens the page: a function of what is behind the #, the window's size and colors; gives the browser."""

    def open_page(state="", size=(1440, 900), colors="light"):
        browser.get("about:blank")  # else only what is behind the # would change
        emulate(size, colors)
        browser.get(f"{server.url}?token={server.token}#{state}")
        return browser

    yield open_page
    browser.get("about:blank")  # the stream of the page ends with its server


@pytest.fixture
def ready(browser):
    """Waits until a tab shows what it has, nothing on its way, and no failure: a function of its name."""

    def all_of(selector):
        return browser.find_elements(By.CSS_SELECTOR, selector)

    def wait(tab):
        there = f"{READY[tab]}, .failure"
        WebDriverWait(browser, 60, 0.05).until(lambda _: all_of(there) and not all_of(".busy"))
        assert [each.text for each in all_of(".failure")] == []

    return wait


@pytest.fixture
def draw(browser):
    """Draws on the pad by real pointer events: a function of lines of points, from 0 to 1 of its side."""

    def draw_lines(*lines, kind="mouse", pressures=None, steps=8, ms=0):
        pad = browser.find_element(By.CSS_SELECTOR, "canvas.pad")
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", pad)
        left, top, side = browser.execute_script(
            "const box = arguments[0].getBoundingClientRect(); return [box.left, box.top, box.width]", pad
        )
        for line in lines:
            pairs = itertools.pairwise(line)
            points = [line[0]] + [
                tuple(a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
                for start, end in pairs
                for step in range(1, steps + 1)
            ]
            force = (
                itertools.repeat(None)
                if pressures is None
                else np.interp(np.linspace(0, 1, len(points)), np.linspace(0, 1, len(pressures)), pressures)
            )
            actions = ActionBuilder(browser, mouse=PointerInput(kind, kind), duration=ms)
            hand = actions.pointer_action
            for number, ((x, y), pressure) in enumerate(zip(points, force, strict=False)):
                given = {} if pressure is None else {"pressure": float(pressure)}
                hand.move_to_location(round(left + x * side), round(top + y * side), **given)
                if not number:
                    hand.pointer_down(**given)
            hand.pointer_up()
            actions.perform()

    return draw_lines


@pytest.fixture
def two_fingers(browser):
    """Two fingers go down an element: a function of it; the left one begins first and ends last."""

    def go_down(element):
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        left, top, side = browser.execute_script(
            "const box = arguments[0].getBoundingClientRect(); return [box.left, box.top, box.width]", element
        )

        def touch(kind, y, *places):
            points = [
                {"x": left + x * side, "y": top + y * side, "id": number} for number, x in enumerate(places)
            ]
            browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", 0.2, 0.25)
        touch("touchStart", 0.2, 0.25, 0.75)
        for y in (0.3, 0.4, 0.5):
            touch("touchMove", y, 0.25, 0.75)
        touch("touchEnd", 0.5, 0.25)
        for y in (0.6, 0.7, 0.8):
            touch("touchMove", y, 0.25)
        touch("touchEnd", 0.8)

    return go_down


class Tab:
    """A tab of the page in the browser."""

    def __init__(self, browser):
        self.browser = browser

    def wait(self, found):
        """Waits until a function gives something, and gives that; an index may not be there yet."""
        ignored = [StaleElementReferenceException, IndexError]
        return WebDriverWait(self.browser, 30, 0.05, ignored).until(lambda _: found())

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [each.text for each in self.all(selector)]

    def named(self, text, selector="button"):
        """The element of a text or an accessible name, once it is there."""

        def find():
            return [one for one in self.all(selector) if text in (one.text, one.get_attribute("aria-label"))]

        return self.wait(find)[0]

    def click(self, text, selector="button"):
        self.named(text, selector).click()

    def run(self, script, *given):
        return self.browser.execute_script(script, *given)

    def fits(self):
        """Whether nothing is wider than the window, and the browser has nothing to complain of."""
        width, window = self.run("return [document.documentElement.scrollWidth, innerWidth]")
        return width <= window and self.browser.get_log("browser") == []


@pytest.fixture
def tab(page):
    """Opens a tab: a function of what `page` takes."""
    return lambda *given, **named: Tab(page(*given, **named))


@pytest.fixture(scope="session")
def made_runs(tmp_path_factory):
    """Two runs, one of which has two more seeds, one that is not finished, and one that is damaged."""
    from digitlab import runs
    from digitlab.training import recipe

    place = tmp_path_factory.mktemp("lab") / "runs"
    for name, rate in (("slow", 0.1), ("fast", 0.5)):
        settings = {"max_steps": 20, "eval_every": 5, "learning_rate": rate}
        data = runs.DataConfig(train="mnist:train[:600]", test="mnist:test")
        runs.train("softmax", recipe=recipe("softmax", settings), data=data, out=place / name)
    for seed, accuracy in enumerate((0.5, 0.7)):
        copy = shutil.copytree(place / "slow", place / "seeds" / f"seed-{seed}")
        _change_json(copy / "run.json", lambda plain, seed=seed: plain["recipe"].update(seed=seed))
        _change_json(
            copy / "metrics.json",
            lambda plain, accuracy=accuracy: plain["splits"]["test"].update(accuracy=accuracy),
        )
    shutil.copytree(place / "slow", place / "unfinished")
    (place / "unfinished" / "metrics.json").unlink()
    for file in (place / "unfinished").iterdir():
        os.utime(file, (1, 1))
    (place / "damaged").mkdir()
    (place / "damaged" / "run.json").write_text("{")
    return place


@pytest.fixture
def server_of_runs(serve, made_runs, tmp_path):
    """A lab of a copy of these runs, which has imported torch."""
    with serve(shutil.copytree(made_runs, tmp_path / "runs")) as served:
        served.lab.models.wait_for_torch(60)
        yield served


def _change_json(path, change):
    plain = json.loads(path.read_text())
    change(plain)
    path.write_text(json.dumps(plain))
