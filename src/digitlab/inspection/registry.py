"""The registry of views: every view by name, and how one is rendered.

To add a view, write a function `(InspectedModel, ViewOptions) -> ViewResult` in the module of its theme and
add one line to `THEMES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from digitlab.errors import SettingError
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
    unit_statistics,
    weights,
)
from digitlab.inspection.view import InspectedModel, View, ViewOptions, ViewResult
from digitlab.settings import from_dict

__all__ = ["THEMES", "VIEWS", "inspect", "view"]

THEMES: Mapping[str, tuple[View, ...]] = MappingProxyType(
    {
        "Input images": (
            View("digits", "Random digits with their labels.", input_images.view_digits),
            View(
                "predictions",
                "Random digits with their predictions; errors are marked.",
                input_images.view_predictions,
            ),
            View("averages", "The average image of each class.", input_images.view_averages),
            View("image", "One image with the value of each pixel.", input_images.view_image),
        ),
        "Architecture": (
            View(
                "architecture",
                "Diagram of the network: its layers with their shapes and parameters.",
                architecture.view_architecture,
            ),
        ),
        "Weights": (
            View("weights", "The weights of each unit as an image, all on one scale.", weights.view_weights),
            View("unit-weights", "The weights of one unit, large.", weights.view_unit_weights),
            View(
                "weight-stages",
                "First-layer weights after 10, 100 and 1,000 training steps.",
                learning.view_weight_stages,
            ),
            View(
                "weight-animation",
                "First-layer weights during training, as an animation.",
                learning.view_weight_animation,
                "gif",
            ),
            View("kernels", "The kernels of a convolution as tiles on one scale.", weights.view_kernels),
        ),
        "Activations": (
            View(
                "activations",
                "The activations of every layer for one image, down to the probabilities.",
                activations.view_activations,
            ),
            View(
                "feature-maps", "The feature maps of one layer for one image.", activations.view_feature_maps
            ),
            View(
                "boxplot",
                "Box plots of one unit's activation by predicted digit.",
                unit_statistics.view_boxplot,
            ),
            View(
                "scatter",
                "Scatter plot of two units' activations, colored by predicted digit.",
                unit_statistics.view_scatter,
            ),
            View(
                "outputs",
                "The ten outputs for one image: logits, softmax, probabilities.",
                activations.view_outputs,
            ),
            View(
                "unit-computation",
                "The computation of one unit: inputs, weights, products, sum, bias.",
                unit_computation_view.view_unit_computation,
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
            ),
            View(
                "mistakes",
                "The most confident errors, with both probabilities.",
                classification_errors.view_mistakes,
            ),
            View(
                "label-errors",
                "Probable label errors, by agreement of several seeds.",
                classification_errors.view_label_errors,
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
            ),
            View(
                "cross-entropy",
                "Cross-entropy of a toy batch with every number shown.",
                activation_functions.view_cross_entropy,
            ),
        ),
        "Attribution": (
            View(
                "attribution",
                "Saliency, integrated gradients and occlusion of one image side by side.",
                attribution.view_attribution,
            ),
            View(
                "saliency",
                "Saliency map: the absolute gradient of a logit by each pixel.",
                attribution.view_saliency,
            ),
            View(
                "integrated-gradients",
                "Integrated gradients: what each pixel adds to a logit, from an empty image on.",
                attribution.view_integrated_gradients,
            ),
            View(
                "occlusion",
                "Occlusion map: how much a logit falls when a patch of the image is hidden.",
                attribution.view_occlusion,
            ),
            View(
                "activation-maximization",
                "The image that maximizes each logit, or any unit's activation.",
                activation_maximization.view_activation_maximization,
            ),
        ),
        "Projections and pixels": (
            View("pca", "PCA projection of a layer's activations, colored by digit.", projections.view_pca),
            View(
                "tsne", "t-SNE projection of a layer's activations, colored by digit.", projections.view_tsne
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
            ),
        ),
    }
)
"""The views of each theme, in the order of the gallery."""

VIEWS: Mapping[str, View] = MappingProxyType({view.name: view for theme in THEMES.values() for view in theme})
"""Every view by name."""


def view(name: str) -> View:
    """Looks up a view by name.

    Raises:
        SettingError: If there is none; the message lists those there are.
    """
    if name not in VIEWS:
        raise SettingError(f"unknown view {name!r}", f"Those there are: {', '.join(VIEWS)}.")
    return VIEWS[name]


def inspect(
    model: str | Path | InspectedModel, view_name: str, data: str | None = None, **options: object
) -> ViewResult:
    """Renders one view of a trained network.

    Args:
        model: A run folder, a weights file, a folder of runs that differ in their seeds, or an opened model.
        view_name: A key of `VIEWS`.
        data: The digits it classifies; by default the test digits of its input size.
        **options: Fields of `ViewOptions`.

    Returns:
        The numbers, the figure, and a summary in words.

    Raises:
        SettingError: If there is no such view, or an option does not go with the network.
        ModelError: If the model cannot be opened.
        DataError: If the view needs images and the network takes none.
    """
    checked = from_dict(ViewOptions, options)
    opened = model if isinstance(model, InspectedModel) else InspectedModel.open(Path(model), data)
    return view(view_name).render(opened, checked)
