"""`digitlab train`: train a network and leave a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digitlab.cli.output import AsJson, log, print_json
from digitlab.errors import SettingError

if TYPE_CHECKING:
    from digitlab.runs import DataConfig, Run
    from digitlab.training import Recipe

__all__ = ["train"]


def train(
    network: Annotated[str | None, typer.Argument(help="A network's name: see `digitlab networks`.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the network.", metavar="NAME=VALUE")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A field of the recipe.", metavar="FIELD=VALUE")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="A recipe's name; by default the one named as the network, or `default`."),
    ] = None,
    data: Annotated[str, typer.Option(help="What to train on: a set or a path.")] = "mnist:train",
    validation: Annotated[
        str,
        typer.Option(
            help="What to follow training with: HOW:N (first, last, random, stratified), a set, none."
        ),
    ] = "stratified:10%",
    test: Annotated[
        str, typer.Option(help="What to score the finished network on, for example mnist:test.")
    ] = "none",
    seed: Annotated[int | None, typer.Option(help="Decides everything random.")] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Train this many times, with one seed after another.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; by default the next free runs/NETWORK-N.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Finish the run in this folder instead.", metavar="DIR")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a network; write a run folder; print its final metrics."""
    if resume is not None:
        _only_resume(
            {
                "--option": bool(option),
                "--set": bool(set_),
                "--recipe": recipe is not None,
                "--seed": seed is not None,
                "--seeds": seeds != 1,
                "--out": out is not None,
            }
        )
        _resume(resume, network, as_json)
        return
    if network is None:
        raise SettingError(
            "no network is named", "Name one: digitlab train NETWORK; see `digitlab networks`."
        )
    from digitlab.runs import DataConfig, train_seeds, train_worker
    from digitlab.settings import parse_assignments
    from digitlab.training import is_main_process, standard_recipe

    changes = parse_assignments(set_ or [])
    if seed is not None:
        changes["seed"] = seed
    plan = standard_recipe(network, recipe, changes)
    options = parse_assignments(option or [])
    chosen = DataConfig(train=data, validation=validation, test=test)
    if not is_main_process():
        train_worker(network, options, plan, chosen)
        return
    if seeds == 1:
        _print_run(_trained(network, options, plan, chosen, out), as_json)
        return
    folder, runs = train_seeds(
        network, options, plan, chosen, out, seeds=seeds, on_run=lambda run: log(_in_words(run_as_json(run)))
    )
    _print_seeds(folder, runs, as_json)


def _trained(
    network: str, options: dict[str, object], recipe: Recipe, data: DataConfig, out: Path | None
) -> Run:
    from digitlab import runs
    from digitlab.cli.progress import following

    with following(f"{network}, seed {recipe.seed}", recipe) as (callbacks, on_history):
        return runs.train(network, options, recipe, data, out, callbacks=callbacks, on_history=on_history)


def _only_resume(others: dict[str, bool]) -> None:
    """Refuses settings given beside `--resume`, which goes on with those that the run began with."""
    given = [name for name, is_given in others.items() if is_given]
    if given:
        raise SettingError(
            f"{given[0]} does not go with --resume: a run keeps the settings it began with",
            "Leave it out, or train a new run.",
        )


def _resume(folder: Path, network: str | None, as_json: bool) -> None:
    from digitlab import runs
    from digitlab.cli.progress import following
    from digitlab.runs import Run
    from digitlab.training import is_main_process

    run = Run.open(folder)
    facts = run.config
    if network not in (None, facts.network):
        raise SettingError(f"{folder} is a run of {facts.network}, not of {network}", "Leave the name out.")
    if not is_main_process():
        if not run.finished:
            runs.train_worker(facts.network, facts.options, facts.recipe, facts.data, folder)
        return
    if run.finished:
        log(f"{folder} is finished already")
    else:
        with following(f"{facts.network}, seed {facts.seed}", facts.recipe) as (callbacks, on_history):
            runs.resume(folder, callbacks=callbacks, on_history=on_history)
    _print_run(run, as_json)


def run_as_json(run: Run) -> dict[str, Any]:
    """A finished run as the contract of `train --json` has it."""
    metrics = run.metrics()
    return {
        "run": str(run.folder),
        "network": run.config.network,
        "seed": run.config.seed,
        "train_seconds": metrics["train_seconds"],
        "load_seconds": metrics["load_seconds"],
        "evaluation_seconds": metrics["evaluation_seconds"],
        "parameters": metrics["parameters"],
        "steps": metrics["steps"],
        "hardware": metrics["hardware"],
        "metrics": {
            split: {key: scores[key] for key in ("n", "accuracy", "interval", "log_loss")}
            for split, scores in metrics["splits"].items()
        },
    }


def _print_run(run: Run, as_json: bool) -> None:
    facts = run_as_json(run)
    if as_json:
        print_json(facts)
        return
    print(_in_words(facts))


def _in_words(facts: dict[str, Any]) -> str:
    figures = [
        f"{split} {scores['accuracy']:.2%} (n={scores['n']:,}, log loss {scores['log_loss']:.4f})"
        for split, scores in facts["metrics"].items()
    ]
    return (
        f"{facts['run']}: {', '.join(figures)}; {facts['parameters']:,} parameters, "
        f"{facts['train_seconds']:.2f} s of training"
    )


def _print_seeds(folder: Path, runs: list[Run], as_json: bool) -> None:
    from dataclasses import asdict

    from digitlab.evaluation import sample_stats

    facts = [run_as_json(run) for run in runs]
    metrics = {
        split: {
            key: asdict(sample_stats([one["metrics"][split][key] for one in facts]))
            for key in ("accuracy", "log_loss")
        }
        for split in facts[0]["metrics"]
    }
    seconds = sample_stats([one["train_seconds"] for one in facts])
    if as_json:
        print_json(
            {
                "run": str(folder),
                "network": facts[0]["network"],
                "seed": facts[0]["seed"],
                "seeds": [one["seed"] for one in facts],
                "train_seconds": seconds.mean,
                "parameters": facts[0]["parameters"],
                "metrics": metrics,
                "runs": facts,
            }
        )
        return
    for split, figures in metrics.items():
        accuracy = figures["accuracy"]
        print(
            f"{split} accuracy over {accuracy['n']} seeds: mean {accuracy['mean']:.4%}, "
            f"standard deviation {accuracy['std']:.4%}"
        )
    print(f"{folder}: {seconds.mean:.2f} s of training each (standard deviation {seconds.std:.2f})")
