"""Rooms: simulated reverberation."""

from __future__ import annotations

import numpy as np
import scipy.signal
from numpy.random import Generator

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.conditions.codecs import Signal

REVERBERATION_S = (0.12, 0.5)
REVERBERATION_LEVEL = (0.15, 0.7)


def draw_room(rng: Generator) -> Signal:
    """Draw an impulse response [shape=(n,)]: the direct sound, and noise that decays by 60 dB."""
    length = int(rng.uniform(*REVERBERATION_S) * SAMPLE_RATE_HZ)
    tail = rng.normal(0.0, 1.0, length) * 10 ** (-3 * np.arange(length) / length)
    tail *= rng.uniform(*REVERBERATION_LEVEL) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def reverberate(signal: Signal, room: Signal) -> Signal:
    """Return a signal [shape=(n,)] in a room, cut to its own length."""
    reverberant: Signal = scipy.signal.fftconvolve(signal, room)
    return reverberant[: len(signal)]
