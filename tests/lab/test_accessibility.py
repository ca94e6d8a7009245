"""axe-core finds nothing on any tab, in both themes, wide and narrow."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from digitlab.lab.app import PAGE

VENDOR = Path(__file__).with_name("vendor")
TABS = re.findall(r"(\w+)", re.search(r"const TABS = \[(.*?)\]", (PAGE / "main.js").read_text(), re.S)[1])
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


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (360, 740)], ids=["wide", "narrow"])
@pytest.mark.parametrize("tab", TABS)
def test_nothing_to_complain_about(page, tab, size, colors):
    browser = page(f"tab={tab}", size, colors)
    wait = WebDriverWait(browser, 20)
    wait.until(lambda _: browser.find_elements(By.TAG_NAME, "h1"))
    browser.execute_script((VENDOR / "axe.min.js").read_text())
    assert browser.execute_async_script(RUN) == []
