"""Many windows, one emotion: each window votes for its most probable one."""

from __future__ import annotations

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
