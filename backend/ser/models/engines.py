"""The two ways to run a network: ONNX Runtime, and Keras.

Both take unscaled features, and the mean and the deviation to scale them with: those of the training
speakers by default.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Protocol
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from ser.config import EngineName
from ser.errors import ModelCorrupt, ModelError
from ser.features.registry import Features
from ser.models.baseline import Statistics
from ser.models.manifest import (
    DEFAULT_OUTPUT,
    KERAS_FILE,
    ONNX_FILE,
    PICKLED_SCALER_FILE,
    SCALER_FILE,
    Manifest,
)
from ser.models.store import ModelFiles
from ser.onnx_session import open_session, run
from ser.quiet import quieten

# What each engine runs.
ENGINE_FILES: dict[EngineName, tuple[str, ...]] = {"onnx": (ONNX_FILE,), "keras": (KERAS_FILE, SCALER_FILE)}
FRAMES_INPUT, MEAN_INPUT, SCALE_INPUT = "frames", "mean", "scale"
# How strongly an emotion is expressed [shape=(B,)], 0-1; not every graph has it.
INTENSITY_OUTPUT = "intensity"
# Keeps the logarithm of a probability finite.
TINY = 1e-30

Probabilities = NDArray[np.float32]

# SHA-256 of an ONNX file -> what runs it, as long as a model does.
_sessions: WeakValueDictionary[str, Any] = WeakValueDictionary()
_sessions_lock = Lock()


class Answers(NamedTuple):
    """What a network answers for windows.

    Attributes:
        probabilities: of the model's labels [shape=(B, C)], float32.
        network: of all the labels that the network knows [shape=(B, K)], float32: first the model's own, in
            their order, then the others. The same as `probabilities` where there are no others.
        intensity: how strongly an emotion is expressed [shape=(B,)], 0-1; NaN from a network that does not
            tell.
    """

    probabilities: Probabilities
    network: Probabilities
    intensity: NDArray[np.float32]


class Engine(Protocol):
    """Runs a network."""

    def run(
        self, batch: Features, mean: Statistics | None = None, scale: Statistics | None = None
    ) -> Probabilities:
        """Map features [shape=(B, T, D), or (B, D)] to probabilities [shape=(B, C)], float32.

        Args:
            batch: unscaled features.
            mean: to scale them with [shape=(D,)]; that of the training speakers by default.
            scale: the same.
        """


class ModelEngine(ABC):
    """Runs the network of a model directory.

    Attributes:
        is_reference: whether librosa is to extract the features that it reads, as in training.
    """

    is_reference: bool = False

    @abstractmethod
    def answers(
        self, batch: Features, mean: Statistics | None = None, scale: Statistics | None = None
    ) -> Answers:
        """Map features [shape=(B, T, D), or (B, D)] to the answers for them; see `Engine`."""

    def run(
        self, batch: Features, mean: Statistics | None = None, scale: Statistics | None = None
    ) -> Probabilities:
        """Map features to probabilities [shape=(B, C)], float32; see `Engine`."""
        return self.answers(batch, mean, scale).probabilities


class OnnxEngine(ModelEngine):
    """Runs `model.onnx`, which carries the scaling, on one CPU thread."""

    def __init__(self, directory: ModelFiles[Manifest]) -> None:
        self._session = _session(directory)
        # An empty input is one that is left out (docs/embed.md).
        self._left_out = {
            each.name: np.zeros([size if isinstance(size, int) else 0 for size in each.shape], np.float32)
            for each in self._session.get_inputs()
        }
        # Some outputs, as a sequence, have no shape.
        widths = {each.name: each.shape[-1] if each.shape else None for each in self._session.get_outputs()}
        if faults := list(self._faults(widths, directory)):
            raise ModelCorrupt(*faults)
        manifest = directory.manifest
        self._outputs, self._columns = [manifest.output], _own_first(manifest)
        # Graphs of other tools may have no output with all the labels; then nothing is known of the others.
        if len(self._columns) > len(manifest.labels) and widths.get(DEFAULT_OUTPUT) == len(self._columns):
            self._outputs.append(DEFAULT_OUTPUT)
        self._tells_intensity = INTENSITY_OUTPUT in widths
        if self._tells_intensity:
            self._outputs.append(INTENSITY_OUTPUT)

    def _faults(self, widths: Mapping[str, object], directory: ModelFiles[Manifest]) -> Iterator[str]:
        """Yield in what the graph does not fit the manifest, a sentence each."""
        manifest, name = directory.manifest, directory.name
        if manifest.output not in widths:
            yield f"{ONNX_FILE} of '{name}' has no output '{manifest.output}'."
        elif widths[manifest.output] != len(manifest.labels):
            yield _wrong_width(widths[manifest.output], manifest.labels, name)
        optional = {each.name for each in self._session.get_overridable_initializers()}
        if manifest.scaling and not {MEAN_INPUT, SCALE_INPUT} <= optional | set(self._left_out):
            yield f"{ONNX_FILE} of '{name}' takes no mean and scale."

    def answers(
        self, batch: Features, mean: Statistics | None = None, scale: Statistics | None = None
    ) -> Answers:
        """Map features to the answers for them; see `ModelEngine`."""
        given = {FRAMES_INPUT: batch, MEAN_INPUT: mean, SCALE_INPUT: scale}
        inputs = self._left_out | {name: value for name, value in given.items() if value is not None}
        # All outputs of one run: the network, which takes the time, runs once.
        probabilities, *others = run(self._session, self._outputs, inputs)
        intensity = others.pop() if self._tells_intensity else np.full(len(batch), np.nan, np.float32)
        return Answers(probabilities, others[0][:, self._columns] if others else probabilities, intensity)


class KerasEngine(ModelEngine):
    """Runs `final_ser_model.keras` behind its saved StandardScaler."""

    is_reference = True

    def __init__(self, directory: ModelFiles[Manifest]) -> None:
        quieten()
        try:
            import keras
        except ImportError as error:
            raise ModelError("SER_ENGINE=keras needs Keras and TensorFlow: run `make train-deps`.") from error
        try:
            scaler = _scaler(directory)
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
                f"Keras cannot load '{directory.name}', which was made with {made_with}: {error}"
            ) from error
        self._mean = scaler.mean_.astype(np.float32)
        self._scale = scaler.scale_.astype(np.float32)
        manifest = directory.manifest
        self._classes, self._columns = len(manifest.labels), _own_first(manifest)
        self._temperature, self._network_temperature = manifest.temperature, _network_temperature(directory)
        width, known = self._model.outputs[0].shape[-1], manifest.network_labels or manifest.labels
        if width != len(known):
            raise ModelCorrupt(_wrong_width(width, known, directory.name))

    def answers(
        self, batch: Features, mean: Statistics | None = None, scale: Statistics | None = None
    ) -> Answers:
        """Map features to the answers for them; see `ModelEngine`."""
        mean = self._mean if mean is None else mean
        scale = self._scale if scale is None else scale
        # Compiled: a plain call takes seconds over the LSTMs. `predict` leaks memory in a loop.
        found = self._model.predict_on_batch((batch - mean) / scale)
        outputs = found if isinstance(found, list) else [found]
        known, *others = (np.asarray(each, np.float32) for each in outputs)
        intensity = others[0][:, 0] if others else np.full(len(batch), np.nan, np.float32)
        logits = np.log(np.maximum(known[:, self._columns], TINY))
        probabilities = _softmax(logits[:, : self._classes] / self._temperature)
        if self._classes == len(self._columns):
            return Answers(probabilities, probabilities, intensity)
        return Answers(probabilities, _softmax(logits / self._network_temperature), intensity)


def _session(directory: ModelFiles[Manifest]) -> Any:
    """Return the session that runs a model's ONNX file: the same one for all models of that file."""
    content, sha256 = directory.read(ONNX_FILE), directory.manifest.sha256[ONNX_FILE]
    with _sessions_lock:
        if (session := _sessions.get(sha256)) is not None:
            return session
        try:
            session = open_session(content)
        except Exception as error:
            raise ModelError(f"ONNX Runtime cannot load {ONNX_FILE}: {error}") from error
        _sessions[sha256] = session
        return session


