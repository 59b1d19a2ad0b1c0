"""Brings a sound to 16 kHz, one channel at a time, as FFmpeg's swresample does.

From a multiple of 16 kHz, 48 kHz above all, which browsers record, each sample is a weighted sum of those
around it: a sinc under a Kaiser window. That takes less than half of the time of swresample, whose samples
these are (to 1e-6). Its defaults are those of `libswresample/options.c`: 32 taps at the lower rate, cut off
at 0.97 of it, a window of beta 9. For all other rates, swresample itself is asked.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Protocol

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform

_TAPS, _CUTOFF, _BETA = 32, 0.97, 9.0


class Resampler(Protocol):
    """Resamples one sound that comes in pieces; the end of a piece may come with the next one."""

    def resample(self, y: Waveform) -> Waveform:
        """Return what comes next [shape=(m,)] of the samples that come next [shape=(n,)], float32.

        Raises:
            av.FFmpegError, ValueError: swresample cannot.
        """

    def flush(self) -> Waveform:
        """Return the end [shape=(m,)]; nothing can be resampled afterwards. Raises as `resample`."""


def to_16k(rate_hz: int) -> Resampler:
    """Return a resampler from a rate to 16 kHz."""
    factor, rest = divmod(rate_hz, SAMPLE_RATE_HZ)
    if rest or not factor:
        return _Swresample(rate_hz)
    return _Same() if factor == 1 else _Decimator(factor)


class _Same:
    """Leaves the rate as it is."""

    def resample(self, y: Waveform) -> Waveform:
        return y

    def flush(self) -> Waveform:
        return np.empty(0, np.float32)


class _Swresample:
    """Lets FFmpeg resample."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)

    def resample(self, y: Waveform) -> Waveform:
        frame = AudioFrame.from_ndarray(y[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = self._rate_hz
        return self._resampled(frame)

    def flush(self) -> Waveform:
        return self._resampled(None)

    def _resampled(self, frame: AudioFrame | None) -> Waveform:
        pieces = [out.to_ndarray()[0] for out in self._resampler.resample(frame)]
        return np.concatenate(pieces) if pieces else np.empty(0, np.float32)


class _Decimator:
    """Takes each so many-th sample of what is filtered.

    As in swresample, the beginning is mirrored at the first sample, and the end after the last one.
    """

    def __init__(self, factor: int) -> None:
        self._factor = factor
        self._weights = _weights(factor)
        # What the next samples depend on; at first, all that came.
        self._rest = np.empty(0, np.float32)
        self._has_begun = False

    def resample(self, y: Waveform) -> Waveform:
        length = len(self._weights)
        x = np.concatenate([self._rest, y])
        if not self._has_begun and len(x) >= length:
            x = np.concatenate([x[(length - 1) // 2 : 0 : -1], x])
            self._has_begun = True
        if not self._has_begun or len(x) < length:
            self._rest = x
            return np.empty(0, np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(x, length)[:: self._factor]
        self._rest = x[len(windows) * self._factor :]
        # Not `@`, which copies the windows first, and may start threads.
        resampled: Waveform = np.einsum("nk,k->n", windows, self._weights)
        return resampled

    def flush(self) -> Waveform:
        if self._has_begun:
            mirrored = _length(self._factor) // 2
            return self.resample(self._rest[: -mirrored - 1 : -1])
        # Some milliseconds are all there is.
        resampler = _Swresample(self._factor * SAMPLE_RATE_HZ)
        if not len(self._rest):
            return self._rest
        return np.concatenate([resampler.resample(self._rest), resampler.flush()])


@cache
def _weights(factor: int) -> NDArray[np.float32]:
    """Return what the samples around one weigh, when each `factor`-th is kept."""
    length = _length(factor)
    length += length % 2
    distance = np.arange(length) - (length - 1) // 2
    window = np.i0(_BETA * np.sqrt(np.maximum(1 - (2 * distance / length) ** 2, 0.0)))
    weights = np.sinc(distance * _CUTOFF / factor) * window
    normalised: NDArray[np.float32] = (weights / weights.sum()).astype(np.float32)
    return normalised


def _length(factor: int) -> int:
    return math.ceil(_TAPS * factor / _CUTOFF)
