"""The five classical systems for Hindi: scikit-learn's classifiers over one vector per clip."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from skl2onnx import to_onnx
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from ser.features.clip_187 import CLIP_187
from ser.features.registry import Features
from ser.models.baseline import Statistics
from ser.models.engines import FRAMES_INPUT, Probabilities
from ser.models.manifest import ONNX_FILE, Group
from ser.training import clip_copies
from ser.training.clip_copies import KINDS, ClipCopy
from ser.training.data import TrainingSet
from ser.training.export import add_heads
from ser.training.family import Family, FittedModel, Heads

# The newest that ONNX Runtime and skl2onnx agree on.
_OPSETS = {"": 18, "ai.onnx.ml": 3, "com.microsoft": 1}


@dataclass(frozen=True)
class ClassicalSettings:
    """What a classifier is trained on.

    Attributes:
        copies: what is done to the copies of each clip that are trained on beside it.
    """

    copies: tuple[str, ...] = tuple(KINDS)


@dataclass(frozen=True, kw_only=True)
class FittedClassifier(FittedModel):
    """A fitted scikit-learn pipeline, and the same as an ONNX graph."""

    classifier: Pipeline
    graph: onnx.ModelProto

    def run(
        self,
        batch: Features,
        mean: Statistics | None = None,  # noqa: ARG002
        scale: Statistics | None = None,  # noqa: ARG002
    ) -> Probabilities:
        """Map unscaled vectors to probabilities; see `FittedModel`."""
        probabilities: Probabilities = self.classifier.predict_proba(batch).astype(np.float32)
        return probabilities


class Classical(Family[ClassicalSettings]):
    """A classifier of scikit-learn over standardised vectors."""

    Settings = ClassicalSettings
    group: Group = "published"
    feature_set = CLIP_187
    corpora = ("hindi",)
    also_compared_on = ("ravdess", "cremad")
    emotions = ("Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Sarcastic", "Surprise")
    # What skl2onnx is told.
    export_options: Mapping[Any, Any] = MappingProxyType({"zipmap": False})

    @abstractmethod
    def classifier(self, seed: int) -> ClassifierMixin:
        """Return the classifier of standardised vectors, not fitted yet."""

    def pipeline(self, seed: int) -> Pipeline:
        """Return an estimator of unscaled vectors [shape=(n, D)], not fitted yet."""
        return make_pipeline(StandardScaler(), self.classifier(seed))

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,  # noqa: ARG002
        title: str = "model",  # noqa: ARG002
    ) -> FittedClassifier:
        """Fit the classifier, which takes no longer than a minute; see `Family`."""
        kinds = (None, *self.settings.copies)
        parts = [data.examples(None if kind is None else ClipCopy(kind)) for kind in kinds]
        vectors = np.concatenate([np.stack(features) for features, _ in parts])
        targets = np.concatenate([each for _, each in parts])
        with warnings.catch_warnings():
            # The perceptron is stopped by intent; the exporter reads attributes that scikit-learn deprecates.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", FutureWarning)
            fitted = self.pipeline(seed).fit(vectors, targets)
            graph = to_onnx(fitted, vectors[:1], options=dict(self.export_options), target_opset=_OPSETS)
        return FittedClassifier(
            architecture=self.default_name.removeprefix("hindi-"),
            parameters=_count_numbers(graph.graph),
            classifier=fitted,
            graph=graph,
        )

    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the ONNX file."""
        assert isinstance(model, FittedClassifier)  # noqa: S101
        exported = onnx.ModelProto()
        exported.CopyFrom(model.graph)
        graph = exported.graph
        # The first output is the most probable label; the name of the second is that of a head.
        del graph.output[0]
        names = {graph.input[0].name: FRAMES_INPUT, graph.output[0].name: "network"}
        for node in graph.node:
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]
        graph.input[0].name, graph.output[0].name = names.values()
        add_heads(graph, heads)
        onnx.checker.check_model(exported, full_check=True)
        onnx.save(exported, folder / ONNX_FILE)

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how training is done."""
        return super().describe() | {
            "classifier": repr(self.classifier(0)),
            "copies_of_clips": clip_copies.SETTINGS,
        }


class SupportVectors(Classical):
    """A support vector machine with an RBF kernel; its scores become probabilities by Platt's method."""

    default_name = "hindi-svm"

    def __init__(self, settings: ClassicalSettings | None = None) -> None:
        # It keeps most vectors: those of the copies, too, would make a file of more than 10 MB.
        super().__init__(settings or ClassicalSettings(copies=()))

    def classifier(self, seed: int) -> ClassifierMixin:  # noqa: ARG002
        """See `Classical`."""
        return CalibratedClassifierCV(SVC(C=3.0), ensemble=False)


class RandomForest(Classical):
    """A random forest, its trees small enough for a file of under 3 MB."""

    default_name = "hindi-random-forest"

    def classifier(self, seed: int) -> ClassifierMixin:
        """See `Classical`."""
        return RandomForestClassifier(100, max_leaf_nodes=100, random_state=seed)


class DecisionTree(Classical):
    """A decision tree."""

    default_name = "hindi-decision-tree"

    def classifier(self, seed: int) -> ClassifierMixin:
        """See `Classical`."""
        return DecisionTreeClassifier(min_samples_leaf=20, random_state=seed)


class Perceptron(Classical):
    """A perceptron with one hidden layer."""

    default_name = "hindi-mlp"

    def classifier(self, seed: int) -> ClassifierMixin:
        """See `Classical`."""
        return MLPClassifier((128,), alpha=1.0, early_stopping=False, max_iter=60, random_state=seed)


class Neighbours(Classical):
    """The nearest neighbours, among principal components."""

    default_name = "hindi-knn"
    # ONNX Runtime's own operator takes 0.2 ms for 14,000 neighbours, the usual loop 20.
    export_options = MappingProxyType({KNeighborsClassifier: {"zipmap": False, "optim": "cdist"}})

    def classifier(self, seed: int) -> ClassifierMixin:
        """See `Classical`."""
        return make_pipeline(PCA(30, random_state=seed), KNeighborsClassifier(25))


def _count_numbers(graph: onnx.GraphProto) -> int:
    """Return how many numbers a graph holds, in its constants and in the attributes of its nodes."""
    held = sum(numpy_helper.to_array(each).size for each in graph.initializer)
    for node in graph.node:
        held += sum(len(each.floats) + len(each.ints) for each in node.attribute)
    return held
