"""A shipped network with a new last layer, for recordings of few speakers.

All other weights stay as they are: few speakers would teach them these speakers alone. The layer is a
logistic regression on more than the shipped one reads (`networks.below_last_layers`). It is kept near the
shipped one, for the labels that both have, and the less so the more speakers there are.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from joblib import Parallel, cpu_count, delayed
from keras import layers
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from ser.conditions import recording
from ser.models.manifest import KERAS_FILE, Manifest
from ser.training import progress, speaker_pool
from ser.training.data import TrainingSet
from ser.training.export import KerasModel, scaler_of
from ser.training.families import readings
from ser.training.families.hybrid import MOST_CALIBRATION_CONDITIONS, Hybrid
from ser.training.families.hybrid_batches import soft_targets
from ser.training.families.networks import below_last_layers, clip_units
from ser.training.families.start import Start
from ser.training.family import PRIOR_FRAMES, Family, FittedModel, Heads

MOST_ITERATIONS = 200
# From here on, the penalty does not fall.
MANY_SPEAKERS = 20


@dataclass(frozen=True)
class LastLayerSettings:
    """How a last layer is fitted.

    Attributes:
        variance_per_speaker: with so many speakers, what the weights of standardised units add to the shipped
            ones has this variance before any clip is seen: clips of one speaker are much alike.
        conditions: simulated recording conditions beside the clips as they are.
        prior_frames: weight of the training speakers' statistics against a baseline's frames.
        ordinary_share: target probability of Neutral of ordinary speech.
        level_std_db: deviation of the level of an example that is normalised without a baseline.
        members: how many of the shipped network's members it is fitted on, the smallest first; None for all.
    """

    variance_per_speaker: float = 1.5e-4
    conditions: int = 9
    prior_frames: float = PRIOR_FRAMES
    ordinary_share: float = 0.5
    level_std_db: float = 14.0
    members: int | None = None


# Weights [shape=(H, C)] and bias [shape=(C,)], float32.
Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


class LastLayer(Family[LastLayerSettings]):
    """The network of a shipped model with a new last layer; one is fitted on each core.

    Args:
        start: the model.
        settings: how the layer is fitted.
    """

    Settings = LastLayerSettings
    default_name = "own"
    feature_set = Hybrid.feature_set
    emotions: tuple[str, ...] = Hybrid.emotions
    core = Hybrid.core
    held_out_share = Hybrid.held_out_share

    start: Start

    def __init__(self, start: Start, settings: LastLayerSettings | None = None) -> None:
        super().__init__(settings)
        self.start = start
        self.prior_frames = self.settings.prior_frames
        self.calibration_conditions = min(MOST_CALIBRATION_CONDITIONS, self.settings.conditions)

    @property
    def start_manifest(self) -> Manifest:
        """What is said of the model whose network it is."""
        return self.start.manifest

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,
        title: str = "model",
    ) -> FittedModel:
        """Fit the layer of one model; see `Family`."""
        return self.fit_all({title: data}, {}, seed=seed, checkpoints=checkpoints)[title]

    def fit_all(
        self,
        sets: Mapping[str, TrainingSet],
        validation: Mapping[str, TrainingSet],  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,
    ) -> dict[str, FittedModel]:
        """Fit the layers of all models; see `Family`. Those that a killed run fitted are not fitted again."""
        checkpoints.mkdir(parents=True, exist_ok=True)
        files = {title: checkpoints / f"{self._key(data, seed)}.npz" for title, data in sets.items()}
        todo = [title for title, file in files.items() if not file.is_file()]
        for title in todo:
            sets[title].pool(self.settings.conditions)  # fills the cache once, before all processes need it
        jobs = max(1, min(cpu_count(), len(todo)))
        tasks = [delayed(self._fit_layer)(sets[title], seed, files[title], jobs) for title in todo]
        if tasks:
            progress.tell(f"Fitting {len(tasks)} last layers on the network of {self.start_manifest.name}")
        with progress.bar("fitting", len(tasks), "layer") as bar:
            for _ in Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks):
                bar.update()
        return {title: self._model(data, files[title]) for title, data in sets.items()}

    def _fit_layer(self, data: TrainingSet, seed: int, file: Path, jobs: int) -> None:
        if jobs > 1:
            # Read by TensorFlow when it first computes: the other cores are for the other layers.
            os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
        settings, pool = self.settings, data.pool(self.settings.conditions)
        members = self._members()
        found = readings.read(
            below_last_layers(members),
            pool,
            range(len(pool)),
            prior_frames=settings.prior_frames,
            level_std_db=settings.level_std_db,
            seed=seed,
        )
        speakers = min(len({clip.speaker for clip in pool.clips}), MANY_SPEAKERS)
        weights, bias = regression(
            found,
            soft_targets(pool.clips, data.emotions, settings.ordinary_share)[found.clips],
            prior=shipped_layer(members, self.start.labels, data.emotions),
            variance=settings.variance_per_speaker * speakers,
        )
        unfinished = file.with_name(f"partial-{os.getpid()}-{file.name}")
        np.savez(unfinished, weights=weights, bias=bias)
        unfinished.replace(file)

    def _members(self) -> list[keras.Model]:
        members = sorted(self.start.networks(), key=lambda member: member.count_params())
        return members[: self.settings.members]

    def _model(self, data: TrainingSet, file: Path) -> KerasModel:
        with np.load(file) as content:
            layer = content["weights"], content["bias"]
        pool, members = data.pool(), self._members()
        network = with_last_layer(members, layer)
        return KerasModel(
            network=network,
            scaler=scaler_of(pool),
            build=lambda _classes, **_options: with_last_layer(members, layer),
            architecture=f"{len(members)} x hybrid, new last layer",
            parameters=network.count_params(),
            scaling=pool.scaling,
        )

    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the Keras, scaler and ONNX files."""
        assert isinstance(model, KerasModel)  # noqa: S101
        model.write(folder, heads)

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how it is fitted."""
        manifest = self.start_manifest
        return {
            **super().describe(),
            "classifier": "logistic regression, balanced",
            "readings": readings.SETTINGS,
            "recording_conditions": recording.SETTINGS,
            "baselines": speaker_pool.SETTINGS,
            "from": {"model": manifest.name, "keras_sha256": manifest.sha256[KERAS_FILE]},
        }

    def _key(self, data: TrainingSet, seed: int) -> str:
        content = json.dumps([data.identity(self.settings.conditions), self.describe(), seed])
        return f"last-layer-{hashlib.sha256(content.encode()).hexdigest()[:24]}"


def with_last_layer(members: Sequence[keras.Model], layer: Layer) -> keras.Model:
    """Return the network from scaled frames [shape=(B, T, D)] to probabilities [shape=(B, C)].

    Args:
        members: hybrid networks.
        layer: on all units that `below_last_layers` reads of them.
    """
    below = below_last_layers(members)
    last = layers.Dense(len(layer[1]), activation="softmax", name="last")
    network = keras.Model(below.input, last(below.output), name="new_last_layer")
    last.set_weights(list(layer))
    return network


def shipped_layer(members: Sequence[keras.Model], known: Sequence[str], labels: Sequence[str]) -> Layer:
    """Return the mean of the members' last layers, as one on all that `below_last_layers` reads of them.

    Args:
        members: hybrid networks.
        known: their labels.
        labels: the order of the outputs. A label that they do not know gets the mean of those they do.
    """
    parts, bias = [], np.zeros(len(labels), np.float32)
    for member in members:
        own_weights, own_bias = (
            each - each.mean(axis=-1, keepdims=True) for each in member.layers[-1].get_weights()
        )
        part = np.zeros((len(own_weights), len(labels)), np.float32)
        for at, label in enumerate(labels):
            if label in known:
                part[:, at] = own_weights[:, known.index(label)] / len(members)
                bias[at] += own_bias[known.index(label)] / len(members)
        below = sum(each.shape[-1] for each in clip_units(member)) - len(part)
        parts += [np.zeros((below, len(labels)), np.float32), part]
    return np.concatenate(parts), bias


def regression(
    found: readings.Readings, targets: NDArray[np.float32], *, prior: Layer, variance: float
) -> Layer:
    """Fit a logistic regression in which all labels weigh the same.

    Args:
        found: readings of clips.
        targets: probability of each label for each of them [shape=(n, C)].
        prior: the layer that it is before any clip is seen.
        variance: of what the weights of standardised units may be beside it.
    """
    mean, scale = found.scaling
    units = ((found.units - mean) / scale).astype(np.float32)
    before = found.units @ prior[0] + prior[1]
    importance = (
        (targets / np.maximum(targets.sum(axis=0), 1.0)).sum(axis=1) * len(targets) / targets.shape[1]
    )
    shape = units.shape[1], targets.shape[1]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[: -shape[1]].reshape(shape), flat[-shape[1] :]
        logits = log_softmax(before + units @ weights.astype(np.float32) + bias, axis=1)
        error = importance[:, np.newaxis] * (np.exp(logits) - targets)
        value = (weights**2).sum() / (2 * variance) - importance @ (targets * logits).sum(axis=1)
        slope = units.T @ error.astype(np.float32) + weights / variance
        return value / len(units), np.append(slope, error.sum(axis=0)) / len(units)

    begin = np.zeros((shape[0] + 1) * shape[1])
    flat = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ITERATIONS}).x
    added = flat[: -shape[1]].reshape(shape) / scale[:, np.newaxis]
    bias = prior[1] + flat[-shape[1] :] - mean @ added
    return (prior[0] + added).astype(np.float32), bias.astype(np.float32)
