"""What hybrid networks know of clips below their last layers, for a linear layer that is fitted to it.

Their weights stay as they are. Each clip is read several times, in other parts, recording conditions and
baselines, as it is in a training of the networks themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from ser.features.registry import Frames
from ser.training.families.hybrid_batches import LENGTHS_FRAMES, scaled
from ser.training.speaker_pool import SpeakerPool

PASSES = 3
CLEAN_SHARE = 0.5
BATCH_SIZE = 64
# Of a unit's deviation, against the median over all units.
LEAST_MOVEMENT = 0.05

SETTINGS = {"passes": PASSES, "clean_share": CLEAN_SHARE, "least_movement": LEAST_MOVEMENT}


@dataclass(frozen=True)
class Readings:
    """Units of networks, read from parts of clips.

    Attributes:
        units: [shape=(n, H)], float32.
        clips: index of each part's clip [shape=(n,)].
    """

    units: NDArray[np.float32]
    clips: NDArray[np.int64]

    @property
    def scaling(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean of each unit, and its deviation [shape=(H,) each].

        The deviation is infinite for a unit that hardly moves: it would get a weight as large as its movement
        is small.
        """
        deviation = self.units.std(axis=0)
        moves = deviation > LEAST_MOVEMENT * np.median(deviation)
        return self.units.mean(axis=0), np.where(moves, deviation, np.float32(np.inf))


def read(
    network: keras.Model,
    pool: SpeakerPool,
    indices: Sequence[int],
    *,
    prior_frames: float,
    level_std_db: float,
    seed: int,
) -> Readings:
    """Read some clips of a pool.

    Args:
        network: from scaled frames [shape=(B, T, D)] to units [shape=(B, H)].
        pool: the clips, under all recording conditions.
        indices: of those that are read.
        prior_frames: weight of the training speakers' statistics against a baseline's frames.
        level_std_db: deviation of the level of a part that is normalised without a baseline.
        seed: of everything that is drawn.
    """
    rng = default_rng(seed)

    def part(index: int, length: int) -> Frames:
        condition = 0
        if pool.conditions > 1 and rng.random() > CLEAN_SHARE:
            condition = int(rng.integers(1, pool.conditions))
        frames = pool.frames(index, condition)
        start = int(rng.integers(0, max(len(frames) - length, 0) + 1))
        taken = np.resize(frames[start : start + length], (length, frames.shape[1]))
        scaling = pool.draw_scaling(index, condition, prior_frames, rng)
        return scaled(taken, scaling, pool, level_std_db, rng)

    # Batches of clips of similar length; all parts of one are as long as its shortest clip.
    order = np.array(indices)[np.argsort(pool.lengths[indices], kind="stable")]
    batches = PASSES * np.array_split(order, max(1, round(len(order) / BATCH_SIZE)))
    units = []
    for batch in batches:
        length = int(min(max(pool.lengths[batch].min(), LENGTHS_FRAMES[0]), LENGTHS_FRAMES[1]))
        units.append(network.predict_on_batch(np.stack([part(index, length) for index in batch.tolist()])))
    return Readings(np.concatenate(units), np.concatenate(batches))
