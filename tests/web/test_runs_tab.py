"""The tab Runs: sorted, filtered, compared, opened, viewed, deleted and restored; the studies."""

from __future__ import annotations

import shutil

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select


@pytest.fixture
def server(serve, made_runs, tmp_path, monkeypatch):
    monkeypatch.setattr("digitlab.web.lab.WATCHED", 0.1)
    with serve(shutil.copytree(made_runs, tmp_path / "runs")) as served:
        served.lab.models.wait_for_torch(60)
        yield served


@pytest.fixture
def ids(server):
    from digitlab.web.run_folder import RunFolder

    return {info.name: info.id for info in server.lab.part(RunFolder).scan()}


def _names(shown):
    return shown.texts(".runs-table tbody th")


def test_runs_are_sorted_and_filtered_and_new_ones_appear(tab, server):
    shown = tab("tab=runs")
    shown.wait(lambda: set(_names(shown)) == {"slow", "fast", "seeds", "unfinished"})
    shown.click("Run")
    shown.wait(lambda: _names(shown) == ["fast", "seeds", "slow", "unfinished"])
    shown.click("Test")
    shown.wait(lambda: _names(shown)[0] == "fast")
    assert _names(shown)[-1] == "unfinished"  # it has no accuracy
    shown.click("Test ▼")
    shown.wait(lambda: _names(shown)[0] == "seeds")
    assert _names(shown)[-1] == "unfinished"
    shown.all("input[type=checkbox]")[0].click()
    shown.wait(lambda: len(_names(shown)) == 6)
    shown.all("input[type=search]")[0].send_keys("seed rate=0.1")
    shown.wait(lambda: set(_names(shown)) == {"seeds", "seeds/seed-0", "seeds/seed-1"})
    shown.wait(lambda: "runs.find=seed+rate%3D0.1" in shown.browser.current_url)
    shown.all("input[type=search]")[0].send_keys(Keys.CONTROL, "a", Keys.NULL, "copied")
    shown.wait(lambda: "No run fits the filter." in shown.texts("p"))
    shutil.copytree(server.lab.runs / "slow", server.lab.runs / "copied")
    shown.wait(lambda: _names(shown) == ["copied"])


def test_runs_are_compared_and_the_link_shows_the_same(tab, ids):
    shown = tab("tab=runs")
    for name in ("fast", "seeds"):
        shown.click(f"Compare {name}", "input")
    shown.wait(lambda: shown.all(".compared"))
    heads = shown.texts(".compared thead th")[1:]
    assert sorted(heads) == ["fast", "seeds"]
    names = shown.texts(".compared tbody th")
    assert "learning rate" in names
    assert "batch size" not in names
    shown.wait(lambda: shown.texts(".paired"))
    assert "mnist:test" in shown.texts(".paired")[0]
    assert [text.partition(" ")[0] for text in shown.texts(".curve-legend li")] == ["fast", "seeds", "step"]
    shown.click("Training loss")
    shown.click("Training loss as a table", "summary")
    shown.wait(lambda: len(shown.all(".chart-table tbody tr")) == 4)  # 20 steps, evaluated every 5
    shown.wait(lambda: "runs.curve=train_loss" in shown.browser.current_url)
    link = shown.browser.current_url.partition("#")[2]
    assert f"runs.compare={ids['fast']},{ids['seeds']}" in link
    again = tab(link, (360, 740), "dark")
    again.wait(lambda: again.all(".compared"))
    assert again.named("Training loss").get_attribute("aria-pressed") == "true"
    assert again.fits()
    again.click("Choose others")
    again.wait(lambda: not again.all(".compared"))
    again.browser.back()
    again.wait(lambda: again.all(".compared"))


