"""The tab Errors: the wall by confusion cell, pixels changed until the answer flips, neighbors, the pad."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from digitlab.data import known_label_errors, load


@pytest.fixture
def server(serve, made_runs, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    shutil.copytree(made_runs / "fast", runs / "fast")
    with serve(runs) as served:
        served.lab.models.wait_for_torch(60)
        yield served


@pytest.fixture
def predictions(made_runs):
    from digitlab.inspection import InspectedModel

    return InspectedModel.open(made_runs / "fast").predictions


def _count(shown):
    return shown.texts(".errors-page [role=status]")[0].partition(" ")[0].replace(",", "")


def test_the_wall_shows_the_mistakes_of_a_cell(tab, predictions):
    labels = load("mnist:test").labels
    shown = tab("tab=errors")
    wrong = int((predictions != labels).sum())
    shown.wait(lambda: _count(shown) == str(wrong))
    assert len(shown.all(".mistake")) == 60
    shown.click(f"Show more: {wrong - 60} are left")
    shown.wait(lambda: len(shown.all(".mistake")) == 120)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, predictions), 1)
    np.fill_diagonal(counts, 0)
    label, said = np.unravel_index(counts.argmax(), counts.shape)
    n = counts[label, said]
    shown.click(f"{n} times {label} as {said}")
    shown.wait(lambda: _count(shown) == str(n))
    words = shown.all(".mistake")[0].get_attribute("aria-label")
    assert words.startswith(f"said {said} (")
    assert f"is {label} (" in words
    assert shown.texts(".mistake")[0].splitlines()[2].startswith("test #")
    shown.click(f"All mistakes with {label}")
    shown.wait(lambda: _count(shown) == str(counts[label].sum()))
    shown.click(f"All to which it said {said}")
    shown.wait(lambda: _count(shown) == str(counts[:, said].sum()))
    shown.browser.back()
    shown.wait(lambda: _count(shown) == str(counts[label].sum()))
    shown.click("Show all")
    shown.wait(lambda: _count(shown) == str(wrong))
    Select(shown.all("[aria-label=Order]")[0]).select_by_visible_text("As in the data")
    first = int(np.flatnonzero(predictions != labels)[0])
    shown.wait(lambda: shown.all(".mistake")[0].get_attribute("aria-label").endswith(f"test #{first}"))


def test_known_label_errors_are_marked(tab, predictions):
    labels = load("mnist:test").labels
    wrong = {index for index in known_label_errors("mnist:test") if predictions[index] != labels[index]}
    shown = tab("tab=errors&errors.known=1", (360, 740), "dark")
    shown.wait(lambda: len(shown.all(".mistake.known")) == len(shown.all(".mistake")) == len(wrong) > 0)
    assert all("label error" in text for text in shown.texts(".mistake"))
    assert shown.fits()


def _index(shown):
    return int(shown.texts(".one-digit h2")[0].rpartition("#")[2])


def test_pixels_are_changed_until_the_answer_flips(tab, made_runs, predictions):
    from digitlab.inspection import InspectedModel

    # Without any ink, the answer is the digit of the largest bias.
    blank = int(InspectedModel.open(made_runs / "fast").network.layers["logits"].bias.argmax())
    wrong = (predictions != load("mnist:test").labels) & (predictions != blank)
    index = int(np.flatnonzero(wrong)[0])
    shown = tab(f"tab=errors&errors.digit={index}")
    shown.wait(lambda: "change pixels until" in shown.texts(".verdict-line")[0])
    canvas = shown.all("canvas.edit")[0]
    shown.click("Erase")
    size = canvas.size["width"]
    chain = ActionChains(shown.browser, duration=10)
    left = -size // 2 + 4
    for row in range(28):
        y = round((row + 0.5) * size / 28) - size // 2
        chain.move_to_element_with_offset(canvas, left, y).click_and_hold()
        chain.move_to_element_with_offset(canvas, -left, y).release()
    chain.perform()
    flipped = f"It flipped: now {blank}"
    shown.wait(lambda: shown.texts(".flipped") == [flipped])
    ink = int((load("mnist:test").images[index] > 0).sum())
    shown.wait(lambda: f" {ink} changed" in shown.all("canvas.edit")[0].get_attribute("aria-label"))
    shown.wait(lambda: "errors.edit=" in shown.browser.current_url)
    again = tab(shown.browser.current_url.partition("#")[2])
    again.wait(lambda: again.texts(".flipped") == [flipped])
    again.click("As it was")
    again.wait(lambda: "change pixels until" in again.texts(".verdict-line")[0])


def test_pixels_are_changed_by_keyboard_and_taken_back(tab):
    shown = tab("tab=errors")
    shown.wait(lambda: shown.all(".mistake"))[0].click()
    canvas = shown.wait(lambda: shown.all("canvas.edit"))[0]
    canvas.send_keys(Keys.ARROW_UP * 13, Keys.ARROW_LEFT * 13, " ")
    shown.wait(lambda: "1 changed" in shown.all("canvas.edit")[0].get_attribute("aria-label"))
    canvas.send_keys(Keys.ARROW_RIGHT, "i")
    shown.wait(lambda: "2 changed" in shown.all("canvas.edit")[0].get_attribute("aria-label"))
    canvas.send_keys("z")
    shown.wait(lambda: "1 changed" in shown.all("canvas.edit")[0].get_attribute("aria-label"))
    canvas.send_keys(Keys.ARROW_LEFT, Keys.DELETE)
    shown.wait(lambda: " 0 changed" in shown.all("canvas.edit")[0].get_attribute("aria-label"))


def _fail_once(shown, path):
    """The next request whose address has these words in it fails, as if the lab were gone."""
    shown.run(
        """
        const [path] = arguments;
        const ask = window.fetch;
        window.fetch = (address, ...others) => {
          if (!address.includes(path)) return ask(address, ...others);
          window.fetch = ask;
          return Promise.reject(new TypeError("gone"));
        };""",
        path,
    )


def test_what_failed_is_tried_again(tab):
    shown = tab("tab=read")
    _fail_once(shown, "/pictures")
    shown.click("Errors", "nav a")
    shown.wait(lambda: "does not answer" in shown.texts(".failure")[0])
    shown.click("Try again")
    mistakes = shown.wait(lambda: shown.all(".mistake:has([data-size='28x28'])"))
    _fail_once(shown, "/nearest")
    _fail_once(shown, "/pictures")
    mistakes[0].click()
    shown.wait(lambda: shown.all(".failure"))
    shown.click("Try again")
    shown.wait(lambda: shown.all("canvas.edit") and shown.all(".failure"))
    shown.click("Try again")
    shown.wait(lambda: len(shown.all(".neighbors li")) == 10 and not shown.all(".failure"))


def test_neighbors_are_shown_and_a_digit_goes_onto_the_pad(tab, server):
    (run,) = (info.id for info in server.lab.models.scan() if info.name == "fast")
    shown = tab(
        f"tab=errors&errors.model={run}&models=recognizer&inside.model=recognizer&inside.off=logits:1"
    )
    shown.wait(lambda: shown.all(".mistake"))[0].click()
    shown.wait(lambda: shown.all(".neighbors"))
    assert len(shown.all(".neighbors li")) == 10  # softmax has no hidden layer
    assert "This network has no hidden layer by which digits could be near." in shown.texts(".one-digit p")
    first = _index(shown)
    shown.click("Next mistake")
    shown.wait(lambda: _index(shown) != first)
    shown.click("Mistake before")
    shown.wait(lambda: _index(shown) == first)
    inside = shown.named("Look inside", "a.button").get_attribute("href")
    assert f"&inside.model={run}&" in f"{inside}&"
    assert "inside.off" not in inside
    shown.click("Onto the pad", "a")
    shown.wait(lambda: shown.all("canvas.pad"))
    got = shown.browser.execute_async_script(
        """
        const [done] = arguments;
        import("/widgets/drawing.js").then(({ pad }) => done([...pad.drawing.base]));
        """
    )
    np.testing.assert_array_equal(np.reshape(got, (28, 28)), load("mnist:test").images[first])
    assert "tab=draw" in shown.browser.current_url
    assert f"models={run}&" in f"{shown.browser.current_url}&"
    assert shown.browser.find_elements(By.CSS_SELECTOR, "canvas.pad")


def test_without_runs_the_network_that_ships_is_shown(tab, server, monkeypatch):
    some = "mnist:test[2000:2600]"  # three of these have wrong labels
    monkeypatch.setattr(sys.modules["digitlab.inspection.view"], "default_data", lambda *_: some)
    shutil.rmtree(server.lab.runs / "fast")
    shown = tab("tab=errors")
    shown.wait(lambda: shown.all(".mistake"))
    assert any("Train one of your own" in text for text in shown.texts("p a"))
    shown.browser.get(f"{server.url}#tab=errors&models=gone")
    shown.browser.refresh()
    assert "there is no run 'gone'" in shown.wait(lambda: shown.texts(".failure"))[0]
