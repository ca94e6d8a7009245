"""Refit of a search: its best candidate, trained on all data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from digitlab import runs
from digitlab.networks import build, save_network
from digitlab.runs import DataConfig, Run
from digitlab.training import Examples, fit
from digitlab.tuning.data import PER_FOLD, SearchData
from digitlab.tuning.plan import Candidate, Plan

__all__ = ["refit_best"]


def refit_best(
    plan: Plan,
    best: Candidate,
    folder: Path,
    loaded: SearchData,
    data: str | Examples,
    validation: str | Examples,
) -> Run | None:
    """Trains the best candidate on all data, in the folder of its search.

    Args:
        plan: The search.
        best: Which of its candidates.
        folder: Of the search.
        loaded: Its examples.
        data: As `search` was given it.
        validation: As `search` was given it.

    Returns:
        The run `best`, resumed if it was begun; None for examples without a name, whose network is written
        to `best.safetensors`.

    Raises:
        DigitlabError: As `digitlab.runs.train` does.
    """
    recipe = replace(best.recipe, threads=0)
    if isinstance(data, str) and isinstance(validation, str):
        per_fold = "stratified:10%" if recipe.monitors_validation else "none"
        chosen = DataConfig(train=data, validation=per_fold if validation == PER_FOLD else validation)
        own = folder / "best"
        if (own / "run.json").exists():
            return runs.resume(own)
        return runs.train(plan.network, best.options, recipe, chosen, own)
    train, validation_part = loaded.all_examples(plan, recipe.monitors_validation)
    network = build(plan.network, seed=recipe.seed, **best.options)
    fit(network, recipe, train, validation_part)
    save_network(network, folder / "best.safetensors")
    return None
