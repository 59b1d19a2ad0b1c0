"""The features of a piece of sound, of which several windows are predicted.

Frames over time are extracted once, and windows are cut from them. Any other features are extracted for each
window anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from ser.audio.waveform import Waveform
from ser.errors import TooShort
from ser.features.registry import HOP_LENGTH, Features, FeatureSet, Frames
from ser.models.baseline import Baseline
from ser.models.quantized import QuantizedFrames
from ser.stages import stage


class Extracted(ABC):
    """What is known of a piece of sound; all times in samples from where the piece begins."""

    @abstractmethod
    def window(self, start: int, end: int) -> Features | None:
        """Return the features of the samples [start, end); None for silence."""

    @abstractmethod
    def statistics(self, start: int = 0, end: int | None = None) -> Baseline | None:
        """Return the statistics of the frames from `start` on and before `end`; None of no frames."""

    def compressed(self) -> Extracted:
        """Return the same, slightly rounded, in a quarter of the memory where that is possible."""
        return self


@dataclass(frozen=True)
class ExtractedFrames(Extracted):
    """Frames over time.

    Attributes:
        frames: [shape=(T, D)], float32, unscaled.
        start: at which sample they begin.
    """

    frames: Frames
    start: int

    def window(self, start: int, end: int) -> Features | None:
        """See `Extracted`."""
        found = self.frames[self._frame(start) : self._frame(end)]
        return found if len(found) else None

    def statistics(self, start: int = 0, end: int | None = None) -> Baseline | None:
        """See `Extracted`."""
        last = len(self.frames) if end is None else self._frame(end)
        return Baseline.of(self.frames[self._frame(start) : last])

    def compressed(self) -> Extracted:
        """See `Extracted`."""
        return _CompressedFrames(QuantizedFrames.of(self.frames), self.start)

    def _frame(self, sample: int) -> int:
        return max(0, (sample - self.start) // HOP_LENGTH)


@dataclass(frozen=True)
class _CompressedFrames(Extracted):
    quantized: QuantizedFrames
    start: int

    def window(self, start: int, end: int) -> Features | None:
        return self._restored().window(start, end)

    def statistics(self, start: int = 0, end: int | None = None) -> Baseline | None:
        return self._restored().statistics(start, end)

    def _restored(self) -> ExtractedFrames:
        return ExtractedFrames(self.quantized.restored(), self.start)


@dataclass(frozen=True)
class ExtractedLater(Extracted):
    """The sound itself, for features that are not over time."""

    y: Waveform
    feature_set: FeatureSet

    def window(self, start: int, end: int) -> Features | None:
        """See `Extracted`."""
        try:
            return extract_features(self.y[max(start, 0) : max(end, 0)], self.feature_set)
        except TooShort:
            return None

    def statistics(self, start: int = 0, end: int | None = None) -> Baseline | None:  # noqa: ARG002
        """See `Extracted`."""
        return None


def extract_features(y: Waveform, feature_set: FeatureSet) -> Features:
    """Return the features of a waveform [shape=(n,)]; see `FeatureSet.extract`."""
    with stage("features"):
        return feature_set.extract(y)


def extract(y: Waveform, feature_set: FeatureSet) -> Extracted | None:
    """Return what windows of a waveform [shape=(n,)] are predicted from; None where it holds only silence."""
    if not feature_set.over_time:
        return ExtractedLater(y, feature_set)
    try:
        with stage("features"):
            frames, start = feature_set.extract_with_start(y)
    except TooShort:
        return None
    return ExtractedFrames(frames, start)
