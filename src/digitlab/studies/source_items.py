"""The items of a source, each with where ours is: from `coverage/STUDY.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources

from digitlab.errors import SettingError
from digitlab.inspection import VIEWS
from digitlab.report import ExperimentResult, SourceItem, Table
from digitlab.settings import from_dict
from digitlab.studies.study import Computation, SearchExperiment, Study, TrainingExperiment

__all__ = ["check_items", "source_items"]

KINDS = ("experiment", "published", "series", "figure", "table", "note", "view", "command", "docs")


def source_items(study_id: str) -> tuple[SourceItem, ...]:
    """The items of a study's source, in its order.

    Raises:
        SettingError: If one has neither an answer nor a reason, or an unknown kind of reference.
    """
    text = resources.files("digitlab.studies").joinpath("coverage", f"{study_id}.toml").read_text("utf-8")
    found = tuple(from_dict(SourceItem, each) for each in tomllib.loads(text)["item"])
    for item in found:
        for reference in item.ours:
            if reference.partition(":")[0] not in KINDS:
                raise SettingError(
                    f"{study_id}: {item.what}: unknown reference {reference!r}",
                    f"It must begin with one of {', '.join(KINDS)}.",
                )
    return found


def check_items(
    study: Study, results: Sequence[ExperimentResult] = (), study_tables: Sequence[Table] = ()
) -> list[str]:
    """References of a study's items that lead nowhere.

    Args:
        study: The study.
        results: Its results, if it has been reproduced: figures of computations and tables are known only
            then, and are not checked without.
        study_tables: Tables over several experiments.

    Returns:
        A line for each.
    """
    done = {each.id: each for each in results}
    return [
        f"{study.id}: {item.what}: {reference} leads nowhere"
        for item in study.items
        for reference in item.ours
        if not _resolves(study, reference, done, study_tables)
    ]


def _resolves(
    study: Study, reference: str, done: dict[str, ExperimentResult], study_tables: Sequence[Table]
) -> bool:
    kind, _, target = reference.partition(":")
    if kind == "view":
        return target in VIEWS
    if kind in ("command", "docs"):
        return bool(target)  # a test runs the one and opens the other
    name, _, rest = target.partition("/")
    if name == "study":
        tables = {table.id for table in study_tables}
        return bool(study.notes) if kind == "note" else kind == "table" and (not done or rest in tables)
    experiment = next((each for each in study.experiments if each.id == name), None)
    if experiment is None:
        return False
    result = done.get(name)
    if kind == "experiment":
        return True
    if kind == "note":
        answers = experiment.answers if isinstance(experiment, TrainingExperiment) else ()
        return bool(experiment.notes or answers)
    if kind == "published":
        return rest in experiment.published
    if kind == "series":
        return not isinstance(experiment, Computation) and rest in experiment.published_series
    if kind == "figure":
        if isinstance(experiment, TrainingExperiment):
            return rest in {figure.id for figure in experiment.figures}
        known = {figure.id for figure in result.figures} if result else {rest}
        return rest in known | ({"widths"} if isinstance(experiment, SearchExperiment) else set())
    return result is None or rest in {table.id for table in result.tables}
