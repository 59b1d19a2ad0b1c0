"""Filters of a recording: the band of a telephone or a cheap microphone, and noise suppression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.conditions.codecs import Signal, mu_law

SUPPRESSION_WINDOW, SUPPRESSION_HOP = 512, 128
NOISE_PERCENTILE = 20

# The mean over 3 by 3 neighbours in frequency and time.
SMOOTHING = np.full((3, 3), 1 / 9)


@dataclass(frozen=True)
class Suppressor:
    """Removes stationary noise by spectral subtraction.

    As Berouti, Schwartz and Makhoul (ICASSP 1979): more than the noise is subtracted, and a little is left.

    Attributes:
        factor: how many times the estimated noise is subtracted. The noise of a frequency is estimated as
            the 20th percentile of its power, averaged over 3 by 3 neighbours.
        depth_db: the largest attenuation.
    """

    factor: float
    depth_db: float

    def apply(self, signal: Signal) -> Signal:
        """Return a signal [shape=(n,)] at 16 kHz without the noise."""
        if len(signal) < SUPPRESSION_WINDOW:
            return signal
        settings = {"nperseg": SUPPRESSION_WINDOW, "noverlap": SUPPRESSION_WINDOW - SUPPRESSION_HOP}
        _, _, spectrum = scipy.signal.stft(signal, **settings)
        power = scipy.signal.convolve(np.abs(spectrum) ** 2, SMOOTHING, mode="same") + 1e-14
        noise = np.percentile(power, NOISE_PERCENTILE, axis=1, keepdims=True)
        gain = np.sqrt(np.clip(1 - self.factor * noise / power, 0.0, 1.0))
        _, left = scipy.signal.istft(spectrum * np.maximum(gain, 10 ** (-self.depth_db / 20)), **settings)
        return np.asarray(left[: len(signal)], np.float64)


@dataclass(frozen=True)
class Band:
    """A band-pass filter, and the telephone's codec if there is one.

    Attributes:
        low_hz: the lower edge.
        high_hz: the upper edge.
        perfect: everything outside the band is removed; else a Butterworth filter of fourth order.
        g711: 8,000 samples a second of 8 bits (ITU-T G.711, mu-law), as telephones have.
    """

    low_hz: float
    high_hz: float
    perfect: bool
    g711: bool

    def apply(self, signal: Signal) -> Signal:
        """Return a signal [shape=(n,)] at 16 kHz after the filter."""
        left: Signal
        if self.perfect:
            left = keep_band(signal, self.low_hz, self.high_hz)
        else:
            edges_hz = [self.low_hz, self.high_hz]
            passing = scipy.signal.butter(4, edges_hz, "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
            left = scipy.signal.sosfilt(passing, signal)
        return mu_law(left) if self.g711 else left


def keep_band(signal: NDArray[Any], low_hz: float, high_hz: float) -> NDArray[Any]:
    """Return a signal [shape=(n,)] at 16 kHz with all other frequencies set to zero."""
    spectrum = np.fft.rfft(signal)
    frequencies_hz = np.fft.rfftfreq(len(signal), 1 / SAMPLE_RATE_HZ)
    spectrum[(frequencies_hz < low_hz) | (frequencies_hz > high_hz)] = 0
    left: NDArray[Any] = np.fft.irfft(spectrum, len(signal))
    return left
