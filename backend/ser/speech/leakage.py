"""Which speech of a stereo call is of a channel's own voice.

The detector relies on what came before: it misses much of the speech of a person who speaks now and then, in
silence. So it gets each channel with some of the other one. What it then finds of the other voice counts as
leakage, as does what leaked on the line or through an earphone: speech while the other channel is much
louder.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Channels
from ser.speech.segmenter import Stretch

CELL_LENGTH = SAMPLE_RATE_HZ // 10
# So much of the other channel is added for the detector. It must be less than `LEAKAGE_DB` says.
ADDED_DB = -20.0
# The other channel is louder by so much...
LEAKAGE_DB = 12.0
# ...on the mean over so many cells: 0.5 s.
SMOOTHED_CELLS = 5
# Shorter runs, of speech or of leakage, count as what is around them: 0.5 s. Shorter words are whole.
SHORTEST_CELLS = 5
# Two channels whose correlation is nearer to 1 than this are one, whatever their levels.
SAME_BUT_FOR = 1e-3

_TINY = 1e-12


class ChannelLevels:
    """Measures the two channels of one recording, while it is decoded."""

    def __init__(self) -> None:
        self._rest = np.empty((2, 0), np.float32)
        self._cells = 0
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
        self._cells += count

    def is_leakage(self, start: int, end: int, channel: int) -> bool:
        """Return whether all samples [start, end) of a channel that were measured are leakage.

        It costs little for samples that came last.
        """
        leaks = self._leaks(channel, start // CELL_LENGTH)[: (end - start) // CELL_LENGTH]
        return bool(len(leaks) > 0 and leaks.all())

    @property
    def are_same(self) -> bool:
        """Whether both channels hold the same sound, at any level: a mono recording in a stereo file."""
        first, second = np.diag(self._products)
        shared = self._products[0, 1] ** 2
        return bool(first > 0 < second and shared >= (1 - SAME_BUT_FOR) * first * second)

    @property
    def louder(self) -> int:
        """Which channel holds more power; the first if both hold as much."""
        return int(np.diag(self._products).argmax())

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

    def _leaks(self, channel: int, first: int = 0) -> NDArray[np.bool_]:
        """Return for each cell from the first on whether the other channel is much louder [shape=(n,)]."""
        blocks: list[NDArray[np.float32]] = []
        at = self._cells
        for block in reversed(self._powers):
            if at <= first:
                break
            blocks.append(block)
            at -= block.shape[1]
        if not blocks:
            return np.zeros(0, np.bool_)
        powers = np.concatenate(blocks[::-1], axis=1)
        smoothed = [np.convolve(each, np.ones(SMOOTHED_CELLS), "same")[: len(each)] for each in powers]
        own, other = smoothed[channel], smoothed[1 - channel]
        leaks: NDArray[np.bool_] = other > np.maximum(own, _TINY) * 10 ** (LEAKAGE_DB / 10)
        return leaks[max(first - at, 0) :]


def for_detector(y: Channels) -> Channels:
    """Return the two channels [shape=(2, n)] as the speech detector gets them."""
    mixed: Channels = (y + y[::-1] * np.float32(10 ** (ADDED_DB / 20))).clip(-1.0, 1.0)
    return mixed


def _runs(leaks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the runs of cells without leakage, those under `SHORTEST_CELLS` left out."""
    own = ~leaks
    if len(own) < SHORTEST_CELLS:
        # Nothing is around a word as short as this: it is of whom most of it is.
        return [(0, len(own))] if 2 * own.sum() > len(own) else []
    for value in (True, False):
        for at, to in _bounds(own == value):
            if to - at < SHORTEST_CELLS:
                own[at:to] = not value
    return _bounds(own)


def _bounds(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    bounds: list[tuple[int, int]] = [(int(at), int(to)) for at, to in edges.reshape(-1, 2)]
    return bounds