def _own_first(manifest: Manifest) -> list[int]:
    """Return the network's outputs in the order of `Answers.network`."""
    return [*manifest.label_indices, *manifest.other_label_indices]


def _softmax(logits: NDArray[np.floating[Any]]) -> Probabilities:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Probabilities = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def _scaler(directory: ModelFiles[Manifest]) -> Any:
    """Return the saved StandardScaler; reading it executes nothing.

    Raises:
        ModelError: there is none in this format, or it holds anything but a StandardScaler.
    """
    from skops.io import loads

    if SCALER_FILE not in directory.manifest.sha256 and PICKLED_SCALER_FILE in directory.manifest.sha256:
        raise ModelError(
            f"'{directory.name}' has its scaler only as {PICKLED_SCALER_FILE}, which could execute anything "
            "and is not read: serve it with SER_ENGINE=onnx, or train it again with this version."
        )
    scaler = loads(directory.read(SCALER_FILE))
    if type(scaler).__name__ != "StandardScaler":
        raise ModelError(f"{SCALER_FILE} of '{directory.name}' holds no StandardScaler.")
    return scaler


def _wrong_width(width: object, labels: Sequence[str], name: str) -> str:
    return f"'{name}' has {width} outputs for {len(labels)} labels."


def _network_temperature(directory: ModelFiles[Manifest]) -> float:
    """Return what the logits of all the network's labels are divided by: the temperature of its owner."""
    try:
        return ModelFiles(directory.owner, Manifest).manifest.temperature
    except ModelError:
        # The files are enough to run the network.
        return directory.manifest.temperature


def load_engine(name: EngineName, directory: ModelFiles[Manifest]) -> ModelEngine:
    """Return the named engine with the network of `directory`.

    Raises:
        ModelError: the engine is not installed or cannot load the network.
        ModelCorrupt: a file is not the one the manifest describes.
    """
    return OnnxEngine(directory) if name == "onnx" else KerasEngine(directory)
