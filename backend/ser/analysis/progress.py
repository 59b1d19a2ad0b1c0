"""How far the analysis of a recording is."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from ser.analysis.events import Progress
from ser.audio.decoders import Recording

PROGRESS_EVERY_S = 0.2


class ProgressMeter:
    """Says how far an analysis is, `PROGRESS_EVERY_S` apart.

    Args:
        recording: that is read.
        passes: how many times its speech is read.
        size_bytes: of the file, to estimate the duration of a recording that does not declare it.
    """

    def __init__(self, recording: Recording, passes: int, size_bytes: int | None) -> None:
        self._recording, self._passes, self._size_bytes = recording, passes, size_bytes
        self._last_at = monotonic()

    @property
    def duration_s(self) -> float | None:
        """How long the recording is, as far as it is known."""
        recording = self._recording
        if recording.declared_s is not None:
            return round(recording.declared_s, 1)
        if not self._size_bytes or not recording.decoded_s:
            return None
        return round(recording.decoded_s * max(self._size_bytes / recording.read_bytes, 1.0), 1)

    def at(
        self, number: int, done_s: float, *, first: bool = False, last: bool = False
    ) -> Iterator[Progress]:
        """Yield a line, if one is due, or it is the `first` or the `last` one of its pass.

        Args:
            number: of the pass, from 1.
            done_s: how much of the recording it has read.
            first: whether nothing is done yet.
            last: whether everything is.
        """
        if not (first or last) and monotonic() < self._last_at + PROGRESS_EVERY_S:
            return
        self._last_at = monotonic()
        duration_s = round(done_s, 1) if last else self.duration_s
        yield Progress(number, self._passes, round(done_s, 1), duration_s)
