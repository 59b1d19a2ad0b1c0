"""What feature sets of one vector per clip have in common: statistics of a clip's frames."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ser.audio.waveform import Waveform
from ser.features.registry import Features, FeatureSet
from ser.features.trimming import trimmed


class ClipVector(FeatureSet):
    """One vector per clip, of the sound between the silence at its ends."""

    libraries = ("librosa",)

    def extract(self, y: Waveform) -> Features:
        """Return the vector [shape=(D,)], float32, finite, unscaled; see `FeatureSet`."""
        parts = [np.atleast_1d(part) for part in self._parts(trimmed(y)[0])]
        return np.concatenate(parts).astype(np.float32)

    @abstractmethod
    def _parts(self, y: Waveform) -> Iterable[NDArray[np.floating]]:
        """Return the parts of the vector [shapes=(n,) or ()] of a trimmed waveform [shape=(n,)]."""


def at_least(y: Waveform, length: int) -> Waveform:
    """Return a waveform with zeros after it, if it is shorter than `length` samples."""
    return np.pad(y, (0, max(0, length - len(y))))
