"""How strongly an emotion is expressed: a linear layer on what the hybrid network knows of a clip.

The network is trained for emotions, and its weights stay as they are. The layer is fitted by ridge regression
to what listeners rated, and to how strongly the actor was to play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold

from ser.corpora.base import UNSPECIFIED, Clip
from ser.features.registry import Frames
from ser.training.families.hybrid_batches import LENGTHS_FRAMES, HybridSettings, scaled
from ser.training.speaker_pool import SpeakerPool

# With fewer rated clips, a model does not tell the intensity.
LEAST_CLIPS = 500
# Each clip is read so often, in other parts, recording conditions and baselines.
PASSES = 3
CLEAN_SHARE = 0.5
BATCH_SIZE = 64
FOLDS = 5
# Of a hidden unit's deviation, against the median over all units.
LEAST_MOVEMENT = 0.05
PENALTIES = tuple(np.logspace(0, 5, 11).tolist())


@dataclass(frozen=True)
class IntensityLayer:
    """A linear layer from the hidden units of all members to an intensity, which is cut off at 0 and 1.

    Attributes:
        weights: of the hidden units [shape=(H, 1)], float32.
        bias: added [shape=(1,)], float32.
        clips: how many rated clips it was fitted to.
        penalty: of the ridge regression, chosen by leaving speakers out.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    clips: int
    penalty: float

    @property
    def settings(self) -> dict[str, float]:
        """What a manifest says of it."""
        return {"clips": self.clips, "passes": PASSES, "penalty": self.penalty}


def can_be_fitted(clips: Sequence[Clip]) -> bool:
    """Return whether enough clips were rated, by listeners of enough speakers."""
    rated = [clip for clip in clips if clip.strength is not None]
    return len(rated) >= LEAST_CLIPS and len({clip.speaker for clip in rated}) >= FOLDS


def fit(
    members: Sequence[keras.Model], pool: SpeakerPool, settings: HybridSettings, *, seed: int
) -> IntensityLayer:
    """Fit the layer to the rated clips of a pool, which must be enough (`can_be_fitted`).

    Args:
        members: trained hybrid networks.
        pool: training clips, under all recording conditions.
        settings: how the members were trained.
        seed: of everything that is drawn.
    """
    rated = [index for index, clip in enumerate(pool.clips) if clip.strength is not None]
    inputs = members[0].input
    units = [keras.Model(each.input, each.layers[-1].input)(inputs) for each in members]
    hidden = keras.Model(inputs, keras.layers.Concatenate()(units) if len(units) > 1 else units[0])
    strength = dict(zip(rated, targets([pool.clips[index] for index in rated]), strict=True))
    rng = default_rng(seed)
    # Batches of clips of similar length.
    order = np.array(rated)[np.argsort(pool.lengths[rated], kind="stable")]
    batches = PASSES * np.array_split(order, max(1, round(len(order) / BATCH_SIZE)))
    read = np.concatenate([_read(hidden, pool, each, settings, rng) for each in batches])
    wanted = [strength[index] for index in np.concatenate(batches).tolist()]
    mean, scale = read.mean(axis=0), read.std(axis=0)
    # A unit that hardly moves would get a weight as large as its movement is small.
    moves = scale > LEAST_MOVEMENT * np.median(scale)
    speakers = [pool.clips[index].speaker for index in np.concatenate(batches).tolist()]
    folds = list(GroupKFold(FOLDS).split(read, groups=speakers))
    ridge = RidgeCV(PENALTIES, cv=folds).fit((read[:, moves] - mean[moves]) / scale[moves], wanted)
    weights = np.zeros(len(scale))
    weights[moves] = ridge.coef_ / scale[moves]
    return IntensityLayer(
        weights=weights[:, np.newaxis].astype(np.float32),
        bias=np.array([ridge.intercept_ - weights @ mean], np.float32),
        clips=len(rated),
        penalty=float(ridge.alpha_),
    )


def targets(clips: Sequence[Clip]) -> NDArray[np.float64]:
    """Return the intensity of rated clips [shape=(n,)], 0-1.

    It is what listeners rated. Where the actor was to play it more or less strongly, it is the mean of that
    and of the mean rating of all clips that were to be played as strongly: each clip has ten listeners only.
    """
    rated = np.array([clip.strength for clip in clips], np.float64)
    played = np.array([clip.intensity for clip in clips])
    found = rated.copy()
    for intensity in np.unique(played[played != UNSPECIFIED]):
        alike = played == intensity
        found[alike] = (rated[alike] + rated[alike].mean()) / 2
    return found


def _read(
    hidden: keras.Model,
    pool: SpeakerPool,
    indices: NDArray[np.int64],
    settings: HybridSettings,
    rng: Generator,
) -> NDArray[np.float32]:
    """Return the hidden units [shape=(n, H)] of parts of clips, all as long as the shortest of them."""
    length = int(min(max(pool.lengths[indices].min(), LENGTHS_FRAMES[0]), LENGTHS_FRAMES[1]))
    batch = np.stack([_part(pool, index, length, settings, rng) for index in indices.tolist()])
    found: NDArray[np.float32] = np.asarray(hidden.predict_on_batch(batch))
    return found


def _part(pool: SpeakerPool, index: int, length: int, settings: HybridSettings, rng: Generator) -> Frames:
    condition = 0
    if pool.conditions > 1 and rng.random() > CLEAN_SHARE:
        condition = int(rng.integers(1, pool.conditions))
    frames = pool.frames(index, condition)
    start = int(rng.integers(0, max(len(frames) - length, 0) + 1))
    part = np.resize(frames[start : start + length], (length, frames.shape[1]))
    return scaled(part, pool.draw_scaling(index, condition, settings.prior_frames, rng), pool, settings, rng)
