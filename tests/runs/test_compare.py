"""Runs side by side."""

import csv
import io
import json

import numpy as np
import pytest

from digitlab.errors import RunError
from digitlab.evaluation import compute_metrics
from digitlab.networks import build
from digitlab.runs import DataConfig, Run, RunConfig, compare_runs, mean_history
from digitlab.runs.evaluations import save_evaluation
from digitlab.training import HistoryEntry, Recipe


@pytest.fixture
def make_run(tmp_path):
    def make(name, accuracies, options=None, seconds=1.0, data=None, **fields):
        network = build("mlp", inputs=4, hidden=(2,), **(options or {}))
        config = RunConfig(
            network="mlp",
            options=network.options,
            recipe=Recipe(**fields),
            data=DataConfig(**(data or {})),
            environment={},
        )
        run = Run.create(tmp_path / name, config)
        metrics = {
            "splits": {
                split: {"accuracy": share, "log_loss": 1 - share} for split, share in accuracies.items()
            },
            "parameters": network.parameter_count(),
            "steps": 1,
            "step_kind": "dense",
            "n_stacked_seeds": 1,
            "hardware": {},
            "train_seconds": seconds,
            "load_seconds": 0.0,
            "evaluation_seconds": 0.0,
            "final_evaluation_seconds": 0.0,
        }
        run.finish(network, [], metrics)
        return run

    return make


def test_only_what_differs_best_first(make_run):
    runs = [
        make_run("a", {"train": 0.99, "validation": 0.90}, learning_rate=0.1),
        make_run("b", {"train": 0.95, "validation": 0.97}, {"activation": "tanh"}, learning_rate=0.2),
    ]
    table = compare_runs(runs)
    assert table.sorted_by == "validation accuracy"
    assert table.columns == [
        "run",
        "validation accuracy",
        "activation",
        "learning_rate",
        "validation log loss",
        "train accuracy",
        "train log loss",
        "gap",
        "parameters",
        "train seconds",
    ]
    assert [row["run"] for row in table.rows] == [str(runs[1].folder), str(runs[0].folder)]
    assert [row["activation"] for row in table.rows] == ["tanh", "relu"]
    assert [row["learning_rate"] for row in table.rows] == [0.2, 0.1]


def test_sorted_by_what_every_run_has(make_run):
    table = compare_runs(
        [
            make_run("a", {"train": 0.80, "validation": 0.99, "test": 0.70}),
            make_run("b", {"train": 0.90, "test": 0.75}),
            make_run("c", {"train": 0.95, "validation": 0.98}),
        ]
    )
    assert table.sorted_by == "train accuracy"
    assert [row["train accuracy"] for row in table.rows] == [0.95, 0.90, 0.80]
    assert [row["test accuracy"] for row in table.rows] == [None, 0.75, 0.70]
    assert [row["validation accuracy"] for row in table.rows] == [0.98, None, 0.99]


def test_as_cells_and_as_csv(make_run):
    runs = [
        make_run("a", {"train": 0.5}, {"dropout": 0.25}, max_steps=7, seconds=0.5),
        make_run("b", {"train": 0.25}, {"dropout": 0.0}, seconds=12.5),
    ]
    table = compare_runs(runs)
    assert table.columns == [
        "run",
        "train accuracy",
        "dropout",
        "max_steps",
        "train log loss",
        "parameters",
        "train seconds",
    ]
    first, second = table.cells()
    assert first == [str(runs[0].folder), "0.5000", "0.2500", "7", "0.5000", "40", "0.5000"]
    assert second == [str(runs[1].folder), "0.2500", "0", "–", "0.7500", "40", "12.5"]
    assert table.left == {"run"}
    rows = list(csv.DictReader(io.StringIO(table.as_csv())))
    assert [row["max_steps"] for row in rows] == ["7", ""]
    assert [float(row["train accuracy"]) for row in rows] == [0.5, 0.25]


def test_one_run_and_no_difference(make_run):
    table = compare_runs([make_run("a", {"train": 0.5})])
    assert table.columns[:2] == ["run", "train accuracy"]


def test_an_unfinished_run(make_run, tmp_path):
    done = make_run("a", {"train": 0.5})
    unfinished = Run.create(tmp_path / "b", done.config)
    with pytest.raises(RunError, match="b is not finished"):
        compare_runs([done, unfinished])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        '{"schema_version": 2}',
        '{"schema_version": 2, "splits": {}}',
    ],
)
def test_damaged_metrics(content, make_run):
    run = make_run("a", {"train": 0.5})
    (run.folder / "metrics.json").write_text(content)
    with pytest.raises(RunError, match="cannot read the metrics"):
        compare_runs([run])


def test_metrics_are_one_json_document(make_run):
    run = make_run("a", {"train": 0.5})
    assert json.loads((run.folder / "metrics.json").read_text())["schema_version"] == 2


