"""Which speech of a stereo call is only the other person, heard through the earphone or the line.

The detector finds speech 30 dB below full scale, so it finds what leaks from one channel into the other, too.
Speech counts as leakage where the other channel is much louder at the same time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Channels
from ser.speech.segmenter import Stretch

CELL_LENGTH = SAMPLE_RATE_HZ // 10
# The other channel is louder by so much...
LEAKAGE_DB = 12.0
# ...on the mean over so many cells: 0.5 s.
SMOOTHED_CELLS = 5
# Shorter runs, of speech or of leakage, count as what is around them: 0.5 s.
SHORTEST_CELLS = 5
# Two channels whose correlation is nearer to 1 than this are one, whatever their levels.
SAME_BUT_FOR = 1e-3

_TINY = 1e-12


class ChannelLevels:
    """Measures the two channels of one recording, while it is decoded."""

    def __init__(self) -> None:
        self._rest = np.empty((2, 0), np.float32)
        # The power of each cell [shape=(2, n)].
        self._powers: list[NDArray[np.float32]] = []
        self._products = np.zeros((2, 2))

    def add(self, y: Channels) -> None:
        """Take what comes next [shape=(2, n)]."""
        self._products += y.astype(np.float64) @ y.T.astype(np.float64)
        y = np.concatenate([self._rest, y], axis=1)
        count = y.shape[1] // CELL_LENGTH
        whole = y[:, : count * CELL_LENGTH].reshape(2, count, CELL_LENGTH)
        self._rest = y[:, count * CELL_LENGTH :]
        self._powers.append(np.square(whole).mean(axis=2))

    @property
    def are_same(self) -> bool:
        """Whether both channels hold the same sound, at any level: a mono recording in a stereo file."""
        first, second = np.diag(self._products)
        shared = self._products[0, 1] ** 2
        return bool(first > 0 < second and shared >= (1 - SAME_BUT_FOR) * first * second)

    def without_leakage(self, stretches: list[Stretch], channel: int) -> list[tuple[Stretch, Stretch]]:
        """Return the parts of stretches of speech that are of the channel's own voice, each with its stretch.

        Args:
            stretches: of the channel, in samples.
            channel: 0 or 1.
        """
        leaks = self._leaks(channel)
        own: list[tuple[Stretch, Stretch]] = []
        for start, end in stretches:
            first, last = start // CELL_LENGTH, -(-end // CELL_LENGTH)
            within = leaks[first:last]
            if not within.any():
                own.append(((start, end), (start, end)))
                continue
            for at, to in _runs(within):
                bounds = max(start, (first + at) * CELL_LENGTH), min(end, (first + to) * CELL_LENGTH)
                own.append((bounds, (start, end)))
        return own

    def _leaks(self, channel: int) -> NDArray[np.bool_]:
        """Return for each cell whether the other channel is much louder [shape=(n,)]."""
        if not self._powers:
            return np.zeros(0, np.bool_)
        powers = np.concatenate(self._powers, axis=1)
        smoothed = [np.convolve(each, np.ones(SMOOTHED_CELLS), "same")[: len(each)] for each in powers]
        own, other = smoothed[channel], smoothed[1 - channel]
        leaks: NDArray[np.bool_] = other > np.maximum(own, _TINY) * 10 ** (LEAKAGE_DB / 10)
        return leaks


def _runs(leaks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the runs of cells without leakage, those under `SHORTEST_CELLS` left out."""
    own = ~leaks
    for value in (True, False):
        for at, to in _bounds(own == value):
            if to - at < SHORTEST_CELLS:
                own[at:to] = not value
    return _bounds(own)


def _bounds(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    bounds: list[tuple[int, int]] = [(int(at), int(to)) for at, to in edges.reshape(-1, 2)]
    return bounds
