"""The shipped network: the mean of several members, for clips without a baseline, a short one or a long one.

Members differ by size and seed. Each sees every clip once an epoch, as recorded or under a simulated
recording condition, normalised with a baseline that is drawn for it. There is no early stopping: the
learning rate rises and falls over a fixed number of epochs, so no speaker is held out of the model itself.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from joblib import Parallel, cpu_count, delayed
from keras import ops
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from ser.conditions import recording
from ser.corpora import is_acted
from ser.corpora.base import Clip
from ser.features.mfcc import MFCC_PITCH, N_MELS
from ser.features.registry import Frames
from ser.models.baseline import Baseline
from ser.training import augmentation, speaker_pool
from ser.training.data import TrainingSet
from ser.training.export import KerasModel
from ser.training.families.networks import HYBRID_SETTINGS, POOLED_FRAMES, Size, hybrid, joined
from ser.training.family import PRIOR_FRAMES, PUBLISHED_EMOTIONS, Family, FittedModel, Heads
from ser.training.speaker_pool import SpeakerPool

WARM_UP_SHARE = 0.25
FIRST_RATE_SHARE = 0.1
# It is calibrated under so many of the simulated recording conditions, as users have other microphones.
MOST_CALIBRATION_CONDITIONS = 2
# The shortest and the longest window of a batch.
LENGTHS_FRAMES = (50, 320)
# Of an example that is normalised without a baseline: how often its own statistics are part of what it is
# normalised with, and the weight of the training speakers' against them.
OWN_CLIP_SHARE = 0.6
OWN_CLIP_PRIOR_FRAMES = (200.0, 2000.0)
# Two that make different errors, together below 1.5 million parameters.
LARGE = Size(channels=160, kernel=5, lstm_units=128, hidden_units=128)
SMALL = Size(channels=96, kernel=1, lstm_units=64, hidden_units=80)


@dataclass(frozen=True)
class HybridSettings:
    """How members are trained.

    Attributes:
        members: the size of each.
        epochs: of each.
        conditions: simulated recording conditions beside the clips as they are.
        clean_share: how often a clip is taken as it was recorded.
        prior_frames: weight of the training speakers' statistics against a baseline's frames.
        label_smoothing: share of the target that is spread over all emotions.
        core_weight: of the loss among the emotions of the label subset.
        batch_size: clips.
        learning_rate: the highest, of AdamW.
        weight_decay: of AdamW.
        ordinary_share: target probability of Neutral of ordinary speech.
        level_std_db: deviation of the level of an example that is normalised without a baseline.
    """

    members: tuple[Size, ...] = (LARGE, SMALL)
    epochs: int = 56
    conditions: int = 9
    clean_share: float = 0.3
    prior_frames: float = PRIOR_FRAMES
    label_smoothing: float = 0.1
    core_weight: float = 0.5
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    ordinary_share: float = 0.5
    level_std_db: float = 14.0


class Hybrid(Family[HybridSettings]):
    """The shipped network; all members of all models are trained in parallel, one process for each core."""

    Settings = HybridSettings
    default_name = "cremad-6"
    feature_set = MFCC_PITCH
    emotions = (*PUBLISHED_EMOTIONS, "Fear", "Neutral")
    core = PUBLISHED_EMOTIONS
    held_out_share = 0.2
    # Less is a syllable or two.
    min_speech_s = 0.5

    def __init__(self, settings: HybridSettings | None = None) -> None:
        super().__init__(settings)
        self.prior_frames = self.settings.prior_frames
        self.calibration_conditions = min(MOST_CALIBRATION_CONDITIONS, self.settings.conditions)

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,
        title: str = "model",
    ) -> FittedModel:
        """Train the members of one model; see `Family`."""
        return self.fit_all({title: data}, {}, seed=seed, checkpoints=checkpoints)[title]

    def fit_all(
        self,
        sets: Mapping[str, TrainingSet],
        validation: Mapping[str, TrainingSet],  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,
    ) -> dict[str, FittedModel]:
        """Train the members of all models in parallel; see `Family`."""
        members = train_members(sets, self.settings, seed=seed, checkpoints=checkpoints)
        return {title: self._joined(members[title], data) for title, data in sets.items()}

    def _joined(self, members: list[keras.Model], data: TrainingSet) -> KerasModel:
        pool = data.pool()
        network = joined(members)
        return KerasModel(
            network=network,
            scaler=_scaler(*pool.scaling, int(pool.lengths.sum())),
            build=lambda _classes, **_options: joined(members),
            architecture=f"{len(members)} x hybrid",
            parameters=network.count_params(),
            scaling=pool.scaling,
        )

    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the Keras, scaler and ONNX files."""
        assert isinstance(model, KerasModel)  # noqa: S101
        model.write(folder, heads)

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how training is done."""
        return describe(self.settings)


def describe(settings: HybridSettings) -> dict[str, Any]:
    """Return the settings and the constants of the training, for JSON."""
    return asdict(settings) | {
        "optimizer": "AdamW, one cycle",
        "network": HYBRID_SETTINGS,
        "augmentation": augmentation.CUT_SETTINGS,
        "recording_conditions": recording.SETTINGS,
        "lengths_frames": LENGTHS_FRAMES,
        "own_clip_share": OWN_CLIP_SHARE,
        "own_clip_prior_frames": OWN_CLIP_PRIOR_FRAMES,
        "baselines": {
            "global_share": speaker_pool.GLOBAL_SHARE,
            "neutral_share": speaker_pool.NEUTRAL_SHARE,
            "mixed_share": speaker_pool.MIXED_SHARE,
        },
    }


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of windows of one length, which is drawn for each batch: nothing is padded.

    A longer clip is cut. A shorter one is continued with others of its speaker and emotion, so that a
    length says nothing of an emotion or a corpus.

    Args:
        pool: the clips and their frames.
        emotions: the order of the outputs.
        settings: how members are trained.
        seed: of everything that is drawn.
    """

    def __init__(
        self, pool: SpeakerPool, emotions: tuple[str, ...], settings: HybridSettings, seed: int
    ) -> None:
        super().__init__()
        self._pool, self._settings = pool, settings
        self._targets = _targets(pool.clips, emotions, settings.ordinary_share)
        self._random = default_rng(seed)
        self._order = self._new_order()

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, batch: int) -> tuple[Frames, NDArray[np.float32]]:
        chosen = self._order[batch]
        pooled = int(math.exp(self._random.uniform(*np.log(LENGTHS_FRAMES)))) // POOLED_FRAMES
        # Keras fixes the length of all batches where the first two have the same, so these differ.
        length = (pooled - (pooled + batch) % 2) * POOLED_FRAMES
        return np.stack([self._view(index, length) for index in chosen]), self._targets[chosen]

    def on_epoch_end(self) -> None:
        """Put the clips into new batches."""
        self._order = self._new_order()

    def _new_order(self) -> list[NDArray[np.int64]]:
        order = self._random.permutation(len(self._pool))
        size = self._settings.batch_size
        return np.array_split(order, max(2, round(len(order) / size)))

    def _view(self, index: int, length: int) -> Frames:
        rng, settings, pool = self._random, self._settings, self._pool
        condition = 0
        if pool.conditions > 1 and rng.random() > settings.clean_share:
            condition = int(rng.integers(1, pool.conditions))
        scaling = pool.draw_scaling(index, condition, settings.prior_frames, rng)
        mean, scale = scaling
        frames = self._continued(index, condition, augmentation.longest_cut(length))
        scaled = (frames.astype(np.float32) - mean) / scale
        if scaling is pool.scaling:
            # Each dB adds this to MFCC 0.
            scaled[:, 0] += rng.normal(0.0, settings.level_std_db) * math.sqrt(N_MELS) / scale[0]
            scaled = _normalise_with_own(scaled, rng)
        return augmentation.cut(scaled, length, rng)

    def _continued(self, index: int, condition: int, length: int) -> Frames:
        """Return at least `length` frames of a clip and, where it is shorter, of others like it."""
        parts = [self._pool.frames(index, condition)]
        others = self._pool.like(index)
        while sum(map(len, parts)) < length:
            parts.append(self._pool.frames(int(self._random.choice(others)), condition))
        return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _normalise_with_own(scaled: Frames, rng: Generator) -> Frames:
    """Sometimes normalise a clip with its own statistics, blended with those of all training speakers."""
    if rng.random() >= OWN_CLIP_SHARE:
        return scaled
    prior_frames = math.exp(rng.uniform(*np.log(OWN_CLIP_PRIOR_FRAMES)))
    width = scaled.shape[1]
    mean, scale = Baseline.of(scaled).blended(np.zeros(width), np.ones(width), prior_frames)
    normalised: Frames = (scaled - mean) / scale
    return normalised


