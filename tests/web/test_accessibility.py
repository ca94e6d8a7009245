"""axe-core finds nothing on any tab, in both themes, wide and narrow."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from digitlab.web.app import PAGE

VENDOR = Path(__file__).with_name("vendor")
TABS = re.findall(r"(\w+)", re.search(r"const TABS = \[(.*?)\]", (PAGE / "main.js").read_text(), re.S)[1])
OPENED = {"errors": ("&errors.digit=0", ".neighbors li"), "runs": ("&runs.run={run}", ".view-themes button")}
"""What is opened in a tab, and what is shown of that."""
RUN = """
  const done = arguments[arguments.length - 1];
  axe.run(document).then(({ violations }) => done(violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`)),
    (error) => done([String(error)]));"""


def test_axe_is_that_of_npm():
    (package,) = json.loads((VENDOR / "vendor.json").read_text())["packages"]
    assert (VENDOR / package["license_file"]).stat().st_size > 1000
    (file,) = package["files"]
    assert hashlib.sha256((VENDOR / file["file"]).read_bytes()).hexdigest() == file["sha256"]


@pytest.fixture
def server(server_of_runs):
    return server_of_runs


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (360, 740)], ids=["wide", "narrow"])
@pytest.mark.parametrize("tab", TABS)
def test_nothing_to_complain_about(page, ready, server, draw, tab, size, colors):
    (run,) = (one.id for one in server.lab.models.scan() if one.name == "fast")
    more, shown = OPENED.get(tab, ("", "h1"))
    browser = page(f"tab={tab}&models={run},recognizer{more.format(run=run)}", size, colors)
    ready(tab)
    wait = WebDriverWait(browser, 20)
    if browser.find_elements(By.CSS_SELECTOR, "canvas.pad"):
        draw([(0.25, 0.25), (0.75, 0.25), (0.45, 0.85)])
        shown = ".bars .best"
    wait.until(lambda _: browser.find_elements(By.CSS_SELECTOR, shown))
    browser.execute_script((VENDOR / "axe.min.js").read_text())
    assert browser.execute_async_script(RUN) == []


def test_axe_complains_of_a_picture_without_words(page, ready):
    browser = page("tab=draw")
    ready("draw")
    browser.execute_script((VENDOR / "axe.min.js").read_text())
    browser.execute_script("document.body.append(new Image())")
    assert any(found.startswith("image-alt") for found in browser.execute_async_script(RUN))
