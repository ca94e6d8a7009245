"""The registry of views: every view by name, and how one is rendered.

To add a view, write a function `(InspectedModel, ViewOptions) -> ViewResult` in the module of its theme and
add one line to `THEMES` that names the options it uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from digitlab.arguments import check_arguments
from digitlab.errors import SettingError, suggest_names
from digitlab.inspection import (
    activation_functions,
    activation_maximization,
    activations,
    architecture,
    attribution,
    classification_errors,
    input_images,
    learning,
    projections,
    unit_computation_view,
    unit_preferences,
    unit_statistics,
    weights,
)
from digitlab.inspection.view import InspectedModel, View, ViewOptions, ViewResult, changed_options
from digitlab.runs import TrainedModel
from digitlab.settings import from_dict

__all__ = ["THEMES", "VIEWS", "check_options", "inspect", "view"]

THEMES: Mapping[str, tuple[View, ...]] = MappingProxyType(
    {
        "Input images": (
            View(
                "digits",
                "Random digits with their labels.",
                input_images.view_digits,
                options=("count", "seed"),
            ),
            View(
                "predictions",
                "Random digits with their predictions; errors are marked.",
                input_images.view_predictions,
                options=("count", "seed"),
            ),
            View("averages", "The average image of each class.", input_images.view_averages),
            View(
                "image",
                "One image with the value of each pixel.",
                input_images.view_image,
                options=("image",),
            ),
        ),
        "Architecture": (
            View(
                "architecture",
                "Diagram of the network: its layers with their shapes and parameters.",
                architecture.view_architecture,
            ),
        ),
        "Weights": (
            View(
                "weights",
                "The weights of each unit as an image, all on one scale.",
                weights.view_weights,
                options=("layer", "unit", "page", "count"),
            ),
            View(
                "unit-weights",
                "The weights of one unit, large.",
                weights.view_unit_weights,
                options=("layer", "unit"),
            ),
            View(
                "weight-stages",
                "First-layer weights after 10, 100, 1,000 ... training steps and at the end.",
                learning.view_weight_stages,
                options=("unit", "page"),
            ),
            View(
                "weight-animation",
                "First-layer weights during the whole training, as an animation.",
                learning.view_weight_animation,
                options=("unit", "page"),
                file_format="gif",
            ),
            View(
                "kernels",
                "The kernels of a convolution as tiles on one scale.",
                weights.view_kernels,
                options=("layer", "unit", "page"),
            ),
        ),
        "Activations": (
            View(
                "activations",
                "The activations of every layer for one image, down to the probabilities.",
                activations.view_activations,
                options=("image",),
            ),
            View(
                "feature-maps",
                "The feature maps of one layer for one image.",
                activations.view_feature_maps,
                options=("image", "layer", "unit", "page", "count"),
            ),
            View(
                "maximally-activating-digits",
                "The digits that activate each unit or feature map most, with activations and labels.",
                unit_preferences.view_maximally_activating_digits,
                ("layer", "unit", "page", "count"),
            ),
            View(
                "class-selectivity",
                "Mean activation of each unit for each digit, with the class selectivity index.",
                unit_preferences.view_class_selectivity,
                ("layer", "unit", "page", "count", "seed"),
            ),
            View(
                "boxplot",
                "Box plots of each unit's activation by predicted digit; of one unit, large.",
                unit_statistics.view_boxplot,
                options=("layer", "unit", "page", "position", "count", "seed"),
            ),
            View(
                "scatter",
                "Scatter plot of two units' activations, colored by predicted digit.",
                unit_statistics.view_scatter,
                options=("layer", "unit", "position", "count", "seed"),
            ),
            View(
                "outputs",
                "The ten outputs for one image: logits, softmax, probabilities.",
                activations.view_outputs,
                options=("image",),
            ),
            View(
                "unit-computation",
                "The computation of one unit: inputs, weights, products, sum, bias.",
                unit_computation_view.view_unit_computation,
                options=("image", "layer", "unit", "position", "count"),
            ),
        ),
        "Errors": (
            View(
                "confusion",
                "Confusion matrix: counts and row percentages.",
                classification_errors.view_confusion,
            ),
            View(
                "errors",
                "Confusion matrix without its diagonal: the errors alone.",
                classification_errors.view_errors,
            ),
            View(
                "confused-pair",
                "Two digits that are mistaken for each other, in four panels.",
                classification_errors.view_confused_pair,
                options=("pair",),
            ),
            View(
                "mistakes",
                "The most confident errors, with both probabilities.",
                classification_errors.view_mistakes,
                options=("count",),
            ),
            View(
                "label-errors",
                "Probable label errors, by agreement of several seeds.",
                classification_errors.view_label_errors,
                options=("count",),
            ),
        ),
        "Learning": (
            View(
                "learning-curves",
                "Learning curves: loss and accuracy by epoch, with their spread over seeds.",
                learning.view_learning_curves,
            ),
            View(
                "activation-functions",
                "Linear, ReLU, sigmoid and tanh activation with their derivatives.",
                activation_functions.view_activation_functions,
            ),
            View(
                "softmax",
                "Softmax of four logits, or of others that are given, and of one of them varied.",
                activation_functions.view_softmax,
                options=("logits",),
            ),
            View(
                "cross-entropy",
                "Cross-entropy of a small batch with every number shown, and of a study's toy batch.",
                activation_functions.view_cross_entropy,
            ),
        ),
        "Attribution": (
            View(
                "attribution",
                "Saliency, integrated gradients and occlusion of one image side by side.",
                attribution.view_attribution,
                options=("image", "digit"),
            ),
            View(
                "saliency",
                "Saliency map: the absolute gradient of a logit by each pixel.",
                attribution.view_saliency,
                options=("image", "digit"),
            ),
            View(
                "integrated-gradients",
                "Integrated gradients: what each pixel adds to a logit, from an empty image on.",
                attribution.view_integrated_gradients,
                options=("image", "digit"),
            ),
            View(
                "occlusion",
                "Occlusion map: how much a logit falls when a patch of the image is hidden.",
                attribution.view_occlusion,
                options=("image", "digit"),
            ),
            View(
                "activation-maximization",
                "The image that maximizes each logit, or any unit's activation.",
                activation_maximization.view_activation_maximization,
                options=("layer", "unit", "page", "position", "count", "seed"),
            ),
        ),
        "Projections and pixels": (
            View(
                "pca",
                "PCA projection of a layer's activations, colored by digit.",
                projections.view_pca,
                options=("layer", "count", "seed"),
            ),
            View(
                "tsne",
                "t-SNE projection of a layer's activations, colored by digit.",
                projections.view_tsne,
                options=("layer", "count", "seed"),
            ),
            View(
                "explained-variance",
                "Explained variance of the images by their principal components.",
                projections.view_explained_variance,
            ),
            View(
                "principal-components",
                "The first principal components of the images, as images.",
                projections.view_principal_components,
                options=("count",),
            ),
            View(
                "pixel-importance",
                "The importance of each pixel to a random forest.",
                input_images.view_pixel_importance,
            ),
            View(
                "important-pixels",
                "The most important pixels to a random forest, over a digit.",
                input_images.view_important_pixels,
                options=("image", "count"),
            ),
        ),
    }
)
"""The views of each theme, in the order of the gallery."""

VIEWS: Mapping[str, View] = MappingProxyType({view.name: view for theme in THEMES.values() for view in theme})
"""Every view by name."""


@check_arguments
def view(name: str) -> View:
    """Looks up a view by name.

    Raises:
        SettingError: If there is none; the message lists those there are.
    """
    if name not in VIEWS:
        hint = suggest_names(name, VIEWS)
        raise SettingError(f"unknown view {name!r}", f"{hint}Those there are: {', '.join(VIEWS)}.")
    return VIEWS[name]


def check_options(names: Sequence[str], options: ViewOptions) -> None:
    """Checks that every option that differs from its default is used by one of some views.

    Args:
        names: Keys of `VIEWS`, at least one.
        options: The options that all of them get.

    Raises:
        SettingError: If none of the views uses such an option.
    """
    used = {option for name in names for option in view(name).options}
    for option in changed_options(options):
        if option in used:
            continue
        if len(names) == 1:
            takes = ", ".join(f"--{each}" for each in view(names[0]).options) or "no options"
            raise SettingError(f"view {names[0]} takes no --{option}", f"It takes {takes}.")
        others = ", ".join(name for name, each in VIEWS.items() if option in each.options)
        raise SettingError(
            f"none of the views {', '.join(names)} takes --{option}", f"It goes with: {others}."
        )


@check_arguments
def inspect(
    model: str | Path | TrainedModel | InspectedModel,
    view_name: str,
    data: str | None = None,
    **options: object,
) -> ViewResult:
    """Renders one view of a trained network.

    Args:
        model: A run folder, a weights file, a folder of runs that differ in their seeds, or what
            `digitlab.open` or `InspectedModel.open` returned.
        view_name: A key of `VIEWS`.
        data: The digits it classifies; by default the test digits of its input size.
        **options: Fields of `ViewOptions`.

    Returns:
        The numbers, the figure, and a summary in words.

    Raises:
        SettingError: If there is no such view, or an option does not go with the view or the network.
        ModelError: If the model cannot be opened.
        DataError: If the view needs images and the network takes none.
    """
    checked = from_dict(ViewOptions, options)
    check_options([view_name], checked)
    path = model.path if isinstance(model, TrainedModel) else model
    opened = path if isinstance(path, InspectedModel) else InspectedModel.open(Path(path), data)
    return replace(view(view_name).render(opened, checked), name=view_name)
