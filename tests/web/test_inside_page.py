"""The tab Inside in a real browser: layers while drawing, what a cell reads, its sum, units switched off."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
import torch
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from torch import nn

from digitlab import runs
from digitlab.networks import build
from digitlab.networks.layers import Crop, GlobalPool
from digitlab.training import recipe
from digitlab.web.layer_geometry import described_layers

SEVEN = [(0.25, 0.25), (0.75, 0.25), (0.45, 0.85)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("inside") / "runs"
    runs.train("swift", options={"width": 4}, recipe=recipe("swift", {"max_steps": 60}), out=place / "swift")
    runs.train("softmax", recipe=recipe("softmax", {"max_steps": 60}), out=place / "softmax")
    return place


@pytest.fixture
def server(serve, folder):
    with serve(folder) as served:
        served.lab.models.wait_for_torch(120)
        yield served


@pytest.fixture
def ids(server):
    return {info.name: info.id for info in server.lab.models.scan()}


class InsideTab:
    """The tab, as a person sees it."""

    def __init__(self, browser):
        self.browser = browser
        self.wait_for(lambda: self.all(".heat canvas"))

    def wait_for(self, condition):
        changing = (NoSuchElementException, StaleElementReferenceException)
        return WebDriverWait(self.browser, 20, 0.05, changing).until(lambda _: condition())

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def press(self, text):
        self.browser.find_element(By.XPATH, f"//button[contains(., '{text}')]").click()

    def canvas(self, layer):
        return self.find(f"article[aria-label='{layer}'] canvas[tabindex]")

    def colors(self, layer):
        """The colors of a layer's maps, as they are painted."""
        return self.browser.execute_async_script(
            """
            const [canvas, done] = arguments;
            canvas.scrollIntoView({ block: "center" });
            requestAnimationFrame(() => setTimeout(() => {
              done(canvas.toDataURL());
            }, 200));""",
            self.find(f"article[aria-label='{layer}'] canvas.pixels"),
        )

    def point_at(self, layer, x, y):
        """The pointer at a place of a layer's canvas, in pixels; the same for a click."""
        canvas = self.canvas(layer)
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        middle = canvas.size["width"] // 2, canvas.size["height"] // 2
        return ActionChains(self.browser, duration=0).move_to_element_with_offset(
            canvas, x - middle[0], y - middle[1]
        )

    @property
    def readout(self):
        return self.find(".readout").text


@pytest.fixture
def tab(page, ids):
    return InsideTab(page(f"tab=inside&inside.model={ids['swift']}"))


def _region(active):
    """Maps, rows and columns of what is not 0 in `(maps, height, width)`."""
    maps, rows, columns = (np.flatnonzero(active.any(axes)) for axes in ((1, 2), (0, 2), (0, 1)))
    return [maps.tolist(), [rows[0], rows[-1]], [columns[0], columns[-1]]] if len(maps) else None


def _linear(layer):
    """A layer that reads the same cells, adds them up, and hides none."""
    if isinstance(layer, nn.MaxPool2d):
        return nn.AvgPool2d(layer.kernel_size, layer.stride)
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.ones_(layer.weight)
        layer.bias = None
    if isinstance(layer, GlobalPool):
        return lambda maps: torch.cat([maps.mean((2, 3))] * 2, 1)
    return layer if isinstance(layer, nn.Conv2d | nn.Linear | Crop) else nn.Identity()


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("swift", [("relu2", 3, 1, 2), ("conv1", 0, 0, 19), ("pool1", 2, 9, 9), ("dense3", 7, 0, 0)]),
        ("micro", [("relu3", 4, 6, 0), ("depth5", 1, 3, 3), ("norm2", 5, 13, 2), ("pool", 50, 0, 0)]),
    ],
)
def test_regions_are_those_of_the_computation(page, name, cells):
    network = build(name).eval()
    described = [each for each in described_layers(network) if each["kind"] != "Unsqueeze"]
    layers = [{"name": "image", "kind": "Input", "shape": [28, 28]}, *described]
    chain = [_linear(network.layers[each["name"]]) for each in described]
    browser = page("tab=read")
    for layer, *place in cells:
        index = [each["name"] for each in layers].index(layer)
        found = browser.execute_async_script(
            """
            const [layers, index, cell, done] = arguments;
            import("/widgets/receptive_field.js").then(({ regionsOf, sizeOf }) => {
              const all = (layer) => [...Array(sizeOf(layer)[0]).keys()];
              done(regionsOf(layers, index, cell).map((one, i) => one
                && [one.region.maps ?? all(layers[i]), one.region.rows, one.region.columns]));
            });""",
            layers,
            index,
            dict(zip(("map", "row", "column"), place, strict=True)),
        )
        signals = [torch.ones(1, 1, 28, 28, requires_grad=True)]
        for each, part in zip(described, chain, strict=True):
            before = signals[-1].flatten(1) if each["kind"] == "Linear" else signals[-1]
            signals.append(part(before))
        here = signals[index].reshape(1, -1, *(signals[index].shape[2:] or (1, 1)))[0][tuple(place)]
        gradients = torch.autograd.grad(here, signals[: index + 1])
        signal = torch.zeros_like(signals[index]).detach()
        signal.reshape(1, -1, *(signal.shape[2:] or (1, 1)))[0][tuple(place)] = 1
        later = [signal]
        for each, part in zip(described[index:], chain[index:], strict=True):
            later.append(part(later[-1].flatten(1) if each["kind"] == "Linear" else later[-1]))
        expected = [
            _region(each.detach().reshape(-1, *(each.shape[2:] or (1, 1))).numpy() != 0)
            for each in [*gradients[:-1], *later]
        ]
        assert found == expected, layer


