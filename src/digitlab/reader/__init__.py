"""Reader: from image files to digits with probabilities. Runs on ONNX Runtime, without torch."""

from __future__ import annotations

from digitlab.reader.contact_sheet import contact_sheet
from digitlab.reader.inputs import to_ink
from digitlab.reader.onnx_model import DEFAULT_MODEL, OnnxModel
from digitlab.reader.predict import Model, predict
from digitlab.reader.prediction import Prediction, Predictions

__all__ = [
    "DEFAULT_MODEL",
    "Model",
    "OnnxModel",
    "Prediction",
    "Predictions",
    "contact_sheet",
    "predict",
    "to_ink",
]
