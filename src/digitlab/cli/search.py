"""`digitlab search`: find the best of a grid by cross-validation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, log, print_json, print_table

if TYPE_CHECKING:
    from digitlab.tuning import SearchProgress, SearchResult

__all__ = ["search"]


def search(
    network: Annotated[str, typer.Argument(help="A network's name: see `digitlab networks`.")],
    grid: Annotated[
        list[str],
        typer.Option(
            help="Values of a network option or recipe field; once for each name. "
            "A value with parts joins them with +: hidden=100,200 is two networks of one hidden layer, "
            "hidden=100+50,200 one of two and one of one.",
            metavar="NAME=V1,V2,...",
        ),
    ],
    cv: Annotated[
        str,
        typer.Option(
            help="How many stratified folds; or KFold:3 or StratifiedKFold:3, by scikit-learn's names.",
            metavar="[SPLITTER:]K",
        ),
    ] = "3",
    workers: Annotated[
        int | None, typer.Option(help="Processes on this machine; by default one for each core.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(help="Run the fits on the Ray cluster at this HOST:PORT.", metavar="ADDRESS")
    ] = None,
    data: Annotated[str, typer.Option(help="What to search on: a set or a path.")] = "mnist:train",
    validation: Annotated[
        str,
        typer.Option(
            help="What early stopping monitors: per-fold (a tenth of each fold's training part), "
            "the same HOW:N for all folds (first, last, random, stratified), a set, none."
        ),
    ] = "per-fold",
    recipe: Annotated[
        str | None,
        typer.Option(help="A recipe's name; by default the one named as the network, or `default`."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A field of the recipe, the same for all.", metavar="FIELD=VALUE"),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="An option of the network, the same for all.", metavar="NAME=VALUE"),
    ] = None,
    shuffle: Annotated[
        bool, typer.Option("--shuffle", help="Shuffle before dealing examples to folds.")
    ] = False,
    n_candidates: Annotated[
        int | None,
        typer.Option(help="Random search: try only so many combinations, drawn at random.", metavar="N"),
    ] = None,
    halving: Annotated[
        bool,
        typer.Option("--halving", help="Successive halving: most candidates see only a part of the digits."),
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Decides folds and samples; weights and order are the recipe's own seed.")
    ] = 0,
    refit: Annotated[
        bool, typer.Option("--refit/--no-refit", help="Train the best on all digits in the end.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The search's folder; by default the next free runs/NETWORK-search-N. "
            "The same search with the same folder goes on where it was stopped.",
            metavar="DIR",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the best of a grid of options and recipe fields by cross-validation."""
    from digitlab import tuning
    from digitlab.cli.search_table import RANKED_COLUMNS, ranked_rows, search_progress
    from digitlab.settings import parse_assignments
    from digitlab.training import standard_recipe

    values = tuning.parse_grid(network, grid)
    shared = parse_assignments(option or [])
    chosen = standard_recipe(network, recipe, parse_assignments(set_ or []))
    folder = out

    def on_fit(progress: SearchProgress) -> None:
        nonlocal folder
        folder = progress.folder
        show(progress)

    try:
        with search_progress(network) as show:
            found = tuning.search(
                network,
                values,
                options=shared,
                recipe=chosen,
                data=data,
                validation=validation,
                cv=cv,
                shuffle=shuffle,
                seed=seed,
                n_candidates=n_candidates,
                halving=halving,
                workers=workers,
                ray=ray,
                refit=refit,
                out=out,
                on_fit=on_fit,
            )
    except KeyboardInterrupt:
        if folder is not None:
            log(f"what is done is in {folder}; the same search with --out {folder} goes on")
        raise
    if as_json:
        print_json(found.to_dict())
        return
    print_table(RANKED_COLUMNS, ranked_rows(found.results), left=("candidate",))
    _print_summary(found)


def _print_summary(found: SearchResult) -> None:
    from digitlab.tuning import format_params

    for failure in found.failures:
        log(f"failed: {format_params(failure['params'])}, fold {failure['split'] + 1}: {failure['error']}")
    if found.halving:
        print(
            f"halving: {found.halving['full_fits']} of {found.halving['of']} fits on all examples; "
            f"the rest was {found.halving['training_share']:.0%} of the training, "
            f"as if {found.halving['fits_saved']:g} fits had been left out"
        )
    best = found.best
    print(f"best: {format_params(best.params)}, mean accuracy {best.mean_test_score:.4%}")
    print(
        f"{found.folder}: {found.seconds:.1f} s of search, {found.fit_seconds:.1f} s of fits"
        + (f"; trained on all digits in {found.run.folder}" if found.run else "")
    )