def test_layers_follow_the_drawing(tab, draw):
    assert [one.get_attribute("aria-label") for one in tab.all("article.layer")][:5] == [
        *("The input", "crop", "standardize", "conv1", "pool1"),
    ]
    blank = tab.colors("conv1")
    draw(SEVEN)
    tab.wait_for(lambda: tab.find(".verdict b").text != "–")
    drawn = tab.colors("conv1")
    assert drawn != blank
    assert (
        tab.canvas("conv1")
        .get_attribute("aria-label")
        .startswith("conv1: convolution with windows of 5 x 5; 4 maps of 20 x 20.")
    )
    Select(tab.find(".choices select")).select_by_value("global")
    assert re.fullmatch(r"−[\d.]+ [\d.]+", " ".join(tab.find("[aria-label=conv1] .color-scale").text.split()))
    scales = {one.text for one in tab.all(".layer .color-scale")}
    assert len(scales) == 1  # one range for all
    Select(tab.find(".choices select")).select_by_value("local")
    legend = tab.find("[aria-label=conv1] .color-scale").get_attribute("aria-label")
    assert legend == "each map has a range of its own"
    assert tab.colors("conv1") != drawn
    assert tab.browser.get_log("browser") == []


def test_a_cell_shows_what_it_reads_and_a_click_pins_it(tab, draw):
    draw(SEVEN)
    tab.point_at("conv1", 1, 1).perform()
    tab.wait_for(lambda: "conv1, map 0, row 0, column 0" in tab.readout)
    assert tab.readout.endswith(
        "reads rows 2 to 6, columns 2 to 6 of the picture; is read by 1 cell in 1 map of pool1"
    )
    tab.point_at("logits", 5, 5).perform()
    tab.wait_for(lambda: tab.readout.startswith("logits, unit 0"))
    tab.point_at("conv1", 1, 1).click().perform()
    tab.wait_for(lambda: tab.all(".unit-sum .grid"))
    assert "inside.cell=conv1:0:0:0" in tab.browser.current_url.replace("%3A", ":")
    tab.browser.refresh()
    tab.wait_for(lambda: tab.all(".unit-sum .grid"))
    assert tab.find(".pinned h3").text == "conv1, map 0, row 0, column 0 is pinned"
    tab.press("Let go")
    tab.wait_for(lambda: not tab.all(".pinned"))
    tab.browser.back()
    tab.wait_for(lambda: tab.all(".pinned"))


def test_keys_alone_point_and_pin(tab):
    tab.browser.execute_script("arguments[0].focus()", tab.canvas("relu2"))
    keys = ActionChains(tab.browser, duration=0)
    keys.send_keys(Keys.PAGE_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).perform()
    tab.wait_for(lambda: tab.readout.startswith("relu2, map 1, row 1, column 2"))
    said = tab.find("p[aria-live=polite]")
    tab.wait_for(lambda: said.get_attribute("textContent").startswith("relu2, map 1, row 1, column 2"))
    ActionChains(tab.browser).send_keys(Keys.ENTER).perform()
    tab.wait_for(lambda: tab.all(".unit-sum"))
    assert re.search(r"How map 1 of conv2 at row [23], column [45] gets", tab.find(".unit-sum h3").text)


def test_the_kernel_slides_and_stops_under_the_pointer(page, ids, draw):
    tab = InsideTab(page(f"tab=inside&inside.model={ids['swift']}&inside.cell=conv2:1:2:3"))
    draw(SEVEN)
    place = lambda: tab.find(".slide > p").text.split(":")[0]  # noqa: E731
    tab.wait_for(lambda: tab.all(".slide"))
    first = place()
    tab.wait_for(lambda: place() != first)
    maps = tab.all(".slide .small-map")
    tab.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", maps[1])
    ActionChains(tab.browser).move_to_element_with_offset(maps[1], 9, 9).perform()
    expected = "Row 4, column 4"
    tab.wait_for(lambda: place() == expected)
    numbers = {
        table.find_element(By.TAG_NAME, "caption").text: [
            float(cell.text.replace("−", "-")) for cell in table.find_elements(By.TAG_NAME, "td")
        ]
        for table in tab.all(".grid")
    }
    np.testing.assert_allclose(
        np.multiply(numbers["inputs"], numbers["weights"]), numbers["products"], atol=0.03
    )
    assert place() == expected  # still
    tab.press("Pause")
    tab.find("[aria-label='One place on']").click()
    tab.wait_for(lambda: place() == "Row 4, column 5")


