"""Results as text and in notebooks: a short line, and HTML in which every name is escaped."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import digitlab
from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.notebook import image_html, table_html, text_html
from digitlab.runs import DataConfig, Run, SeedRuns
from digitlab.training import Examples, History, HistoryEntry, Recipe, recipe


class Reader(HTMLParser):
    """Collects the tags and texts of a page, and sees that each tag is closed."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.text += text


ENTRY = HistoryEntry(1, 10, 1.0, 0.1, 0.5, 0.8, 0.4, 0.9)


def _history(n):
    losses = [0.4 - 0.01 * i if i < 5 else 0.4 for i in range(n)]
    return History(replace(ENTRY, entry=i + 1, validation_loss=loss) for i, loss in enumerate(losses))


def test_texts_are_escaped():
    for page in (
        table_html("<b>", ["<i>"], [["<u>"]]),
        image_html(b"png", "<b><i>"),
        text_html("<b> & <i>"),
    ):
        read = Reader(page)
        assert not {"b", "i", "u"} & set(read.tags)
        assert "<b>" in read.text


def test_a_history_is_a_tuple_with_a_table():
    history = _history(7)
    assert history[4] == history.best
    assert repr(history) == "History(7 entries, lowest validation loss 0.3600 at entry 5)"
    assert repr(History([replace(ENTRY, validation_loss=None)])) == "History(1 entry)"
    frame = history.to_frame()
    assert list(frame.columns) == [
        *("entry", "step", "epoch", "learning_rate", "train_loss", "train_accuracy"),
        *("validation_loss", "validation_accuracy"),
    ]
    assert frame["validation_loss"].idxmin() == 4
    assert History().to_frame().empty
    assert Reader(history._repr_html_()).tags.count("tr") == 8
    assert Reader(_history(500)._repr_html_()).tags.count("tr") == 22  # the first and last ten


def test_a_history_without_pandas(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(SettingError, match="pandas is not installed"):
        _history(2).to_frame()


def test_a_recipe_shows_what_differs():
    assert repr(Recipe()) == "Recipe()"
    assert repr(Recipe(epochs=3, optimizer="sgd")) == "Recipe(optimizer='sgd', epochs=3)"
    assert "schedule" in Reader(recipe("swift")._repr_html_()).text
    assert eval(repr(recipe("swift")), {"Recipe": Recipe}) == recipe("swift")


def test_examples_have_one_line():
    examples = Examples.of(mnist("test").take(30))
    assert repr(examples) == "Examples(30 inputs of 28x28)"
    assert Reader(examples._repr_html_()).text == repr(examples)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "<b>"
    data = DataConfig(train="mnist:train[:200]", validation="last:50")
    digitlab.train_seeds("softmax", {}, Recipe(epochs=1), data, folder, seeds=2)
    return folder


def test_runs(seeds, tmp_path):
    several, run = SeedRuns.open(seeds), Run.open(seeds / "seed-1")
    assert repr(several) == f"SeedRuns({seeds}: softmax, 2 of 2 seeds finished)"
    assert repr(run).startswith(f"Run({seeds}/seed-1: softmax, seed 1, validation accuracy 0.")
    assert Reader(several._repr_html_()).tags.count("tr") == 3
    assert Reader(run._repr_html_()).tags == ["div", "br", "img"]
    unfinished = Run.create(tmp_path / "a", run.config)
    assert repr(unfinished).endswith("not finished)")
    assert Reader(unfinished._repr_html_()).tags == ["pre"]


def test_models_and_views(seeds):
    model = digitlab.open(seeds / "seed-0")
    assert "7,850 parameters" in Reader(model._repr_html_()).text
    view = digitlab.inspect(seeds / "seed-0", "weights", data="mnist:test[:100]")
    assert len(repr(view)) < 300
    assert Reader(view._repr_html_()).tags.count("img") == 1
    assert all(isinstance(values, np.ndarray) for values in view.data.values())
