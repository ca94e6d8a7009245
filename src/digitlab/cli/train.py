"""`digitlab train`: train a network and leave a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli.output import AsJson, log, print_json
from digitlab.errors import SettingError
from digitlab.formatting import format_count, format_seconds, format_share

if TYPE_CHECKING:
    from digitlab.runs import DataConfig, Run
    from digitlab.training import Recipe

__all__ = ["train"]


def train(
    network: Annotated[str | None, typer.Argument(help="Name of a network: see `digitlab networks`.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="An option of the network: see `digitlab networks NAME`.", metavar="NAME=VALUE"),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A field of the recipe: see `digitlab recipes`.", metavar="FIELD=VALUE"),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="Name of a recipe; by default the one named as the network, or `default`."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Training data: a dataset or a path.", show_default="mnist:train")
    ] = None,
    validation: Annotated[
        str | None,
        typer.Option(
            help="Validation split: HOW:N or HOW:N% of the training data, held out (HOW: first, last, "
            "random, stratified), with the seed of the split as random:5000:7; a dataset; or none.",
            show_default="stratified:10%:0",
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(help="Test data, evaluated once after training: mnist:test.", show_default="none"),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Decides the initial weights, the order of the examples, dropout and augmentation. "
            "The hold-out split has a seed of its own, see --validation.",
            show_default="0",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Train so many runs, with one seed after another.", show_default="1"),
    ] = None,
    ray: Annotated[
        str | None, typer.Option(help="Ray cluster that trains the runs of --seeds.", metavar="ADDRESS")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; by default the next free runs/NETWORK-N.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Finish the run, or the runs of --seeds, in this folder.", metavar="DIR"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network; write a run folder; print its final metrics."""
    if resume is not None:
        _check_only_resume(
            {
                "--option": option,
                "--set": set_,
                "--recipe": recipe,
                "--data": data,
                "--validation": validation,
                "--test": test,
                "--seed": seed,
                "--seeds": seeds,
                "--out": out,
            }
        )
        _resume(resume, network, ray, as_json)
        return
    if network is None:
        raise SettingError(
            "no network is named", "Name one: digitlab train NETWORK; see `digitlab networks`."
        )
    from digitlab.runs import DataConfig
    from digitlab.settings import parse_assignments
    from digitlab.training import is_main_process, standard_recipe

    if ray is not None and seeds in (None, 1):
        raise SettingError(f"--ray {ray} trains several runs side by side", "Say how many: --seeds N.")
    changes, options = parse_assignments(set_ or []), parse_assignments(option or [])
    _check_kinds(network, options, changes)
    if seed is not None:
        changes["seed"] = seed
    sources = {"train": data, "validation": validation, "test": test}
    job = _Job(
        network,
        options,
        standard_recipe(network, recipe, changes),
        DataConfig(**{name: source for name, source in sources.items() if source is not None}),
        out,
    )
    if not is_main_process():
        job.work()
    elif seeds in (None, 1):
        _print_run(job.train(), as_json)
    else:
        _print_seeds(*job.train_seeds(seeds, ray), as_json)


@dataclass(frozen=True)
class _Job:
    """What is to be trained."""

    network: str
    options: dict[str, Any]
    recipe: Recipe
    data: DataConfig
    out: Path | None

    def train(self) -> Run:
        from digitlab import runs

        return runs.train(self.network, self.options, self.recipe, self.data, self.out, progress=True)

    def train_seeds(self, seeds: int, ray: str | None) -> tuple[Path, list[Run]]:
        from digitlab import runs

        return runs.train_seeds(
            self.network,
            self.options,
            self.recipe,
            self.data,
            self.out,
            seeds=seeds,
            ray=ray,
            on_run=lambda run: log(_format_run(run_as_json(run))),
            progress=True,
        )

    def work(self) -> None:
        from digitlab import runs

        runs.train_worker(runs.configure(self.network, self.options, self.recipe, self.data))


def _check_kinds(network: str, options: dict[str, Any], changes: dict[str, Any]) -> None:
    """Refuses options of a network given as fields of the recipe, and the other way round."""
    from dataclasses import fields

    from digitlab.networks import architecture
    from digitlab.training import Recipe

    of_network = {field.name for field in fields(architecture(network).options)}
    of_recipe = {field.name for field in fields(Recipe)}
    for name, value in changes.items():
        if name in of_network - of_recipe:
            raise SettingError(
                f"{name} is an option of {network}, not a field of the recipe",
                f"Write --option {name}={value}.",
            )
    for name, value in options.items():
        if name in of_recipe - of_network:
            raise SettingError(
                f"{name} is a field of the recipe, not an option of {network}", f"Write --set {name}={value}."
            )


