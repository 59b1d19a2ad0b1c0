"""What a recording chain takes away: bands that a telephone lacks, and noise that a studio does not have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ

TELEPHONE_RATE_HZ = 8_000

SUPPRESSION_WINDOW, SUPPRESSION_HOP = 512, 128
NOISE_PERCENTILE = 20

_SMOOTHING = np.full((3, 3), 1 / 9)

Signal = NDArray[np.float64]


@dataclass(frozen=True)
class Suppressor:
    """Takes away what sounds all the time, by spectral subtraction.

    As Berouti, Schwartz and Makhoul (ICASSP 1979): more than the noise is subtracted, and a little is left.

    Attributes:
        factor: how many times the noise that was found is subtracted; the noise of a frequency is the 20th
            percentile of its power, averaged over 3 by 3 neighbours.
        depth_db: by how much anything becomes quieter at most.
    """

    factor: float
    depth_db: float

    def passed(self, signal: Signal) -> Signal:
        """Return what is left of a signal [shape=(n,)] at 16 kHz."""
        if len(signal) < SUPPRESSION_WINDOW:
            return signal
        settings = {"nperseg": SUPPRESSION_WINDOW, "noverlap": SUPPRESSION_WINDOW - SUPPRESSION_HOP}
        _, _, spectrum = scipy.signal.stft(signal, **settings)
        power = scipy.signal.convolve(np.abs(spectrum) ** 2, _SMOOTHING, mode="same") + 1e-14
        noise = np.percentile(power, NOISE_PERCENTILE, axis=1, keepdims=True)
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
            left = between(signal, self.low_hz, self.high_hz)
        else:
            edges_hz = [self.low_hz, self.high_hz]
            passing = scipy.signal.butter(4, edges_hz, "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
            left = scipy.signal.sosfilt(passing, signal)
        return _in_8_bits(left) if self.g711 else left


def between(signal: NDArray[Any], low_hz: float, high_hz: float) -> NDArray[Any]:
    """Return what of a signal [shape=(n,)] at 16 kHz lies between two frequencies, and nothing else."""
    spectrum = np.fft.rfft(signal)
    frequencies_hz = np.fft.rfftfreq(len(signal), 1 / SAMPLE_RATE_HZ)
    spectrum[(frequencies_hz < low_hz) | (frequencies_hz > high_hz)] = 0
    left: NDArray[Any] = np.fft.irfft(spectrum, len(signal))
    return left


def _in_8_bits(signal: Signal) -> Signal:
    ratio = SAMPLE_RATE_HZ // TELEPHONE_RATE_HZ
    narrow = np.clip(scipy.signal.resample_poly(signal, 1, ratio), -1.0, 1.0)
    steps = np.sign(narrow) * np.round(127 * np.log1p(255 * np.abs(narrow)) / np.log(256))
    narrow = np.sign(steps) * np.expm1(np.abs(steps) / 127 * np.log(256)) / 255
    wide: Signal = scipy.signal.resample_poly(narrow, ratio, 1)
    return wide[: len(signal)]
