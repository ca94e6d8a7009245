"""A network as a page, in a real browser, from disk: it computes what ONNX Runtime and the reader compute."""

from __future__ import annotations

import base64
import json

import cv2
import numpy as np
import pytest
import torch

from digitlab.data import classroom, mnist
from digitlab.data.classroom import digit_boxes
from digitlab.data.digits import scale_ink
from digitlab.data.segmentation import whole_and_pieces
from digitlab.decisions import DecisionRule, ThresholdRow, ThresholdTable
from digitlab.errors import NoInkError
from digitlab.inspection import compute_activations
from digitlab.inspection.unit_computation import compute_unit
from digitlab.networks import ARCHITECTURES, build, export_onnx
from digitlab.networks.dense import set_projection
from digitlab.reader import OnnxModel
from digitlab.web.html_export import PageText, html_page
from digitlab.web.layer_list import list_layers

WIDE, NARROW = (1440, 900), (360, 740)
RULE = DecisionRule(1.5, ThresholdTable("mnist:train", 100, (ThresholdRow(0.01, 0.9, 0.9, 90, 0, 0.05),)))


def _seeded(name, **options):
    """A network whose every weight and statistic is its own, though it is not trained."""
    network = build(name, seed=7, **options).eval()
    generator = torch.Generator().manual_seed(7)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.3, generator=generator)
            layer.running_var.uniform_(0.5, 2, generator=generator)
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5, generator=generator)
            torch.nn.init.normal_(layer.bias, std=0.2, generator=generator)
    if name == "softmax":  # which begins with zeros
        torch.nn.init.normal_(network.layers["logits"].weight, std=0.1, generator=generator)
    if options.get("components"):
        draw = np.random.default_rng(7)
        n = options["components"]
        set_projection(network, draw.uniform(0, 0.3, 784), draw.normal(0, 0.05, (n, 784)))
    return network


def _digits(network, n=10):
    digits = mnist("test") if network.takes((28, 28)) else classroom()
    return digits.take(n)


def _write(network, path, rule=None):
    examples = _digits(network)
    ink = torch.from_numpy(examples.ink().reshape(len(examples), *network.input_shape))
    outputs = network.outputs(ink).detach().numpy()
    path.write_text(html_page(list_layers(network), PageText("A page", ("One.",)), examples, outputs, rule))
    return path


@pytest.fixture(scope="module")
def swift(tmp_path_factory):
    """The page of a small convolutional network."""
    return _write(_seeded("swift", width=4), tmp_path_factory.mktemp("page") / "swift.html")


@pytest.fixture
def show(browser, emulate, swift):
    def open_page(path=swift, size=WIDE, colors="light"):
        emulate(size, colors)
        browser.get(path.as_uri())
        return browser

    return open_page


def _settle(browser):
    """Waits until what was changed is drawn."""
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")


def _text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


NETWORKS = [
    *((name, {}) for name in ARCHITECTURES),
    ("swift", {"width": 40}),
    ("mlp", {"hidden": (300, 200, 100), "activation": "sigmoid", "dropout": 0.3}),
    ("mlp", {"activation": "tanh", "pixels": tuple(range(100, 700, 3))}),
    ("mlp", {"components": 40}),
    ("mlp", {"inputs": 400, "hidden": (25,)}),
]


@pytest.mark.parametrize(("name", "options"), NETWORKS, ids=[f"{n}-{o}" if o else n for n, o in NETWORKS])
def test_logits_and_layers_are_those_of_the_network(show, tmp_path, name, options):
    network = _seeded(name, **options)
    digits = _digits(network, 20)
    ink = torch.from_numpy(digits.ink())
    export_onnx(network, tmp_path / "network.onnx", ink)
    expected = OnnxModel(tmp_path / "network.onnx").outputs(digits.ink())
    browser = show(_write(network, tmp_path / "page.html"))
    got = browser.execute_script(
        """
        return arguments[0].map((text) => {
          const pixels = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
          return digitlab.outputs(pixels);
        })""",
        [_text(image) for image in digits.images],
    )
    assert np.abs(np.array(got) - expected).max() < 1e-4
    assert "Checked when it was opened: on 10 digits" in browser.find_element("id", "check").text
    layers = browser.execute_script(
        "const pixels = Uint8Array.from(atob(arguments[0]), (one) => one.charCodeAt(0));"
        "return digitlab.forward(digitlab.network, digitlab.inkOf(pixels)).signals.map((one) => [...one])",
        _text(digits.images[0]),
    )
    for mine, (layer, theirs) in zip(
        layers, compute_activations(network, digits.ink()[:1]).items(), strict=True
    ):
        assert np.allclose(mine, theirs.ravel(), rtol=1e-4, atol=1e-4), layer
    assert browser.get_log("browser") == []


