"""Rooms: simulated reverberation."""

from __future__ import annotations

import numpy as np
import scipy.signal
from numpy.random import Generator
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.conditions.codecs import Signal

REVERBERATION_S = (0.12, 0.5)
REVERBERATION_LEVEL = (0.15, 0.7)
# Half of the rooms are boxes with walls: length, width and height, and what a wall absorbs of the power.
BOX_SHARE = 0.5
BOX_M = ((2.5, 8.0), (2.0, 6.0), (2.2, 3.2))
ABSORPTION = (0.15, 0.6)
DISTANCE_M = (0.2, 2.5)

_SPEED_M_PER_S = 343.0
# Reflections up to this order along each side; later ones are below -40 dB of the direct sound.
_ORDER = 8


def draw_room(rng: Generator) -> Signal:
    """Draw an impulse response [shape=(n,)]; its direct sound is 1, at the first sample."""
    return _draw_box(rng) if rng.random() < BOX_SHARE else _draw_tail(rng)


def _draw_tail(rng: Generator) -> Signal:
    """Return the direct sound, and noise that decays by 60 dB."""
    length = int(rng.uniform(*REVERBERATION_S) * SAMPLE_RATE_HZ)
    tail = rng.normal(0.0, 1.0, length) * 10 ** (-3 * np.arange(length) / length)
    tail *= rng.uniform(*REVERBERATION_LEVEL) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def _draw_box(rng: Generator) -> Signal:
    size_m = np.array([rng.uniform(*side) for side in BOX_M])
    microphone_m = rng.uniform(0.15, 0.85, 3) * size_m
    direction = rng.standard_normal(3)
    direction *= rng.uniform(*DISTANCE_M) / np.linalg.norm(direction)
    source_m = np.clip(microphone_m + direction, 0.05 * size_m, 0.95 * size_m)
    return box(size_m, source_m, microphone_m, rng.uniform(*ABSORPTION))


def box(
    size_m: NDArray[np.float64],
    source_m: NDArray[np.float64],
    microphone_m: NDArray[np.float64],
    absorption: float,
) -> Signal:
    """Return the impulse response of a box by the image-source method.

    Allen and Berkley: Image method for efficiently simulating small-room acoustics, JASA 65(4), 1979. Each
    reflection stands at the nearest sample.

    Args:
        size_m: length, width and height [shape=(3,)].
        source_m: place of the mouth [shape=(3,)].
        microphone_m: place of the microphone [shape=(3,)].
        absorption: share of the power that a wall absorbs, 0-1.

    Returns:
        the response [shape=(n,)] at 16 kHz, from the direct sound on, which is 1.
    """
    orders = np.arange(-_ORDER, _ORDER + 1)
    # Along one side, image n stands n rooms away, mirrored where n is odd, after |n| reflections.
    places_m = [
        n * side + np.where(n % 2, side - at, at)
        for side, at, n in zip(size_m, source_m, (orders,) * 3, strict=True)
    ]
    x, y, z = np.meshgrid(
        *(each - at for each, at in zip(places_m, microphone_m, strict=True)), indexing="ij"
    )
    bounces = sum(np.meshgrid(*(np.abs(orders),) * 3, indexing="ij"))
    distances_m = np.sqrt(x**2 + y**2 + z**2)
    direct_m = max(float(distances_m.min()), 0.05)
    gains = (1 - absorption) ** (bounces / 2) * direct_m / np.maximum(distances_m, direct_m)
    delays = np.round((distances_m - distances_m.min()) / _SPEED_M_PER_S * SAMPLE_RATE_HZ).astype(int)
    response = np.bincount(delays.ravel(), gains.ravel()).astype(np.float64)
    scaled: Signal = response / response[0]
    return scaled


def reverberate(signal: Signal, room: Signal) -> Signal:
    """Return a signal [shape=(n,)] in a room, cut to its own length."""
    reverberant: Signal = scipy.signal.fftconvolve(signal, room)
    return reverberant[: len(signal)]
