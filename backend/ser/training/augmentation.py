"""Variations of training frames: other tempo, voice, channel, noise and gaps."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ser.services.feature_extractor import N_MFCC, Frames

TIME_WARP = 0.15
OFFSET_STD = 0.5
NOISE_STD = 0.3
MAX_MASK_SHARE = 0.15
MIN_CROP_SHARE = 0.4
MIN_CROP_FRAMES = 60

SETTINGS = {
    "time_warp": TIME_WARP,
    "offset_std": OFFSET_STD,
    "noise_std": NOISE_STD,
    "max_mask_share": MAX_MASK_SHARE,
    "min_crop_share": MIN_CROP_SHARE,
    "min_crop_frames": MIN_CROP_FRAMES,
}


def augment(frames: Frames, rng: Generator) -> Frames:
    """Return a variation of scaled frames [shape=(T, 120)], mostly shorter.

    - tempo: resampled in time by up to 15 % either way; the deltas grow as the tempo does;
    - voice and channel: one random offset per MFCC for the whole clip (deltas do not see it);
    - noise: Gaussian, per value;
    - crop: a random stretch of 40 to 100 %, so that the network cannot lean on how clips begin and end;
    - gap: one span of up to 15 % is set to the mean.
    """
    rate = 1.0 + rng.uniform(-TIME_WARP, TIME_WARP)
    varied = _resampled(_cropped(frames, rng), rate)
    varied[:, N_MFCC : 2 * N_MFCC] *= rate
    varied[:, 2 * N_MFCC :] *= rate**2
    varied[:, :N_MFCC] += rng.normal(0.0, OFFSET_STD, N_MFCC).astype(np.float32)
    varied += rng.normal(0.0, NOISE_STD, varied.shape).astype(np.float32)
    span = int(rng.uniform(0.0, MAX_MASK_SHARE) * len(varied))
    start = int(rng.integers(0, len(varied) - span + 1))
    # Not exactly zero: a frame of zeros is what the Masking layer skips.
    varied[start : start + span] = np.float32(1e-6)
    return varied


def _cropped(frames: Frames, rng: Generator) -> Frames:
    shortest = max(MIN_CROP_FRAMES, int(MIN_CROP_SHARE * len(frames)))
    if len(frames) <= shortest:
        return frames
    length = int(rng.integers(shortest, len(frames) + 1))
    start = int(rng.integers(0, len(frames) - length + 1))
    return frames[start : start + length]


def _resampled(frames: Frames, rate: float) -> Frames:
    length = max(2, round(len(frames) / rate))
    at = np.linspace(0, len(frames) - 1, length, dtype=np.float32)
    before = np.minimum(at.astype(np.int64), len(frames) - 1)
    after = np.minimum(before + 1, len(frames) - 1)
    weight = (at - before.astype(np.float32))[:, np.newaxis]
    resampled: Frames = frames[before] * (1 - weight) + frames[after] * weight
    return resampled
