"""Augmentation of training frames: tempo, voice, channel, noise and gaps."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from ser.features.mfcc import MFCC, N_MFCC
from ser.features.registry import Frames

TIME_WARP = 0.15
OFFSET_STD = 0.5
NOISE_STD = 0.3
MAX_MASK_SHARE = 0.15
MIN_CROP_SHARE = 0.4
MIN_CROP_FRAMES = 60

FEATURE_MASK_SHARE = 0.2
PITCH_MASK_PROBABILITY = 0.1
SCALE_STD = 0.05
MAX_GAP_SHARE = 0.2
CUT_OFFSET_STD = 0.3

SETTINGS = {
    "time_warp": TIME_WARP,
    "offset_std": OFFSET_STD,
    "noise_std": NOISE_STD,
    "max_mask_share": MAX_MASK_SHARE,
    "min_crop_share": MIN_CROP_SHARE,
    "min_crop_frames": MIN_CROP_FRAMES,
}

CUT_SETTINGS = {
    "time_warp": TIME_WARP,
    "feature_mask_share": FEATURE_MASK_SHARE,
    "pitch_mask_probability": PITCH_MASK_PROBABILITY,
    "scale_std": SCALE_STD,
    "max_gap_share": MAX_GAP_SHARE,
    "offset_std": CUT_OFFSET_STD,
}


def augment(frames: Frames, rng: Generator) -> Frames:
    """Return augmented frames of scaled frames [shape=(T, 120)], mostly fewer.

    - tempo: resampled in time by up to 15 %, faster or slower; the deltas are scaled with the tempo;
    - voice and channel: one random offset per MFCC for the whole clip, which leaves the deltas as they are;
    - noise: Gaussian, per value;
    - crop: a random part of 40 to 100 %, so that nothing is learned from how clips begin and end;
    - gap: one span of up to 15 % is set to the mean.
    """
    rate = 1.0 + rng.uniform(-TIME_WARP, TIME_WARP)
    cropped = _cropped(frames, rng)
    varied = _resampled(cropped, max(2, round(len(cropped) / rate)))
    varied[:, N_MFCC : 2 * N_MFCC] *= rate
    varied[:, 2 * N_MFCC :] *= rate**2
    varied[:, :N_MFCC] += rng.normal(0.0, OFFSET_STD, N_MFCC).astype(np.float32)
    varied += rng.normal(0.0, NOISE_STD, varied.shape).astype(np.float32)
    span = int(rng.uniform(0.0, MAX_MASK_SHARE) * len(varied))
    start = int(rng.integers(0, len(varied) - span + 1))
    # Not exactly zero: a frame of zeros is what the Masking layer skips.
    varied[start : start + span] = np.float32(1e-6)
    return varied


def longest_cut(length: int) -> int:
    """Return how many frames `cut` uses at most for a part of `length` frames."""
    return math.ceil(length * (1.0 + TIME_WARP))


def cut(frames: Frames, length: int, rng: Generator) -> Frames:
    """Return an augmented part [shape=(length, D)] of scaled frames [shape=(T, D)].

    - tempo: resampled in time, by up to 15 % where the clip is long enough, else by as much as is needed;
    - voice and channel: a random offset and factor per feature, for the whole part;
    - gaps: sometimes a span of time, some MFCC with their deltas, or pitch, is set to the mean.
    """
    wanted = round(length * (1.0 + rng.uniform(-TIME_WARP, TIME_WARP)))
    if len(frames) > wanted:
        start = int(rng.integers(0, len(frames) - wanted + 1))
        frames = frames[start : start + wanted]
    rate = len(frames) / length
    varied = _resampled(frames, length)
    varied[:, N_MFCC : 2 * N_MFCC] *= rate
    varied[:, 2 * N_MFCC : MFCC.width] *= rate**2
    for still in (slice(0, N_MFCC), slice(MFCC.width, None)):
        width = varied[:, still].shape[1]
        varied[:, still] += np.float32(CUT_OFFSET_STD * rng.random()) * rng.standard_normal(width, np.float32)
    varied *= np.exp(rng.normal(0.0, SCALE_STD, varied.shape[1])).astype(np.float32)
    if rng.random() < 0.5:
        span = int(rng.uniform(0.0, MAX_GAP_SHARE) * length)
        start = int(rng.integers(0, length - span + 1))
        varied[start : start + span] = 0.0
    (masked,) = np.nonzero(rng.random(N_MFCC) < FEATURE_MASK_SHARE * rng.random())
    for order in range(3):
        varied[:, masked + order * N_MFCC] = 0.0
    if rng.random() < PITCH_MASK_PROBABILITY:
        varied[:, MFCC.width :] = 0.0
    return varied


def _cropped(frames: Frames, rng: Generator) -> Frames:
    shortest = max(MIN_CROP_FRAMES, int(MIN_CROP_SHARE * len(frames)))
    if len(frames) <= shortest:
        return frames
    length = int(rng.integers(shortest, len(frames) + 1))
    start = int(rng.integers(0, len(frames) - length + 1))
    return frames[start : start + length]


def _resampled(frames: Frames, length: int) -> Frames:
    at = np.linspace(0, len(frames) - 1, length, dtype=np.float32)
    before = np.minimum(at.astype(np.int64), len(frames) - 1)
    after = np.minimum(before + 1, len(frames) - 1)
    weight = (at - before.astype(np.float32))[:, np.newaxis]
    resampled: Frames = frames[before] * (1 - weight) + frames[after] * weight
    return resampled