def _check_only_resume(others: dict[str, Any]) -> None:
    """Refuses settings beside `--resume`, which goes on with those that the run began with."""
    given = [name for name, value in others.items() if value not in (None, [])]
    if given:
        raise SettingError(
            f"{given[0]} does not go with --resume: a run keeps the settings it began with",
            "Leave it out, or train a new run.",
        )


def _resume(folder: Path, network: str | None, ray: str | None, as_json: bool) -> None:
    from digitlab import runs
    from digitlab.training import is_main_process

    if not (folder / "run.json").exists() and (folder / "seeds.json").exists():
        _resume_seeds(folder, network, ray, as_json)
        return
    if ray is not None:
        raise SettingError(f"--ray {ray}: {folder} is one run, not several", "Leave it out.")
    run = runs.Run.open(folder)
    config = run.config
    _check_network(folder, network, config.network)
    if not is_main_process():
        if not run.finished:
            runs.train_worker(config, folder)
        return
    if run.finished:
        log(f"{folder} is finished already")
    else:
        runs.resume(folder, progress=True)
    _print_run(run, as_json)


def _resume_seeds(folder: Path, network: str | None, ray: str | None, as_json: bool) -> None:
    from digitlab import runs

    saved = runs.SeedRuns.open(folder)
    config = saved.config
    _check_network(folder, network, config.network)
    if len(saved.finished()) == len(saved.seeds):
        log(f"{folder} is finished already")
    finished = runs.resume_seeds(
        folder, ray=ray, on_run=lambda run: log(_format_run(run_as_json(run))), progress=True
    )
    _print_seeds(folder, finished, as_json)


def _check_network(folder: Path, network: str | None, begun: str) -> None:
    if network not in (None, begun):
        raise SettingError(f"{folder} is a run of {begun}, not of {network}", "Leave the name out.")


def run_as_json(run: Run) -> dict[str, Any]:
    """A finished run as `train --json` prints it."""
    metrics = run.metrics()
    return {
        "run": str(run.folder),
        "network": run.config.network,
        "seed": run.config.seed,
        "train_seconds": metrics["train_seconds"],
        "load_seconds": metrics["load_seconds"],
        "evaluation_seconds": metrics["evaluation_seconds"],
        "final_evaluation_seconds": metrics["final_evaluation_seconds"],
        "parameters": metrics["parameters"],
        "steps": metrics["steps"],
        "step_kind": metrics["step_kind"],
        "n_stacked_seeds": metrics["n_stacked_seeds"],
        "stopped_early": metrics.get("stopped_early", False),
        "best_entry": metrics.get("best_entry"),
        "kept": "best" if run.config.recipe.patience and run.config.recipe.restore_best else "last",
        "hardware": metrics["hardware"],
        "metrics": {
            split: {key: scores[key] for key in ("n", "accuracy", "interval", "log_loss")}
            for split, scores in metrics["splits"].items()
        },
    }


def _print_run(run: Run, as_json: bool) -> None:
    answer = run_as_json(run)
    if as_json:
        print_json(answer)
    else:
        print(_format_run(answer))


def _format_run(run: dict[str, Any]) -> str:
    splits = [
        f"{split} {format_share(scores['accuracy'])} (n={format_count(scores['n'])}, "
        f"log loss {scores['log_loss']:.4f})"
        for split, scores in run["metrics"].items()
    ]
    text = (
        f"{run['run']}: {', '.join(splits)}; {format_count(run['parameters'], 'parameter')}, "
        f"{format_seconds(run['train_seconds'])} of training"
    )
    if run["best_entry"] is not None:
        stopped = "stopped early; " if run["stopped_early"] else ""
        text += f"; {stopped}entry {run['best_entry']} was the best, the {run['kept']} weights are kept"
    return text


def _print_seeds(folder: Path, runs: list[Run], as_json: bool) -> None:
    from dataclasses import asdict

    from digitlab.evaluation import sample_stats

    answers = [run_as_json(run) for run in runs]
    metrics = {
        split: {
            key: asdict(sample_stats([each["metrics"][split][key] for each in answers]))
            for key in ("accuracy", "log_loss")
        }
        for split in answers[0]["metrics"]
    }
    seconds = sample_stats([each["train_seconds"] for each in answers])
    if as_json:
        print_json(
            {
                "run": str(folder),
                "network": answers[0]["network"],
                "seed": answers[0]["seed"],
                "seeds": [each["seed"] for each in answers],
                "train_seconds": seconds.mean,
                "parameters": answers[0]["parameters"],
                "metrics": metrics,
                "runs": answers,
            }
        )
        return
    for split, scores in metrics.items():
        accuracy = scores["accuracy"]
        print(
            f"{split} accuracy over {accuracy['n']} seeds: mean {format_share(accuracy['mean'], 4)}, "
            f"standard deviation {format_share(accuracy['std'], 4)}"
        )
    print(
        f"{folder}: {format_seconds(seconds.mean)} of training each "
        f"(standard deviation {format_seconds(seconds.std)})"
    )
