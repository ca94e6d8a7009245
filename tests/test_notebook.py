"""Results as text and in notebooks: a short line, and HTML in which every name is escaped."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import digitlab
from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.inspection.view import ViewResult, as_arguments
from digitlab.notebook import image_html, shortened, table_html, text_html
from digitlab.pages import Line, Page, Pages, ReadDigit, ReadString, Separator
from digitlab.reader import Prediction, Predictions
from digitlab.reader.predict import failed
from digitlab.report.shipped import shipped_results
from digitlab.runs import DataConfig, Run, SeedRuns, compare_runs
from digitlab.training import Examples, History, HistoryEntry, LrRange, Recipe, recipe


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
    assert 'alt="View weights"' in view._repr_html_()
    assert repr(view) == "ViewResult(weights)"


def test_a_view_names_arguments_where_commands_have_options():
    assert as_arguments("unit 18 of 30; --unit 19 shows another") == "unit 18 of 30; unit=19 shows another"
    assert as_arguments("--unit A,B shows others") == "unit=(A, B) shows others"
    text = "--view feature-maps --layer conv1 --page 3 shows the next"
    assert as_arguments(text) == "view 'feature-maps' layer='conv1' page=3 shows the next"
    result = ViewResult({"x": np.zeros(1)}, b"GIF89a", "a\nb <i>; --page 2 shows the next", "weights")
    read = Reader(result._repr_html_())
    assert (read.tags, read.text) == (["div", "br", "br", "img"], "ab <i>; page=2 shows the next")


def test_long_tables_say_how_much_is_left_out():
    rows = [[str(n), "x"] for n in range(5)]
    assert shortened(rows, 5) == rows
    assert shortened(rows, 2) == [["0", "x"], ["1", "x"], ["… 3 more", ""]]


def test_predictions_are_a_table_with_pictures(tmp_path):
    probabilities = (0.9, 0.1, *[0.0] * 8)
    blank = np.zeros((28, 28), np.uint8)
    sure = Prediction("a/<b>.png", "sure", 0, 1, probabilities, 0.0, 1, blank)
    none = Prediction("c.png", "no-digit", None, None, (0.01,) * 10, 0.9, 0, blank)
    found = Predictions([sure, none, failed("d.png", "cannot read d.png\nTake another.")])
    assert repr(found) == (
        "[Prediction(<b>.png: 0, sure, probability 0.9000), Prediction(c.png: no-digit, probability 0.9000), "
        "Prediction(d.png: error, cannot read d.png Take another.)]"
    )
    read = Reader(found._repr_html_())
    assert (read.tags.count("tr"), read.tags.count("img")) == (4, 2)
    assert "<b>.png0sure0.90001" in read.text
    assert "cannot read d.png" in read.text
    assert Reader(Predictions(found * 20)._repr_html_()).tags.count("tr") == 51
    assert Reader(none._repr_html_()).tags.count("tr") == 2


def test_pages_are_tables():
    digit = ReadDigit(4, 0.9, "sure", 9, (0, 0, 5, 9))
    string = ReadString((digit, digit), 0.81, "unsure", "49", 0.1, (Separator(".", (6, 8, 1, 1), 1),))
    page = Page("a/<b>.png", 2, 20, 10, 0.1, (Line((string, string)), Line((string,))))
    assert repr(string) == "ReadString('4.4', unsure, probability 0.81)"
    assert repr(page) == "Page(<b>.png, page 2: 3 strings, 0 of them sure)"
    assert repr(page.lines[0]) == "Line(4.4? 4.4?)"
    read = Reader(Pages([page] * 12)._repr_html_())
    assert (read.tags.count("table"), read.tags.count("tr")) == (10, 40)
    assert "14.4unsure0.8149" in read.text
    assert "2 more pages" in read.text


def test_comparisons_rates_and_studies(seeds):
    runs = [Run.open(seeds / f"seed-{n}") for n in range(2)]
    table = compare_runs([(run.folder, [run]) for run in runs])
    assert repr(table) == "RunTable(2 rows, the best validation accuracy first)"
    assert Reader(table._repr_html_()).tags.count("tr") == 3
    rates = LrRange((1e-6, 1.0), (2.0, 1.0), (2.0, 1.0), 0.02, True)
    assert repr(rates) == "LrRange(0.02 is suggested; 2 steps from 1e-06 to 1, ended by the loss)"
    results = shipped_results()
    assert repr(results).startswith("Results(crash-course, ")
    assert Reader(results._repr_html_()).tags.count("tr") > 20
