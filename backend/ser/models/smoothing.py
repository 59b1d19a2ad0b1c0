"""Probabilities that come one after the other, calmed: the newest counts more, the longer the wait for it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Smoother:
    """A moving average with exponentially fading memory; it looks back only, so it can follow a live voice.

    Args:
        time_constant_s: how old a result is once it counts for 1/e of what it did; above 0.
    """

    def __init__(self, time_constant_s: float) -> None:
        self.time_constant_s = time_constant_s
        self._mean: NDArray[np.float64] | None = None
        self._at_s = 0.0

    def update(self, probabilities: ArrayLike, at_s: float) -> NDArray[np.float64]:
        """Take a result in, and return the average with it; of the first, that is the result itself.

        Args:
            probabilities: one per emotion [shape=(C,)].
            at_s: when, on any clock that does not go back.

        Returns:
            probabilities [shape=(C,)], float64; they sum to what the given ones do.
        """
        new = np.asarray(probabilities, np.float64)
        if self._mean is None:
            self._mean = new
        else:
            kept = math.exp(-max(at_s - self._at_s, 0.0) / self.time_constant_s)
            self._mean = kept * self._mean + (1 - kept) * new
        self._at_s = at_s
        return self._mean
