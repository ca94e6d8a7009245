"""Writes `docs/gallery.md` and its pictures: trains five small networks and looks at them in every way.

    python docs/write_gallery.py [FOLDER]

The trainings (a few minutes on two cores) stay in FOLDER, by default `runs/gallery`, and are used again.
The same machine gives the same pictures: every training and every view has a fixed seed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digitlab.inspection import VIEWS, InspectedModel, inspect, write_view
from digitlab.runs import DataConfig, train, train_seeds
from digitlab.training import recipe, standard_recipe

PAGE = Path(__file__).with_name("gallery.md")
PICTURES = PAGE.with_name("gallery")
HEAD = """# Gallery

Every way of looking at a network that digitlab has. Each picture is one call in Python,
`digitlab.inspect(RUN, VIEW, ...)`, whose result holds the numbers beside the figure, and one command, which
is written under it. Made by `python docs/write_gallery.py`, from these trainings:
"""


@dataclass(frozen=True)
class Training:
    """A training that views look at: its words for the command line, and what makes it."""

    words: str
    network: str
    options: dict[str, Any] = field(default_factory=dict)
    recipe: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    seeds: int = 1
    validation: str = "stratified:10%"


TRAININGS = {
    "mlp": Training(
        "784-100-100-10, as study `crash-course` has it, five seeds of two epochs",
        "mlp",
        {"hidden": (100, 100)},
        changes={"learning_rate": 0.003, "batch_size": 30, "epochs": 2},
        seeds=5,
    ),
    "swift": Training("swift, five seeds of one epoch", "swift", seeds=5),
    "deep-mnist": Training("source 002's deep network, 1,100 steps", "deep-mnist"),
    "one": Training(
        "one hidden unit, as study `hidden-layer` has it, 10 epochs",
        "mlp",
        {"hidden": (1,)},
        "keras-rmsprop",
        {"epochs": 10},
        validation="first:5000",
    ),
    "two": Training(
        "two hidden units, as study `hidden-layer` has them, 10 epochs",
        "mlp",
        {"hidden": (2,)},
        "keras-rmsprop",
        {"epochs": 10},
        validation="first:5000",
    ),
}


@dataclass(frozen=True)
class Shot:
    """A picture of the gallery: a view, of which training, and what is chosen."""

    view: str
    training: str
    choices: dict[str, Any] = field(default_factory=dict)


SHOTS = {
    "Digits": (
        Shot("digits", "mlp"),
        Shot("predictions", "mlp"),
        Shot("averages", "mlp"),
        Shot("image", "mlp", {"image": 18}),
    ),
    "Weights": (
        Shot("weights", "mlp"),
        Shot("unit-weights", "mlp", {"unit": 97}),
        Shot("weight-stages", "mlp"),
        Shot("weight-animation", "mlp"),
        Shot("kernels", "deep-mnist"),
    ),
    "Activations": (
        Shot("activations", "swift", {"image": 18}),
        Shot("feature-maps", "deep-mnist", {"image": 1}),
        Shot("feature-maps", "deep-mnist", {"image": 1, "layer": "conv2"}),
        Shot("boxplot", "one"),
        Shot("scatter", "two"),
        Shot("outputs", "mlp", {"image": 18}),
        Shot("unit-computation", "mlp", {"unit": 97}),
        Shot("unit-computation", "deep-mnist", {"layer": "conv1", "unit": 3, "position": (12, 14)}),
        Shot("unit-computation", "mlp", {"layer": "logits", "unit": 3, "image": 18}),
    ),
    "Errors": (
        Shot("confusion", "swift"),
        Shot("errors", "swift"),
        Shot("confused-pair", "mlp", {"pair": (4, 9)}),
        Shot("mistakes", "swift"),
        Shot("label-errors", "swift"),
    ),
    "Learning": (
        Shot("learning-curves", "mlp"),
        Shot("activation-functions", "mlp"),
        Shot("softmax", "mlp"),
        Shot("cross-entropy", "mlp"),
    ),
    "What a network looks at, and what it wants": (
        Shot("attribution", "swift", {"image": 18}),
        Shot("saliency", "swift", {"image": 18}),
        Shot("integrated-gradients", "swift", {"image": 18}),
        Shot("occlusion", "swift", {"image": 18}),
        Shot("activation-maximization", "swift"),
    ),
    "Maps and pixels": (
        Shot("pca", "swift"),
        Shot("tsne", "swift"),
        Shot("explained-variance", "mlp"),
        Shot("principal-components", "mlp"),
        Shot("pixel-importance", "mlp"),
        Shot("important-pixels", "mlp"),
    ),
}


def main() -> None:
    """Trains what is not trained yet, draws every picture, and writes the page."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs/gallery")
    subjects = {name: InspectedModel.open(trained(name, folder)) for name in TRAININGS}
    shown = [shot.view for shots in SHOTS.values() for shot in shots]
    missing = [name for name in VIEWS if name not in shown]
    if missing:
        sys.exit(f"the gallery shows no {', '.join(missing)}")
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.iterdir():
        old.unlink()
    parts = [HEAD, *(f"- `{name}`: {each.words}" for name, each in TRAININGS.items()), ""]
    for theme, shots in SHOTS.items():
        parts.append(f"## {theme}\n")
        for shot in shots:
            parts.append(section(shot, subjects[shot.training]))
            print(shot.view, shot.choices, flush=True)
    PAGE.write_text("\n".join(parts))


def trained(name: str, folder: Path) -> Path:
    """The folder of a training, which is done if it has not been."""
    plan, out = TRAININGS[name], folder / name
    if not out.exists():
        data = DataConfig(validation=plan.validation)
        how = (
            recipe(plan.recipe, plan.changes)
            if plan.recipe
            else standard_recipe(plan.network, None, plan.changes)
        )
        if plan.seeds > 1:
            train_seeds(plan.network, plan.options, how, data, out, seeds=plan.seeds)
        else:
            train(plan.network, plan.options, how, data, out)
    return out


def section(shot: Shot, subject: InspectedModel) -> str:
    """Draws one picture; returns its part of the page."""
    result = inspect(subject, shot.view, None, **shot.choices)
    written = write_view(shot.view, result, PICTURES).figure
    number = sum(path.stem.startswith(f"{shot.view}-") for path in PICTURES.iterdir()) + 1
    picture = written.rename(written.with_stem(f"{shot.view}-{number}"))
    words = "".join(f" --{key} {_text(value)}" for key, value in shot.choices.items())
    command = f"digitlab inspect runs/gallery/{shot.training} --view {shot.view}{words}"
    said = f"\n{result.summary}\n" if result.summary else ""
    about = VIEWS[shot.view].description
    return f"### {shot.view}\n\n{about}\n\n![{about}](gallery/{picture.name})\n{said}\n```\n{command}\n```\n"


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    main()
