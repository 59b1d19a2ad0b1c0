"""What a recording chain takes away: bands that a telephone lacks, and noise that a studio has not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from ser.services.audio import SAMPLE_RATE_HZ

TELEPHONE_RATE_HZ = 8_000

_WINDOW, _HOP = 512, 128
_NOISE_PERCENTILE = 20
_SMOOTHING = np.full((3, 3), 1 / 9)

Signal = NDArray[np.float64]


@dataclass(frozen=True)
class Suppressor:
    """Takes away what sounds all the time, by spectral subtraction (Boll, 1979).

    Attributes:
        factor: how many times the noise that was found is subtracted; the noise of a frequency is the 20th
            percentile of its power.
        depth_db: by how much anything becomes quieter at most.
    """

    factor: float
    depth_db: float

    def passed(self, signal: Signal) -> Signal:
        """Return what is left of a signal [shape=(n,)] at 16 kHz."""
        if len(signal) < _WINDOW:
            return signal
        settings = {"nperseg": _WINDOW, "noverlap": _WINDOW - _HOP}
        _, _, spectrum = scipy.signal.stft(signal, **settings)
        power = scipy.signal.convolve(np.abs(spectrum) ** 2, _SMOOTHING, mode="same") + 1e-14
        noise = np.percentile(power, _NOISE_PERCENTILE, axis=1, keepdims=True)
        gain = np.sqrt(np.clip(1 - self.factor * noise / power, 0.0, 1.0))
        _, left = scipy.signal.istft(spectrum * np.maximum(gain, 10 ** (-self.depth_db / 20)), **settings)
        return np.asarray(left[: len(signal)], np.float64)


@dataclass(frozen=True)
class Band:
    """What lies between two frequencies.

    Attributes:
        low_hz: the lower edge.
        high_hz: the upper edge.
        perfect: nothing at all is left beyond the edges; else a Butterworth filter of fourth order.
        g711: 8,000 samples a second of 8 bits (ITU-T G.711, mu-law), as telephones have.
    """

    low_hz: float
    high_hz: float
    perfect: bool
    g711: bool

    def passed(self, signal: Signal) -> Signal:
        """Return what is left of a signal [shape=(n,)] at 16 kHz."""
        left: Signal
        if self.perfect:
            spectrum = np.fft.rfft(signal)
            frequencies_hz = np.fft.rfftfreq(len(signal), 1 / SAMPLE_RATE_HZ)
            spectrum[(frequencies_hz < self.low_hz) | (frequencies_hz > self.high_hz)] = 0
            left = np.fft.irfft(spectrum, len(signal))
        else:
            edges_hz = [self.low_hz, self.high_hz]
            passing = scipy.signal.butter(4, edges_hz, "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
            left = scipy.signal.sosfilt(passing, signal)
        return _in_8_bits(left) if self.g711 else left


def _in_8_bits(signal: Signal) -> Signal:
    ratio = SAMPLE_RATE_HZ // TELEPHONE_RATE_HZ
    narrow = np.clip(scipy.signal.resample_poly(signal, 1, ratio), -1.0, 1.0)
    steps = np.sign(narrow) * np.round(127 * np.log1p(255 * np.abs(narrow)) / np.log(256))
    narrow = np.sign(steps) * np.expm1(np.abs(steps) / 127 * np.log(256)) / 255
    wide: Signal = scipy.signal.resample_poly(narrow, ratio, 1)
    return wide[: len(signal)]
