"""The five studies: published beside measured, their figures, and what trains one of their networks again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from pydantic import BaseModel

from digitlab.errors import DigitlabError
from digitlab.report import ExperimentResult, FigureFile, Results, StudyResult, read_results
from digitlab.report.format import describe_setup, source_text
from digitlab.report.shipped import shipped_results
from digitlab.report.tables import metric_rows, summary
from digitlab.web.inspected import WAIT
from digitlab.web.lab import Lab, TheLab
from digitlab.web.problems import PROBLEM, UnknownIdError

__all__ = ["Measured", "Studies", "router"]

router = APIRouter(prefix="/api", tags=["studies"], responses=PROBLEM)

DEPTH = 2
"""How many folders below that of the runs results of `digitlab reproduce` are looked for."""
PICTURES = {".png": "image/png", ".gif": "image/gif"}


class Row(BaseModel):
    """A figure of an experiment in words; what there is none of is empty. As `MetricRow`."""

    name: str
    published: str
    reference: str
    measured: str
    n: int
    range: str
    difference: str
    deviations: str
    sign: str
    verdict: str
    kind: str


class Figure(BaseModel):
    """A picture of an experiment: its title, and its address."""

    title: str
    picture: str


class Training(BaseModel):
    """What trains the network of an experiment.

    Attributes:
        network: The architecture's name.
        options: Its options.
        settings: Fields of the recipe that differ from the network's standard one.
        data: Where the digits of each split come from.
        seed: The first seed.
    """

    network: str
    options: dict[str, Any]
    settings: dict[str, Any]
    data: dict[str, Any]
    seed: int


class Experiment(BaseModel):
    """An experiment of a study.

    Attributes:
        id: Unique in its study.
        title: What was done.
        setup: Network, recipe and digits in words.
        rows: Its figures, published beside measured.
        figures: Its pictures.
        notes: What is to be known.
        training: What trains its network again; None where nothing is trained that the lab can train.
    """

    id: str
    title: str
    setup: dict[str, str]
    rows: list[Row]
    figures: list[Figure]
    notes: list[str]
    training: Training | None


class OneStudy(BaseModel):
    """A study.

    Attributes:
        id: As `digitlab reproduce` takes it.
        title: What it is.
        source: The source by title, author and year.
        method: What the source did.
        experiments: In the order of the source.
        notes: Where the source and we differ, and why.
    """

    id: str
    title: str
    source: str
    method: str
    experiments: list[Experiment]
    notes: list[str]


class Studies(BaseModel):
    """All studies.

    Attributes:
        summary: What was run, when, on what, and for how long.
        studies: In the order of the sources.
    """

    summary: str
    studies: list[OneStudy]


class Measured:
    """Results of `digitlab reproduce` in the folder of the runs, and those that ship.

    Args:
        lab: Whose.
    """

    def __init__(self, lab: Lab) -> None:
        self.runs = lab.runs
        self._known: dict[Path, tuple[int, Results | None]] = {}

    def results(self) -> Results:
        """The latest whole reproduction; else what ships."""
        whole = [results for _, results in self._found() if results.complete and not results.quick]
        return whole[0] if whole else shipped_results()

    def figures(self) -> dict[tuple[str, str, str], tuple[Path, FigureFile, bool]]:
        """The pictures of the latest results: file, title, and whether budgets were cut.

        Returns:
            By the ids of study, experiment and figure; those of whole reproductions where there are both.
        """
        found: dict[tuple[str, str, str], tuple[Path, FigureFile, bool]] = {}
        for folder, results in self._found():
            for study in results.studies:
                for experiment in study.experiments:
                    for figure in experiment.figures:
                        path = _inside(folder, figure.file)
                        if path is not None:
                            key = study.id, experiment.id, figure.id
                            found.setdefault(key, (path, figure, results.quick))
        return found

    def _found(self) -> list[tuple[Path, Results]]:
        """Folders and results; whole reproductions before quick looks, later ones before earlier ones."""
        files = [file for depth in range(DEPTH + 1) for file in self.runs.glob("*/" * depth + "results.json")]
        found = [(file, self._open(file)) for file in files]
        known = [(file, results) for file, results in found if results is not None]
        known.sort(key=lambda one: (one[1].quick, not one[1].complete, -one[0].stat().st_mtime_ns))
        return [(file.parent, results) for file, results in known]

    def _open(self, file: Path) -> Results | None:
        """The results in a file; None if they are of another kind: `digitlab search` has such a file, too."""
        stamp = file.stat().st_mtime_ns
        known = self._known.get(file)
        if known is None or known[0] != stamp:
            try:
                known = stamp, read_results(file)
            except DigitlabError:
                known = stamp, None
            self._known[file] = known
        return known[1]


@router.get("/studies")
def list_studies(lab: TheLab) -> Studies:
    """Lists the studies with what was published and measured, and what trains their networks again."""
    lab.models.wait_for_torch(WAIT)
    measured = lab.part(Measured)
    results, figures = measured.results(), measured.figures()
    by_experiment: dict[tuple[str, str], list[Figure]] = {}
    for (study, experiment, figure), (_, file, quick) in figures.items():
        address = f"/api/studies/{study}/{experiment}/figures/{figure}"
        title = f"{file.title} (of a quick look)" if quick else file.title
        by_experiment.setdefault((study, experiment), []).append(Figure(title=title, picture=address))
    return Studies(
        summary=summary(results),
        studies=[_study(study, by_experiment) for study in results.studies],
    )


@router.get("/studies/{study_id}/{experiment_id}/figures/{figure_id}", response_class=FileResponse)
def get_figure(lab: TheLab, study_id: str, experiment_id: str, figure_id: str) -> FileResponse:
    """A picture of an experiment."""
    found = lab.part(Measured).figures().get((study_id, experiment_id, figure_id))
    if found is None:
        raise UnknownIdError(
            f"there is no figure {figure_id[:40]!r}", "GET /api/studies lists those there are."
        )
    return FileResponse(found[0], media_type=PICTURES[found[0].suffix])


def _inside(folder: Path, name: str) -> Path | None:
    """A picture in a folder; None if it is not there, or the name leads out of the folder."""
    path = (folder / name).resolve()
    inside = path.is_relative_to(folder.resolve()) and path.suffix in PICTURES and path.is_file()
    return path if inside else None


def _study(study: StudyResult, figures: Mapping[tuple[str, str], list[Figure]]) -> OneStudy:
    from digitlab.studies import STUDIES

    known = {each.id: each for each in STUDIES[study.id].experiments} if study.id in STUDIES else {}
    return OneStudy(
        id=study.id,
        title=study.title,
        source=source_text(study),
        method=study.method,
        experiments=[
            _experiment(each, known.get(each.id), figures.get((study.id, each.id), []))
            for each in study.experiments
        ],
        notes=list(study.notes),
    )


def _experiment(result: ExperimentResult, declared: Any, figures: list[Figure]) -> Experiment:
    setup = describe_setup(result)
    words = {"network": setup.network, "recipe": setup.recipe, **dict(setup.data), "seeds": setup.seeds}
    return Experiment(
        id=result.id,
        title=result.title,
        setup={name: text for name, text in words.items() if text},
        rows=[Row(**vars(row)) for row in metric_rows(result)],
        figures=figures,
        notes=list(result.notes),
        training=_training(declared),
    )


def _training(declared: Any) -> Training | None:
    """What trains the network of an experiment; None if it reads files that only `reproduce` writes."""
    from digitlab.settings import to_dict
    from digitlab.studies import ReproduceOptions, TrainingExperiment
    from digitlab.training import standard_recipe

    options = ReproduceOptions(out=Path())
    if not isinstance(declared, TrainingExperiment) or declared.needs(options):
        return None
    standard = to_dict(standard_recipe(declared.network))
    own = to_dict(declared.recipe)
    return Training(
        network=declared.network,
        options=dict(declared.options),
        settings={name: value for name, value in own.items() if name != "seed" and value != standard[name]},
        data=to_dict(declared.data_for(options).config),
        seed=declared.first_seed,
    )
