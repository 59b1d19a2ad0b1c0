"""Frames kept in memory for a second pass, one byte per feature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ser.features.registry import Frames

_TINY = np.float32(1e-30)


@dataclass(frozen=True)
class QuantizedFrames:
    """Frames in 255 steps from the least to the largest value of each feature.

    Attributes:
        steps: [shape=(T, D)], uint8.
        least: of each feature [shape=(D,)], float32.
        step: the same.
    """

    steps: NDArray[np.uint8]
    least: NDArray[np.float32]
    step: NDArray[np.float32]

    @classmethod
    def of(cls, frames: Frames) -> Self:
        """Quantize frames [shape=(T, D)], float32."""
        least = frames.min(axis=0)
        step = np.maximum((frames.max(axis=0) - least) / 255, _TINY)
        return cls(np.rint((frames - least) / step).astype(np.uint8), least, step)

    def restored(self) -> Frames:
        """Return the frames [shape=(T, D)], float32; each value is at most half a step off."""
        return self.steps * self.step + self.least
