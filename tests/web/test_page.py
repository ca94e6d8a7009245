"""The page: vendored files as npm has them, every tab in both themes and widths, state in the URL."""

from __future__ import annotations

import hashlib
import json
import re

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from digitlab.figures.style import DIGIT_COLORS
from digitlab.web import events
from digitlab.web.app import PAGE
from digitlab.web.binary import pack_arrays

VENDOR = PAGE / "vendor"
PACKAGES = json.loads((VENDOR / "vendor.json").read_text())["packages"]
TABS = {
    "draw": "Draw",
    "inside": "Look inside",
    "train": "Train",
    "errors": "Errors",
    "runs": "Runs and studies",
    "read": "Read",
}


def test_vendored_files_are_those_of_npm():
    """The hashes are of npm's packages of these versions (`npm pack NAME@VERSION`)."""
    for package in PACKAGES:
        assert (VENDOR / package["license_file"]).stat().st_size > 1000
        for each in package["files"]:
            content = (VENDOR / each["file"]).read_bytes()
            if "edit" in each:
                here, there = (each["edit"][name].encode() for name in ("here", "npm"))
                assert content.count(here) == 1
                content = content.replace(here, there)
            assert hashlib.sha256(content).hexdigest() == each["sha256"], each["file"]


def test_all_vendored_files_are_listed():
    listed = {each["file"] for package in PACKAGES for each in package["files"]}
    licenses = {package["license_file"] for package in PACKAGES}
    assert {path.name for path in VENDOR.iterdir()} == listed | licenses | {"vendor.json"}


def test_nothing_of_the_page_is_inline_or_foreign():
    html = (PAGE / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)
    for path in PAGE.rglob("*.*"):
        if "vendor" not in path.parts:
            foreign = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text())
            assert [one for one in foreign if "www.w3.org" not in one] == [], path
            assert not re.search(r"\beval\(|new Function|innerHTML", path.read_text()), path


def test_digits_have_the_colors_of_the_figures():
    colors = re.findall(r"--digit-(\d): (#\w{6});", (PAGE / "style.css").read_text())
    assert [color for _, color in sorted(colors)] == list(DIGIT_COLORS)


@pytest.fixture
def server(server_of_runs):
    return server_of_runs


def _heading(browser):
    return WebDriverWait(browser, 20).until(lambda _: browser.find_element(By.TAG_NAME, "h1")).text


def _wait_for_title(browser, title):
    WebDriverWait(browser, 20).until(lambda _: browser.title == f"{title} – digitlab lab", browser.title)


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (360, 740)], ids=["wide", "narrow"])
def test_every_tab_opens_without_a_complaint(page, ready, size, colors):
    for tab, title in TABS.items():
        browser = page(f"tab={tab}", size, colors)
        _wait_for_title(browser, title)
        assert _heading(browser) == title
        ready(tab)
        assert "token" not in browser.current_url
        width, window = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
        assert width <= window == size[0]
        current = browser.find_elements(By.CSS_SELECTOR, "nav [aria-current=page]")
        assert [link.get_attribute("href").endswith(f"tab={tab}") for link in current] == [True]
        assert browser.get_log("browser") == []


def test_links_go_back_and_reload_keep_the_tab(page):
    browser = page("tab=draw&models=recognizer")
    _wait_for_title(browser, "Draw")
    browser.find_element(By.LINK_TEXT, "Runs").click()
    _wait_for_title(browser, "Runs and studies")
    assert browser.current_url.endswith("#tab=runs&models=recognizer")
    focused = browser.execute_script("return document.activeElement.textContent")
    assert focused == "Runs and studies"
    browser.back()
    _wait_for_title(browser, "Draw")
    browser.forward()
    _wait_for_title(browser, "Runs and studies")
    browser.refresh()
    _wait_for_title(browser, "Runs and studies")


def test_an_unknown_tab_is_the_first(page):
    _wait_for_title(page("tab=nothing"), "Draw")


def test_the_state_is_text_in_the_url(page):
    browser = page("tab=draw")
    _wait_for_title(browser, "Draw")
    got = browser.execute_async_script("""
        const [done] = arguments;
        import("/state.js").then(async (state) => {
          state.setState({ "train.network": "mlp & more", models: "a,b", gone: "" });
          state.setState({ picture: state.toBase64Url(new Uint8Array([0, 255, 62, 63])) });
          await new Promise((resolve) => setTimeout(resolve, 400));
          const back = state.fromBase64Url(state.readState().picture);
          const link = state.linkTo({ tab: "read", picture: null });
          done([location.hash, [...back], state.fromBase64Url("?"), link]);
        });""")
    hash_, back, nothing, link = got
    assert hash_ == "#tab=draw&train.network=mlp+%26+more&models=a,b&picture=AP8-Pw"
    assert back == [0, 255, 62, 63]
    assert nothing is None
    assert link == "#tab=read&train.network=mlp+%26+more&models=a,b"


