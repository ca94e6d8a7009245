"""Job functions that need the studies themselves: computations, and the figures of trainings and searches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from digitlab.figures import save_figure
from digitlab.files import write_bytes
from digitlab.settings import to_dict
from digitlab.studies.datasets import MAT_FILE
from digitlab.studies.experiment_results import ExperimentRuns, SearchResult, SeedResult, train_data
from digitlab.studies.figures import draw_mean_scores
from digitlab.studies.registry import STUDIES
from digitlab.studies.study import Computation, ReproduceOptions, SearchExperiment, TrainingExperiment
from digitlab.studies.train_job import FIT_FILE, run_folder, with_files

__all__ = ["compute", "draw_runs", "draw_search"]

Inputs = Mapping[str, Path]


def compute(
    folder: Path, inputs: Inputs, *, study: str, experiment: str, quick: bool, mat: str | None
) -> dict[str, Any]:
    """Does a computation; its figures, and files for other experiments, lie in `folder`."""
    found = STUDIES[study].experiment(experiment)
    assert isinstance(found, Computation)
    assert found.run is not None
    own = next((path / MAT_FILE for path in inputs.values()), None)
    result = found.run(ReproduceOptions(folder, quick=quick, mat=own), folder)
    return {
        "figures": [_write_figure(folder, *each) for each in result.figures],
        "measured": {
            name: [float(each) for each in np.atleast_1d(value)] for name, value in result.measured.items()
        },
        "tables": [to_dict(table) for table in result.tables],
        "answers": list(result.answers),
    }


def draw_runs(
    folder: Path,
    inputs: Inputs,
    *,
    study: str,
    experiment: str,
    quick: bool,
    mat: str | None,
    files: Sequence[tuple[str, str, str]],
    stacks: Sequence[tuple[str, Sequence[int]]],
) -> dict[str, Any]:
    """Draws the figures of an experiment's runs, and works out its tables and further metrics."""
    found = STUDIES[study].experiment(experiment)
    assert isinstance(found, TrainingExperiment)
    options = ReproduceOptions(folder, quick=quick, mat=Path(mat) if mat else None)
    data = train_data(found, options)
    results = [
        SeedResult.load(run_folder(inputs[key], seeds, seed), data) for key, seeds in stacks for seed in seeds
    ]
    runs = ExperimentRuns(found, options, results, with_files(data.config, files, inputs))
    figures = [
        _write_figure(folder, each.id, each.title, each.draw(runs), each.file_format)
        for each in found.figures
        if each.in_quick or not quick
    ]
    measures = found.measures(runs) if found.measures else {}
    return {
        "figures": figures,
        "measured": {name: [float(value) for value in values] for name, values in measures.items()},
        "tables": [to_dict(table(runs)) for table in found.tables],
        "answers": [answer(runs) for answer in found.answers],
    }


def draw_search(
    folder: Path,
    inputs: Inputs,
    *,
    study: str,
    experiment: str,
    quick: bool,
    mat: str | None,
    fits: Sequence[tuple[str, int, int]],
) -> dict[str, Any]:
    """Draws the mean score of each width of a search."""
    found = STUDIES[study].experiment(experiment)
    assert isinstance(found, SearchExperiment)
    done = {(width, fold): json.loads((inputs[key] / FIT_FILE).read_bytes()) for key, width, fold in fits}
    figure = draw_mean_scores(found, SearchResult(found, done).series())
    title = "Cross-validation: mean score of each width, beside the published one"
    return {"figures": [_write_figure(folder, "widths", title, figure)]}


def _write_figure(
    folder: Path, name: str, title: str, figure: Figure | bytes, file_format: str = "png"
) -> dict[str, str]:
    """Writes a figure; its `file` is relative to the job's folder."""
    content = figure if isinstance(figure, bytes) else save_figure(figure)
    write_bytes(folder / f"{name}.{file_format}", content)
    return {"id": name, "title": title, "file": f"{name}.{file_format}"}
