"""The published network: a BiLSTM over frames, stopped early on held-out speakers."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import callbacks
from numpy.random import default_rng
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from ser.features.mfcc import MAX_FRAMES, MFCC
from ser.features.registry import Frames
from ser.models.comparison import Claim
from ser.models.manifest import Group
from ser.training import augmentation
from ser.training.batches import LengthBatches
from ser.training.data import TrainingSet
from ser.training.epoch_bar import EpochBar
from ser.training.export import KerasModel
from ser.training.families.networks import bilstm
from ser.training.family import PUBLISHED_EMOTIONS, Family, FittedModel, Heads

LENGTH_JITTER = 0.15


@dataclass(frozen=True)
class BilstmSettings:
    """How the network is trained.

    Attributes:
        epochs: at most so many; the one with the lowest validation loss is kept.
        batch_size: clips.
        learning_rate: at first, of Adam.
        stop_after: epochs without a lower validation loss until training stops.
        plateau_after: such epochs until the learning rate is reduced.
        plateau_factor: by which it is multiplied.
    """

    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 1e-3
    stop_after: int = 8
    plateau_after: int = 4
    plateau_factor: float = 0.5


@dataclass(frozen=True)
class Examples:
    """Frames and their labels.

    Attributes:
        frames: one array [shape=(T, D)] per clip, unscaled.
        targets: the index of each clip's emotion [shape=(n,)], int64.
    """

    frames: Sequence[Frames]
    targets: NDArray[np.int64]


@dataclass(frozen=True)
class Trained:
    """The outcome of a training run."""

    model: keras.Model
    scaler: StandardScaler
    history: dict[str, list[float]]
    best_epoch: int


class Bilstm(Family[BilstmSettings]):
    """The published network, on the published features."""

    Settings = BilstmSettings
    default_name = "bilstm-cremad"
    feature_set = MFCC
    group: Group = "published"
    claim = Claim(
        text="About 51 % of the clips right, among four emotions of CREMA-D.",
        accuracy=0.51,
        reason="It was measured on a random split, whose test set also chose the epoch; ours is measured on "
        "actors that nothing was trained or chosen on.",
    )
    emotions = PUBLISHED_EMOTIONS
    held_out_share = 0.15
    stops_early = True

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,
        *,
        seed: int,
        checkpoints: Path,
        title: str = "model",
    ) -> KerasModel:
        """Train the network; see `Family`."""
        assert validation is not None  # noqa: S101
        classes = len(data.emotions)
        trained = train(
            Examples(*data.examples()),
            Examples(*validation.examples()),
            classes=classes,
            seed=seed,
            settings=self.settings,
            checkpoint=checkpoints / self._key(data, validation, seed),
            title=title,
        )
        # Without the optimizer's state, which is twice the size of the weights.
        network = bilstm(classes)
        network.set_weights(trained.model.get_weights())
        return KerasModel(
            network=network,
            scaler=trained.scaler,
            build=bilstm,
            architecture="bilstm",
            parameters=network.count_params(),
            scaling=(trained.scaler.mean_, trained.scaler.scale_),
            outcome={"best_epoch": trained.best_epoch, "epochs": len(trained.history["loss"])},
        )

    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the Keras, scaler and ONNX files."""
        assert isinstance(model, KerasModel)  # noqa: S101
        model.write(folder, heads)

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how training is done."""
        settings = self.settings
        return {
            "optimizer": "Adam",
            "learning_rate": settings.learning_rate,
            "loss": "cross-entropy",
            "batch_size": settings.batch_size,
            "max_epochs": settings.epochs,
            "early_stopping_patience": settings.stop_after,
            "reduce_lr_on_plateau_patience": settings.plateau_after,
            "reduce_lr_on_plateau_factor": settings.plateau_factor,
            "augmentation": augmentation.SETTINGS,
        }

    def _key(self, data: TrainingSet, validation: TrainingSet, seed: int) -> str:
        content = json.dumps([data.identity(), validation.identity(), seed, self.describe()])
        return f"bilstm-{hashlib.sha256(content.encode()).hexdigest()[:24]}"


class Batches(LengthBatches):
    """Batches of clips of similar length: scaled first, padded after.

    With a seed, each clip is augmented anew each epoch, and a clip longer than a window gives a random one.
    """

    def __init__(
        self, examples: Examples, scaler: StandardScaler, *, seed: int | None, batch_size: int
    ) -> None:
        self._frames = [scaler.transform(frames).astype(np.float32) for frames in examples.frames]
        self._targets = examples.targets
        super().__init__(
            [len(frames) for frames in self._frames],
            batch_size=batch_size,
            rng=None if seed is None else default_rng(seed),
            jitter=LENGTH_JITTER,
        )

    def __getitem__(self, index: int) -> tuple[Frames, NDArray[np.int64]]:
        chosen = self._order[index]
        views = [self._view(self._frames[i]) for i in chosen]
        # Keras fixes the length of all batches where the first two have the same, so these differ.
        length = max(map(len, views))
        return pad(views, length + (length + index) % 2), self._targets[chosen]

    def _view(self, frames: Frames) -> Frames:
        if self._rng is None:
            return frames[:MAX_FRAMES]
        varied = augmentation.augment(frames, self._rng)
        start = int(self._rng.integers(0, max(1, len(varied) - MAX_FRAMES + 1)))
        return varied[start : start + MAX_FRAMES]


class _CallbackState(callbacks.Callback):  # type: ignore[misc]
    """Saves the state of two callbacks and the history, which `BackupAndRestore` does not save.

    It must stand after the two callbacks and before the backup. It may be one epoch ahead of the backup.
    """

    def __init__(
        self, folder: Path, stopping: callbacks.EarlyStopping, plateau: callbacks.ReduceLROnPlateau
    ) -> None:
        super().__init__()
        self._folder, self._stopping, self._plateau = folder, stopping, plateau
        self._epochs: list[dict[str, Any]] = []

    @property
    def history(self) -> dict[str, list[float]]:
        """Figures of all epochs, also of those before the run was killed."""
        return {name: [epoch["logs"][name] for epoch in self._epochs] for name in self._epochs[0]["logs"]}

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Restore the state where a killed run continues."""
        if len(self._epochs) == epoch:
            return
        self._epochs = json.loads((self._folder / "epochs.json").read_text())[:epoch]
        for callback, name in ((self._stopping, "stopping"), (self._plateau, "plateau")):
            vars(callback).update(self._epochs[-1][name])
        with np.load(self._best(self._stopping.best_epoch)) as best:
            self._stopping.best_weights = [best[name] for name in best.files]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save the state."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stopping, plateau = self._stopping, self._plateau
        known = {
            "logs": {name: float(value) for name, value in (logs or {}).items()},
            "stopping": {name: getattr(stopping, name) for name in ("wait", "best", "best_epoch")},
            "plateau": {name: getattr(plateau, name) for name in ("wait", "best", "cooldown_counter")},
        }
        self._epochs.append(known)
        if stopping.best_epoch == epoch:
            np.savez(self._best(epoch), *stopping.best_weights)
        partial = self._folder / "epochs.json.partial"
        partial.write_text(json.dumps(self._epochs))
        partial.replace(self._folder / "epochs.json")

    def _best(self, epoch: int) -> Path:
        return self._folder / f"best-{epoch}.npz"


