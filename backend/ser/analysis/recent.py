"""The newest samples of a sound that goes on and on."""

from __future__ import annotations

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform

# Older samples are dropped once so many have come since.
_SLACK = SAMPLE_RATE_HZ


class RecentSamples:
    """Keeps the newest samples, in memory that is copied about once a second, not with each piece.

    Args:
        count: how many are kept at least, beside the newest piece.

    Attributes:
        received: how many have come.
    """

    def __init__(self, count: int) -> None:
        self.received = 0
        self._count = count
        self._samples = np.empty(0, np.float32)
        self._used = 0

    def add(self, y: Waveform) -> None:
        """Take what comes next [shape=(n,)]."""
        end = self._used + len(y)
        if end > len(self._samples):
            kept = self._samples[max(self._used - self._count, 0) : self._used]
            self._used, end = len(kept), len(kept) + len(y)
            samples = np.empty(max(self._count + _SLACK, end), np.float32)
            samples[: len(kept)] = kept
            self._samples = samples
        self._samples[self._used : end] = y
        self._used = end
        self.received += len(y)

    def between(self, start: int, end: int) -> Waveform:
        """Return the samples [start, end), counted from the first that came, as far as they are kept."""
        first = self.received - self._used
        return self._samples[max(start - first, 0) : min(max(end - first, 0), self._used)]
