"""The progress of one network's training."""

from __future__ import annotations

from keras import callbacks

from ser.training import progress


class EpochBar(callbacks.Callback):  # type: ignore[misc]
    """Shows how many epochs are done, the loss, and the time that is left.

    Args:
        title: of what is trained.
        epochs: at most so many.
        shown: which loss.
    """

    def __init__(self, title: str, epochs: int, *, shown: str = "loss") -> None:
        super().__init__()
        self._bar, self._shown = progress.bar(title, epochs, "epoch"), shown

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Show the epoch."""
        self._bar.set_postfix({self._shown: (logs or {}).get(self._shown)}, refresh=False)
        self._bar.update(epoch + 1 - self._bar.n)

    def on_train_end(self, logs: object = None) -> None:  # noqa: ARG002
        """End the bar; training may have stopped early."""
        self._bar.close()
