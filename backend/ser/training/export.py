"""Keras model + scaler -> `model.onnx`: mask-free, unscaled frames in, probabilities out."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import onnx
from onnx import helper, numpy_helper
from sklearn.preprocessing import StandardScaler

from ser.models.engines import FRAMES_INPUT, MEAN_INPUT, SCALE_INPUT, TINY
from ser.models.manifest import DEFAULT_OUTPUT

# output -> the network's labels it keeps, and the temperature of its probabilities.
Faces = Mapping[str, tuple[Sequence[int], float]]


def export_onnx(
    model: keras.Model,
    scaler: StandardScaler,
    build: Callable[..., keras.Model],
    file: Path,
    faces: Faces | None = None,
) -> None:
    """Write the network of `model` as ONNX, its scaling in front of it and its faces behind.

    The graph takes `frames` [shape=(B, T, D)] and, if somebody's own are to replace the scaler's, their
    `mean` and `scale` [shape=(D,)]. It has no Masking, which would keep ONNX Runtime from fusing the
    LSTMs: on unpadded frames it gives the same answer, about eight times faster (`PERFORMANCE.md`).

    Args:
        model: the trained network, from scaled frames to probabilities.
        scaler: fitted on unscaled frames.
        build: makes the network's architecture, without Masking on `masking=False`.
        file: where to write.
        faces: the graph's outputs; by default one, with all the network's labels.
    """
    classes, width = model.output_shape[-1], model.input_shape[-1]
    unmasked = build(classes, masking=False)
    unmasked.set_weights(model.get_weights())
    # Keras exports only what has been called once.
    unmasked(np.zeros((1, 16, width), np.float32))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Keras asks NumPy for names that it will drop.
        warnings.simplefilter("ignore", FutureWarning)
        path = Path(folder) / "network.onnx"
        unmasked.export(
            path,
            format="onnx",
            verbose=False,
            input_signature=[keras.InputSpec(dtype="float32", shape=(None, None, width), name="scaled")],
        )
        exported = onnx.load(path)
    _scale_inputs(exported.graph, scaler)
    _add_faces(exported.graph, faces or {DEFAULT_OUTPUT: (range(classes), 1.0)})
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


def _add_faces(graph: onnx.GraphProto, faces: Faces) -> None:
    network, batch = graph.output[0].name, graph.output[0].type.tensor_type.shape.dim[0].dim_param
    del graph.output[:]
    graph.initializer.append(numpy_helper.from_array(np.array(TINY, np.float32), "tiny"))
    graph.node.append(helper.make_node("Max", [network, "tiny"], ["above_zero"]))
    graph.node.append(helper.make_node("Log", ["above_zero"], ["logits"]))
    for name, (indices, temperature) in faces.items():
        labels, cooling = f"{name}_labels", f"{name}_temperature"
        graph.initializer.append(numpy_helper.from_array(np.array(indices, np.int64), labels))
        graph.initializer.append(numpy_helper.from_array(np.array(temperature, np.float32), cooling))
        graph.node.extend(
            [
                helper.make_node("Gather", ["logits", labels], [f"{name}_kept"], axis=-1),
                helper.make_node("Div", [f"{name}_kept", cooling], [f"{name}_cooled"]),
                helper.make_node("Softmax", [f"{name}_cooled"], [name], axis=-1),
            ]
        )
        shape = (batch, len(indices))
        graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
