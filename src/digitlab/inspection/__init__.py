"""Looking inside a network: numbers only. What draws them is in `figures/`."""

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
from digitlab.inspection.pixels import pixel_importances, top_pixels
from digitlab.inspection.places import as_inputs, check_number, find_layer, first_layer
from digitlab.inspection.preferred import Preferred, preferred_images
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
    "CrossEntropySteps",
    "IntegratedGradients",
    "Kernels",
    "Occlusion",
    "Preferred",
    "SoftmaxSteps",
    "UnitImages",
    "activation_curves",
    "as_inputs",
    "average_digits",
    "check_number",
    "cross_entropy_steps",
    "find_layer",
    "first_layer",
    "image_layer",
    "integrated_gradients",
    "kernels",
    "kernels_of_map",
    "occlusion",
    "pixel_importances",
    "preferred_images",
    "random_indices",
    "saliency",
    "softmax_steps",
    "softmax_sweep",
    "top_pixels",
    "unit_images",
]