def pad(frames: Sequence[Frames], length: int | None = None) -> Frames:
    """Stack frames [shape=(T_i, D)] into [shape=(n, length, D)], zeros after the shorter ones.

    `length` is by default that of the longest.
    """
    padded = np.zeros((len(frames), length or max(map(len, frames)), frames[0].shape[1]), np.float32)
    for row, each in zip(padded, frames, strict=True):
        row[: len(each)] = each
    return padded


def fit_scaler(frames: Sequence[Frames]) -> StandardScaler:
    """Fit a StandardScaler on real (unpadded) frames."""
    scaler = StandardScaler()
    for each in frames:
        scaler.partial_fit(each)
    return scaler


def train(
    train_examples: Examples,
    validation_examples: Examples,
    *,
    classes: int,
    settings: BilstmSettings,
    seed: int = 0,
    checkpoint: Path | None = None,
    title: str = "model",
) -> Trained:
    """Train a network; the epoch with the lowest validation loss is kept.

    Args:
        train_examples: what it is trained on; the scaler is fitted on these alone.
        validation_examples: other speakers', which only decide when to stop.
        classes: number of emotions.
        settings: how.
        seed: of weights, order, dropout and augmentation.
        checkpoint: folder of what a killed run continues from; removed at the end. The same one must be
            given for the same training only.
        title: what the model is, for progress.
    """
    keras.utils.set_random_seed(seed)
    scaler = fit_scaler(train_examples.frames)
    model = bilstm(classes)
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    used = [
        callbacks.EarlyStopping(monitor="val_loss", patience=settings.stop_after, restore_best_weights=True),
        callbacks.ReduceLROnPlateau(
            monitor="val_loss", patience=settings.plateau_after, factor=settings.plateau_factor
        ),
    ]
    state = None if checkpoint is None else _CallbackState(checkpoint / "epochs", *used)
    if checkpoint is not None:
        used += [state, callbacks.BackupAndRestore(checkpoint / "backup", double_checkpoint=True)]
    used.append(EpochBar(title, settings.epochs, shown="val_loss"))
    history = model.fit(
        Batches(train_examples, scaler, seed=seed, batch_size=settings.batch_size),
        validation_data=Batches(validation_examples, scaler, seed=None, batch_size=settings.batch_size),
        epochs=settings.epochs,
        callbacks=used,
        verbose=0,
    ).history
    if checkpoint is not None and state is not None:
        history = state.history
        shutil.rmtree(checkpoint)
    best_epoch = int(np.argmin(history["val_loss"])) + 1
    return Trained(model, scaler, {k: list(map(float, v)) for k, v in history.items()}, best_epoch)
