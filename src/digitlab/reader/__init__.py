"""Reader: from image files to digits with probabilities. Runs on ONNX Runtime, without torch."""

from __future__ import annotations

from digitlab.reader.contact_sheet import contact_sheet
from digitlab.reader.inputs import to_ink
from digitlab.reader.onnx_model import DEFAULT_MODEL, OnnxModel
from digitlab.reader.predict import Model, Prediction, predict

__all__ = ["DEFAULT_MODEL", "Model", "OnnxModel", "Prediction", "contact_sheet", "predict", "to_ink"]
