"""The tab Train in a real browser: start, pause, step, rate, drawing, rewind; what went wrong, in words."""

from __future__ import annotations

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from digitlab.runs import Run
from digitlab.runs.rate_changes import load_rate_changes

FEW = "train.digits=400&train.validation=last:100"
LONG = f"tab=train&train.form=new&train.network=softmax&{FEW}&train.r.batch_size=1&train.r.threads=1"


def _wait(browser, true, seconds=60):
    # What is shown is drawn anew while one looks for it.
    return WebDriverWait(browser, seconds, 0.05, [StaleElementReferenceException]).until(lambda _: true())


def _button(browser, text):
    path = f"//main//button[starts-with(normalize-space(), '{text}')]"
    return _wait(browser, lambda: browser.find_elements(By.XPATH, path))[0]


def _press(browser, text):
    def pressed():
        button = _button(browser, text)
        if button.is_enabled():
            browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
            button.click()
            return True
        return False

    _wait(browser, pressed)


def _facts(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('.watch .facts')].map((e) => e.textContent).join(' ')"
    )


def _wait_for_facts(browser, *words):
    _wait(browser, lambda: all(word in _facts(browser) for word in words))


def _field(browser, label):
    path = f"//label[starts-with(normalize-space(), '{label}')]"
    found = _wait(browser, lambda: browser.find_elements(By.XPATH, path))[0]
    return browser.find_element(By.ID, found.get_attribute("for"))


def _type(browser, label, text):
    field = _field(browser, label)
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text)


def _legend(browser, title):
    path = f"//section[contains(@class, 'chart')][.//h3[text()='{title}']]//ul/li"
    return [item.text for item in browser.find_elements(By.XPATH, path)]


def _open_table(browser, title):
    path = f"//details[normalize-space(summary)='{title} as a table']"
    details = browser.find_element(By.XPATH, path)
    browser.execute_script("arguments[0].open = true", details)
    _wait(browser, lambda: details.find_elements(By.TAG_NAME, "td"))
    return details


def _quiet(browser):
    return [one for one in browser.get_log("browser") if one["level"] == "SEVERE"]


def test_start_pause_rate_rewind(page, server):
    browser = page(LONG)
    _type(browser, "Learning rate", "0.004")
    _type(browser, "Epochs", "3000")
    _press(browser, "Start training")
    _wait_for_facts(browser, "running")
    _press(browser, "Pause")
    _wait_for_facts(browser, "paused")
    _press(browser, "÷ 2")
    _wait(browser, lambda: load_rate_changes(server.lab.runs / "softmax-1"))
    (change,) = load_rate_changes(server.lab.runs / "softmax-1")
    assert change.learning_rate == pytest.approx(0.002)
    details = _open_table(browser, "Loss")
    _wait(browser, lambda: f"step {change.step}: rate 0.002" in details.text)
    _press(browser, "One step")
    _wait_for_facts(browser, "paused", f"step {change.step + 1:,} of")
    assert (
        browser.find_element(By.CSS_SELECTOR, "canvas.weights")
        .get_attribute("aria-label")
        .startswith("Weights of logits as 10 pictures")
    )
    rows = browser.find_elements(By.CSS_SELECTOR, "table.layer-statistics tbody tr")
    assert [row.find_element(By.TAG_NAME, "th").text for row in rows] == ["logits dense"]
    _press(browser, "Go on")
    _wait_for_facts(browser, "running")

    _press(browser, "Rewind")
    assert "train.form=rewind" in browser.current_url
    _type(browser, "Learning rate", "0.01")
    _press(browser, "Start from the same weights")
    names = ["softmax-1 training", "softmax-1 validation", "softmax-2 training"]
    _wait(browser, lambda: [line.rsplit(" ", 1)[0] for line in _legend(browser, "Loss")][:3] == names)
    _wait_for_facts(browser, "running")
    first, second = (Run.open(server.lab.runs / f"softmax-{n}").config for n in (1, 2))
    assert (first.seed, first.options, first.data) == (second.seed, second.options, second.data)
    assert (first.recipe.learning_rate, second.recipe.learning_rate) == (0.004, 0.01)
    _press(browser, "Stop and keep")
    _wait_for_facts(browser, "finished")
    browser.refresh()
    _wait_for_facts(browser, "finished")
    _wait(browser, lambda: len(_legend(browser, "Accuracy")) == 5)  # the same two runs, from the URL
    assert _quiet(browser) == []


