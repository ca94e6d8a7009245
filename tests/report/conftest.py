"""Made-up results with everything that a report may meet: text to escape, gaps, one seed and several."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from digitlab.report import (
    ExperimentResult,
    FigureFile,
    Measurement,
    PublishedComparison,
    Results,
    Series,
    SourceItem,
    StudyResult,
    Table,
    write_report,
    write_results,
)

NASTY = '<b>bold</b> & "quoted" | `code <i>` *star*'


def measured(*values: float) -> Measurement:
    mean = sum(values) / len(values)
    std = (sum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)) ** 0.5
    return Measurement(mean=mean, std=std, values=values)


def compared(ours: Measurement, published: float, verdict: str, scale: float = 0.0) -> PublishedComparison:
    difference = ours.mean - published
    return PublishedComparison(
        difference=difference,
        deviations=difference / scale if scale else None,
        scale=scale,
        scale_of="seeds" if len(ours.values) > 1 else "digits",
        verdict=verdict,
    )


def narrow_network() -> ExperimentResult:
    accuracy, loss, seconds = (
        measured(0.401, 0.452, 0.447),
        measured(1.4, 1.38, 1.39),
        measured(6.1, 6.3, 6.2),
    )
    return ExperimentResult(
        id="mlp-1",
        title="One hidden unit, RMSprop, 30 epochs",
        network={"name": "mlp", "options": {"hidden": [1], "activation": "relu"}, "parameters": 805},
        recipe={
            "optimizer": "rmsprop",
            "learning_rate": 0.001,
            "rho": 0.9,
            "momentum": 0.9,
            "betas": [0.9, 0.999],
            "max_grad_norm": None,
            "clip_mode": "global",
            "batch_size": 32,
            "epochs": 30,
            "schedule": "constant",
            "restore_best": True,
            "weight_decay": 0.0,
        },
        data={"train": "55,000 training images", "test": "all 10,000 test images"},
        seeds=(0, 1, 2),
        measured={"test_accuracy": accuracy, "final_loss": loss, "train_seconds": seconds},
        published={"test_accuracy": 0.4333, "final_loss": 1.5, "train_seconds": 84.26},
        references={"test_accuracy": "Results, table 2", "train_seconds": 'cell 31, "Total time"'},
        comparison={
            "test_accuracy": compared(accuracy, 0.4333, "inside", accuracy.std),
            "final_loss": compared(loss, 1.5, "outside", loss.std),
        },
        series={
            "train_loss": Series(
                x=(1, 2, 3),
                x_name="epoch",
                mean=(2.1, 1.6, 1.39),
                std=(0.1, 0.05, 0.01),
                published=(2.2, None),
            ),
            "validation_accuracy": Series(x=(1, 2, 3), x_name="epoch", mean=(0.2, 0.3, 0.43), std=(0, 0, 0)),
        },
        figures=(
            FigureFile(
                id="scatter", title="What the unit says, digit by digit", file="figures/a scatter.png"
            ),
            FigureFile(id="growth", title=f"While it learns: {NASTY}", file="figures/growth.gif"),
        ),
        tables=(
            Table(
                id="grid",
                title=f"Widths: {NASTY}",
                columns=("hidden units", "mean | score", "words"),
                rows=((10, 0.94125, NASTY), (10025, 0.5, None), (None, None, "none")),
            ),
            Table(id="none", title="Nothing yet", columns=("digit", "count"), rows=()),
            Table(id="long", title="Forty rows", columns=("n",), rows=tuple((n,) for n in range(40))),
        ),
        runs=("runs/hidden-layer/mlp-1/seed-0",),
        notes=(f"Known slip: {NASTY}", "It takes two\n  lines."),
    )


def rich_results() -> Results:
    wide = measured(0.9818)
    experiments = (
        narrow_network(),
        ExperimentResult(
            id="mlp-1-heldout",
            title=NASTY,
            fixes_protocol_of="mlp-1",
            measured={"validation_accuracy": wide, "errors": measured(182.0)},
            published={"validation_accuracy": 0.98},
            comparison={"validation_accuracy": compared(wide, 0.98, "near", 0.0013)},
        ),
        ExperimentResult(id="art", title="State of the art, quoted", published={"test_accuracy": 0.9979}),
        ExperimentResult(id="bare", title="Nothing known"),
    )
    other = StudyResult(
        id="deep-mnist",
        title="A convolutional network",
        source="002_x.txt",
        source_author="A. Author",
        source_year=2016,
        method="It convolves. It pools.",
        seconds=0.0,
        experiments=(
            ExperimentResult(
                id="cnn",
                title="Two convolutions",
                measured={"test_accuracy": wide},
                figures=(FigureFile(id="kernels-first", title="32 kernels", file="figures/kernels.png"),),
            ),
        ),
    )
    return Results(
        environment={"digitlab": "0.1.0", "processor": "Some <Processor>", "cores": 2},
        seconds=312.4,
        quick=False,
        complete=True,
        finished=datetime(2026, 11, 21, 7, 44, 55, tzinfo=UTC),
        studies=(
            StudyResult(
                id="hidden-layer",
                title=f"What do hidden units learn? {NASTY}",
                source="003_x.txt",
                source_title="What Hidden Units Learn | Again",
                method=f"It trains. {NASTY}",
                seconds=75.0,
                experiments=experiments,
                tables=(
                    Table(id="all", title="Compared", columns=("network", "ours"), rows=(("one", 0.43),)),
                ),
                notes=(f"A note. {NASTY}",),
                items=(
                    SourceItem(
                        what=f"its accuracy {NASTY}",
                        place="Results, table 2",
                        ours=("published:mlp-1/test_accuracy", "note:study"),
                    ),
                    SourceItem(what="a picture", place="Figure 1", not_reproduced="its data are lost"),
                ),
            ),
            other,
        ),
    )


def write_pictures(results: Results, folder: Path) -> None:
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for n, figure in enumerate(f for s in results.studies for e in s.experiments for f in e.figures):
        picture = io.BytesIO()
        kind = "GIF" if figure.file.endswith("gif") else "PNG"
        Image.new("L", (900 - 300 * n, 300 + n), 40 * n).save(picture, kind)
        (folder / figure.file).write_bytes(picture.getvalue())


@pytest.fixture(scope="session")
def results() -> Results:
    return rich_results()


@pytest.fixture
def folder(tmp_path: Path, results: Results) -> Path:
    """A folder as `reproduce` leaves it before the report is written."""
    write_pictures(results, tmp_path)
    write_results(results, tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, results: Results) -> Path:
    """A folder with the whole report, of an incomplete quick look."""
    folder = tmp_path_factory.mktemp("report")
    write_pictures(results, folder)
    write_results(replace(results, quick=True, complete=False), folder)
    write_report(folder)
    return folder
