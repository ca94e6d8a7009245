"""From a picture to digits with probabilities: runs on ONNX Runtime, never imports torch."""

from __future__ import annotations

from digitlab.reader.onnx_model import DEFAULT_MODEL, OnnxModel
from digitlab.reader.predict import Model, Prediction, predict
from digitlab.reader.sheet import sheet

__all__ = ["DEFAULT_MODEL", "Model", "OnnxModel", "Prediction", "predict", "sheet"]
