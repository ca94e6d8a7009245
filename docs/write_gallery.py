"""Writes `docs/gallery.md` and its pictures: trains five small networks and draws every view.

    python docs/write_gallery.py [FOLDER]

The trainings (a few minutes on two cores) stay in FOLDER, by default `runs/gallery`, and are used again.
The same machine gives the same pictures: every training and every view has a fixed seed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digitlab.inspection import THEMES, InspectedModel, View, inspect, write_view
from digitlab.runs import DataConfig, train, train_seeds
from digitlab.training import recipe, standard_recipe

PAGE = Path(__file__).with_name("gallery.md")
PICTURES = PAGE.with_name("gallery")
HEAD = """# Gallery

Every view of a network that digitlab has. Each figure is one call in Python,
`digitlab.inspect(RUN, VIEW, ...)`, whose result holds the numbers beside the figure, and one command, which
is written under it. Made by `python docs/write_gallery.py`, from these trainings:
"""


@dataclass(frozen=True)
class Training:
    """A training that the views show: its description, and its configuration."""

    description: str
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
    "deep-mnist": Training("the network of study `deep-mnist`, 1,100 steps", "deep-mnist"),
    "one": Training(
        "one hidden unit, as study `hidden-layer` has it, 10 epochs",
        "mlp",
        {"hidden": (1,)},
        "keras-2.0-rmsprop",
        {"epochs": 10},
        validation="first:5000",
    ),
    "two": Training(
        "two hidden units, as study `hidden-layer` has them, 10 epochs",
        "mlp",
        {"hidden": (2,)},
        "keras-2.0-rmsprop",
        {"epochs": 10},
        validation="first:5000",
    ),
}


@dataclass(frozen=True)
class Example:
    """An example of a view: a training, and the view's options."""

    training: str = "mlp"
    options: dict[str, Any] = field(default_factory=dict)


SWIFT_DIGIT = (Example("swift", {"image": 18}),)
EXAMPLES: dict[str, tuple[Example, ...]] = {
    "image": (Example(options={"image": 18}),),
    "unit-weights": (Example(options={"unit": 97}),),
    "kernels": (Example("deep-mnist"),),
    "activations": SWIFT_DIGIT,
    "feature-maps": (
        Example("deep-mnist", {"image": 1}),
        Example("deep-mnist", {"image": 1, "layer": "conv2"}),
    ),
    "boxplot": (Example("one"), Example()),
    "scatter": (Example("two"), Example()),
    "maximally-activating-digits": (
        Example(),
        Example("swift", {"layer": "relu1"}),
    ),
    "outputs": (Example(options={"image": 18}),),
    "unit-computation": (
        Example(options={"unit": 97}),
        Example("deep-mnist", {"layer": "conv1", "unit": 3, "position": (12, 14)}),
        Example(options={"layer": "logits", "unit": 3, "image": 18}),
    ),
    "confusion": (Example("swift"),),
    "errors": (Example("swift"),),
    "confused-pair": (Example(options={"pair": (4, 9)}),),
    "mistakes": (Example("swift"),),
    "label-errors": (Example("swift"),),
    "attribution": SWIFT_DIGIT,
    "saliency": SWIFT_DIGIT,
    "integrated-gradients": SWIFT_DIGIT,
    "occlusion": SWIFT_DIGIT,
    "activation-maximization": (Example("swift"),),
    "pca": (Example("swift"),),
    "tsne": (Example("swift"),),
}
"""Examples of views; a view that is not here is shown once, of the training `mlp`."""


def main() -> None:
    """Trains what is not trained yet, draws every picture, and writes the page."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("runs/gallery")
    models = {name: InspectedModel.open(trained(name, folder)) for name in TRAININGS}
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.iterdir():
        old.unlink()
    parts = [HEAD, *(f"- `{name}`: {each.description}" for name, each in TRAININGS.items()), ""]
    for theme, views in THEMES.items():
        parts.append(f"## {theme}\n")
        for view in views:
            for number, example in enumerate(EXAMPLES.get(view.name, (Example(),)), start=1):
                parts.append(section(view, number, example, models[example.training]))
                print(view.name, example.options, flush=True)
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


def section(view: View, number: int, example: Example, model: InspectedModel) -> str:
    """Draws one figure; returns its part of the page."""
    result = inspect(model, view.name, None, **example.options)
    written = write_view(view.name, result, PICTURES).figure
    figure = written.rename(written.with_stem(f"{view.name}-{number}"))
    words = "".join(f" --{key} {_text(value)}" for key, value in example.options.items())
    command = f"digitlab inspect runs/gallery/{example.training} --view {view.name}{words}"
    summary = f"\n{result.summary}\n" if result.summary else ""
    image = f"![{view.description}](gallery/{figure.name})"
    return f"### {view.name}\n\n{view.description}\n\n{image}\n{summary}\n```\n{command}\n```\n"


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    main()
