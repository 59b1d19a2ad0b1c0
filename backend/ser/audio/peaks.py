"""The peaks of a recording of any length, to draw its waveform: a few thousand bytes of memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import Channels, Waveform

MOST_PEAKS = 2_000
# Full scale.
MOST_PEAK = 255
_FIRST_BIN = 160
# At least half as many are kept of a long recording: each of `MOST_PEAKS` begins where it should, to a
# quarter of its length.
_MOST_BINS = 8 * MOST_PEAKS


class Peaks:
    """Collects the peaks of one recording; where bins become too many, each two are merged.

    Args:
        channels: how many it has.
    """

    def __init__(self, channels: int = 1) -> None:
        self._channels = channels
        self._bin = _FIRST_BIN
        self._peaks = np.empty((channels, 0), np.float32)
        # The samples, as absolute values, that fill no bin yet.
        self._rest = np.empty((channels, 0), np.float32)

    def add(self, y: Waveform | Channels) -> None:
        """Take what comes next [shape=(n,) or (channels, n)], float32, within -1..1."""
        self._rest = np.concatenate([self._rest, np.abs(y.reshape(self._channels, -1))], axis=1)
        count = self._rest.shape[1] // self._bin
        whole = self._rest[:, : count * self._bin].reshape(self._channels, count, self._bin)
        self._rest = self._rest[:, count * self._bin :]
        self._peaks = np.concatenate([self._peaks, whole.max(axis=2, initial=0.0)], axis=1)
        while self._peaks.shape[1] > _MOST_BINS:
            self._merge()

    def _merge(self) -> None:
        if self._peaks.shape[1] % 2:
            # The last bin has no partner yet: it becomes the first half of the next one.
            half = np.repeat(self._peaks[:, -1:], self._bin, axis=1)
            self._peaks, self._rest = self._peaks[:, :-1], np.concatenate([half, self._rest], axis=1)
        self._peaks = self._peaks.reshape(self._channels, -1, 2).max(axis=2)
        self._bin *= 2

    def values(self) -> list[list[int]]:
        """Return the peaks of each channel, 0-255: `MOST_PEAKS`, or one for each 10 ms where these are fewer.

        All stand for as long, but the last one of a short recording.
        """
        peaks = self._peaks
        if self._rest.size:
            peaks = np.concatenate([peaks, self._rest.max(axis=1, keepdims=True)], axis=1)
        if peaks.shape[1] > MOST_PEAKS:
            starts = np.arange(MOST_PEAKS) * peaks.shape[1] // MOST_PEAKS
            peaks = np.maximum.reduceat(peaks, starts, axis=1)
        whole: NDArray[np.int64] = np.rint(peaks * MOST_PEAK).astype(np.int64)
        found: list[list[int]] = whole.tolist()
        return found


def loudest(channels: list[list[int]]) -> list[int]:
    """Return the peaks of all channels together."""
    return [max(each) for each in zip(*channels, strict=True)]
