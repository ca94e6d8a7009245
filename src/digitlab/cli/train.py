"""`digitlab train`: train a network and leave a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli.output import AsJson, SkipUnknown, log, log_skipped
from digitlab.cli.train_output import print_run, print_seeds, seed_logger
from digitlab.errors import SettingError

if TYPE_CHECKING:
    from digitlab.runs import RunConfig

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
    skip_unknown: SkipUnknown = False,
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
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Start from the weights of this run or .safetensors file. Network, recipe and data are by "
            "default those of the run.",
            metavar="RUN",
        ),
    ] = None,
    teacher: Annotated[
        list[Path] | None,
        typer.Option(
            help="A trained run, folder of runs or .safetensors file that teaches the network, with the "
            "weight --set distillation=SHARE. May be given several times.",
            metavar="RUN",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="End training at the first history entry that is as good: validation_accuracy=0.985. The "
            "same as --set until=METRIC=VALUE.",
            metavar="METRIC=VALUE",
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Finish the run, or the runs of --seeds, in this folder; with --set epochs=N or "
            "--more-epochs N, train them further.",
            metavar="DIR",
        ),
    ] = None,
    more_epochs: Annotated[
        int | None, typer.Option(min=1, help="With --resume: train for so many epochs more.", metavar="N")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network; write a run folder; print its final metrics."""
    from digitlab.settings import parse_assignments

    changes, options = parse_assignments(set_ or []), parse_assignments(option or [])
    if resume is not None:
        others: dict[str, Any] = {
            "--option": option,
            "--recipe": recipe,
            "--data": data,
            "--validation": validation,
        }
        others |= {"--test": test, "--seed": seed, "--seeds": seeds, "--out": out, "--from": from_}
        _check_only_resume({**others, "--until": until, "--teacher": teacher}, changes)
        _resume(resume, network, ray, {**changes, "more_epochs": more_epochs}, as_json)
        return
    if more_epochs is not None:
        raise SettingError(f"--more-epochs {more_epochs} goes on with a run", "Say which: --resume DIR.")
    if ray is not None and seeds in (None, 1):
        raise SettingError(f"--ray {ray} trains several runs side by side", "Say how many: --seeds N.")
    for name, value in (("seed", seed), ("until", until)):
        if value is not None:
            changes[name] = None if str(value).lower() == "none" else value
    sources: dict[str, Any] = {"train": data, "validation": validation, "test": test}
    if skip_unknown and data is not None:
        from digitlab.data import load

        load(data, skip_unknown=True, on_skip=log_skipped)  # to say what is skipped
        sources["skip_unknown"] = True
    config = _configure(network, options, recipe, changes, sources, from_, teacher or [])
    if from_ is not None and test is None and config.data.test != "none":
        log(f"note: tested on {config.data.test}, as {from_} was; --test none leaves it out")

    from digitlab import runs
    from digitlab.training import is_main_process

    if not is_main_process():
        runs.train_worker(config)
    elif seeds in (None, 1):
        print_run(runs.train_configured(config, out, progress=True), as_json)
    else:
        on_run = seed_logger()
        folder, finished = runs.train_seeds_configured(
            config, out, seeds=seeds, ray=ray, on_run=on_run, progress=True
        )
        print_seeds(folder, finished, as_json)


def _configure(
    network: str | None,
    options: dict[str, Any],
    recipe: str | None,
    changes: dict[str, Any],
    sources: dict[str, Any],
    from_: Path | None,
    teachers: list[Path],
) -> RunConfig:
    """The configuration of a new run, with drawn weights or those of another run."""
    from digitlab import runs
    from digitlab.training import standard_recipe

    if from_ is not None:
        config = runs.fine_tuning_config(from_, recipe, sources, changes, runs.teacher_files(teachers))
        _check_network(from_, network, config.network)
        if options:
            raise SettingError(
                "--option does not go with --from: a network keeps the options of its weights",
                "Leave it out, or train a new network.",
            )
        return config
    if network is None:
        raise SettingError(
            "no network is named", "Name one: digitlab train NETWORK; see `digitlab networks`."
        )
    _check_kinds(network, options, changes)
    data = runs.DataConfig(**{name: source for name, source in sources.items() if source is not None})
    own_recipe = standard_recipe(network, recipe, changes)
    return runs.configure(network, options, own_recipe, data, runs.teacher_files(teachers))


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


def _check_only_resume(others: dict[str, Any], changes: dict[str, Any]) -> None:
    """Refuses settings beside `--resume`, but for those that make a run longer."""
    given = [name for name, value in others.items() if value not in (None, [])]
    given += [f"--set {name}" for name in changes if name not in ("epochs", "max_steps")]
    if given:
        raise SettingError(
            f"{given[0]} does not go with --resume: a run keeps the settings it began with",
            "Leave it out, or start a new run from its weights: digitlab train --from DIR. A run can be made "
            "longer: --set epochs=N, --more-epochs N.",
        )


def _resume(
    folder: Path, network: str | None, ray: str | None, longer: dict[str, Any], as_json: bool
) -> None:
    from digitlab import runs
    from digitlab.training import is_main_process

    more: dict[str, Any] = {name: _whole_number(name, value) for name, value in longer.items()}
    if not (folder / "run.json").exists() and (folder / "seeds.json").exists():
        saved = runs.SeedRuns.open(folder)
        _check_network(folder, network, saved.config.network)
        if len(saved.finished()) == len(saved.seeds) and not any(more.values()):
            log(f"{folder} is finished already; train it further with --more-epochs N")
        finished = runs.resume_seeds(folder, **more, ray=ray, on_run=seed_logger(), progress=True)
        print_seeds(folder, finished, as_json)
        return
    if ray is not None:
        raise SettingError(f"--ray {ray}: {folder} is one run, not several", "Leave it out.")
    run = runs.Run.open(folder)
    _check_network(folder, network, run.config.network)
    if not is_main_process():
        if not run.finished:
            runs.train_worker(run.config, folder)
        return
    if run.finished and not any(more.values()):
        log(f"{folder} is finished already; train it further with --more-epochs N")
    print_run(runs.resume(folder, **more, progress=True), as_json)


def _whole_number(name: str, value: object) -> int | None:
    try:
        return None if value is None else int(str(value))
    except ValueError:
        raise SettingError(f"{name}={value}", "Give a whole number of at least 1.") from None


def _check_network(folder: Path, network: str | None, begun: str) -> None:
    if network not in (None, begun):
        raise SettingError(f"{folder} is a run of {begun}, not of {network}", "Leave the name out.")
