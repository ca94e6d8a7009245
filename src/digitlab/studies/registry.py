"""The studies by id, checked when they are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from digitlab.errors import SettingError
from digitlab.metrics import metric
from digitlab.networks import architecture
from digitlab.studies import crash_course, deep_mnist, hidden_layer, mat_file, practice_lab
from digitlab.studies.study import Computation, Study

__all__ = ["STUDIES", "check_study", "study"]


def check_study(study: Study) -> Study:
    """Checks what can be checked of a study without running it.

    All published values, series and recorded spreads must be of metrics that there are; networks, options and
    recipes, the quick ones too, must be allowed; and other experiments that are named must exist.

    Raises:
        SettingError: If something is not; the message names the experiment.
    """
    ids = [experiment.id for experiment in study.experiments]
    for experiment in study.experiments:
        fixed = experiment.fixes_protocol_of
        if fixed is not None and fixed not in ids:
            raise SettingError(
                f"{study.id}/{experiment.id}: fixes_protocol_of={fixed!r} is no experiment of this study",
                f"Those there are: {', '.join(ids)}.",
            )
        if not isinstance(experiment, Computation):
            try:
                architecture(experiment.network).with_defaults(experiment.options)
                replace(experiment.recipe, **experiment.quick)
            except SettingError as error:
                raise SettingError(f"{study.id}/{experiment.id}: {error.problem}", error.remedy) from None
        names = [*experiment.published]
        if not isinstance(experiment, Computation):
            names += experiment.published_series
            names += experiment.seed_spread.std if experiment.seed_spread else []
        for name in names:
            try:
                metric(name)
            except SettingError as error:
                raise SettingError(f"{study.id}/{experiment.id}: {error.problem}", error.remedy) from None
    return study


def _by_id(studies: Iterable[Study]) -> Mapping[str, Study]:
    return MappingProxyType({each.id: check_study(each) for each in studies})


STUDIES: Mapping[str, Study] = _by_id(
    (crash_course.STUDY, practice_lab.STUDY, deep_mnist.STUDY, hidden_layer.STUDY, mat_file.STUDY)
)
"""Every study by its id, in the order of the sources."""


def study(name: str) -> Study:
    """The study called `name`.

    Raises:
        SettingError: If there is none; the message lists those there are.
    """
    if name not in STUDIES:
        raise SettingError(f"unknown study {name!r}", f"Those there are: {', '.join(STUDIES)}.")
    return STUDIES[name]