def test_a_drawing_is_answered_while_it_trains(page, server):
    browser = page(f"{LONG}&train.r.epochs=3000&train.r.learning_rate=0.05")
    _press(browser, "Start training")
    _wait_for_facts(browser, "running")
    canvas = _wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "canvas.pad"))[0]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    canvas.send_keys(" ")
    for _ in range(12):
        canvas.send_keys(Keys.ARROW_DOWN)
    canvas.send_keys(" ")

    def shown():
        cells = browser.find_elements(By.CSS_SELECTOR, ".present .bars td.number")
        return [cell.text for cell in cells if cell.text]

    assert len(_wait(browser, shown)) >= 10
    answers = []

    def moved_on():
        if shown() not in answers:
            answers.append(shown())
        return len(answers) == 4  # that the last points of the drawing arrive late makes one of them

    _wait(browser, moved_on)
    _press(browser, "Stop and keep")
    _wait_for_facts(browser, "finished")
    _wait(browser, lambda: "Draw with it" in browser.find_element(By.ID, "present-title").text)


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_a_training_that_diverges_is_explained_on_a_phone(page, colors):
    state = f"tab=train&train.form=new&train.network=mlp&{FEW}&train.o.hidden=30,30,30&train.r.optimizer=sgd"
    browser = page(
        f"{state}&train.r.learning_rate=100&train.r.batch_size=1&train.r.threads=1", (360, 740), colors
    )
    _press(browser, "Start training")
    _wait(browser, lambda: "not a number" in browser.find_element(By.TAG_NAME, "main").text)
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width == 360
    _press(browser, "Same start, a tenth of")
    _wait(browser, lambda: _field(browser, "Learning rate").get_attribute("value") == "10")
    browser.back()
    _button(browser, "Same start, a tenth of")


def test_a_setting_that_will_not_do_is_told(page):
    browser = page(f"{LONG}&train.r.momentum=0.5")
    _press(browser, "Start training")
    alert = _wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "main [role=alert]"))[0]
    assert "momentum" in alert.text


@pytest.mark.parametrize("label", ["Seed", "Learning rate"])
def test_a_field_can_be_emptied_and_has_its_value_again_when_it_is_left(page, label):
    browser = page(LONG)
    field = _field(browser, label)
    value = field.get_attribute("value")
    field.send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.BACKSPACE)
    assert field.get_attribute("value") == ""
    field.send_keys("3")
    _wait(browser, lambda: browser.current_url.endswith("=3"))
    assert field.get_attribute("value") == "3"
    field.send_keys(Keys.BACKSPACE, Keys.TAB)
    _wait(browser, lambda: field.get_attribute("value") == value)
    _wait(browser, lambda: not browser.current_url.endswith("=3"))


@pytest.mark.usefixtures("unfinished")
def test_an_unfinished_run_is_listed(page):
    browser = page("tab=train")
    _button(browser, "Go on with softmax-1")
    assert "from step 15" in browser.find_element(By.CSS_SELECTOR, ".unfinished").text
    _press(browser, "Go on with softmax-1")
    _wait_for_facts(browser, "finished")
    _wait(browser, lambda: len(_legend(browser, "Loss")) == 3)
    table = _open_table(browser, "Loss")
    steps = [int(cell.text) for cell in table.find_elements(By.CSS_SELECTOR, "tbody th")]
    assert steps == sorted(steps)
    assert steps[0] <= 10


@pytest.fixture
def unfinished(server):
    """A run that was suspended after 15 of 30 steps."""
    from digitlab import runs
    from digitlab.training import Recipe, TrainingSuspended

    def suspend(info):
        info.suspend = info.step == 15

    data = runs.DataConfig(train="mnist:train[:400]", validation="last:100")
    recipe = Recipe(batch_size=30, epochs=3, threads=1)
    with pytest.raises(TrainingSuspended):
        runs.train("softmax", {}, recipe, data, server.lab.runs / "softmax-1", callbacks=[suspend])
