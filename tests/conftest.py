"""What all tests share: a cache folder of their own, so that the user's is not touched; pages; a browser."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.pages import LeftOut, Line, Page, ReadDigit, ReadString, Separator

# As `import digitlab` sets it; tests import torch first. Beside other work, `swift` trained 25 times as long
# without.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")

# A shell that starts the suite in the background has it ignore Ctrl-C, and so would every command that a
# test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("DIGITLAB_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Debian's Chromium; where it is missing, tests are skipped, or with DIGITLAB_NEEDS_BROWSER=1 fail."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        missing = "chromium and chromedriver are not installed: apt-get install chromium chromium-driver"
        if os.environ.get("DIGITLAB_NEEDS_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.add_argument("--headless=new")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('browser')}")
    options.add_argument("--disable-dev-shm-usage")  # containers often have a small /dev/shm
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox refuses root
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
"""Of passwords, by the PDF specification."""


def _rc4(key, data):
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i, j, out = 0, 0, bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


@pytest.fixture
def encrypted():
    """A PDF file of one page that opens with the password `secret` only."""
    # Revision 2 of the standard security handler, by the PDF specification.
    password = (b"secret" + PADDING)[:32]
    owner = _rc4(hashlib.md5(password).digest()[:5], password)
    permissions, identity = (-4).to_bytes(4, "little", signed=True), b"0123456789abcdef"
    key = hashlib.md5(password + owner + permissions + identity).digest()[:5]
    user = _rc4(key, PADDING)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] >>",
        b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>"
        % (owner.hex().encode(), user.hex().encode()),
    ]
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(content)
    content += b"xref\n0 5\n0000000000 65535 f \n%s" % table
    content += b"trailer\n<< /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [<%s> <%s>] >>\n" % (
        identity.hex().encode(),
        identity.hex().encode(),
    )
    return content + b"startxref\n%d\n%%%%EOF\n" % start


def _read_boxes(gray, model, options, *, image="array", page=1, stages=None):
    """Stands in for the reader: each dark box is a digit, by its width in pixels; all are one number."""
    import cv2

    if stages is not None:
        stages.add("gray", "Gray pixels", "The page <as it is read>.", gray)
    found = cv2.connectedComponentsWithStats((gray < 100).astype(np.uint8))[2][1:, :4].tolist()
    boxes = sorted(map(tuple, found))
    small = tuple(LeftOut(box, "too small") for box in boxes if box[2] < 5)
    digits = tuple(
        ReadDigit(box[2] % 10, 0.9, "sure" if box[3] > 20 else "unsure", 1, box)
        for box in boxes
        if box[2] >= 5
    )
    status = "sure" if all(digit.status == "sure" for digit in digits) else "unsure"
    marks = tuple(Separator(".", one.box, 1) for one in small[:1])
    lines = (Line((ReadString(digits, 0.8, status, "99", 0.125, marks),)),) if digits else ()
    return Page(image, page, gray.shape[1], gray.shape[0], 0.0, lines, small)


@pytest.fixture
def reader(monkeypatch):
    """Puts `_read_boxes` in place of the reader; what it was called with."""
    calls = []

    def read_page(gray, *rest, **named):
        calls.append((named["image"], named["page"]))
        return _read_boxes(gray, *rest, **named)

    module = types.ModuleType("digitlab.pages.reading")
    module.read_page = read_page
    monkeypatch.setitem(sys.modules, "digitlab.pages.reading", module)
    return calls


@pytest.fixture
def sheet():
    """Makes a sheet with boxes of these widths and heights side by side."""

    def make(*sizes, size=(300, 100)):
        picture = Image.new("L", size, 255)
        left = 20
        for width, height in sizes:
            picture.paste(0, (left, 30, left + width, 30 + height))
            left += width + 20
        return picture

    return make


@pytest.fixture
def emulate(browser):
    """Gives the window a size and light or dark colors, and forgets what was logged before."""

    def set_window(size, colors):
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": colors}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        for kind in ("browser", "performance"):
            browser.get_log(kind)

    return set_window
