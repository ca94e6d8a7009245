"""Looking inside a trained network: its numbers, and the named views that draw them, by theme."""

from digitlab.inspection.activation_functions import (
    ActivationCurve,
    CrossEntropySteps,
    SoftmaxSteps,
    activation_curves,
    cross_entropy_steps,
    softmax_steps,
    softmax_sweep,
)
from digitlab.inspection.activation_maximization import MaximizingImages, maximize_activation
from digitlab.inspection.activations import (
    activation_shapes,
    compute_activations,
    iter_activations,
    map_layers,
)
from digitlab.inspection.attribution import (
    IntegratedGradients,
    Occlusion,
    integrated_gradients,
    occlusion,
    saliency,
)
from digitlab.inspection.contact_sheet import SkippedView, WrittenView, write_view, write_views
from digitlab.inspection.input_images import average_digits, pixel_importances, random_indices, top_pixels
from digitlab.inspection.lookup import (
    check_index,
    check_unit,
    find_layer,
    first_hidden_layer,
    first_layer,
    to_input_tensor,
)
from digitlab.inspection.projections import (
    PcaProjection,
    PrincipalComponents,
    pca_projection,
    principal_components,
    principal_components_of,
    tsne_projection,
)
from digitlab.inspection.registry import THEMES, VIEWS, inspect, view
from digitlab.inspection.selectivity import (
    ClassSelectivity,
    UnitPair,
    choose_pair,
    class_selectivity,
    top_activating,
    variance_between_classes,
)
from digitlab.inspection.unit_computation import Step, UnitComputation, compute_unit
from digitlab.inspection.unit_statistics import UnitValues, box_plot_stats, centroids, unit_values
from digitlab.inspection.view import InputImage, InspectedModel, View, ViewOptions, ViewResult
from digitlab.inspection.weights import (
    Kernels,
    UnitWeights,
    image_layer,
    kernels,
    kernels_of_map,
    unit_weights,
)

__all__ = [
    "THEMES",
    "VIEWS",
    "ActivationCurve",
    "ClassSelectivity",
    "CrossEntropySteps",
    "InputImage",
    "InspectedModel",
    "IntegratedGradients",
    "Kernels",
    "MaximizingImages",
    "Occlusion",
    "PcaProjection",
    "PrincipalComponents",
    "SkippedView",
    "SoftmaxSteps",
    "Step",
    "UnitComputation",
    "UnitPair",
    "UnitValues",
    "UnitWeights",
    "View",
    "ViewOptions",
    "ViewResult",
    "WrittenView",
    "activation_curves",
    "activation_shapes",
    "average_digits",
    "box_plot_stats",
    "centroids",
    "check_index",
    "check_unit",
    "choose_pair",
    "class_selectivity",
    "compute_activations",
    "compute_unit",
    "cross_entropy_steps",
    "find_layer",
    "first_hidden_layer",
    "first_layer",
    "image_layer",
    "inspect",
    "integrated_gradients",
    "iter_activations",
    "kernels",
    "kernels_of_map",
    "map_layers",
    "maximize_activation",
    "occlusion",
    "pca_projection",
    "pixel_importances",
    "principal_components",
    "principal_components_of",
    "random_indices",
    "saliency",
    "softmax_steps",
    "softmax_sweep",
    "to_input_tensor",
    "top_activating",
    "top_pixels",
    "tsne_projection",
    "unit_values",
    "unit_weights",
    "variance_between_classes",
    "view",
    "write_view",
    "write_views",
]
