"""What a training prints while it runs."""

from __future__ import annotations

import math

import keras


class EpochLogger(keras.callbacks.Callback):  # type: ignore[misc]
    """Prints a line per epoch, as the progress bars of parallel processes would overwrite each other.

    Args:
        title: of what is trained.
        epochs: how many there are.
        every: a line after so many epochs, and after the last.
    """

    def __init__(self, title: str, epochs: int, *, every: int = 1) -> None:
        super().__init__()
        self._title, self._epochs, self._every = title, epochs, every

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print the epoch and its loss."""
        done = epoch + 1
        if done % self._every == 0 or done == self._epochs:
            loss = (logs or {}).get("loss", math.nan)
            print(f"{self._title}: epoch {done}/{self._epochs}, loss {loss:.3f}", flush=True)
