"""What the published networks over one vector per clip have in common: their training."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.preprocessing import StandardScaler

from ser.models.manifest import Group
from ser.training import clip_copies
from ser.training.clip_copies import KINDS, ClipCopy
from ser.training.data import TrainingSet
from ser.training.epoch_bar import EpochBar
from ser.training.export import KerasModel
from ser.training.family import Family, FittedModel, Heads


@dataclass(frozen=True)
class VectorSettings:
    """How a network over vectors is trained.

    Attributes:
        epochs: of the whole training; the learning rate falls over them as a cosine.
        batch_size: vectors.
        learning_rate: at first, of AdamW.
        weight_decay: of AdamW.
        label_smoothing: share of the target that is spread over all labels.
        copies: what is done to the copies of each clip that are trained on beside it.
    """

    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    copies: tuple[str, ...] = tuple(KINDS)


class VectorNetwork(Family[VectorSettings]):
    """A network over one vector per clip, trained on each clip and on changed copies of it."""

    Settings = VectorSettings
    group: Group = "published"
    architecture: str

    @abstractmethod
    def network(self, classes: int) -> keras.Model:
        """Return the network, from scaled vectors [shape=(B, D)] to probabilities [shape=(B, C)]."""

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,  # noqa: ARG002
        title: str = "model",
    ) -> KerasModel:
        """Train the network, which takes no longer than a minute; see `Family`."""
        settings, classes = self.settings, len(data.emotions)
        parts = [data.examples(None if kind is None else ClipCopy(kind)) for kind in (None, *settings.copies)]
        vectors = np.concatenate([np.stack(features) for features, _ in parts])
        targets = np.concatenate([each for _, each in parts])
        scaler = StandardScaler().fit(np.stack(parts[0][0]))
        keras.utils.set_random_seed(seed)
        model = self.network(classes)
        steps = settings.epochs * -(-len(vectors) // settings.batch_size)
        model.compile(
            optimizer=keras.optimizers.AdamW(
                keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps),
                weight_decay=settings.weight_decay,
            ),
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
        )
        model.fit(
            scaler.transform(vectors).astype(np.float32),
            np.eye(classes, dtype=np.float32)[targets],
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            verbose=0,
            callbacks=[EpochBar(title, settings.epochs)],
        )
        # Without the optimizer's state, which is twice the size of the weights.
        network = self.network(classes)
        network.set_weights(model.get_weights())
        return KerasModel(
            network=network,
            scaler=scaler,
            build=lambda classes, **_options: self.network(classes),
            architecture=self.architecture,
            parameters=network.count_params(),
        )

    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the Keras, scaler and ONNX files."""
        assert isinstance(model, KerasModel)  # noqa: S101
        model.write(folder, heads)

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how training is done."""
        return super().describe() | {"optimizer": "AdamW", "copies_of_clips": clip_copies.SETTINGS}
