"""A toy family of models, to show that a new one is one class and one line of the registry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ser.features.mfcc import MFCC
from ser.features.registry import Features
from ser.models.engines import FRAMES_INPUT
from ser.models.manifest import ONNX_FILE
from ser.training.data import TrainingSet
from ser.training.export import add_heads
from ser.training.family import Family, FittedModel, Heads

NAME = "nearest-mean"


@dataclass(frozen=True)
class NearestMeanSettings:
    """How a clip is compared with the means of the classes."""

    sharpness: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Means(FittedModel):
    """Class means of clips, each the mean of its frames."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def run(self, batch: Features, mean: object = None, scale: object = None) -> NDArray[np.float32]:
        """Answer by the distance to each class' mean."""
        powers = np.exp(batch.mean(axis=1) @ self.weights + self.bias)
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


class NearestMean(Family[NearestMeanSettings]):
    """The class whose mean is nearest to the mean of a clip's frames."""

    Settings = NearestMeanSettings
    default_name = NAME
    feature_set = MFCC
    emotions = ("Angry", "Happy", "Sad", "Disgust")
    core = ("Angry", "Sad")

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,
        *,
        seed: int,
        checkpoints: Path,
        title: str = "model",
    ) -> Means:
        """Average the clips of each class."""
        features, targets = data.examples()
        clips = np.array([frames.mean(axis=0) for frames in features])
        scale = clips.std(axis=0)
        means = np.array([clips[targets == i].mean(axis=0) for i in range(len(data.emotions))])
        sharpness = self.settings.sharpness
        return Means(
            architecture=NAME,
            parameters=means.size,
            outcome={"clips": len(clips)},
            weights=(2 * sharpness * means / scale**2).T.astype(np.float32),
            bias=(-sharpness * (means**2 / scale**2).sum(axis=1)).astype(np.float32),
        )

    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the distances as an ONNX graph."""
        assert isinstance(model, Means)
        width, classes = model.weights.shape
        nodes = [
            helper.make_node("ReduceMean", [FRAMES_INPUT, "time"], ["averaged"], keepdims=0),
            helper.make_node("Gemm", ["averaged", "weights", "bias"], ["distances"]),
            helper.make_node("Softmax", ["distances"], ["all"], axis=-1),
        ]
        constants = {"time": np.array([1]), "weights": model.weights, "bias": model.bias}
        graph = helper.make_graph(
            nodes,
            NAME,
            [helper.make_tensor_value_info(FRAMES_INPUT, TensorProto.FLOAT, ("batch", "time", width))],
            [helper.make_tensor_value_info("all", TensorProto.FLOAT, ("batch", classes))],
            [numpy_helper.from_array(values, name) for name, values in constants.items()],
        )
        add_heads(graph, heads)
        onnx.save(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10),
            folder / ONNX_FILE,
        )
