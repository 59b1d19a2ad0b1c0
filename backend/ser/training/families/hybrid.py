"""Trains an ensemble that is good with no baseline of a speaker, a short one and a long one.

Members differ by size and seed: first weights, order, baselines and variations. Each sees
every clip once an epoch, on a random chain, scaled by a baseline drawn for it. There is no early stopping:
the learning rate rises and falls over a fixed number of epochs, so no speaker has to be held out.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from joblib import Parallel, cpu_count, delayed
from keras import ops
from numpy.random import Generator
from numpy.typing import NDArray

from ser.conditions import recording
from ser.corpora.base import Clip
from ser.features.mfcc import MAX_FRAMES, MFCC_PITCH, N_MELS
from ser.features.registry import Frames
from ser.models.baseline import Baseline
from ser.training import augmentation, voices
from ser.training import feature_cache as features
from ser.training.families.networks import HYBRID_SETTINGS, POOLED_FRAMES, Size, hybrid
from ser.training.feature_cache import Virtual, corpus_frames
from ser.training.voices import Voices

WARM_UP_SHARE = 0.25
FIRST_RATE_SHARE = 0.1
LENGTH_PERCENTILE = 30
SHORTEST_FRAMES = 60
# Of a voice of which nothing is known: how differently loud it was recorded; how often its clip is part of
# its own baseline, and how many frames of everybody's that is blended with.
LEVEL_STD_DB = 8.0
OWN_CLIP_SHARE = 0.6
OWN_CLIP_PRIOR_FRAMES = (200.0, 2000.0)
# Two that err differently, together below 1.5 million parameters.
LARGE = Size(channels=160, kernel=5, lstm_units=128, hidden_units=128)
SMALL = Size(channels=96, kernel=1, lstm_units=64, hidden_units=80)


@dataclass(frozen=True)
class Recipe:
    """How members are trained.

    Attributes:
        emotions: the outputs' order.
        core: emotions that also are told apart among themselves, as their own face will be.
        members: the size of each.
        epochs: of each.
        chains: virtual recording chains beside the clips as they are.
        clean_share: how often a clip is heard as it is.
        prior_frames: weight of everybody's statistics against a baseline's frames.
        label_smoothing: share of the target that is spread over all emotions.
        core_weight: of the loss among `core`.
        batch_size: clips.
        learning_rate: at its highest, of AdamW.
        weight_decay: of AdamW.
        shortest_cut: the least share of a batch's usual length that is cut from its clips.
    """

    emotions: tuple[str, ...]
    core: tuple[str, ...] = ()
    members: tuple[Size, ...] = (LARGE, SMALL)
    epochs: int = 56
    chains: int = 9
    clean_share: float = 0.3
    prior_frames: float = 100.0
    label_smoothing: float = 0.1
    core_weight: float = 0.5
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    shortest_cut: float = 0.5


def settings(recipe: Recipe) -> dict[str, Any]:
    """Return what a manifest records of how training is done."""
    return asdict(recipe) | {
        "optimizer": "AdamW, one cycle",
        "network": HYBRID_SETTINGS,
        "augmentation": augmentation.CUT_SETTINGS,
        "recording_chains": recording.SETTINGS,
        "level_std_db": LEVEL_STD_DB,
        "own_clip_share": OWN_CLIP_SHARE,
        "own_clip_prior_frames": OWN_CLIP_PRIOR_FRAMES,
        "baselines": {
            "global_share": voices.GLOBAL_SHARE,
            "neutral_share": voices.NEUTRAL_SHARE,
            "mixed_share": voices.MIXED_SHARE,
        },
    }


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of stretches of one length, cut from clips of like length: nothing is padded."""

    def __init__(self, heard: Voices, recipe: Recipe, seed: int) -> None:
        super().__init__()
        self._voices, self._recipe = heard, recipe
        self._targets = np.eye(len(recipe.emotions), dtype=np.float32)[
            [recipe.emotions.index(clip.emotion) for clip in heard.clips]
        ]
        self._rng = np.random.default_rng(seed)
        self._order = self._new_order()

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, batch: int) -> tuple[Frames, NDArray[np.float32]]:
        chosen, rng = self._order[batch], self._rng
        usual = np.percentile(self._voices.lengths[chosen], LENGTH_PERCENTILE)
        length = int(usual * rng.uniform(self._recipe.shortest_cut, 1.0))
        pooled = max(SHORTEST_FRAMES, min(length, MAX_FRAMES)) // POOLED_FRAMES
        # Keras takes the length of the first two batches, where it is the same, for that of all.
        length = (pooled - (pooled + batch) % 2) * POOLED_FRAMES
        return np.stack([self._view(index, length) for index in chosen]), self._targets[chosen]

    def on_epoch_end(self) -> None:
        """Put the batches into a new order."""
        self._order = self._new_order()

    def _view(self, index: int, length: int) -> Frames:
        rng, recipe = self._rng, self._recipe
        chain = 0
        if self._voices.chains > 1 and rng.random() > recipe.clean_share:
            chain = int(rng.integers(1, self._voices.chains))
        scaling = self._voices.draw_scaling(index, chain, recipe.prior_frames, rng)
        mean, scale = scaling
        scaled = (self._voices.frames(index, chain).astype(np.float32) - mean) / scale
        if scaling is self._voices.scaling:
            # Each dB adds this to MFCC 0.
            scaled[:, 0] += rng.normal(0.0, LEVEL_STD_DB) * math.sqrt(N_MELS) / scale[0]
            scaled = _against_itself(scaled, rng)
        return augmentation.cut(scaled, length, rng)

    def _new_order(self) -> list[NDArray[np.int64]]:
        lengths = self._voices.lengths * self._rng.uniform(0.8, 1.2, len(self._voices))
        order = np.argsort(lengths)
        size = min(self._recipe.batch_size, -(-len(order) // 2))
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        self._rng.shuffle(batches)
        return batches


def _against_itself(scaled: Frames, rng: Generator) -> Frames:
    """Sometimes take away some of what a clip's own statistics differ from everybody's."""
    if rng.random() >= OWN_CLIP_SHARE:
        return scaled
    prior_frames = math.exp(rng.uniform(*np.log(OWN_CLIP_PRIOR_FRAMES)))
    width = scaled.shape[1]
    mean, scale = Baseline.of(scaled).blended(np.zeros(width), np.ones(width), prior_frames)
    against: Frames = (scaled - mean) / scale
    return against


@keras.saving.register_keras_serializable(package="ser")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate that rises in a line for a quarter of the steps, then falls as a cosine."""

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
        """Return what makes another one like it."""
        return {"highest": self.highest, "steps": self.steps}


def loss_of(recipe: Recipe) -> Any:
    """Return the loss: cross-entropy over all emotions, and again among the core ones for their clips."""
    core = [recipe.emotions.index(emotion) for emotion in recipe.core]

    def cross_entropy(targets: Any, logits: Any) -> Any:
        count = targets.shape[-1]
        smooth = targets * (1 - recipe.label_smoothing) + recipe.label_smoothing / count
        return -ops.sum(smooth * ops.log_softmax(logits), axis=-1)

    def loss(targets: Any, logits: Any) -> Any:
        total = cross_entropy(targets, logits)
        if core:
            among = ops.take(targets, core, axis=-1)
            inside = ops.sum(among, axis=-1)
            total += recipe.core_weight * inside * cross_entropy(among, ops.take(logits, core, axis=-1))
        return total

    return loss


class _Told(keras.callbacks.Callback):  # type: ignore[misc]
    """Says a line per epoch: members are trained beside each other, where bars would overwrite each other."""

    def __init__(self, title: str, epochs: int) -> None:
        super().__init__()
        self._title, self._epochs = title, epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print how far it is."""
        loss = (logs or {}).get("loss", math.nan)
        print(f"{self._title}: epoch {epoch + 1}/{self._epochs}, loss {loss:.3f}", flush=True)


@dataclass(frozen=True)
class Material:
    """What members are trained on; small, so that it can be sent to other processes.

    Attributes:
        clips: of all speakers whose features are to be cached together.
        speakers: those to learn from.
        cache: folder of features; each process maps them from there.
        noises: recorded noises for the virtual chains.
    """

    clips: tuple[Clip, ...]
    speakers: frozenset[str]
    cache: Path
    noises: tuple[Path, ...] = ()

    def recordings(self, count: int) -> tuple[Virtual | None, ...]:
        """Return the real recording chain, and `count` virtual ones."""
        return (None, *(Virtual(number, self.noises) for number in range(1, count + 1)))

    def voices(self, count: int) -> Voices:
        """Return the speakers' clips on `count` virtual chains beside the real one."""
        wanted = [i for i, clip in enumerate(self.clips) if clip.speaker in self.speakers]
        chains_frames = []
        for virtual in self.recordings(count):
            frames = corpus_frames(self.clips, cache=self.cache, feature_set=MFCC_PITCH, virtual=virtual)
            chains_frames.append([frames[i] for i in wanted])
        return Voices([self.clips[i] for i in wanted], chains_frames)


def train_ensembles(
    materials: Mapping[str, Material], recipe: Recipe, *, seed: int, checkpoints: Path, jobs: int = -1
) -> dict[str, list[keras.Model]]:
    """Train the members of one ensemble per material, as many at once as there are cores, one thread each.

    What is done is kept in `checkpoints`, per epoch: the same call goes on there after it was killed.

    Args:
        materials: name of an ensemble -> what it learns from.
        recipe: how.
        seed: the first member's; the others follow it.
        checkpoints: a folder.
        jobs: processes; -1 takes all cores.

    Returns:
        name -> networks from scaled frames [shape=(B, T, D)] to logits [shape=(B, C)].
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    todo, files = [], {}
    # The largest first, so that no core waits long in the end.
    for number, size in sorted(enumerate(recipe.members), key=lambda each: -each[1].lstm_units):
        for name, material in materials.items():
            material.voices(recipe.chains)  # fills the cache once, before all members look for it
            file = checkpoints / f"{_key(material, recipe, size, seed + number)}.weights.h5"
            files[name, number] = file
            if not file.is_file():
                title = f"{name}, member {number + 1} of {len(recipe.members)}"
                todo.append(delayed(_train_member)(material, recipe, size, seed + number, file, title))
    if todo:
        Parallel(n_jobs=min(jobs if jobs > 0 else cpu_count(), len(todo)), backend="loky")(todo)
    ensembles: dict[str, list[keras.Model]] = {name: [] for name in materials}
    for name in materials:
        for number, size in enumerate(recipe.members):
            member = hybrid(len(recipe.emotions), size)
            member.load_weights(files[name, number])
            ensembles[name].append(member)
    return ensembles


def _train_member(material: Material, recipe: Recipe, size: Size, seed: int, file: Path, title: str) -> None:
    # Read by TensorFlow when it first computes: the other cores are for the other members.
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    keras.utils.set_random_seed(seed)
    model = hybrid(len(recipe.emotions), size)
    batches = Batches(material.voices(recipe.chains), recipe, seed)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            OneCycle(recipe.learning_rate, len(batches) * recipe.epochs),
            weight_decay=recipe.weight_decay,
            clipnorm=1.0,
        ),
        loss=loss_of(recipe),
    )
    backup = keras.callbacks.BackupAndRestore(file.with_suffix(".backup"), double_checkpoint=True)
    model.fit(batches, epochs=recipe.epochs, verbose=0, callbacks=[backup, _Told(title, recipe.epochs)])
    partial = file.with_name(f"partial-{os.getpid()}-{file.name}")
    model.save_weights(partial)
    partial.replace(file)


def _key(material: Material, recipe: Recipe, size: Size, seed: int) -> str:
    heard = [
        features.key(material.clips, MFCC_PITCH, virtual) for virtual in material.recordings(recipe.chains)
    ]
    learnt = [(clip.speaker in material.speakers, clip.emotion) for clip in material.clips]
    content = json.dumps([heard, learnt, settings(recipe) | {"members": asdict(size)}, seed])
    return f"member-{hashlib.sha256(content.encode()).hexdigest()[:24]}"
