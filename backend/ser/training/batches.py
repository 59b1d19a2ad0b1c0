"""Batches of clips of similar length, in a new order each epoch."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


class LengthBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Sorts clips by length and cuts them into batches; a subclass says what a batch holds.

    Args:
        lengths: frames of each clip.
        batch_size: at most so many clips; there are at least two batches where there are two clips.
        rng: draws the order; None keeps one order, by length.
        jitter: lengths vary by up to this share before they are sorted, so that batches differ.
    """

    def __init__(
        self,
        lengths: Sequence[int] | NDArray[np.int64],
        *,
        batch_size: int,
        rng: Generator | None,
        jitter: float,
    ) -> None:
        super().__init__()
        self._lengths = np.asarray(lengths, float)
        self._batch_size = min(batch_size, -(-len(self._lengths) // 2))
        self._rng = rng
        self._jitter = jitter
        self._order = self._new_order()

    def __len__(self) -> int:
        return len(self._order)

    def on_epoch_end(self) -> None:
        """Put the batches into a new order."""
        self._order = self._new_order()

    def _new_order(self) -> list[NDArray[np.int64]]:
        lengths = self._lengths
        if self._rng is not None:
            lengths = lengths * self._rng.uniform(1 - self._jitter, 1 + self._jitter, len(lengths))
        order = np.argsort(lengths, kind="stable")
        size = self._batch_size
        batches = [order[i : i + size] for i in range(0, len(order), size)]
        if self._rng is not None:
            self._rng.shuffle(batches)
        return batches