def test_a_run_is_opened_and_its_views_take_options(tab, ids):
    shown = tab(f"tab=runs&inside.model={ids['slow']}&inside.off=logits:1&errors.model={ids['slow']}")
    shown.click("fast")
    links = {link.text: link.get_attribute("href") for link in shown.wait(lambda: shown.all(".opened-run a"))}
    for title, name in (("Draw with it", "draw"), ("Look inside", "inside"), ("Its errors", "errors")):
        assert {f"tab={name}", f"models={ids['fast']}"} == set(links[title].partition("#")[2].split("&")) - {
            f"runs.run={ids['fast']}"
        }
    assert links["Save as one page"].endswith(f"/api/models/{ids['fast']}/page")
    shown.click("unit weights")
    image = shown.wait(lambda: shown.all("figure.view img"))[0]
    shown.wait(lambda: shown.run("return arguments[0].naturalWidth > 0", image))
    assert image.get_attribute("alt").startswith("The weights of one unit, large. unit 0 of 10;")
    field = shown.all("figure.view input")[0]
    field.send_keys("3", Keys.ENTER)
    shown.wait(lambda: "unit 3 of 10" in shown.all("figure.view img")[0].get_attribute("alt"))
    Select(shown.all("figure.view select")[0]).select_by_visible_text("logits")
    shown.wait(lambda: "layer=logits" in shown.all("figure.view img")[0].get_attribute("src"))
    shown.wait(lambda: "runs.options=unit%3D3%26layer%3Dlogits" in shown.browser.current_url)
    shown.click("kernels")
    (failure,) = shown.wait(lambda: shown.texts(".failure"))
    assert "softmax has no" in failure
    shown.browser.back()
    shown.wait(lambda: shown.all("figure.view img"))


def test_a_run_is_deleted_and_comes_back(tab, server):
    shown = tab("tab=runs")
    shown.click("fast")
    shown.click("Delete")
    shown.wait(lambda: "fast" not in _names(shown))
    assert shown.texts(".undo b") == ["fast"]
    assert not shown.all(".opened-run")
    shown.click("Undo")
    shown.wait(lambda: "fast" in _names(shown))
    shown.click("seeds")
    shown.click("Delete")
    shown.wait(lambda: "seeds" not in _names(shown))
    shown.browser.refresh()
    shown.click("Deleted (1)", "summary")
    (server.lab.runs / "seeds").mkdir()
    shown.click("Restore seeds")
    shown.wait(lambda: "there is another seeds by now" in shown.all(".failure")[0].text)
    (server.lab.runs / "seeds").rmdir()
    shown.click("Restore seeds")
    shown.wait(lambda: "seeds" in _names(shown))
    assert not shown.all(".failure")


def test_the_studies_lead_to_the_tab_train(tab):
    shown = tab("tab=runs&train.o.hidden=7")
    shown.click("The five studies")
    shown.wait(lambda: shown.all(".study"))
    assert shown.texts('[aria-label="Studies"] button') == [
        *("crash-course", "practice-lab", "deep-mnist", "hidden-layer", "mat-file"),
    ]
    title = "Two hidden layers of 100, rate 0.003, 1,000 steps of 30"
    section = shown.named(title, "section")
    cells = [cell.text for cell in section.find_elements(By.CSS_SELECTOR, "tbody tr:nth-child(3) > *")]
    assert cells[:2] == ["test accuracy", "92.47 %"]
    link = section.find_element(By.LINK_TEXT, "Train this one again").get_attribute("href")
    state = dict(part.split("=") for part in link.partition("#")[2].split("&"))
    assert state["tab"] == "train"
    assert state["train.network"] == "mlp"
    assert state["train.o.hidden"] == "100,100"  # and not what was there before
    assert state["train.r.learning_rate"] == "0.003"
    assert state["train.data"] == "mnist%3Atrain"
    shown.click("hidden-layer")
    shown.wait(lambda: "runs.study=hidden-layer" in shown.browser.current_url)
    assert shown.fits()


def test_an_empty_folder_says_what_to_do(serve, tab, server, tmp_path):
    for path in server.lab.runs.iterdir():
        shutil.rmtree(path)
    shown = tab("tab=runs&runs.run=gone", (360, 740))
    shown.wait(lambda: "There are no runs yet" in shown.texts("h2"))
    assert "Train a network" in shown.texts("main a")
    assert shown.fits()
