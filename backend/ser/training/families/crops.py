"""What smaller networks over frames have in common: they are trained on random parts of clips."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from ser.conditions import recording
from ser.features.registry import Frames
from ser.training.data import TrainingSet
from ser.training.epoch_bar import EpochBar
from ser.training.export import KerasModel, scaler_of
from ser.training.family import Family, FittedModel, Heads
from ser.training.speaker_pool import SpeakerPool

# How often a clip is taken as it was recorded, where there are simulated recording conditions.
CLEAN_SHARE = 0.5
# Of scaled frames: the offset of each feature over a part, and the longest span that is set to the mean.
OFFSET_STD = 0.3
MAX_TIME_GAP_SHARE, MAX_FEATURE_GAP_SHARE = 0.2, 0.2

SETTINGS = {
    "clean_share": CLEAN_SHARE,
    "offset_std": OFFSET_STD,
    "max_time_gap_share": MAX_TIME_GAP_SHARE,
    "max_feature_gap_share": MAX_FEATURE_GAP_SHARE,
}


@dataclass(frozen=True)
class CropSettings:
    """How a network over parts of clips is trained.

    Attributes:
        epochs: each takes one part of each clip; the learning rate falls over them as a cosine.
        batch_size: parts.
        learning_rate: at first, of AdamW.
        weight_decay: of AdamW.
        label_smoothing: share of the target that is spread over all labels.
        lengths_frames: the shortest and the longest part; one length is drawn for each batch.
        conditions: simulated recording conditions beside the clips as they are.
    """

    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    lengths_frames: tuple[int, int] = (60, 320)
    conditions: int = 0


class CropNetwork(Family[CropSettings]):
    """A network over frames, trained on random parts of clips of one length a batch.

    Attributes:
        architecture: its name, for manifest and card.
    """

    Settings = CropSettings
    architecture: str
    # No baseline.
    prior_frames = 0.0

    @abstractmethod
    def network(self, classes: int) -> keras.Model:
        """Return the network, from scaled frames [shape=(B, T, D)] to probabilities [shape=(B, C)]."""

    def start(self, classes: int, pool: SpeakerPool, *, seed: int, title: str) -> keras.Model:  # noqa: ARG002
        """Return the network as it is before its training on labels; by default, with random weights.

        Args:
            classes: number of labels.
            pool: the training clips.
            seed: of everything random.
            title: what the model is, for progress.
        """
        return self.network(classes)

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,
        title: str = "model",
    ) -> KerasModel:
        """Train the network; see `Family`. A killed run continues with its last whole epoch."""
        settings, classes = self.settings, len(data.emotions)
        pool = data.pool(settings.conditions)
        keras.utils.set_random_seed(seed)
        model = self.start(classes, pool, seed=seed, title=title)
        batches = Crops(pool, data.emotions, settings, seed=seed)
        model.compile(
            optimizer=keras.optimizers.AdamW(
                keras.optimizers.schedules.CosineDecay(
                    settings.learning_rate, settings.epochs * len(batches)
                ),
                weight_decay=settings.weight_decay,
                clipnorm=1.0,
            ),
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing),
        )
        used = [
            keras.callbacks.BackupAndRestore(checkpoints / self._key(data, seed), double_checkpoint=True),
            EpochBar(title, settings.epochs),
        ]
        model.fit(batches, epochs=settings.epochs, verbose=0, callbacks=used)
        # Without the optimizer's state, which is twice the size of the weights.
        network = self.network(classes)
        network.set_weights(model.get_weights())
        return KerasModel(
            network=network,
            scaler=scaler_of(pool),
            build=lambda classes, **_options: self.network(classes),
            architecture=self.architecture,
            parameters=network.count_params(),
        )

    def _key(self, data: TrainingSet, seed: int) -> str:
        content = json.dumps([data.identity(self.settings.conditions), seed, self.describe()])
        return f"{self.default_name}-{hashlib.sha256(content.encode()).hexdigest()[:24]}"

    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the Keras, scaler and ONNX files."""
        assert isinstance(model, KerasModel)  # noqa: S101
        model.write(folder, heads)

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how training is done."""
        conditions = {"recording_conditions": recording.SETTINGS} if self.settings.conditions else {}
        return super().describe() | {"optimizer": "AdamW", "augmentation": SETTINGS, **conditions}


class Crops(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of random parts of clips, all of one length; a shorter clip is repeated.

    Args:
        pool: the clips and their frames.
        emotions: the order of the outputs.
        settings: how parts are taken.
        seed: of everything that is drawn.
    """

    def __init__(
        self, pool: SpeakerPool, emotions: Sequence[str], settings: CropSettings, *, seed: int
    ) -> None:
        super().__init__()
        self._pool, self._settings = pool, settings
        labels = np.array([list(emotions).index(clip.emotion) for clip in pool.clips])
        self._targets = np.eye(len(emotions), dtype=np.float32)[labels]
        self._rng = default_rng(seed)
        self._order = self._new_order()

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, batch: int) -> tuple[Frames, NDArray[np.float32]]:
        chosen = self._order[batch]
        shortest, longest = self._settings.lengths_frames
        # Keras fixes the length of all batches where the first two have the same, so these differ.
        length = int(self._rng.integers(shortest, longest + 1)) if longest > shortest else shortest
        length += (length + batch) % 2 if longest > shortest else 0
        return np.stack([self._part(index, length) for index in chosen]), self._targets[chosen]

    def on_epoch_end(self) -> None:
        """Put the clips into new batches."""
        self._order = self._new_order()

    def _new_order(self) -> list[NDArray[np.int64]]:
        order = self._rng.permutation(len(self._pool))
        return np.array_split(order, max(2, round(len(order) / self._settings.batch_size)))

    def _part(self, index: int, length: int) -> Frames:
        rng, pool = self._rng, self._pool
        condition = 0
        if pool.conditions > 1 and rng.random() > CLEAN_SHARE:
            condition = int(rng.integers(1, pool.conditions))
        mean, scale = pool.scaling
        frames = pool.frames(index, condition)
        if len(frames) < length:
            frames = np.tile(frames, (-(-length // len(frames)), 1))
        start = int(rng.integers(0, len(frames) - length + 1))
        return varied((frames[start : start + length].astype(np.float32) - mean) / scale, rng)


def varied(scaled: Frames, rng: Generator) -> Frames:
    """Return scaled frames [shape=(T, D)] with an offset of each feature and gaps in time and features."""
    length, width = scaled.shape
    scaled = scaled + np.float32(OFFSET_STD * rng.random()) * rng.standard_normal(width, np.float32)
    scaled[_gap(length, MAX_TIME_GAP_SHARE, rng)] = 0.0
    scaled[:, _gap(width, MAX_FEATURE_GAP_SHARE, rng)] = 0.0
    return scaled.astype(np.float32)


def _gap(size: int, most_share: float, rng: Generator) -> slice:
    span = int(rng.uniform(0.0, most_share) * size)
    start = int(rng.integers(0, size - span + 1))
    return slice(start, start + span)
