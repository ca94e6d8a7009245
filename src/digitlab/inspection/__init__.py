"""Looking inside a network: numbers only. What draws them is in `figures/`."""

from digitlab.inspection.activations import activation_shapes, capture, map_layers, stream
from digitlab.inspection.arithmetic import Arithmetic, Step, unit_arithmetic
from digitlab.inspection.attribution import (
    IntegratedGradients,
    Occlusion,
    integrated_gradients,
    occlusion,
    saliency,
)
from digitlab.inspection.digits import average_digits, random_indices
from digitlab.inspection.functions import (
    ActivationCurve,
    CrossEntropySteps,
    SoftmaxSteps,
    activation_curves,
    cross_entropy_steps,
    softmax_steps,
    softmax_sweep,
)
from digitlab.inspection.maps import Components, PcaMap, pca_map, principal_components, tsne_map
from digitlab.inspection.pixels import pixel_importances, top_pixels
from digitlab.inspection.places import as_inputs, check_number, check_unit, find_layer, first_layer
from digitlab.inspection.preferred import Preferred, preferred_images
from digitlab.inspection.units import UnitValues, centroids, first_hidden, five_numbers, unit_values
from digitlab.inspection.weights import (
    Kernels,
    UnitImages,
    image_layer,
    kernels,
    kernels_of_map,
    unit_images,
)

__all__ = [
    "ActivationCurve",
    "Arithmetic",
    "Components",
    "CrossEntropySteps",
    "IntegratedGradients",
    "Kernels",
    "Occlusion",
    "PcaMap",
    "Preferred",
    "SoftmaxSteps",
    "Step",
    "UnitImages",
    "UnitValues",
    "activation_curves",
    "activation_shapes",
    "as_inputs",
    "average_digits",
    "capture",
    "centroids",
    "check_number",
    "check_unit",
    "cross_entropy_steps",
    "find_layer",
    "first_hidden",
    "first_layer",
    "five_numbers",
    "image_layer",
    "integrated_gradients",
    "kernels",
    "kernels_of_map",
    "map_layers",
    "occlusion",
    "pca_map",
    "pixel_importances",
    "preferred_images",
    "principal_components",
    "random_indices",
    "saliency",
    "softmax_steps",
    "softmax_sweep",
    "stream",
    "top_pixels",
    "tsne_map",
    "unit_arithmetic",
    "unit_images",
    "unit_values",
]
