"""Carry a recording over to the recording condition of another: its colour, noise floor and level.

What is measured of the other recording says nothing of its words: two long-term spectra and a level. So
acted clips can be given the microphones of ordinary speech, and ordinary speech those of a studio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.random import Generator
from numpy.typing import NDArray

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions.codecs import Signal
from ser.conditions.filters import SMOOTHING

WINDOW, HOP = 512, 256
BANDS = 28
# Of a clip's frames: those within so many dB of the loudest are speech; the quietest share is its floor.
SPEECH_WITHIN_DB = 20.0
FLOOR_SHARE = 0.1
MOST_GAIN_DB = 30.0
MOST_SUPPRESSION_DB = 60.0

SETTINGS = {
    "window": WINDOW,
    "hop": HOP,
    "bands": BANDS,
    "speech_within_db": SPEECH_WITHIN_DB,
    "floor_share": FLOOR_SHARE,
    "most_gain_db": MOST_GAIN_DB,
    "most_suppression_db": MOST_SUPPRESSION_DB,
}

_TINY = 1e-12
_TAPS = 257

Spectrum = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reference:
    """How a recording sounds, whatever is said in it.

    Attributes:
        speech_db: mean power of speech per band [shape=(BANDS,)], in dB of full scale.
        floor_db: power per band where nobody speaks [shape=(BANDS,)], likewise.
    """

    speech_db: Spectrum
    floor_db: Spectrum

    @classmethod
    def of(cls, y: Waveform | Signal) -> Reference:
        """Measure a waveform [shape=(n,)] at 16 kHz; n must be at least `WINDOW`."""
        power = np.abs(_stft(np.asarray(y, np.float64))) ** 2
        levels_db = _db(power.mean(axis=0))
        speech = levels_db > levels_db.max() - SPEECH_WITHIN_DB
        quiet = levels_db <= np.quantile(levels_db, FLOOR_SHARE)
        speech_db = _db(_BAND_MEANS @ power[:, speech].mean(axis=1))
        floor_db = _db(_BAND_MEANS @ power[:, quiet].mean(axis=1))
        return cls(speech_db, np.minimum(floor_db, speech_db))

    def carry(self, y: Waveform | Signal, rng: Generator) -> Signal:
        """Return a waveform [shape=(n,)] as if it had been recorded like this one.

        It is filtered to the same long-term spectrum of speech. Noise of its own that is then above this
        recording's floor is attenuated between the sounds; what lacks is added.

        Args:
            y: waveform [shape=(n,)] at 16 kHz; a shorter one than `WINDOW` is returned as it is.
            rng: draws the noise.
        """
        signal: Signal = np.asarray(y, np.float64)
        if len(signal) < WINDOW:
            return signal
        own = Reference.of(signal)
        gains_db = self.speech_db - own.speech_db
        middle_db = float(np.median(gains_db))
        gains_db = middle_db + np.clip(gains_db - middle_db, -MOST_GAIN_DB, MOST_GAIN_DB)
        signal = _filtered(signal, gains_db)
        floor_db = own.floor_db + gains_db
        if (excess_db := np.clip(floor_db - self.floor_db, 0.0, MOST_SUPPRESSION_DB)).max() > 1.0:
            signal = _expanded(signal, floor_db, excess_db)
        lacking = 10 ** (self.floor_db / 10) - 10 ** (floor_db / 10)
        noise = _filtered(
            rng.standard_normal(len(signal) + _TAPS), _db(np.maximum(lacking, _TINY)) - _WHITE_DB
        )
        return signal + noise[: len(signal)]


def _stft(signal: Signal) -> NDArray[np.complex128]:
    _, _, spectrum = scipy.signal.stft(
        signal, nperseg=WINDOW, noverlap=WINDOW - HOP, boundary=None, padded=False
    )
    return np.asarray(spectrum, np.complex128)


def _db(power: NDArray[np.float64]) -> Spectrum:
    return 10 * np.log10(np.maximum(power, _TINY))


def _edges_hz() -> NDArray[np.float64]:
    """Return the edges of the bands [shape=(BANDS + 1,)], equally wide on the mel scale from 60 Hz on."""
    lowest, highest = 2595 * np.log10(1 + np.array([60.0, SAMPLE_RATE_HZ / 2]) / 700)
    edges: NDArray[np.float64] = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 1) / 2595) - 1)
    return edges


def _band_means() -> NDArray[np.float64]:
    frequencies_hz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE_HZ)
    edges_hz = _edges_hz()
    band = np.clip(np.searchsorted(edges_hz, frequencies_hz, side="right") - 1, 0, BANDS - 1)
    rows = (band == np.arange(BANDS)[:, np.newaxis]).astype(np.float64)
    # A narrow band may lie between two frequencies: it takes the nearest.
    centres_hz = (edges_hz[:-1] + edges_hz[1:]) / 2
    for empty in np.flatnonzero(rows.sum(axis=1) == 0):
        rows[empty, np.abs(frequencies_hz - centres_hz[empty]).argmin()] = 1.0
    means: NDArray[np.float64] = rows / rows.sum(axis=1, keepdims=True)
    return means


_BAND_MEANS = _band_means()
_CENTRES_HZ = (_edges_hz()[:-1] + _edges_hz()[1:]) / 2
# What white noise of deviation 1 has in each frequency of the transform.
_WHITE_DB = float(
    _db(np.array([np.mean(np.abs(_stft(np.random.default_rng(0).standard_normal(100 * WINDOW))) ** 2)]))[0]
)


def _at_all_frequencies(of_bands_db: Spectrum) -> Spectrum:
    frequencies_hz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE_HZ)
    interpolated: Spectrum = np.interp(frequencies_hz, _CENTRES_HZ, of_bands_db)
    return interpolated


def _filtered(signal: Signal, gains_db: Spectrum) -> Signal:
    """Return a signal after a filter of linear phase with a gain for each band."""
    amplitudes = 10 ** (_at_all_frequencies(gains_db) / 20)
    taps = scipy.signal.firwin2(_TAPS, np.linspace(0.0, 1.0, len(amplitudes)), amplitudes)
    filtered: Signal = scipy.signal.fftconvolve(signal, taps, mode="same")
    return filtered


def _expanded(signal: Signal, floor_db: Spectrum, excess_db: Spectrum) -> Signal:
    """Attenuate what is near the floor, by up to `excess_db`; speech stays."""
    settings = {"nperseg": WINDOW, "noverlap": WINDOW - HOP}
    _, _, spectrum = scipy.signal.stft(signal, **settings)
    power_db = _db(scipy.signal.convolve(np.abs(spectrum) ** 2, SMOOTHING, mode="same"))
    above_db = power_db - _at_all_frequencies(floor_db)[:, np.newaxis]
    # Wholly attenuated up to 3 dB above the floor, not at all from 12 dB on.
    share = np.clip((12.0 - above_db) / 9.0, 0.0, 1.0)
    attenuation_db = share * _at_all_frequencies(excess_db)[:, np.newaxis]
    _, left = scipy.signal.istft(spectrum * 10 ** (-attenuation_db / 20), **settings)
    padded = np.zeros_like(signal)
    length = min(len(left), len(signal))
    padded[:length] = left[:length]
    return padded
