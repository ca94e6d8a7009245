"""Numbers transcribed from source 003 (`hidden-layer`), against the source's text where it is at hand."""

from __future__ import annotations

import csv
import json
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any, NamedTuple

import pytest

SOURCE = "003_a321bfc85bbcb840.txt"
PUBLISHED = files("digitlab").joinpath("studies", "published")

TRAININGS = {
    "mlp-1": 28,
    "mlp-2": 28,
    "grid-refit": 6,
    "mlp-700-relu": 14,
    "mlp-700-sigmoid": 21,
    "mlp-700-sigmoid-4": 22,
    "pca": 24,
    "mlp-700-sigmoid-5": 24,
    "forest-pixels": 18,
}
"""Epochs printed of every training on 55,000 images; of 30 the first two lack the last two."""
FOLDS = {
    "grid-100-fold-1": 9,
    "grid-100-fold-2": 7,
    "grid-100-fold-3": 7,
    "grid-150-fold-1": 7,
    "grid-150-fold-2": 3,
}
"""Epochs printed of the grid search's fits; the source leaves out the rest of the fifth and 43 more."""
MODELS = {
    "model_1": "mlp-1",
    "model_2": "mlp-2",
    "grid_cv": "grid-refit",
    "model_3": "mlp-700-relu",
    "model_3_a": "mlp-700-sigmoid",
    "model_4": "mlp-700-sigmoid-4",
    "model_4_pca": "pca",
    "model_5": "mlp-700-sigmoid-5",
    "model_5_rf": "forest-pixels",
}
"""The source's variable of each experiment."""
PATIENCE = {name: 2 for name in FOLDS if name != "grid-150-fold-2"} | {
    name: 2 if name == "grid-refit" else 10 for name in TRAININGS if name not in ("mlp-1", "mlp-2")
}
MNIST_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
HELD_OUT_COUNTS = (479, 563, 488, 493, 535, 434, 501, 550, 462, 495)
CLASS_COUNTS = [whole - held for whole, held in zip(MNIST_COUNTS, HELD_OUT_COUNTS, strict=True)]
"""Digits 0 to 9 among the 55,000 images: MNIST's training images without the first 5,000."""
CV_COLUMNS = (
    *("hidden_units", "mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time"),
    *("split0_test_score", "split1_test_score", "split2_test_score", "mean_test_score", "std_test_score"),
    "rank_test_score",
)
EPOCH_COLUMNS = (
    *("experiment", "epoch", "seconds", "train_loss", "train_accuracy"),
    *("validation_loss", "validation_accuracy"),
)

EPOCH = re.compile(
    r"^Epoch (\d+)/30\n(\d+)/\2 \[=+\] - (\d+)s (\d+)(us|ms)/sample - loss: (\S+) - accuracy: (\d\.\d{4})"
    r" - val_loss: (\d\.\d+(?:\n\d+)?)\s+-\s+val_accuracy: (\d\.\d{4})$",
    re.MULTILINE,
)
"""One epoch; the source's line breaks may fall before or after a dash, and within the validation loss."""
MATRIX = re.compile(r"^Out\[\d+\]: array\(\[\[([\d,\s\[\]]+)\]\]\)$", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d*)?(?:e-?\d+)?")


class Cell(NamedTuple):
    number: str
    text: str
    start: int


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(PUBLISHED.joinpath(name).read_text(encoding="utf-8").splitlines()))