def test_the_page_reads_packed_arrays(page):
    packed = pack_arrays(
        {"unit": "é"},
        {
            "a": np.array([[1, 2.5, -3]], np.float32),
            "b": np.array([7, 8, 9], np.uint8),
            "c": np.int32([[-5]]),
        },
    )
    browser = page("tab=draw")
    _wait_for_title(browser, "Draw")
    got = browser.execute_async_script(
        """
        const [bytes, done] = arguments;
        import("/api.js").then(async (api) => {
          const read = await api.readArrays(new Response(new Uint8Array(bytes)));
          const plain = ([name, { data, shape }]) => [name, [...data], shape];
          done([read.unit, Object.entries(read.arrays).map(plain)]);
        });""",
        list(packed),
    )
    assert got == ["é", [["a", [1, 2.5, -3], [1, 3]], ["b", [7, 8, 9], [3]], ["c", [-5], [1, 1]]]]


def test_of_fast_calls_the_latest_wins(page):
    browser = page("tab=draw")
    _wait_for_title(browser, "Draw")
    made = browser.execute_async_script("""
        const [done] = arguments;
        import("/api.js").then(async (api) => {
          const made = [];
          const call = api.latestWins(async (n) => {
            made.push(n);
            await new Promise((resolve) => setTimeout(resolve, 20));
            if (n === 1) throw new Error("the first fails");
          });
          const first = call(1).catch(() => {});
          call(2); call(3);
          await first;
          await call(4);
          done(made);
        });""")
    assert made == [1, 4]  # after a failure the next call begins anew


def test_the_same_words_are_announced_again(page):
    browser = page("tab=draw")
    _wait_for_title(browser, "Draw")
    heard = browser.execute_async_script("""
        const [done] = arguments;
        import("/widgets/notice.js").then(async ({ announce }) => {
          const place = document.querySelector("body .unseen[aria-live]");
          const heard = [];
          new MutationObserver(() => heard.push(place.textContent.trim()))
            .observe(place, { characterData: true, childList: true, subtree: true });
          for (const words of ["pen up", "pen up", "pen up", "pen down"]) {
            announce(words);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          done(heard);
        });""")
    assert heard == ["pen up", "pen up", "pen up", "pen down"]


def test_a_stream_that_was_refused_is_asked_for_again(page, server, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(events, "STREAMS", 0)
        browser = page("tab=draw")
        wait = WebDriverWait(browser, 20)
        wait.until(lambda _: "does not answer" in browser.find_element(By.CSS_SELECTOR, ".connection").text)
        tries = """return performance.getEntriesByType("resource").filter(
          ({ name }) => new URL(name).pathname === "/api/events").map(({ startTime }) => startTime);"""
        wait.until(lambda _: len(browser.execute_script(tries)) > 1)
        first, second, *_ = browser.execute_script(tries)
        assert second - first >= 2000  # not at once, again and again
    wait.until(lambda _: browser.find_element(By.CSS_SELECTOR, ".connection").text == "")


def test_events_reach_the_page_and_errors_are_words(page, server):
    server.lab.events.put("greeting", "hello")
    browser = page("tab=draw")
    _wait_for_title(browser, "Draw")
    got = browser.execute_async_script("""
        const [done] = arguments;
        Promise.all([import("/api.js"), import("/html.js")]).then(async ([api, { html, render }]) => {
          const View = () => {
            const [greeting, log] = [api.useTopic("greeting"), api.useLog("points")];
            return html`<p id="told">${greeting} ${log.start} ${log.items.join()}</p>`;
          };
          const place = document.body.appendChild(document.createElement("div"));
          render(html`<${View} />`, place);
          try {
            await api.getJson("/api/nothing", { a: null });
          } catch (error) {
            done([error.status, error.title, error.message.length > error.title.length]);
          }
        });""")
    assert got == [404, "There is nothing at this address", True]
    server.lab.events.append("points", [1, 2])
    server.lab.events.append("points", [3])
    wait = WebDriverWait(browser, 20)
    wait.until(lambda _: browser.find_element(By.ID, "told").text == "hello 0 1,2,3")
    server.lab.events.remove("points")
    server.lab.events.put("greeting", "bye")
    wait.until(lambda _: browser.find_element(By.ID, "told").text == "bye 0")
