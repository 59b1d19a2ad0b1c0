"""What a batch tells while it runs, on standard error."""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

# Without a terminal, a line is written so often.
_LINE_EVERY_S = 60.0


class BatchProgress:
    """A bar with files and hours of sound per time, and the time left; lines where there is no terminal.

    Args:
        total: how many recordings there are.
        done: how many of them were finished before.
    """

    def __init__(self, total: int, done: int) -> None:
        self._bar = tqdm(
            total=total, initial=done, unit="file", disable=None, file=sys.stderr, smoothing=0.05
        )
        self._total, self._done, self._failed, self._audio_s = total, done, 0, 0.0
        self._began_s = self._told_s = time.monotonic()

    def add(self, recordings: int, failed: int, audio_s: float) -> None:
        """Count recordings that are finished."""
        self._done, self._failed = self._done + recordings, self._failed + failed
        self._audio_s += audio_s
        now_s = time.monotonic()
        minutes = max(now_s - self._began_s, 1e-3) / 60
        rate = f"{self._audio_s / 3600 / minutes:.2f} audio hours/min"
        self._bar.set_postfix_str(f"{rate}, {self._failed:,} failed", refresh=False)
        self._bar.update(recordings)
        if self._bar.disable and now_s >= self._told_s + _LINE_EVERY_S:
            self._told_s = now_s
            self.tell(f"{self._done:,} of {self._total:,} files, {rate}, {self._failed:,} failed")

    def tell(self, text: str) -> None:
        """Write a line."""
        tqdm.write(text, file=sys.stderr)

    def close(self) -> None:
        """End the bar."""
        self._bar.close()
