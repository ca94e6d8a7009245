"""How figures are written, each case by hand."""

import pytest

from digitlab.report import Measurement, PublishedComparison, StudyResult, format
from digitlab.report.format import (
    cell_texts,
    difference_text,
    measured_text,
    metric_kind,
    published_text,
    range_text,
    source_text,
    speed_text,
    verdict_text,
)
from digitlab.settings import field_docs
from digitlab.training import Recipe
from digitlab.training.hyperparameters import UsedWhen


def m(mean, std=0.0, n=1):
    return Measurement(mean=mean, std=std, values=(mean,) * n)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("test_accuracy", "share"),
        ("last_epoch_accuracy", "share"),
        ("best_mean_score", "share"),
        ("final_loss", "loss"),
        ("train_seconds", "seconds"),
        ("parameters", "number"),
    ],
)
def test_what_a_figure_is(name, kind):
    assert metric_kind(name) == kind


@pytest.mark.parametrize(
    ("name", "measured", "text"),
    [
        ("test_accuracy", m(0.98181), "98.18 %"),
        ("test_accuracy", m(0.98181, 0.00118, 5), "98.18 ± 0.12 %"),
        ("test_accuracy", m(0.4334, 0.0375, 5), "43.3 ± 3.8 %"),
        ("test_accuracy", m(0.4334, 0.2, 5), "43 ± 20 %"),
        ("test_accuracy", m(1.0, 0.0, 2), "100.00 ± 0.00 %"),
        ("final_loss", m(0.02943), "0.0294"),
        ("final_loss", m(0.0492, 0.0073, 2), "0.0492 ± 0.0073"),
        ("final_loss", m(1.39, 0.01, 3), "1.390 ± 0.010"),
        ("train_seconds", m(33.4, 0.25, 3), "33.4 ± 0.2 s"),
        ("train_seconds", m(0.24, 0.204, 2), "0.24 ± 0.20 s"),
        ("train_seconds", m(90.0, 4.0, 2), "1 min 30 s ± 4.0 s"),
        ("parameters", m(556510, 0.0, 5), "556,510"),
        ("errors", m(43.25, 5.1, 4), "43.2 ± 5.1"),
        ("width", m(0.123456), "0.1235"),
    ],
)
def test_mean_and_deviation(name, measured, text):
    assert measured_text(name, measured) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("test_accuracy", 0.95, "95 %"),
        ("test_accuracy", 0.4333, "43.33 %"),
        ("test_accuracy", 0.9818999767303467, "98.19 %"),
        ("final_loss", 0.0294, "0.0294"),
        ("final_loss", 0.8721083970924985, "0.8721"),
        ("train_seconds", 2421.43, "40 min 21 s"),
        ("parameters", 10575.0, "10,575"),
    ],
)
def test_published_figures_have_no_digit_that_was_not_printed(name, value, text):
    assert published_text(name, value) == text


def test_the_lowest_and_the_highest():
    several = Measurement(mean=0.98, std=0.002, values=(0.9791, 0.983, 0.98))
    assert range_text("test_accuracy", several) == "97.91 to 98.30 %"
    assert range_text("test_accuracy", m(0.98)) == ""
    assert (
        range_text("train_seconds", Measurement(mean=1, std=1, values=(0.5, 84.26))) == "0.50 s to 1 min 24 s"
    )


@pytest.mark.parametrize(
    ("difference", "verdict", "said", "words"),
    [
        (0.0012, "inside", "+0.12 points", ("✓", "agrees")),
        (-0.0012, "near", "−0.12 points", ("≈", "close")),
        (0.1, "outside", "+10.00 points", ("≠", "ours higher")),
        (-0.1, "outside", "−10.00 points", ("≠", "ours lower")),
        (0.00001, "inside", "0.00 points", ("✓", "agrees")),
    ],
)
def test_differences(difference, verdict, said, words):
    comparison = PublishedComparison(
        difference=difference, deviations=None, scale=0, scale_of="digits", verdict=verdict
    )
    assert difference_text("test_accuracy", comparison) == said
    assert verdict_text(comparison) == words


@pytest.mark.parametrize(
    ("published", "measured", "text"),
    [
        (84.26, 6.2, "14 times as fast"),
        (3.0, 2.0, "1.5 times as fast"),
        (2.0, 3.0, "1.5 times as long"),
        (1.0, 1.02, "as fast"),
        (0.0, 1.0, ""),
    ],
)
def test_speeds(published, measured, text):
    assert speed_text(published, measured) == text


def test_a_column_has_one_number_of_decimals():
    assert cell_texts([0.5, None, 0.94125, 10025, "x"]) == ["0.50000", "–", "0.94125", "10,025", "x"]
    assert cell_texts([0.1 + 0.2]) == ["0.3"]


@pytest.mark.parametrize(
    ("title", "author", "year", "text"),
    [
        ("On Digits", "A. Author", 2016, "“On Digits”, A. Author, 2016"),
        ("On Digits", "A. Author", None, "“On Digits”, A. Author; year not named"),
        ("", "A. Author", 2016, "A. Author, 2016; title not named"),
        ("On Digits", "", None, "“On Digits”; author and year not named"),
        ("", "", None, "title, author and year not named"),
    ],
)
def test_a_source_by_what_it_names(title, author, year, text):
    study = StudyResult(
        id="s",
        title="S",
        source="000_x.txt",
        source_title=title,
        source_author=author,
        source_year=year,
        method="",
        seconds=0,
        experiments=(),
    )
    assert source_text(study) == text


def test_the_report_and_the_recipe_agree_on_when_a_field_is_used():
    for field in field_docs(Recipe):
        marks = [mark for mark in field.marks if isinstance(mark, UsedWhen)]
        if field.name in format.ONLY_WITH:
            assert format.ONLY_WITH[field.name] in {mark.field for mark in marks}
        elif field.name not in ("epochs", "augment_fade") and marks:  # not 0, they always have an effect
            (mark,) = marks
            assert format.IN_USE[field.name] == (mark.field, mark.values)