def test_runs_without_a_split_in_common(make_run):
    with pytest.raises(RunError, match="no split in common"):
        compare_runs([make_run("a", {"validation": 0.5}), make_run("b", {"test": 0.5})])


def test_a_folder_of_seeds_is_one_row(make_run, tmp_path):
    seeds = [make_run(f"f/seed-{n}", {"test": share}, seed=n) for n, share in enumerate((0.90, 0.92, 0.94))]
    other = make_run("a", {"test": 0.93}, learning_rate=0.1)
    table = compare_runs([(tmp_path / "f", seeds), (other.folder, [other])])
    first, second = table.rows
    assert (first["run"], first["n"], first["test accuracy"]) == (str(other.folder), 1, 0.93)
    assert (second["run"], second["n"], second["seed"]) == (str(tmp_path / "f"), 3, [0, 1, 2])
    assert second["test accuracy"] == pytest.approx(0.92)
    assert second["test accuracy sd"] == pytest.approx(0.02)
    # t(0.975, 2) = 4.3027; 4.3027 x 0.02 / sqrt(3) = 0.0497
    assert second["test accuracy low"] == pytest.approx(0.92 - 0.0497, abs=1e-4)
    assert second["test accuracy high"] == pytest.approx(0.92 + 0.0497, abs=1e-4)
    cells = dict(zip(table.shown, table.cells()[1], strict=True))
    assert cells["test accuracy"] == "0.9200 ± 0.0200 (0.8703 to 0.9697)"
    assert "test accuracy sd" not in table.shown
    assert "test accuracy sd" in table.columns


def test_a_folder_of_different_runs_has_a_row_for_each(make_run, tmp_path):
    runs = [make_run("f/a", {"test": 0.9}), make_run("f/b", {"test": 0.95}, learning_rate=0.1)]
    assert len(compare_runs([(tmp_path / "f", runs)]).rows) == 2


def test_the_gap_between_training_and_validation(make_run):
    table = compare_runs([make_run("a", {"train": 0.99, "validation": 0.90}), make_run("b", {"train": 0.5})])
    assert [row["gap"] for row in table.rows] == [pytest.approx(0.09), None]


def test_validation_digits_that_differ_do_not_rank_rows(make_run):
    one = make_run("a", {"train": 0.9, "validation": 0.99, "test": 0.80})
    first = {"validation": "first:100"}
    other = make_run("b", {"train": 0.9, "validation": 0.98, "test": 0.85}, data=first)
    table = compare_runs([one, other])
    assert table.sorted_by == "test accuracy"
    assert [row["run"] for row in table.rows] == [str(other.folder), str(one.folder)]
    assert table.notes == [
        "The validation digits are not the same in all rows: first:100 of mnist:train; stratified:10%:0 of "
        "mnist:train.",
        "The training digits are not the same in all rows: mnist:train without first:100; mnist:train "
        "without stratified:10%:0.",
        "They are ranked by their test accuracy, which is of the same digits.",
    ]


def test_where_no_digits_are_the_same_it_is_said(make_run):
    one = make_run("a", {"validation": 0.99})
    other = make_run("b", {"validation": 0.98}, data={"validation": "first:100"})
    table = compare_runs([one, other])
    assert table.sorted_by == "validation accuracy"
    assert table.notes[-1].startswith("So these rows are not ranked fairly")
    assert compare_runs([one]).notes == []


def test_scores_of_evaluate_enter_the_table(make_run):
    one = make_run("a", {"train": 0.9, "test": 0.95}, data={"test": "mnist:test"})
    other = make_run("b", {"train": 0.8})
    save_evaluation(other.folder, "mnist:test", _scores(0.97))
    save_evaluation(other.folder, "folder:photos", _scores(0.6))
    table = compare_runs([one, other])
    assert table.sorted_by == "test accuracy"
    assert [row["test accuracy"] for row in table.rows] == [0.97, 0.95]
    assert [row["folder:photos accuracy"] for row in table.rows] == [0.6, None]
    assert "folder:photos accuracy" in table.shown


def _scores(accuracy):
    right = round(1000 * accuracy)
    labels = np.arange(1000) % 10
    predicted = np.where(np.arange(1000) < right, labels, (labels + 1) % 10)
    return compute_metrics(5 * np.eye(10, dtype=np.float32)[predicted], labels)


def test_the_mean_history_of_seeds(make_run):
    runs = [make_run("a", {"train": 0.5}), make_run("b", {"train": 0.5})]
    for run, losses in zip(runs, ([0.4, 0.2, 0.1], [0.6, 0.4]), strict=True):
        for number, loss in enumerate(losses, start=1):
            run.append_history(HistoryEntry(number, number, number, 0.1, loss, 0.5, None, None))
    mean = mean_history(runs)
    assert [entry.train_loss for entry in mean] == pytest.approx([0.5, 0.3])
    assert mean[0].validation_loss is None
