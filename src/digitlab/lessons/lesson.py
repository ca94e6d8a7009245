"""`Lesson`: one of the five notebooks at work."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitlab.errors import RunError, SettingError, suggest_names
from digitlab.extras import MissingPackageError
from digitlab.lessons.checking import Check, CheckResult, check_answer
from digitlab.lessons.published_table import PublishedTable, compare_values
from digitlab.notebook import interrupts_told, table_html

if TYPE_CHECKING:
    from digitlab.report import StudyResult
    from digitlab.runs import DataConfig, Run, RunConfig
    from digitlab.training import Recipe

__all__ = ["LESSONS", "Lesson", "start"]

LESSONS = ("crash-course", "practice-lab", "deep-mnist", "hidden-layer", "mat-file")
"""Their ids, in the order of the sources."""
RUNS = Path("runs")
NEEDED = ("torch", "matplotlib", "sklearn", "pydantic", "safetensors")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def start(name: str) -> Lesson:
    """Starts a lesson.

    Args:
        name: The id of the study that it follows, as `digitlab studies` lists them.

    Raises:
        SettingError: If there is no such lesson, or what it needs is not installed.
    """
    if name not in LESSONS:
        near = suggest_names(str(name), LESSONS)
        raise SettingError(f"unknown lesson {name!r}", near or f"Those there are: {', '.join(LESSONS)}.")
    missing = [module for module in NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise MissingPackageError(f"lesson {name}", missing[0])
    exercises = importlib.import_module(f"digitlab.lessons.exercises.{name.replace('-', '_')}")
    return Lesson(name, RUNS / name, exercises.EXERCISES)


@dataclass(frozen=True)
class Lesson:
    """A lesson at work.

    Attributes:
        name: The id of the study that it follows.
        folder: Holds its runs; relative to where the notebook runs.
        exercises: What checks each exercise, by its name.
    """

    name: str
    folder: Path
    exercises: Mapping[str, Check]

    def train(
        self,
        name: str,
        network: str,
        options: Mapping[str, object] | None = None,
        recipe: Recipe | str | None = None,
        data: DataConfig | None = None,
        progress: bool | None = None,
    ) -> Run:
        """Trains as `digitlab.train` does, and keeps the run: a second call gives the finished run at once.

        A run that was interrupted goes on where it was stopped. With other settings another run is trained,
        in the folder of the name with a number behind it.

        Args:
            name: Of the run's folder below `folder`: small letters, digits and hyphens.
            network: As in `digitlab.train`; so are the rest.
            options: Options of the network.
            recipe: How to train.
            data: What to train on.
            progress: As in `digitlab.train`; False for one of many runs, whose lines would fill the page.

        Raises:
            DigitlabError: As `digitlab.train` does.
        """
        from digitlab.runs import Run, configure, resume, train

        if NAME.fullmatch(name) is None:
            raise SettingError(
                f"{name!r} is no name of a run", "Use small letters, digits and hyphens, such as linear-1."
            )
        config = configure(network, options, recipe, data)
        folder = self._folder_for(name, config)
        with interrupts_told(lambda: "What is trained is kept; run the cell again, and it goes on."):
            if not (folder / "run.json").exists():
                return train(network, options, config.recipe, config.data, folder, progress=progress)
            run = Run.open(folder)
            return run if run.finished else resume(folder, progress=progress)

    def _folder_for(self, name: str, config: RunConfig) -> Path:
        """The folder that holds a run of this configuration, else the next that is free."""
        return next(folder for folder in _numbered(self.folder / name) if _is_for(folder, config))

    def check(self, exercise: str, answer: Any = None, **given: Any) -> CheckResult:
        """Checks the answer to an exercise, and says what is wrong with it.

        Args:
            exercise: Its name, as the notebook has it.
            answer: A value or a function; None and `...` stand for no answer.
            given: What the check compares it with, as the notebook has it.

        Raises:
            SettingError: If there is no such exercise.
        """
        if exercise not in self.exercises:
            raise SettingError(
                f"lesson {self.name} has no exercise {exercise!r}",
                f"Those it has: {', '.join(self.exercises)}.",
            )
        return check_answer(exercise, self.exercises[exercise], answer, **given)

    def compare(self, experiment: str, **here: float | Sequence[float]) -> PublishedTable:
        """What was published for an experiment, what `digitlab reproduce` measured, and what this run gives.

        Args:
            experiment: Its id in the study.
            here: What was measured here, by metric: `validation_accuracy=0.89`, or a value for each seed.

        Raises:
            SettingError: If there is no such experiment or metric.
        """
        known = {each.id: each for each in self._study().experiments}
        if experiment not in known:
            raise SettingError(
                f"study {self.name} has no experiment {experiment!r}",
                suggest_names(experiment, known) or f"Those it has: {', '.join(known)}.",
            )
        return compare_values(known[experiment], here)

    def _study(self) -> StudyResult:
        from digitlab.report.shipped import shipped_results

        return next(study for study in shipped_results().studies if study.id == self.name)

    def __repr__(self) -> str:
        return f"Lesson({self.name}, runs in {self.folder}, exercises: {', '.join(self.exercises)})"

    def _repr_html_(self) -> str:
        from digitlab.report.format import source_text

        study = self._study()
        rows = [
            ("follows", source_text(study)),
            ("study", f"{study.title}; all of it: digitlab reproduce {self.name}"),
            ("runs", f"{self.folder}, where the notebook runs; delete it to begin anew"),
            ("exercises", ", ".join(self.exercises)),
        ]
        return table_html(f"Lesson {self.name}", (), rows)


def _numbered(folder: Path) -> Iterator[Path]:
    yield folder
    yield from (folder.with_name(f"{folder.name}-{number}") for number in count(2))


def _is_for(folder: Path, config: RunConfig) -> bool:
    """Whether a folder is free, or holds a run of this configuration."""
    from digitlab.runs import Run
    from digitlab.runs.setup import TrainingSetup

    if not (folder / "run.json").exists():
        if folder.exists() and any(folder.iterdir()):
            raise RunError(f"{folder} holds files, but no run", "Move them, and run the cell again.")
        return True
    found, wanted = Run.open(folder).config, TrainingSetup.of(config).config
    return all(
        getattr(found, name) == getattr(wanted, name) for name in ("network", "options", "recipe", "data")
    )
