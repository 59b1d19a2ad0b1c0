"""Keras model + scaler -> `model.onnx`: mask-free, unscaled frames in, probabilities out."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from sklearn.preprocessing import StandardScaler

from ser.services.feature_extractor import N_FEATURES

INPUT_NAME = "frames"
OUTPUT_NAME = "probabilities"


def export_onnx(
    model: keras.Model,
    scaler: StandardScaler,
    build: Callable[..., keras.Model],
    file: Path,
) -> None:
    """Write the network of `model` as ONNX, its scaling in front of it.

    The graph has no Masking, which would keep ONNX Runtime from fusing the LSTMs: on unpadded frames
    it gives the same answer, about eight times faster (`PERFORMANCE.md`).

    Args:
        model: the trained network.
        scaler: fitted on unscaled frames.
        build: makes the network's architecture, without Masking on `masking=False`.
        file: where to write.
    """
    unmasked = build(model.output_shape[-1], masking=False)
    unmasked.set_weights(model.get_weights())
    # Keras exports only what has been called once.
    unmasked(np.zeros((1, 16, N_FEATURES), np.float32))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Keras asks NumPy for names that it will drop.
        warnings.simplefilter("ignore", FutureWarning)
        path = Path(folder) / "network.onnx"
        unmasked.export(
            path,
            format="onnx",
            verbose=False,
            input_signature=[keras.InputSpec(dtype="float32", shape=(None, None, N_FEATURES), name="scaled")],
        )
        exported = onnx.load(path)
    _scale_inputs(exported, scaler.mean_, scaler.scale_)
    _rename_output(exported)
    onnx.checker.check_model(exported, full_check=True)
    onnx.save(exported, file)


def _scale_inputs(exported: onnx.ModelProto, mean: NDArray[np.float64], scale: NDArray[np.float64]) -> None:
    graph = exported.graph
    scaled = graph.input[0].name
    graph.input[0].name = INPUT_NAME
    for name, values in (("scaler_mean", mean), ("scaler_scale", scale)):
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
    nodes = [
        helper.make_node("Sub", [INPUT_NAME, "scaler_mean"], ["centred"]),
        helper.make_node("Div", ["centred", "scaler_scale"], [scaled]),
        *graph.node,
    ]
    del graph.node[:]
    graph.node.extend(nodes)


def _rename_output(exported: onnx.ModelProto) -> None:
    graph = exported.graph
    old = graph.output[0].name
    graph.output[0].name = OUTPUT_NAME
    for node in graph.node:
        node.output[:] = [OUTPUT_NAME if name == old else name for name in node.output]
