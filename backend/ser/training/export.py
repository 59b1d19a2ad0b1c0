"""Keras model + scaler -> the files that both engines run."""

from __future__ import annotations

import pickle
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import keras
import numpy as np
import onnx
import skops.io
from onnx import helper, numpy_helper
from sklearn.preprocessing import StandardScaler

from ser.features.registry import Features
from ser.models.baseline import Statistics
from ser.models.engines import (
    FRAMES_INPUT,
    INTENSITY_OUTPUT,
    MEAN_INPUT,
    SCALE_INPUT,
    TINY,
    Probabilities,
)
from ser.models.manifest import DEFAULT_OUTPUT, KERAS_FILE, ONNX_FILE, PICKLED_SCALER_FILE, SCALER_FILE
from ser.training.family import FittedModel, Head, Heads
from ser.training.speaker_pool import SpeakerPool

_SOME_FRAMES = 16


@dataclass(frozen=True, kw_only=True)
class KerasModel(FittedModel):
    """A trained Keras network.

    Attributes:
        network: maps scaled features to probabilities.
        scaler: fitted on unscaled features.
        build: makes the network's architecture, without Masking on `masking=False`.
    """

    network: keras.Model
    scaler: StandardScaler
    build: Callable[..., keras.Model]

    def run(
        self, batch: Features, mean: Statistics | None = None, scale: Statistics | None = None
    ) -> Probabilities:
        """Map unscaled features to probabilities; see `FittedModel`."""
        mean = self.scaler.mean_ if mean is None else mean
        scale = self.scaler.scale_ if scale is None else scale
        found = self.network.predict_on_batch((batch - mean) / scale)
        probabilities: Probabilities = found[0] if isinstance(found, list) else found
        return probabilities

    def write(self, folder: Path, heads: Heads) -> None:
        """Write the Keras, scaler and ONNX files; see `export_onnx`."""
        self.network.save(folder / KERAS_FILE)
        deflate(folder / KERAS_FILE)
        (folder / SCALER_FILE).write_bytes(skops.io.dumps(self.scaler))
        # For other tools only; this package never reads it.
        (folder / PICKLED_SCALER_FILE).write_bytes(pickle.dumps(self.scaler))
        export_onnx(self.network, self.scaler, self.build, folder / ONNX_FILE, heads)


def deflate(file: Path) -> None:
    """Write a ZIP archive anew with its content compressed, which Keras leaves as it is."""
    with ZipFile(file) as stored:
        content = {name: stored.read(name) for name in stored.namelist()}
    with ZipFile(file, "w") as compressed:
        for name, each in content.items():
            # Without the time: the same network is the same file.
            compressed.writestr(ZipInfo(name), each, ZIP_DEFLATED)


def scaler_of(pool: SpeakerPool) -> StandardScaler:
    """Return the scaler that scales with a pool's statistics."""
    mean, scale = pool.scaling
    scaler = StandardScaler()
    scaler.mean_ = np.asarray(mean, np.float64)
    scaler.scale_ = np.asarray(scale, np.float64)
    scaler.var_ = scaler.scale_**2
    scaler.n_features_in_ = len(scaler.mean_)
    scaler.n_samples_seen_ = int(pool.lengths.sum())
    return scaler


def export_onnx(
    model: keras.Model,
    scaler: StandardScaler,
    build: Callable[..., keras.Model],
    file: Path,
    heads: Heads | None = None,
) -> None:
    """Write the network of `model` as ONNX, with the scaling before it and the heads after it.

    The graph takes `frames` [shape=(B, T, D), or (B, D) of a network that reads vectors]. A speaker's own
    `mean` and `scale` [shape=(D,)] may replace those of the scaler. There is no Masking, which would keep
    ONNX Runtime from fusing the LSTMs: on unpadded frames the answer is the same, about eight times faster
    (`PERFORMANCE.md`).

    Args:
        model: the trained network, from scaled features to probabilities.
        scaler: fitted on unscaled features.
        build: makes the network's architecture, without Masking on `masking=False`.
        file: where to write.
        heads: the graph's outputs; by default one, with all the network's labels.
    """
    classes, shape = model.outputs[0].shape[-1], model.input_shape
    unmasked = build(classes, masking=False)
    unmasked.set_weights(model.get_weights())
    # Keras exports only what has been called once.
    unmasked(np.zeros([1, *(size or _SOME_FRAMES for size in shape[1:])], np.float32))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Keras uses names that NumPy has deprecated.
        warnings.simplefilter("ignore", FutureWarning)
        path = Path(folder) / "network.onnx"
        unmasked.export(
            path,
            format="onnx",
            verbose=False,
            input_signature=[keras.InputSpec(dtype="float32", shape=shape, name="scaled")],
        )
        exported = onnx.load(path)
    _scale_inputs(exported.graph, scaler)
    add_heads(exported.graph, heads or {DEFAULT_OUTPUT: Head(range(classes))})
    onnx.checker.check_model(exported, full_check=True)
    onnx.save(exported, file)


def _scale_inputs(graph: onnx.GraphProto, scaler: StandardScaler) -> None:
    scaled = graph.input[0].name
    graph.input[0].name = FRAMES_INPUT
    for name, values in ((MEAN_INPUT, scaler.mean_), (SCALE_INPUT, scaler.scale_)):
        # An input that is an initializer too is an optional one.
        graph.input.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, values.shape))
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
    nodes = [
        helper.make_node("Sub", [FRAMES_INPUT, MEAN_INPUT], ["centred"]),
        helper.make_node("Div", ["centred", SCALE_INPUT], [scaled]),
        *graph.node,
    ]
    del graph.node[:]
    graph.node.extend(nodes)


def add_heads(graph: onnx.GraphProto, heads: Heads) -> None:
    """Replace the first output of a graph, probabilities [shape=(B, C)], by one output per head.

    A second output [shape=(B, 1)] becomes that of the intensity [shape=(B,)], which is the last one.
    """
    network, batch = graph.output[0].name, graph.output[0].type.tensor_type.shape.dim[0].dim_param
    others = [each.name for each in graph.output[1:]]
    del graph.output[:]
    graph.initializer.append(numpy_helper.from_array(np.array(TINY, np.float32), "tiny"))
    graph.node.append(helper.make_node("Max", [network, "tiny"], ["above_zero"]))
    graph.node.append(helper.make_node("Log", ["above_zero"], ["logits"]))
    for name, head in heads.items():
        labels, cooling = f"{name}_labels", f"{name}_temperature"
        graph.initializer.append(numpy_helper.from_array(np.array(head.indices, np.int64), labels))
        graph.initializer.append(numpy_helper.from_array(np.array(head.temperature, np.float32), cooling))
        graph.node.extend(
            [
                helper.make_node("Gather", ["logits", labels], [f"{name}_kept"], axis=-1),
                helper.make_node("Div", [f"{name}_kept", cooling], [f"{name}_cooled"]),
                helper.make_node("Softmax", [f"{name}_cooled"], [name], axis=-1),
            ]
        )
        shape = (batch, len(head.indices))
        graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
    for name in others:
        graph.initializer.append(numpy_helper.from_array(np.array([-1], np.int64), "last_axis"))
        graph.node.append(helper.make_node("Squeeze", [name, "last_axis"], [INTENSITY_OUTPUT]))
        graph.output.append(helper.make_tensor_value_info(INTENSITY_OUTPUT, onnx.TensorProto.FLOAT, (batch,)))