def _targets(clips: Sequence[Clip], emotions: Sequence[str], ordinary_share: float) -> NDArray[np.float32]:
    """Return the target of each clip [shape=(n, C)].

    Ordinary speech has another: mostly Neutral, the rest shared by all others. Its words and languages are
    not those of acted speech, so a certain target would teach that unknown words are Neutral.
    """
    hard = np.eye(len(emotions), dtype=np.float32)
    soft = ordinary_share * hard + (1 - ordinary_share) / (len(emotions) - 1) * (1 - hard)
    rows = [(hard if is_acted(clip) else soft)[emotions.index(clip.emotion)] for clip in clips]
    return np.stack(rows).astype(np.float32)


@keras.saving.register_keras_serializable(package="ser")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate that rises linearly for a quarter of the steps, then falls as a cosine."""

    def __init__(self, highest: float, steps: int) -> None:
        self.highest, self.steps = highest, steps

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step."""
        rising = WARM_UP_SHARE * self.steps
        step = ops.cast(step, "float32")
        up = FIRST_RATE_SHARE + (1 - FIRST_RATE_SHARE) * step / rising
        done = ops.minimum((step - rising) / (self.steps - rising), 1.0)
        down = 0.5 * (1 + ops.cos(math.pi * done)) + 1e-3
        return self.highest * ops.where(step < rising, up, down)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"highest": self.highest, "steps": self.steps}


