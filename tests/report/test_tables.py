"""What a report shows is chosen and put into rows as it says."""

from dataclasses import replace

from digitlab.report import (
    ExperimentResult,
    FigureFile,
    Measurement,
    SeedSpread,
    Series,
    overall_rows,
)
from digitlab.report.format import describe_setup
from digitlab.report.tables import (
    headline,
    highlight_figures,
    metric_rows,
    overall,
    series_tables,
    spread_text,
    summary,
    verdict_counts,
)

ONE = Measurement(mean=0.5, std=0.0, values=(0.5,))


def experiment(published=(), measured=()):
    return ExperimentResult(
        id="x",
        title="x",
        published=dict.fromkeys(published, 0.5),
        measured=dict.fromkeys(measured, ONE),
    )


def test_the_headline_is_the_best_known_figure_that_was_published():
    assert headline(experiment(["final_loss", "validation_accuracy", "test_accuracy"])) == "test_accuracy"
    assert headline(experiment(["final_loss", "validation_accuracy"])) == "validation_accuracy"
    assert headline(experiment(["parameters", "final_loss"], ["test_accuracy"])) == "final_loss"
    assert headline(experiment(["train_seconds", "parameters", "pixels"])) == "parameters"
    assert headline(experiment(["train_seconds"], ["errors", "validation_accuracy"])) == "validation_accuracy"
    assert headline(experiment(["train_seconds"], ["train_seconds"])) is None


def test_the_overall_table(results):
    header, *rows = overall_rows(results)
    assert header[-2:] == ("time published", "time measured")
    assert [row[:2] for row in rows] == [
        ("hidden-layer", "mlp-1"),
        ("hidden-layer", "mlp-1-heldout"),
        ("hidden-layer", "art"),
        ("hidden-layer", "bare"),
        ("deep-mnist", "cnn"),
    ]
    # (0.401 + 0.452 + 0.447) / 3 = 0.4333; deviations -0.0323, 0.0187, 0.0137; sqrt(0.001583 / 2) = 0.028
    first = ("test accuracy", "43.33 %", "43.3 ± 2.8 % (n = 3)", "✓ agrees", "1 min 24 s", "6.2 s")
    assert rows[0][2:] == first
    assert rows[2][2:] == ("test accuracy", "99.79 %", "–", "not measured", "–", "–")
    assert rows[3][2:] == ("–", "–", "–", "not done", "–", "–")


def test_an_experiment_of_pictures_only_is_shown():
    pictures = replace(experiment(), figures=(FigureFile(id="a", title="a", file="a.png"),))
    assert overall(pictures)[0].verdict == "shown"


def test_times_are_compared_in_words(results):
    rows = {row.name: row for row in metric_rows(results.studies[0].experiments[0])}
    assert rows["training time"].verdict == "14 times as fast"  # 84.26 / 6.2 = 13.6
    assert rows["training time"].kind == ""
    assert rows["test accuracy"].reference == "Results, table 2"
    assert (
        rows["final training loss"].deviations == "−11.0 standard deviations over the seeds"
    )  # -0.11 / 0.01


def test_the_recorded_spread_over_seeds_in_words(results):
    spread = SeedSpread(
        std={"test_accuracy": 0.0012, "test_loss": 0.011}, n=5, machine="AMD EPYC", date="2026-11-24"
    )
    first = replace(results.studies[0].experiments[0], seed_spread=spread)
    assert spread_text(first) == (
        "test accuracy ±0.12 points, test loss ±0.0110 (n = 5, AMD EPYC, 2026-11-24)"
    )
    assert spread_text(results.studies[0].experiments[0]) == ""


def test_counting_verdicts(results):
    assert verdict_counts(results) == {"inside": 1, "near": 1, "outside": 1}


def test_the_sentence_at_the_top(results):
    assert summary(results) == (
        "Two published studies of digit recognition, 5 experiments, run again by digitlab 0.1.0 on "
        "21 November 2026, 07:44 UTC, on Some <Processor> (2 cores), in 5 min 12 s."
    )
    assert summary(replace(results, environment={}, finished=None, studies=results.studies[:1])) == (
        "One published study of digit recognition, 4 experiments, run again, in 5 min 12 s."
    )


def test_knobs_out_of_use_are_left_out(results):
    facts = describe_setup(results.studies[0].experiments[0])
    assert facts.recipe == "rmsprop, learning rate 0.001, rho 0.9, batch size 32, epochs 30"
    assert facts.network == "mlp, hidden 1, activation relu, 805 parameters"
    assert facts.data[0] == ("train", "55,000 training images")
    adam = {"optimizer": "adam", "betas": [0.9, 0.999], "epochs": 10, "max_steps": 100, "max_grad_norm": 5.0}
    adam["clip_mode"] = "global"
    assert describe_setup(replace(experiment(), recipe=adam)).recipe == (
        "adam, betas 0.9, 0.999, max steps 100, max grad norm 5, clip mode global"
    )
    wide = {"name": "mlp", "options": {"hidden": [100, 100], "bias": True, "dropout": None}}
    assert describe_setup(replace(experiment(), network=wide)).network == (
        "mlp, hidden 100-100, bias yes, dropout none"
    )


def test_series_over_the_same_x_share_a_table(results):
    (grid,) = series_tables(results.studies[0].experiments[0])
    assert grid.title == (
        "training loss, validation accuracy by epoch; "
        "mean absolute difference from the published: training loss 0.1"
    )
    assert grid.columns == (
        "epoch",
        "training loss, published",
        "training loss, measured",
        "±",
        "validation accuracy (%)",
    )
    assert grid.rows == (
        ("1", "2.2000", "2.1000", "0.1000", "20.00"),
        ("2", "–", "1.6000", "0.0500", "30.00"),
        ("3", "–", "1.3900", "0.0100", "43.00"),
    )


def test_a_series_that_the_source_went_on_with():
    def followed(x, published):
        one = Series(x=x, x_name="epoch", mean=(1.0, 2.0), std=(0.0, 0.0), published=published)
        return series_tables(replace(experiment(), series={"final_loss": one}))[0].rows

    assert followed((1, 2), (1.5, 2.5, 3.5)) == (
        ("1", "1.5000", "1.0000"),
        ("2", "2.5000", "2.0000"),
        ("3", "3.5000", "–"),
    )
    # Widths are not counted on.
    assert followed((10, 20), (1.5, 2.5, 3.5)) == (("10", "1.5000", "1.0000"), ("20", "2.5000", "2.0000"))


def test_the_figures_at_the_top(results):
    chosen = [(study.id, figure.id) for study, _, figure in highlight_figures(results)]
    assert chosen == [("hidden-layer", "scatter"), ("deep-mnist", "kernels-first")]
    assert len(highlight_figures(results, most=1)) == 1