def _drawings(n):
    """Drawings of strokes on white paper, some of several pieces, thin, small, or off the border."""
    random = np.random.default_rng(16)
    for _ in range(n):
        width = int(random.choice([192, 192, 168, 96, 56]))
        height = width if random.random() < 0.7 else int(width * random.uniform(0.5, 1))
        gray = np.full((height, width), 255, np.uint8)
        for _ in range(random.integers(1, 5)):
            points = random.normal(0, 0.15, (random.integers(1, 7), 2)).cumsum(axis=0)
            points = ((points + random.uniform(0.25, 0.75, 2)) * (width, height) * 16).astype(np.int32)
            level, thick = int(random.integers(0, 120)), int(random.integers(1, max(2, width // 9)))
            cv2.polylines(gray, [points[:, None]], False, level, thick, cv2.LINE_AA, 4)
        yield gray


def test_preprocessing_is_that_of_the_reader(show):
    expected, asked, several = [], [], 0
    for gray in _drawings(200):
        try:
            whole, pieces = whole_and_pieces(gray)
        except NoInkError:
            expected.append(None)
        else:
            several += bool(pieces)
            box = digit_boxes(whole[None])[0]
            expected.append([_text(whole), _text(box), [_text(piece.pixels) for piece in pieces]])
        asked.append([_text(gray), gray.shape[1], gray.shape[0]])
    got = show().execute_script(
        """
        const text = ({ pixels }) => btoa(String.fromCharCode(...pixels));
        return arguments[0].map(([gray, width, height]) => {
          const pixels = Uint8Array.from(atob(gray), (one) => one.charCodeAt(0));
          const read = digitlab.toMnist(pixels, width, height);
          return read && [text(read.picture), text(digitlab.digitBox(read.picture)), read.pieces.map(text)];
        })""",
        asked,
    )
    assert several > 20
    assert [number for number, pair in enumerate(zip(got, expected, strict=True)) if pair[0] != pair[1]] == []


def _draw(browser, points):
    """Draws a stroke on the pad with the mouse; points are shares of its side."""
    from selenium.webdriver import ActionChains

    pad = browser.find_element("id", "pad")
    side = pad.size["width"]
    places = [(round((x - 0.5) * side), round((y - 0.5) * side)) for x, y in points]
    chain = ActionChains(browser, duration=0).move_to_element_with_offset(pad, *places[0]).click_and_hold()
    for x, y in places[1:]:
        chain.move_to_element_with_offset(pad, x, y)
    chain.release().perform()
    _settle(browser)


SEVEN = [(0.25, 0.22), (0.5, 0.2), (0.74, 0.2), (0.6, 0.45), (0.5, 0.65), (0.44, 0.82)]


def test_a_drawn_digit_is_read_as_python_reads_the_pad(show):
    browser = show()
    assert "Draw a digit" in browser.find_element("id", "words").text
    _draw(browser, SEVEN)
    gray, ink, words = browser.execute_script("""
        const { pixels, width, height } = digitlab.gray();
        return [[...pixels], [...digitlab.state.ink], document.querySelector('#words').textContent]""")
    pixels = np.array(gray, np.uint8).reshape(192, 192)
    assert (pixels < 128).sum() > 500
    assert np.array_equal(np.array(ink, np.float32), scale_ink(whole_and_pieces(pixels)[0]).ravel())
    assert words.startswith("Most likely ")
    assert len(browser.find_elements("css selector", "#steps canvas")) == 5
    for button, strokes in (("undo", 0), ("redo", 1), ("clear", 0)):
        browser.find_element("id", button).click()
        _settle(browser)
        dark = browser.execute_script("return digitlab.gray().pixels.some((level) => level < 128)")
        assert dark == bool(strokes), button


def test_only_the_first_finger_draws(show, two_fingers):
    browser = show()
    two_fingers(browser.find_element("id", "pad"))
    _settle(browser)
    gray = browser.execute_script("return [...digitlab.gray().pixels]")
    _, columns = np.nonzero(np.reshape(gray, (192, 192)) < 128)
    assert columns.size > 100
    assert columns.max() < 96


def test_drawing_by_keyboard_changes_the_answer(show):
    from selenium.webdriver import Keys

    browser = show()
    pad = browser.find_element("id", "pad")
    before = browser.find_element("id", "words").text
    pad.send_keys(Keys.ARROW_LEFT * 3)
    _settle(browser)
    assert browser.find_element("id", "words").text == before  # the pen is up
    pad.send_keys(Keys.SPACE)
    assert "Pen down" in browser.find_element("id", "told").get_attribute("textContent")
    pad.send_keys(Keys.ARROW_DOWN * 16 + Keys.SPACE)
    _settle(browser)
    after = browser.find_element("id", "words").text
    assert after.startswith("Most likely ")
    pad.send_keys(Keys.DELETE)
    _settle(browser)
    assert browser.find_element("id", "words").text == before


def test_a_rule_decides_what_is_sure_and_what_is_several(show, tmp_path):
    network = build("softmax")
    with torch.no_grad():
        network.layers["logits"].bias.copy_(torch.arange(10.0) * 3)
    browser = show(_write(network, tmp_path / "page.html", RULE))
    _draw(browser, SEVEN)
    # softmax of (27, 24, ...) / 1.5: 1 / (1 + e^-2 + e^-4 + ...) = 1 - e^-2 = 0.8647, less than 0.9
    assert browser.find_element("id", "words").text == "9 or 8, not sure: 86.5 % for 9, 11.7 % for 8."
    with torch.no_grad():
        network.layers["logits"].bias.mul_(2)
    browser = show(_write(network, tmp_path / "page.html", RULE))
    _draw(browser, SEVEN)
    assert browser.find_element("id", "words").text == "9, sure: 98.2 %."


def test_two_sure_pieces_are_several_digits(show, tmp_path):
    network = build("softmax")
    with torch.no_grad():  # sure of a 1 where ink is in the middle, as in one digit; unsure of ink beside it
        network.layers["logits"].weight.view(10, 28, 28)[1, :, 13:15] = 1.0
    browser = show(_write(network, tmp_path / "page.html", RULE))
    _draw(browser, [(0.2, 0.3), (0.2, 0.7)])
    assert browser.find_element("id", "words").text.startswith("1, sure")
    _draw(browser, [(0.8, 0.3), (0.8, 0.7)])
    assert browser.find_element("id", "words").text == "2 digits: draw one at a time."


@pytest.mark.parametrize(("layer", "unit", "position"), [("conv2", 5, (3, 4)), ("dense3", 2, None)])
def test_the_computation_of_a_unit(show, layer, unit, position):
    network = _seeded("swift", width=4)
    digits = _digits(network)
    expected = compute_unit(network, digits.ink()[0], layer, unit, position)
    browser = show()
    browser.find_elements("css selector", "#examples button")[0].click()
    _settle(browser)
    number = list(network.layers).index(layer)
    browser.find_element("css selector", f"#layer-{number} button").click()
    place = {"unit": unit} if position is None else {"map": unit, "row": position[0], "column": position[1]}
    for name, value in place.items():
        browser.execute_script(
            "const one = document.getElementById(arguments[0]); one.value = arguments[1];"
            "one.dispatchEvent(new Event('change'))",
            f"unit-{name}",
            value,
        )
    shown = browser.find_element("css selector", ".unit").text.replace("\N{MINUS SIGN}", "-")
    assert f"sum of {expected.products.size} products {expected.sum_of_products:.3f}" in shown
    assert f"bias {expected.bias:.3f} = {expected.value:.3f}" in shown
    largest = np.sort(np.abs(expected.products.ravel()))[::-1][:8]
    cells = browser.execute_script(
        "return [...document.querySelectorAll('.products td:last-child')].map((one) => one.textContent)"
    )
    seen = [abs(float(one.replace("\N{MINUS SIGN}", "-"))) for one in cells[:8]]
    assert seen == pytest.approx(largest.tolist(), abs=6e-4)


def test_a_tap_on_a_cell_shows_its_number(show):
    browser = show()
    _draw(browser, SEVEN)
    canvas = browser.find_element("css selector", "#layer-3 canvas")
    browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", canvas)
    from selenium.webdriver import ActionChains

    # Maps of 20 x 20, a cell three pixels wide, a gap of three: this is row 4, column 2 of map 1.
    width, height = canvas.size["width"], canvas.size["height"]
    x, y = 63 + 7 - width // 2, 13 - height // 2
    ActionChains(browser, duration=0).move_to_element_with_offset(canvas, x, y).click().perform()
    title, value = browser.execute_script(
        "return [document.querySelector('.unit h4').textContent, digitlab.state.signals[3][400 + 4 * 20 + 2]]"
    )
    assert title.replace("\N{MINUS SIGN}", "-") == f"conv1, map 1, row 4, column 2 = {value:.3f}"
    browser.find_element("xpath", "//button[text()='Close']").click()
    assert browser.find_elements("css selector", ".unit") == []


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_page_fits_its_window(show, size, colors):
    browser = show(size=size, colors=colors)
    below = "return document.querySelector('#pad').getBoundingClientRect().bottom"
    assert browser.execute_script(below) < size[1]
    _draw(browser, SEVEN)
    browser.find_element("css selector", "#layer-3 button").click()
    page, paper, back = browser.execute_script("""
        const root = document.documentElement;
        return [root.scrollWidth, root.clientWidth, getComputedStyle(document.body).backgroundColor]""")
    assert page <= paper
    assert (back == "rgb(253, 252, 249)") == (colors == "light")
    nameless = browser.execute_script("""
        return [...document.querySelectorAll('canvas, button, input, select')].filter((one) =>
          !(one.ariaLabel || one.textContent.trim() || one.labels?.length)).map((one) => one.outerHTML)""")
    assert nameless == []
    assert browser.get_log("browser") == []


def test_nothing_is_requested_but_the_page(show, swift):
    browser = show()
    _draw(browser, SEVEN)
    events = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert [each for each in asked if not each.startswith("data:")] == [swift.as_uri()]
    policy = browser.find_element("css selector", "meta[http-equiv=Content-Security-Policy]")
    content = policy.get_attribute("content")
    assert content.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in content