def _json(name: str) -> dict[str, Any]:
    loaded = json.loads(PUBLISHED.joinpath(name).read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


EPOCHS = _rows("hidden_layer_epochs.csv")
CV_RESULTS = _rows("hidden_layer_cv_results.csv")
CONFUSION: dict[str, list[list[int]]] = _json("hidden_layer_confusion.json")
OTHER = _json("hidden_layer_other.json")


@pytest.fixture(scope="module")
def text(read_source: Callable[[str], str]) -> str:
    return read_source(SOURCE)


def _cells(text: str) -> list[Cell]:
    starts = list(re.finditer(r"^In \[([\d ]+)\]:", text, re.MULTILINE))
    ends = [each.start() for each in starts[1:]] + [len(text)]
    return [
        Cell(match[1], text[match.start() : end], match.start())
        for match, end in zip(starts, ends, strict=True)
    ]


def _fits(text: str) -> Iterator[tuple[str, str]]:
    """Every training that the text prints, as the experiment's id and the text of its epochs."""
    for cell in _cells(text):
        model = re.search(r"(\w+)\.fit\(\w+, train_labels", cell.text)
        if model is None or "Train on" not in cell.text:
            continue
        folds: Counter[str] = Counter()
        for block in re.split(
            r"(?=^\[CV\] n_neurons|^\[Parallel\(n_jobs=1\)\]: Done 48)", cell.text, flags=re.M
        ):
            width = re.match(r"\[CV\] n_neurons=(\d+)", block)
            if width is None:
                yield MODELS[model[1]], block
            else:
                folds[width[1]] += 1
                yield f"grid-{width[1]}-fold-{folds[width[1]]}", block


def _numbers(value: object) -> Iterator[float]:
    """Every number of a transcribed value, in its order; those within its names too."""
    if isinstance(value, dict) and "index" in value:
        # The head of a data frame: the text has the index before each row.
        for at, row in zip(value["index"], value["rows"], strict=True):
            yield from _numbers([at, *row])
    elif isinstance(value, dict):
        for key, each in value.items():
            if key.isdigit():
                yield float(key)
            yield from _numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, str):
        yield from _numbers_in(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def _numbers_in(text: str) -> list[float]:
    return [float(each.replace(",", "")) for each in NUMBER.findall(text)]


def _words(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _words(each)
    elif isinstance(value, str):
        yield value


def _place(text: str, place: str) -> str:
    """The text of a cell with its output, of an output alone, or of a table."""
    tables = {"table of architectures": "Neural Network\t", "table of results": "Type of Neural Net\t"}
    if place in tables:
        start = text.index(tables[place])
        return text[start : text.index("\n\n", start)]
    kind, number = re.sub(r"[\[\]]", "", place).split()
    # The source has some numbers twice: its author started the notebook's kernel anew.
    cells = [cell.text for cell in _cells(text) if cell.number == number]
    if kind == "Out":
        cells = [each[each.index(f"Out[{number}]:") :] for each in cells if f"Out[{number}]:" in each]
    assert cells, place
    return "\n".join(cells)


def test_every_epoch_is_as_printed(text: str) -> None:
    printed = []
    per_sample: dict[str, list[int]] = {}
    for experiment, block in _fits(text):
        for epoch, _, seconds, time, unit, *values in EPOCH.findall(block):
            printed.append((experiment, epoch, seconds, *(each.replace("\n", "") for each in values)))
            per_sample.setdefault(experiment, []).append(int(time) * (1000 if unit == "ms" else 1))
    assert len(printed) == len(re.findall(r"^Epoch \d+/30$", text, re.MULTILINE)) == 218
    assert [tuple(row.values()) for row in EPOCHS] == printed
    of_55000 = [value for row in printed if row[0] in TRAININGS for value in row[3:]]
    of_folds = [value for row in printed if row[0] in FOLDS for value in row[3:]]
    assert (len(of_55000), len(of_folds)) == (740, 132)
    for experiment, times in per_sample.items():
        entry = OTHER[f"microseconds_per_sample_{experiment.replace('-', '_')}"]
        assert (entry["experiment"], entry["value"]) == (experiment, times)


def test_every_confusion_matrix_is_as_printed(text: str) -> None:
    checked = 0
    printed = list(MATRIX.finditer(text))
    for (experiment, ours), match in zip(CONFUSION.items(), printed, strict=True):
        before = text[: match.start()]
        *_, model = re.findall(r"pred_classes = (\w+)\.predict_classes\(train_images\)", before)
        *_, arguments = re.findall(r"conf_mx = confusion_matrix\((.*)\)", before)
        # scikit-learn's first argument is the truth and makes the rows.
        assert (MODELS[model], arguments) == (experiment, "train_labels,pred_classes")
        rows = [[int(count) for count in re.findall(r"\d+", row)] for row in match[1].split("]")]
        if experiment == "mlp-700-sigmoid":
            # The text has eleven columns here, the last of zeros.
            assert rows == OTHER["confusion_matrix_as_printed_mlp_700_sigmoid"]["value"]
            assert [row[10:] for row in rows] == [[0]] * 10
            rows = [row[:10] for row in rows]
        assert ours == rows, experiment
        checked += sum(map(len, rows))
    assert checked == 400


def test_every_result_of_the_grid_search_is_as_printed(text: str) -> None:
    output = _place(text, "Out [78]")
    output = output[: output.index("dtype=int32)}")]
    printed = {
        name: [each.strip() for each in values.split(",")]
        for name, values in re.findall(r"'(\w+)': array\(\[([^\]]*)\]", output)
    }
    widths = re.search(r"'param_n_neurons': masked_array\(data=\[([^\]]*)\]", output)
    assert widths is not None
    printed["hidden_units"] = re.findall(r"\d+", widths[1])
    assert printed.keys() == set(CV_COLUMNS)
    for column in CV_COLUMNS:
        assert [row[column] for row in CV_RESULTS] == printed[column], column
    assert sum(map(len, printed.values())) == 176


def test_every_fit_of_the_grid_search_is_as_printed(text: str) -> None:
    printed = []
    for experiment, block in _fits(text):
        whole = re.search(
            r"^(\d+)/\1 \[=+\] - (\d+)s (\d+)us/sample - loss: (\S+) - accuracy: (\d\.\d{4})\n"
            r"\[CV\] \.+ n_neurons=(\d+), total= ([\d.]+)s",
            block,
            re.MULTILINE,
        )
        if whole is not None:
            samples = re.search(r"Train on (\d+) samples, validate on 5000 samples", block)
            assert samples is not None
            assert experiment.startswith(f"grid-{whole[6]}-")
            score = [*whole.groups()[:5], whole[7]]
            printed.append([float(each) for each in (whole[6], samples[1], *score)])
    assert [list(map(float, fit.values())) for fit in OTHER["grid_fits"]["value"]] == printed
    assert sum(map(len, printed)) == 32


def test_every_other_number_is_at_its_place(text: str) -> None:
    checked = 0
    for key, entry in OTHER.items():
        if key == "grid_fits" or key.startswith("microseconds_per_sample_"):
            continue  # Each has its own check above.
        there = _place(text, entry["place"])
        printed = _numbers_in(there)
        numbers = list(_numbers(entry["value"]))
        starts = range(len(printed) - len(numbers) + 1)
        assert any(printed[at : at + len(numbers)] == numbers for at in starts), f"{key}: {numbers}"
        for word in _words(entry["value"]):
            assert word in there, f"{key}: {word}"
        checked += len(numbers)
    assert checked == 457


def test_epochs_are_complete_and_in_order() -> None:
    assert set(EPOCHS[0]) == set(EPOCH_COLUMNS)
    assert Counter(row["experiment"] for row in EPOCHS) == TRAININGS | FOLDS
    assert sum(TRAININGS.values()) == 185
    for experiment, count in (TRAININGS | FOLDS).items():
        epochs = [int(row["epoch"]) for row in EPOCHS if row["experiment"] == experiment]
        assert epochs == list(range(1, count + 1)), experiment
    for row in EPOCHS:
        assert all(0 < float(row[name]) < 2 for name in EPOCH_COLUMNS[3:])


@pytest.mark.parametrize("experiment", PATIENCE)
def test_trainings_stop_where_early_stopping_stops_them(experiment: str) -> None:
    losses = [float(row["validation_loss"]) for row in EPOCHS if row["experiment"] == experiment]
    assert len(losses) - 1 - losses.index(min(losses)) == PATIENCE[experiment]


def test_seconds_of_an_epoch_are_its_samples_times_the_time_of_one() -> None:
    for experiment in TRAININGS | FOLDS:
        samples = 55_000 if experiment in TRAININGS else 36_667
        times = OTHER[f"microseconds_per_sample_{experiment.replace('-', '_')}"]["value"]
        seconds = [int(row["seconds"]) for row in EPOCHS if row["experiment"] == experiment]
        for whole, time in zip(seconds, times, strict=True):
            half_digit = 500 if time >= 1000 else 0.5
            assert whole == pytest.approx(time * samples / 1e6, abs=0.51 + half_digit * samples / 1e6)


def test_rows_of_confusion_matrices_add_up_to_the_class_counts() -> None:
    assert sum(CLASS_COUNTS) == 55_000
    assert list(CONFUSION) == ["mlp-1", "mlp-2", "mlp-700-relu", "mlp-700-sigmoid"]
    for experiment, matrix in CONFUSION.items():
        assert [len(row) for row in matrix] == [10] * 10
        assert [sum(row) for row in matrix] == CLASS_COUNTS, experiment


def test_columns_of_the_first_matrix_add_up_to_the_predicted_counts() -> None:
    counts = OTHER["predicted_class_counts_mlp_1"]["value"]
    assert [sum(column) for column in zip(*CONFUSION["mlp-1"], strict=True)] == [
        counts.get(str(digit), 0) for digit in range(10)
    ]


def test_grid_search_agrees_with_itself() -> None:
    assert [int(row["hidden_units"]) for row in CV_RESULTS] == list(range(100, 900, 50))
    for row in CV_RESULTS:
        assert tuple(row) == CV_COLUMNS
        scores = [float(row[f"split{fold}_test_score"]) for fold in range(3)]
        # All of them have eight decimals.
        assert statistics.fmean(scores) == pytest.approx(float(row["mean_test_score"]), abs=1.1e-8)
        assert statistics.pstdev(scores) == pytest.approx(float(row["std_test_score"]), abs=1.1e-8)
    ranked = sorted(CV_RESULTS, key=lambda row: -float(row["mean_test_score"]))
    assert [int(row["rank_test_score"]) for row in ranked] == list(range(1, 17))
    assert int(ranked[0]["hidden_units"]) == OTHER["grid_best_width"]["value"] == 700
    assert [int(row["rank_test_score"]) for row in CV_RESULTS] == OTHER["grid_ranks"]["value"][
        "rank_test_score"
    ]
    seconds = sum(3 * (float(row["mean_fit_time"]) + float(row["mean_score_time"])) for row in CV_RESULTS)
    assert seconds / 60 == pytest.approx(OTHER["grid_duration"]["value"]["minutes"], abs=0.05)


def test_scores_of_the_fits_are_the_split_scores() -> None:
    by_width = {int(row["hidden_units"]): row for row in CV_RESULTS}
    seen: Counter[int] = Counter()
    for fit in OTHER["grid_fits"]["value"]:
        width = fit["hidden_units"]
        score = by_width[width][f"split{seen[width]}_test_score"]
        assert round(float(score), 4) == fit["score_accuracy"]
        seen[width] += 1
    assert seen == {100: 3, 150: 1}


def test_what_is_printed_twice_agrees() -> None:
    last = {row["experiment"]: row for row in EPOCHS}
    compared = 0
    for key, entry in OTHER.items():
        value = entry["value"]
        if key.startswith("last_epoch_"):
            for name, number in value.items():
                # Both are rounded: here to four digits, there to four decimals.
                assert float(last[entry["experiment"]][name]) == pytest.approx(number, abs=0.51e-4), key
                compared += 1
        if key.startswith("test_score_"):
            rounded = OTHER[key.replace("test_score_", "test_evaluation_")]["value"]
            for name, number in value.items():
                assert round(number, 4) == rounded[name], key
                compared += 1
    assert compared == 30


def test_every_other_entry_says_where_it_is_from() -> None:
    known = TRAININGS.keys() | FOLDS.keys() | {"grid", "grid-best", "forest", None}
    for key, entry in OTHER.items():
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", key)
        assert list(entry) == ["place", "experiment", "value"]
        assert re.fullmatch(r"Out \[\d+\]|cell \d+|table of (results|architectures)", entry["place"]), key
        assert entry["experiment"] in known, key
