"""Trains a network on scaled frames of some speakers, stopped early on others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import callbacks
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from ser.features.mfcc import MAX_FRAMES, MFCC
from ser.features.registry import Frames
from ser.training import augmentation
from ser.training.families.networks import bilstm

BATCH_SIZE = 32
MAX_EPOCHS = 40
LEARNING_RATE = 1e-3
STOP_PATIENCE = 8
PLATEAU_PATIENCE = 4
PLATEAU_FACTOR = 0.5


@dataclass(frozen=True)
class Examples:
    """Frames with what they are.

    Attributes:
        frames: one array [shape=(T, 120)] per clip, unscaled.
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


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of clips of like length: scaled first, padded after.

    In training, each clip is varied anew, clips longer than a window give a random window, and batches
    come in a new order, each epoch.
    """

    def __init__(
        self, examples: Examples, scaler: StandardScaler, *, seed: int | None, batch_size: int
    ) -> None:
        super().__init__()
        self._frames = [scaler.transform(frames).astype(np.float32) for frames in examples.frames]
        self._targets = examples.targets
        self._batch_size = min(batch_size, -(-len(self._frames) // 2))
        self._rng = None if seed is None else np.random.default_rng(seed)
        self._order = self._new_order()

    def __len__(self) -> int:
        return -(-len(self._frames) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[Frames, NDArray[np.int64]]:
        chosen = self._order[index]
        views = [self._view(self._frames[i]) for i in chosen]
        # Keras takes the length of the first two batches, where it is the same, for that of all.
        length = max(map(len, views))
        return pad(views, length + (length + index) % 2), self._targets[chosen]

    def on_epoch_end(self) -> None:
        """Put the batches into a new order."""
        self._order = self._new_order()

    def _view(self, frames: Frames) -> Frames:
        if self._rng is None:
            return frames[:MAX_FRAMES]
        varied = augmentation.augment(frames, self._rng)
        start = int(self._rng.integers(0, max(1, len(varied) - MAX_FRAMES + 1)))
        return varied[start : start + MAX_FRAMES]

    def _new_order(self) -> list[NDArray[np.int64]]:
        lengths = np.array([len(frames) for frames in self._frames], float)
        if self._rng is not None:
            lengths *= self._rng.uniform(0.85, 1.15, len(lengths))
        order = np.argsort(lengths, kind="stable")
        batches = [order[i : i + self._batch_size] for i in range(0, len(order), self._batch_size)]
        if self._rng is not None:
            self._rng.shuffle(batches)
        return batches


class _Memory(callbacks.Callback):  # type: ignore[misc]
    """Keeps what a killed run knew of its epochs so far, and `BackupAndRestore` forgets.

    It must stand behind the two callbacks and before the backup, which it may be one epoch ahead of.
    """

    def __init__(
        self, folder: Path, stopping: callbacks.EarlyStopping, plateau: callbacks.ReduceLROnPlateau
    ) -> None:
        super().__init__()
        self._folder, self._stopping, self._plateau = folder, stopping, plateau
        self._epochs: list[dict[str, Any]] = []

    @property
    def history(self) -> dict[str, list[float]]:
        """Figures of all epochs, those before the kill included."""
        return {name: [epoch["logs"][name] for epoch in self._epochs] for name in self._epochs[0]["logs"]}

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Remember, where it goes on."""
        if len(self._epochs) == epoch:
            return
        self._epochs = json.loads((self._folder / "epochs.json").read_text())[:epoch]
        for callback, name in ((self._stopping, "stopping"), (self._plateau, "plateau")):
            vars(callback).update(self._epochs[-1][name])
        with np.load(self._best(self._stopping.best_epoch)) as best:
            self._stopping.best_weights = [best[name] for name in best.files]

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write down what is known."""
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
    """Stack frames [shape=(T_i, 120)] into [shape=(n, length, 120)], zeros behind the shorter ones.

    Without a `length`, the longest decides.
    """
    padded = np.zeros((len(frames), length or max(map(len, frames)), MFCC.width), np.float32)
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
    seed: int = 0,
    max_epochs: int = MAX_EPOCHS,
    checkpoint: Path | None = None,
    verbose: int | str = "auto",
) -> Trained:
    """Train a network; the epoch with the lowest validation loss is kept.

    Args:
        train_examples: what is learnt from; the scaler is fitted on these alone.
        validation_examples: other speakers, which only decide when to stop.
        classes: number of emotions.
        seed: of weights, order, dropout and augmentation.
        max_epochs: at most so many.
        checkpoint: folder of what a killed run goes on from; emptied at the end. The same one must be given
            for the same training only.
        verbose: Keras' way of showing progress.
    """
    keras.utils.set_random_seed(seed)
    scaler = fit_scaler(train_examples.frames)
    model = bilstm(classes)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    used = [
        callbacks.EarlyStopping(monitor="val_loss", patience=STOP_PATIENCE, restore_best_weights=True),
        callbacks.ReduceLROnPlateau(monitor="val_loss", patience=PLATEAU_PATIENCE, factor=PLATEAU_FACTOR),
    ]
    memory = None if checkpoint is None else _Memory(checkpoint / "epochs", *used)
    if checkpoint is not None:
        used += [memory, callbacks.BackupAndRestore(checkpoint / "backup", double_checkpoint=True)]
    history = model.fit(
        Batches(train_examples, scaler, seed=seed, batch_size=BATCH_SIZE),
        validation_data=Batches(validation_examples, scaler, seed=None, batch_size=BATCH_SIZE),
        epochs=max_epochs,
        callbacks=used,
        verbose=verbose,
    ).history
    if checkpoint is not None and memory is not None:
        history = memory.history
        shutil.rmtree(checkpoint)
    best_epoch = int(np.argmin(history["val_loss"])) + 1
    return Trained(model, scaler, {k: list(map(float, v)) for k, v in history.items()}, best_epoch)


def settings(max_epochs: int) -> dict[str, Any]:
    """Return what a manifest records of how training is done."""
    return {
        "optimizer": "Adam",
        "learning_rate": LEARNING_RATE,
        "loss": "cross-entropy",
        "batch_size": BATCH_SIZE,
        "max_epochs": max_epochs,
        "early_stopping_patience": STOP_PATIENCE,
        "reduce_lr_on_plateau_patience": PLATEAU_PATIENCE,
        "reduce_lr_on_plateau_factor": PLATEAU_FACTOR,
        "augmentation": augmentation.SETTINGS,
    }
