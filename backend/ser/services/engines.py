"""The two ways to run a network: ONNX Runtime, and Keras. Both take unscaled frames."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ser.errors import ModelCorrupt, ModelError
from ser.services.feature_extractor import Frames
from ser.services.model_store import KERAS_FILE, ONNX_FILE, SCALER_FILE, ModelDirectory

EngineName = Literal["onnx", "keras"]
Probabilities = NDArray[np.float32]


class Engine(Protocol):
    """Runs a network."""

    def run(self, batch: Frames) -> Probabilities:
        """Map frames [shape=(B, T, 120)] to probabilities [shape=(B, C)], float32."""


class OnnxEngine:
    """Runs `model.onnx`, which carries the scaling, on one CPU thread."""

    def __init__(self, directory: ModelDirectory) -> None:
        # Not at the top: a process that has imported it cannot end once it was forked.
        import onnxruntime as ort

        content = directory.read(ONNX_FILE)
        options = ort.SessionOptions()
        # One request is one thread's work: gunicorn's threads already fill the cores.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(f"ONNX Runtime cannot load {ONNX_FILE}: {error}") from error
        self._input = self._session.get_inputs()[0].name
        _check_width(self._session.get_outputs()[0].shape[-1], directory)

    def run(self, batch: Frames) -> Probabilities:
        """Map frames [shape=(B, T, 120)] to probabilities [shape=(B, C)], float32."""
        probabilities: Probabilities = self._session.run(None, {self._input: batch})[0]
        return probabilities


class KerasEngine:
    """Runs `final_ser_model.keras` behind its saved StandardScaler."""

    def __init__(self, directory: ModelDirectory) -> None:
        try:
            import keras
        except ImportError as error:
            raise ModelError("SER_ENGINE=keras needs Keras and TensorFlow: run `make train-deps`.") from error
        try:
            # Trusted only because the manifest's SHA-256 was just found to be its own.
            scaler = pickle.loads(directory.read(SCALER_FILE))  # noqa: S301
            with tempfile.TemporaryDirectory() as folder:
                # A copy of the very bytes that were checked.
                path = Path(folder) / KERAS_FILE
                path.write_bytes(directory.read(KERAS_FILE))
                self._model = keras.saving.load_model(path, compile=False)
        except ModelError:
            raise
        except Exception as error:
            made_with = {name: directory.manifest.versions.get(name) for name in ("keras", "scikit-learn")}
            raise ModelError(
                f"Keras cannot load '{directory.path.name}', which was made with {made_with}: {error}"
            ) from error
        self._mean = scaler.mean_.astype(np.float32)
        self._scale = scaler.scale_.astype(np.float32)
        _check_width(self._model.output_shape[-1], directory)

    def run(self, batch: Frames) -> Probabilities:
        """Map frames [shape=(B, T, 120)] to probabilities [shape=(B, C)], float32."""
        scaled = (batch - self._mean) / self._scale
        # Compiled, unlike a plain call, whose LSTMs take seconds; without what makes `predict` leak.
        return np.asarray(self._model.predict_on_batch(scaled), dtype=np.float32)


def _check_width(width: int, directory: ModelDirectory) -> None:
    labels = directory.manifest.labels
    if width != len(labels):
        raise ModelCorrupt(f"'{directory.path.name}' has {width} outputs for {len(labels)} labels.")


def load_engine(name: EngineName, directory: ModelDirectory) -> Engine:
    """Return the named engine with the network of `directory`.

    Raises:
        ModelError: the engine is not installed or cannot load the network.
        ModelCorrupt: a file is not the one the manifest describes.
    """
    return OnnxEngine(directory) if name == "onnx" else KerasEngine(directory)
