"""Recording chains that a corpus lacks: other voices, microphones, rooms, noises and telephones.

Everything is drawn once per speaker and chain, so that all clips of a speaker keep having one voice and
one microphone: a *virtual speaker*, whose baseline can be taken as that of a real one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.signal
from numpy.random import Generator

from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions import filters
from ser.conditions.filters import Band, Signal, Suppressor

TEMPO_SHARE = 0.6
TEMPO_CHANGE = (0.04, 0.14)
EQUALIZER_STD_DB = 4.0
TILT_STD_DB = 6.0
ROOM_SHARE = 0.35
REVERBERATION_S = (0.12, 0.5)
REVERBERATION_LEVEL = (0.15, 0.7)
NOISE_SHARE = 0.75
SNR_DB = (4.0, 28.0)
BABBLE_SHARE = 0.45
BABBLERS = 5
# A studio has no noise, and a browser takes it away: between sounds, and above each, next to nothing is left.
SUPPRESSION_SHARE = 0.45
SUPPRESSION_FACTOR = (1.0, 8.0)
SUPPRESSION_DB = (10.0, 45.0)
BAND_SHARE = 0.55
BAND_LOW_HZ = (80.0, 350.0)
BAND_HIGH_HZ = (3_000.0, 7_000.0)
# Of the bands: as narrow as a telephone's, with nothing at all beyond their edges, in 8 bits a sample.
TELEPHONE_SHARE = 0.65
TELEPHONE_LOW_HZ = (250.0, 350.0)
TELEPHONE_HIGH_HZ = (3_200.0, 3_600.0)
PERFECT_SHARE = 0.6
G711_SHARE = 0.7
GAIN_DB = (-15.0, 15.0)

SETTINGS: dict[str, Any] = {
    "tempo_share": TEMPO_SHARE,
    "tempo_change": TEMPO_CHANGE,
    "equalizer_std_db": EQUALIZER_STD_DB,
    "tilt_std_db": TILT_STD_DB,
    "room_share": ROOM_SHARE,
    "reverberation_s": REVERBERATION_S,
    "reverberation_level": REVERBERATION_LEVEL,
    "noise_share": NOISE_SHARE,
    "snr_db": SNR_DB,
    "babble_share": BABBLE_SHARE,
    "babblers": BABBLERS,
    "suppression_share": SUPPRESSION_SHARE,
    "suppression_factor": SUPPRESSION_FACTOR,
    "suppression_db": SUPPRESSION_DB,
    "suppression_window": filters.SUPPRESSION_WINDOW,
    "suppression_hop": filters.SUPPRESSION_HOP,
    "noise_percentile": filters.NOISE_PERCENTILE,
    "band_share": BAND_SHARE,
    "band_low_hz": BAND_LOW_HZ,
    "band_high_hz": BAND_HIGH_HZ,
    "telephone_share": TELEPHONE_SHARE,
    "telephone_low_hz": TELEPHONE_LOW_HZ,
    "telephone_high_hz": TELEPHONE_HIGH_HZ,
    "perfect_share": PERFECT_SHARE,
    "g711_share": G711_SHARE,
    "gain_db": GAIN_DB,
}

_EQUALIZER_BANDS = 9
_EQUALIZER_TAPS = 129


@dataclass(frozen=True, eq=False)
class Chain:
    """One voice's way to the file; `None` where a part is left out.

    Attributes:
        tempo: speech becomes faster and higher by this factor, as a tape that runs faster.
        room: impulse response [shape=(n,)].
        equalizer: impulse response [shape=(129,)] of microphone and room colour.
        noise: what sounds in the background [shape=(n,)], any level.
        snr_db: how far below the speech.
        suppressor: what becomes of the noise.
        band: what a filter leaves.
        gain: factor at the end.
    """

    tempo: float | None
    room: Signal | None
    equalizer: Signal
    noise: Signal | None
    snr_db: float
    suppressor: Suppressor | None
    band: Band | None
    gain: float

    def record(self, y: Waveform, rng: Generator) -> Waveform:
        """Return a waveform [shape=(n,)] as it would have been recorded, clipped to ±1.

        Args:
            y: waveform [shape=(n,)], float32, 16 kHz mono.
            rng: where in the noise to begin.
        """
        signal: Signal = y.astype(np.float64)
        if self.tempo is not None:
            signal = scipy.signal.resample_poly(signal, 100, round(100 * self.tempo))
        if self.room is not None:
            signal = scipy.signal.fftconvolve(signal, self.room)[: len(signal)]
        signal = scipy.signal.fftconvolve(signal, self.equalizer, mode="same")
        if self.noise is not None:
            start = int(rng.integers(len(self.noise)))
            noise = np.take(self.noise, np.arange(start, start + len(signal)), mode="wrap")
            ratio = np.mean(signal**2) / max(float(np.mean(noise**2)), 1e-12)
            signal = signal + noise * np.sqrt(ratio / 10 ** (self.snr_db / 10))
        if self.suppressor is not None:
            signal = self.suppressor.passed(signal)
        if self.band is not None:
            signal = self.band.passed(signal)
        return np.clip(signal * self.gain, -1.0, 1.0).astype(np.float32)


def draw(rng: Generator, noises: Sequence[Path], voices: Sequence[Path]) -> Chain:
    """Draw a chain.

    Args:
        rng: what decides.
        noises: recorded noises to choose from; without any, coloured noise is made.
        voices: clips whose sum is babble.
    """
    tempo = None
    if rng.random() < TEMPO_SHARE:
        tempo = 1.0 + rng.uniform(*TEMPO_CHANGE) * rng.choice((-1.0, 1.0))
    room = _room(rng) if rng.random() < ROOM_SHARE else None
    frequencies = np.linspace(0.0, 1.0, _EQUALIZER_BANDS)
    gains_db = rng.normal(0.0, EQUALIZER_STD_DB, _EQUALIZER_BANDS)
    gains_db += rng.normal(0.0, TILT_STD_DB) * (frequencies - 0.5)
    noise = _noise(rng, noises, voices) if rng.random() < NOISE_SHARE else None
    suppressor = None
    if rng.random() < SUPPRESSION_SHARE:
        suppressor = Suppressor(rng.uniform(*SUPPRESSION_FACTOR), rng.uniform(*SUPPRESSION_DB))
    band = None
    if rng.random() < BAND_SHARE:
        band = _band(rng)
    return Chain(
        tempo=tempo,
        room=room,
        equalizer=scipy.signal.firwin2(_EQUALIZER_TAPS, frequencies, 10 ** (gains_db / 20)),
        noise=noise,
        snr_db=rng.uniform(*SNR_DB),
        suppressor=suppressor,
        band=band,
        gain=10 ** (rng.uniform(*GAIN_DB) / 20),
    )


def _band(rng: Generator) -> Band:
    telephone = rng.random() < TELEPHONE_SHARE
    return Band(
        low_hz=rng.uniform(*(TELEPHONE_LOW_HZ if telephone else BAND_LOW_HZ)),
        high_hz=rng.uniform(*(TELEPHONE_HIGH_HZ if telephone else BAND_HIGH_HZ)),
        perfect=rng.random() < PERFECT_SHARE,
        g711=telephone and rng.random() < G711_SHARE,
    )


def _room(rng: Generator) -> Signal:
    """Return an impulse response of noise that fades by 60 dB, behind the direct sound."""
    length = int(rng.uniform(*REVERBERATION_S) * SAMPLE_RATE_HZ)
    tail = rng.normal(0.0, 1.0, length) * 10 ** (-3 * np.arange(length) / length)
    tail *= rng.uniform(*REVERBERATION_LEVEL) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def _noise(rng: Generator, noises: Sequence[Path], voices: Sequence[Path]) -> Signal:
    if voices and rng.random() < BABBLE_SHARE:
        chosen = [audio.decode(voices[i]) for i in rng.integers(len(voices), size=BABBLERS)]
        longest = max(map(len, chosen))
        babble: Signal = np.sum([np.resize(y, longest) for y in chosen], axis=0, dtype=np.float64)
        return babble
    if noises:
        return audio.decode(noises[int(rng.integers(len(noises)))]).astype(np.float64)
    # White to brown: the spectrum falls by 0 to 6 dB an octave.
    spectrum = np.fft.rfft(rng.normal(0.0, 1.0, 4 * SAMPLE_RATE_HZ))
    spectrum *= np.arange(1, len(spectrum) + 1) ** -rng.uniform(0.0, 1.0)
    coloured: Signal = np.fft.irfft(spectrum)
    return coloured
