"""The tab Draw in a real browser: pen, touch, mouse and keyboard, live answers, steps, state in the URL."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

SAMPLES = Path(__file__).parents[2] / "samples"
SEVEN = [(0.25, 0.25), (0.75, 0.25), (0.45, 0.85)]
ONE = [(0.5, 0.2), (0.5, 0.8)]
DOT = [(0.9, 0.1), (0.93, 0.1)]


class DrawTab:
    """The tab, as a person sees it."""

    def __init__(self, browser):
        self.browser = browser
        self.wait_for(lambda: self.find("canvas.pad"))

    def wait_for(self, condition):
        return WebDriverWait(self.browser, 20, 0.05).until(lambda _: condition())

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def press(self, text):
        self.browser.find_element(By.XPATH, f"//button[contains(., '{text}')]").click()

    @property
    def pad(self):
        return self.find("canvas.pad").get_attribute("aria-label").removeprefix("Drawing pad: ")

    @property
    def verdicts(self):
        return [one.text.replace("\n", " ") for one in self.all(".verdict")]

    @property
    def ink(self):
        """What is on the pad, as the server gets it: gray bytes as text."""
        return self.browser.execute_async_script("""
            const done = arguments[0];
            import("/widgets/drawing.js").then(
              ({ pad, toGray }) => done([...toGray(pad.drawing).pixels].join()));
        """)

    def wait_for_url(self):
        """Waits until the state is in the URL: drawing changes it up to four times a second."""
        state = """
            const done = arguments[0];
            import("/state.js").then(({ readState, linkTo }) => done(location.hash === linkTo({})));"""
        self.wait_for(lambda: self.browser.execute_async_script(state))

    def wait_for_verdict(self, *texts):
        self.wait_for(lambda: self.verdicts == list(texts))

    def wait_for_pad(self, text):
        self.wait_for(lambda: self.pad == text)


@pytest.fixture
def tab(page):
    return DrawTab(page("tab=draw"))


def test_a_digit_is_answered_while_it_is_drawn_and_its_link_shows_the_same(tab, draw, page):
    tab.wait_for_verdict("– nothing drawn yet")
    draw([(0.65, 0.2), (0.65, 0.85)], ms=25)
    tab.wait_for_verdict("1 ✓ sure")
    draw([(0.65, 0.2), (0.25, 0.62), (0.85, 0.62)], ms=25)
    tab.wait_for_verdict("4 ✓ sure")
    assert tab.pad == "2 strokes"
    rows = [row.text.split() for row in tab.all(".bars tr")]
    assert [row[0] for row in rows] == [*"0123456789", "none"]
    assert rows[4][-2] > "9"
    flips = [chip.text for chip in tab.all(".way .chip")]
    assert "1" in flips
    assert flips[-1] == "4"
    ink = tab.ink
    tab.wait_for_url()
    link = tab.browser.current_url.split("#")[1]
    tab.browser.refresh()
    tab.wait_for_verdict("4 ✓ sure")
    assert tab.ink == ink
    other = DrawTab(page(link, (360, 740), "dark"))
    other.wait_for_verdict("4 ✓ sure")
    assert other.ink == ink
    assert other.browser.get_log("browser") == []


def test_undo_redo_erase_and_clear(tab, draw):
    draw(SEVEN, DOT)
    tab.wait_for_pad("2 strokes")
    both = tab.ink
    tab.press("Undo")
    tab.wait_for_pad("1 stroke")
    tab.press("Redo")
    tab.wait_for_pad("2 strokes")
    assert tab.ink == both
    tab.press("Erase a stroke")
    draw([(0.5, 0.25), (0.5, 0.25)])  # on the bar of the seven
    tab.wait_for_pad("1 stroke")
    draw([(0.1, 0.9), (0.1, 0.9)])  # where nothing is
    assert tab.pad == "1 stroke"
    tab.press("Undo")
    tab.wait_for_pad("2 strokes")
    assert tab.ink == both
    tab.press("Clear")
    tab.wait_for_pad("empty")
    tab.wait_for_verdict("– nothing drawn yet")
    tab.wait_for(lambda: "picture=" not in tab.browser.current_url)
    tab.press("Undo")
    tab.wait_for_pad("2 strokes")
    assert tab.ink == both


def test_the_brush_is_wider_or_thinner(tab, draw):
    def width_drawn():
        draw(ONE)
        tab.wait_for_pad("1 stroke")
        dark = tab.ink.split(",").count("0")
        tab.press("Clear")
        tab.wait_for_pad("empty")
        return dark

    usual = width_drawn()
    tab.find(".brush input").send_keys(Keys.END)
    tab.wait_for(lambda: "draw.brush=48" in tab.browser.current_url)
    assert width_drawn() > 1.8 * usual


@pytest.mark.parametrize("kind", ["touch", "pen"])
def test_touch_and_pen_draw_and_only_pressure_changes_the_width(tab, draw, kind):
    draw(ONE, kind=kind, pressures=[0.1, 1])
    tab.wait_for_pad("1 stroke")
    rows = [tab.ink.split(",")[168 * row : 168 * (row + 1)].count("0") for row in (50, 120)]
    assert rows[0] > 0
    assert (rows[1] > 1.5 * rows[0]) == (kind == "pen")


def test_only_the_first_finger_draws(tab, two_fingers):
    two_fingers(tab.find("canvas.pad"))
    tab.wait_for_pad("1 stroke")
    _, columns = np.nonzero(np.reshape([int(level) for level in tab.ink.split(",")], (168, 168)) < 128)
    assert columns.size > 100
    assert columns.max() < 84


def test_keys_alone_draw(tab):
    keys = ActionChains(tab.browser, duration=0)
    pad = tab.find("canvas.pad")
    tab.browser.execute_script("arguments[0].focus()", pad)
    keys.send_keys(Keys.ARROW_UP, Keys.SPACE, *[Keys.ARROW_DOWN] * 16, Keys.SPACE).perform()
    tab.wait_for_verdict("1 ✓ sure")
    assert tab.pad == "1 stroke"
    straight = tab.ink
    ActionChains(tab.browser).send_keys(Keys.ARROW_LEFT).perform()  # the pen is up
    assert tab.ink == straight
    ActionChains(tab.browser).send_keys(Keys.ARROW_RIGHT, "e").perform()
    tab.wait_for_pad("empty")
    ActionChains(tab.browser).key_down(Keys.CONTROL).send_keys("z").key_up(Keys.CONTROL).perform()
    tab.wait_for_pad("1 stroke")
    ActionChains(tab.browser).send_keys(Keys.DELETE).perform()
    tab.wait_for_pad("empty")


def test_a_pad_that_is_cleared_lifts_the_pen(tab):
    tab.browser.execute_script("arguments[0].focus()", tab.find("canvas.pad"))
    down = Keys.ARROW_DOWN
    ActionChains(tab.browser).send_keys(Keys.SPACE, down, Keys.DELETE, down, Keys.SPACE, down).perform()
    tab.wait_for_pad("1 stroke")
    assert "0" in tab.ink.split(",")


def test_test_digits_files_and_pasted_pictures(tab):
    tab.find(".load-picture input[type=number]").send_keys("0", Keys.ENTER)
    tab.wait_for_verdict("7 ✓ sure")
    assert tab.find(".load-picture [role=status]").text == "On the pad: test digit 0: its label is 7"
    assert len(tab.ink.split(",")) == 784
    tab.wait_for_url()
    tab.browser.refresh()
    tab.wait_for_verdict("7 ✓ sure")
    tab.find("input[type=file]").send_keys(str(SAMPLES / "three-chalk.jpg"))
    tab.wait_for_verdict("3 ✓ sure")
    tab.browser.execute_async_script("""
        const done = arguments[0];
        const canvas = new OffscreenCanvas(60, 100);
        const context = canvas.getContext("2d");
        context.fillStyle = "#fff";
        context.fillRect(0, 0, 60, 100);
        context.fillStyle = "#000";
        context.fillRect(25, 15, 9, 70);
        canvas.convertToBlob().then((blob) => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([blob], "one.png", { type: "image/png" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
          done();
        });""")
    tab.wait_for_verdict("1 ✓ sure")
    tab.find("input[type=file]").send_keys(__file__)
    tab.wait_for(lambda: "is not a picture" in tab.find("[role=alert]").text)


def test_networks_side_by_side(tab, draw):
    draw(SEVEN)
    tab.wait_for_verdict("7 ✓ sure")
    tab.press("Compare")
    tab.wait_for_verdict("7 ✓ sure", "7 ✓ sure")
    assert tab.browser.current_url.split("#")[1].startswith("tab=draw&picture=")
    assert "models=recognizer,reading" in tab.browser.current_url
    chosen = [Select(one).first_selected_option.get_attribute("value") for one in tab.all(".network select")]
    assert chosen == ["recognizer", "reading"]
    tab.find("[aria-label='Take network 1 away']").click()
    tab.wait_for_verdict("7 ✓ sure")
    assert "models=reading" in tab.browser.current_url
    tab.browser.back()
    tab.wait_for_verdict("7 ✓ sure", "7 ✓ sure")


def test_steps_that_are_switched_off_make_the_network_fail(tab, draw):
    draw([(x / 2 + 0.02, y / 2) for x, y in SEVEN])
    tab.wait_for_verdict("7 ✓ sure")
    sizes = [one.get_attribute("data-size") for one in tab.all(".steps canvas")]
    assert sizes[:2] == ["168x168", "168x168"]
    assert sizes[-1] == "28x28"
    assert re.fullmatch(r"22x\d+", sizes[-2])  # 20 pixels, and a fringe on either side
    tab.find(".steps li:nth-child(2) input").click()
    tab.wait_for(lambda: tab.verdicts != ["7 ✓ sure"])
    assert "draw.without=ink" in tab.browser.current_url
    tab.browser.refresh()
    tab.wait_for(lambda: tab.all(".steps .off"))
    assert "white everywhere" in tab.find(".steps .off").text
    tab.press("All")
    tab.wait_for_verdict("7 ✓ sure")
    tab.browser.back()
    tab.wait_for(lambda: tab.all(".steps .off"))