def loss_of(emotions: tuple[str, ...], core: tuple[str, ...], settings: HybridSettings) -> Any:
    """Return the loss: cross-entropy over all emotions, and again among the core ones for their clips."""
    indices = [emotions.index(emotion) for emotion in core]

    def cross_entropy(targets: Any, logits: Any) -> Any:
        count = targets.shape[-1]
        smooth = targets * (1 - settings.label_smoothing) + settings.label_smoothing / count
        return -ops.sum(smooth * ops.log_softmax(logits), axis=-1)

    def loss(targets: Any, logits: Any) -> Any:
        total = cross_entropy(targets, logits)
        if indices:
            among = ops.take(targets, indices, axis=-1)
            inside = ops.sum(among, axis=-1)
            total += settings.core_weight * inside * cross_entropy(among, ops.take(logits, indices, axis=-1))
        return total

    return loss


class EpochLogger(keras.callbacks.Callback):  # type: ignore[misc]
    """Prints a line per epoch, as the progress bars of parallel processes would overwrite each other."""

    def __init__(self, title: str, epochs: int) -> None:
        super().__init__()
        self._title, self._epochs = title, epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print the epoch and its loss."""
        loss = (logs or {}).get("loss", math.nan)
        print(f"{self._title}: epoch {epoch + 1}/{self._epochs}, loss {loss:.3f}", flush=True)


def train_members(
    sets: Mapping[str, TrainingSet],
    settings: HybridSettings,
    *,
    seed: int,
    checkpoints: Path,
    jobs: int = -1,
) -> dict[str, list[keras.Model]]:
    """Train the members of one model per training set, as many at once as there are cores, one thread each.

    Finished members and epochs are kept in `checkpoints`: the same call continues there after a kill.

    Args:
        sets: title of a model -> what it is trained on.
        settings: how.
        seed: the first member's; the others follow it.
        checkpoints: a folder.
        jobs: processes; -1 takes all cores.

    Returns:
        title -> networks from scaled frames [shape=(B, T, D)] to logits [shape=(B, C)].
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    todo, files = [], {}
    # The largest first, so that no core waits long in the end.
    for number, size in sorted(enumerate(settings.members), key=lambda each: -each[1].lstm_units):
        for name, data in sets.items():
            data.pool(settings.conditions)  # fills the cache once, before all processes need it
            file = checkpoints / f"{_key(data, settings, size, seed + number)}.weights.h5"
            files[name, number] = file
            if not file.is_file():
                title = f"{name}, member {number + 1} of {len(settings.members)}"
                todo.append(delayed(_train_member)(data, settings, size, seed + number, file, title))
    if todo:
        Parallel(n_jobs=min(jobs if jobs > 0 else cpu_count(), len(todo)), backend="loky")(todo)
    members: dict[str, list[keras.Model]] = {name: [] for name in sets}
    for name, data in sets.items():
        for number, size in enumerate(settings.members):
            member = hybrid(len(data.emotions), size)
            member.load_weights(files[name, number])
            members[name].append(member)
    return members


def _train_member(
    data: TrainingSet, settings: HybridSettings, size: Size, seed: int, file: Path, title: str
) -> None:
    # Read by TensorFlow when it first computes: the other cores are for the other members.
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    keras.utils.set_random_seed(seed)
    model = hybrid(len(data.emotions), size)
    batches = Batches(data.pool(settings.conditions), data.emotions, settings, seed)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            OneCycle(settings.learning_rate, len(batches) * settings.epochs),
            weight_decay=settings.weight_decay,
            clipnorm=1.0,
        ),
        loss=loss_of(data.emotions, data.core, settings),
    )
    backup = keras.callbacks.BackupAndRestore(file.with_suffix(".backup"), double_checkpoint=True)
    logger = EpochLogger(title, settings.epochs)
    model.fit(batches, epochs=settings.epochs, verbose=0, callbacks=[backup, logger])
    partial = file.with_name(f"partial-{os.getpid()}-{file.name}")
    model.save_weights(partial)
    partial.replace(file)


def _key(data: TrainingSet, settings: HybridSettings, size: Size, seed: int) -> str:
    described = describe(settings) | {"members": asdict(size)}
    content = json.dumps([data.identity(settings.conditions), described, seed])
    return f"member-{hashlib.sha256(content.encode()).hexdigest()[:24]}"


def _scaler(mean: NDArray[Any], scale: NDArray[Any], count: int) -> StandardScaler:
    scaler = StandardScaler()
    scaler.mean_ = np.asarray(mean, np.float64)
    scaler.scale_ = np.asarray(scale, np.float64)
    scaler.var_ = scaler.scale_**2
    scaler.n_features_in_ = len(scaler.mean_)
    scaler.n_samples_seen_ = count
    return scaler
