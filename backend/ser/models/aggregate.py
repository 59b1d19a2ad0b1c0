"""Many windows, one answer: a vote, a mean, or a moving average over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray


def vote(probabilities: ArrayLike) -> tuple[int, float, NDArray[np.int64]]:
    """Return which emotion most windows vote for; of those with as many votes, the likeliest on the mean.

    Args:
        probabilities: of each emotion in each window [shape=(n, C)], n above 0.

    Returns:
        the index of the emotion, its share of the votes (0-1), and the votes of each emotion [shape=(C,)].

    Raises:
        ValueError: there is no window.
    """
    of_windows = np.asarray(probabilities, np.float64)
    if of_windows.ndim != 2 or not of_windows.size:
        raise ValueError(f"expected probabilities of shape (windows, emotions), not {of_windows.shape}")
    counts = np.bincount(of_windows.argmax(axis=1), minlength=of_windows.shape[1])
    most = counts == counts.max()
    winner = int(np.where(most, of_windows.mean(axis=0), -1.0).argmax())
    return winner, float(counts[winner] / len(of_windows)), counts


def mean(probabilities: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return the mean probabilities [shape=(C,)] of windows [shape=(n, C)], n above 0; they sum to 1."""
    total: NDArray[np.floating[Any]] = probabilities.mean(axis=0)
    total /= total.sum()
    return total


def shares_of_votes(probabilities: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return each emotion's share of the windows' votes [shape=(C,)]; see `vote`.

    Of emotions with as many votes, the likeliest on the mean has a millionth more.
    """
    winner, _, counts = vote(probabilities)
    shares: NDArray[np.floating[Any]] = counts / counts.sum()
    if (counts == counts[winner]).sum() > 1:
        shares = (1 - _TIE) * shares
        shares[winner] += _TIE
    return shares


_TIE = 1e-6

Method = Literal["mean", "vote"]
# How the windows of a clip become one answer, by the name that a manifest gives.
METHODS: Mapping[Method, Callable[[NDArray[np.floating[Any]]], NDArray[np.floating[Any]]]] = {
    "mean": mean,
    "vote": shares_of_votes,
}


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
