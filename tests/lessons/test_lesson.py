"""A lesson at work: runs are kept, go on, and do not get into each other's way; bad calls are told."""

import importlib.util

import pytest

from digitlab import lessons
from digitlab.errors import RunError, SettingError
from digitlab.lessons.lesson import LESSONS
from digitlab.runs import DataConfig, Run, configure
from digitlab.studies import STUDIES
from digitlab.training import Recipe

DATA = DataConfig(train="mnist:train[:200]", validation="last:50")
RECIPE = Recipe(max_steps=3)


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lessons.start("crash-course")


def test_there_is_a_lesson_for_each_study():
    assert list(LESSONS) == list(STUDIES)
    for name in LESSONS:
        lesson = lessons.start(name)
        assert lesson.exercises
        assert name in repr(lesson)
        assert "follows" in lesson._repr_html_()


def test_a_finished_run_is_not_trained_again(lesson):
    first = lesson.train("linear", "softmax", recipe=RECIPE, data=DATA)
    assert str(first.folder) == "runs/crash-course/linear"
    before = (first.folder / "metrics.json").stat().st_mtime_ns
    again = lesson.train("linear", "softmax", recipe=RECIPE, data=DATA)
    assert again.folder == first.folder
    assert (first.folder / "metrics.json").stat().st_mtime_ns == before


def test_other_settings_make_another_run(lesson):
    first = lesson.train("linear", "softmax", recipe=RECIPE, data=DATA)
    second = lesson.train("linear", "softmax", recipe=Recipe(max_steps=4), data=DATA)
    assert second.folder.name == "linear-2"
    assert lesson.train("linear", "softmax", recipe=Recipe(max_steps=4), data=DATA).folder == second.folder
    assert lesson.train("linear", "softmax", recipe=RECIPE, data=DATA).folder == first.folder
    assert lesson.train("linear", "mlp", recipe=RECIPE, data=DATA).folder.name == "linear-3"


def test_an_interrupted_run_goes_on(lesson):
    config = configure("softmax", None, RECIPE, DATA)
    Run.create(lesson.folder / "linear", config)
    assert not Run.open(lesson.folder / "linear").finished
    interrupted = lesson.train("linear", "softmax", recipe=RECIPE, data=DATA)
    assert interrupted.finished


def test_what_is_no_run_is_left_alone(lesson):
    place = lesson.folder / "linear"
    place.mkdir(parents=True)
    (place / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="holds files, but no run"):
        lesson.train("linear", "softmax", recipe=RECIPE, data=DATA)
    assert (place / "notes.txt").read_text() == "mine"


def test_published_reproduced_and_here(lesson):
    table = lesson.compare("linear-1", validation_accuracy=0.8, validation_loss=[0.7, 0.9])
    accuracy, loss = table.rows
    assert accuracy[:2] == ("validation accuracy", "76.2 %")
    assert accuracy[2].endswith("(n = 5)")
    assert accuracy[3] == "80.00 %"
    assert loss[1] == "0.8721"
    assert loss[3] == "0.80 ± 0.14 (n = 2)"
    assert "76.2 %" in repr(table)
    assert "76.2 %" in table._repr_html_()
    alone = lesson.compare("linear-1-heldout", test_accuracy=0.83).rows[0]
    assert alone[1] == "–"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda lesson: lesson.compare("linear-7"), "no experiment 'linear-7'"),
        (lambda lesson: lesson.compare("linear-1", accuracy_of_all=0.5), "accuracy_of_all"),
        (lambda lesson: lesson.check("soft max", 1), "no exercise 'soft max'"),
        (lambda lesson: lesson.train("../away", "softmax"), "no name of a run"),
        (lambda _: lessons.start("crash"), "unknown lesson 'crash'"),
    ],
)
def test_bad_calls(lesson, call, says):
    with pytest.raises(SettingError, match=says):
        call(lesson)


def test_what_is_not_installed_is_told(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else found(name, *rest)
    )
    with pytest.raises(SettingError, match=r"needs torch, which is not installed\n.*digitlab\[lab\]"):
        lessons.start("crash-course")