def test_with_reduced_motion_the_kernel_stays_until_it_is_sent(page, ids):
    browser = page("tab=read")
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.execute_script(
        f"location.hash = 'tab=inside&inside.model={ids['swift']}&inside.cell=conv1:1:2:3'"
    )
    browser.refresh()
    tab = InsideTab(browser)
    tab.wait_for(lambda: tab.all(".slide"))
    assert tab.find(".slide > p").text.startswith("Row 2, column 3:")
    assert tab.find(".slide button").text == "Slide the kernel"
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_products_of_a_dense_unit_add_up(page, ids, draw):
    tab = InsideTab(
        page(f"tab=inside&inside.model={ids['softmax']}&inside.cell=logits:7:0:0", (360, 740), "dark")
    )
    draw(SEVEN)
    tab.wait_for(lambda: len(tab.all(".products tbody tr")) == 13)
    script = "return [...document.querySelectorAll('.products tr > :last-child')].map((e) => e.textContent)"
    tab.wait_for(lambda: tab.find(".verdict b").text != "–")
    _, *parts, total = (text.strip().replace("−", "-") for text in tab.browser.execute_script(script))
    assert sum(map(float, parts)) == pytest.approx(float(total), abs=0.05)
    assert len(tab.all(".pinned .small-map")) == 3  # inputs, weights and products as pictures
    width, window = tab.browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= window == 360
    assert not [button for button in tab.all(".pinned button") if "Switch off" in button.text]
    assert tab.browser.get_log("browser") == []


def test_a_map_that_is_switched_off_changes_answer_and_accuracy(tab, draw):
    draw(SEVEN)
    for x in (1, 90):
        tab.point_at("relu1", x, 5).click().perform()
        tab.wait_for(lambda: tab.all(".unit-sum .grid"))
        tab.press("Switch off")
        tab.wait_for(lambda: tab.all(".pinned [aria-pressed=true]"))
    found = tab.wait_for(lambda: re.search(r"([\d.]+) % → ([\d.]+) %", tab.find(".accuracy").text))
    assert float(found[1]) > float(found[2])
    assert re.search(r"of n = [\d,]+ digits of mnist:test", tab.find(".accuracy").text)
    off = [chip.text for chip in tab.all(".off-chip")]
    assert off[0] == "conv1 0 ✕"
    assert len(off) == 2
    tab.browser.refresh()
    tab.wait_for(lambda: [chip.text for chip in tab.all(".off-chip")] == off)
    tab.press("All on")
    tab.wait_for(lambda: not tab.all(".off-chip"))


def test_attributions_are_laid_over_the_input(tab, draw):
    draw(SEVEN)
    tab.wait_for(lambda: tab.find(".verdict b").text != "–")
    pictures = [tab.colors("The input")]
    for method in ("saliency", "occlusion", "integrated-gradients"):
        Select(tab.all(".choices select")[1]).select_by_value(method)
        tab.wait_for(lambda: tab.all("[aria-label='The input'] .positive"))
        tab.wait_for(lambda: tab.colors("The input") not in pictures)
        pictures.append(tab.colors("The input"))
    Select(tab.all(".choices select")[2]).select_by_visible_text("3")
    tab.wait_for(lambda: tab.colors("The input") not in pictures)
    tab.wait_for(lambda: "inside.digit=3" in tab.browser.current_url)


def test_layers_are_painted_anew_when_the_page_turns_dark(tab):
    light = tab.colors("conv1")
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    tab.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    tab.wait_for(lambda: tab.colors("conv1") != light)


def test_a_network_that_is_being_loaded_is_asked_again_while_the_tab_is_shown(tab, draw):
    tab.browser.execute_script("""
        const ask = window.fetch;
        window.asked = 0;
        window.fetch = (address, ...others) => {
          if (!address.startsWith("/api/inside/layers")) return ask(address, ...others);
          window.asked += 1;
          return Promise.resolve(new Response("{}", { status: 503 }));
        };""")
    draw(SEVEN)
    tab.wait_for(lambda: "is being loaded" in tab.find(".inside-main [role=status]").text)
    drawn = _asked(tab)
    tab.wait_for(lambda: _asked(tab) > drawn + 2)
    tab.browser.find_element(By.LINK_TEXT, "Read").click()
    tab.wait_for(lambda: tab.browser.title.startswith("Read"))
    left = _asked(tab)
    time.sleep(2.5)  # longer than it waits before it asks again
    assert _asked(tab) == left


def _asked(tab):
    return tab.browser.execute_script("return window.asked")
