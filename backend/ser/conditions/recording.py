"""Simulated recording conditions: other speakers, microphones, rooms, noises and telephones.

A corpus is recorded in one way, its users record in many. A condition is drawn once for all clips of a
speaker, so that these share one microphone and a baseline can be computed from them.
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
from ser.audio.waveform import Waveform
from ser.conditions import carry_over, filters, gain_control, noises, rooms
from ser.conditions.carry_over import Reference
from ser.conditions.codecs import Codec, Signal
from ser.conditions.filters import Band, Suppressor
from ser.conditions.gain_control import GainControl

TEMPO_SHARE = 0.6
TEMPO_CHANGE = (0.04, 0.14)
EQUALIZER_STD_DB = 4.0
TILT_STD_DB = 6.0
ROOM_SHARE = 0.35
NOISE_SHARE = 0.75
SNR_DB = (4.0, 28.0)
BABBLE_SHARE = 0.45
# Studios have no noise and browsers suppress it, so almost nothing is left between the sounds of speech.
SUPPRESSION_SHARE = 0.45
SUPPRESSION_FACTOR = (1.0, 8.0)
SUPPRESSION_DB = (10.0, 45.0)
BAND_SHARE = 0.55
BAND_LOW_HZ = (80.0, 350.0)
BAND_HIGH_HZ = (3_000.0, 7_000.0)
# Of the bands: as narrow as a telephone's, with perfect edges, in 8 bits a sample.
TELEPHONE_SHARE = 0.65
TELEPHONE_LOW_HZ = (250.0, 350.0)
TELEPHONE_HIGH_HZ = (3_200.0, 3_600.0)
PERFECT_SHARE = 0.6
G711_SHARE = 0.7
GAIN_DB = (-15.0, 15.0)
GAIN_CONTROL_SHARE = 0.25
GAIN_CONTROL_STRENGTH = (0.3, 0.9)
GAIN_CONTROL_S = (0.1, 1.0)
CODEC_SHARE = 0.2
# Muxer, encoder, and bits a second.
CODECS = (("ogg", "libopus", (8_000, 28_000)), ("mp3", "libmp3lame", (16_000, 48_000)))
# Where clips of other corpora are known: how often a speaker is recorded as one of them.
CARRIED_OVER_SHARE = 0.4

# Part of the key of cached features, and written into manifests: do not rename or reorder anything.
SETTINGS: dict[str, Any] = {
    "tempo_share": TEMPO_SHARE,
    "tempo_change": TEMPO_CHANGE,
    "equalizer_std_db": EQUALIZER_STD_DB,
    "tilt_std_db": TILT_STD_DB,
    "room_share": ROOM_SHARE,
    "reverberation_s": rooms.REVERBERATION_S,
    "reverberation_level": rooms.REVERBERATION_LEVEL,
    "noise_share": NOISE_SHARE,
    "snr_db": SNR_DB,
    "babble_share": BABBLE_SHARE,
    "babblers": noises.TALKERS,
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
    "box_share": rooms.BOX_SHARE,
    "box_m": rooms.BOX_M,
    "absorption": rooms.ABSORPTION,
    "distance_m": rooms.DISTANCE_M,
    "gain_control_share": GAIN_CONTROL_SHARE,
    "gain_control_strength": GAIN_CONTROL_STRENGTH,
    "gain_control_s": GAIN_CONTROL_S,
    "gain_control_target_db": gain_control.TARGET_DB,
    "codec_share": CODEC_SHARE,
    "codecs": CODECS,
    "carried_over_share": CARRIED_OVER_SHARE,
    "carry_over": carry_over.SETTINGS,
}

_EQUALIZER_BANDS = 9
_EQUALIZER_TAPS = 129


@dataclass(frozen=True, eq=False)
class RecordingCondition:
    """How a speaker is recorded; parts that are left out are None.

    Attributes:
        tempo: speech becomes faster and higher by this factor.
        room: impulse response [shape=(n,)].
        equalizer: impulse response [shape=(129,)] of the microphone.
        noise: background noise [shape=(n,)], of any level.
        snr_db: signal-to-noise ratio.
        suppressor: noise suppression.
        band: band-pass filter.
        gain: factor at the end.
        reference: a recording whose colour, noise floor and level replace the equalizer, the noise, the
            suppressor, the band and the gain.
        gain_control: automatic gain control.
        codec: a lossy codec.
    """

    tempo: float | None
    room: Signal | None
    equalizer: Signal
    noise: Signal | None
    snr_db: float
    suppressor: Suppressor | None
    band: Band | None
    gain: float
    reference: Reference | None = None
    gain_control: GainControl | None = None
    codec: Codec | None = None

    def apply(self, y: Waveform, rng: Generator) -> Waveform:
        """Return a waveform [shape=(m,)] as it would have been recorded, clipped to ±1.

        Args:
            y: waveform [shape=(n,)], float32, 16 kHz mono.
            rng: draws where in the noise to begin.
        """
        signal: Signal = y.astype(np.float64)
        if self.tempo is not None:
            signal = scipy.signal.resample_poly(signal, 100, round(100 * self.tempo))
        if self.room is not None:
            signal = rooms.reverberate(signal, self.room)
        signal = self._coloured(signal, rng)
        if self.gain_control is not None:
            signal = self.gain_control.apply(signal)
        if self.codec is not None:
            signal = self.codec.apply(signal)
        return np.clip(signal, -1.0, 1.0).astype(np.float32)

    def _coloured(self, signal: Signal, rng: Generator) -> Signal:
        """Return a signal with the colour, the noise and the level of the recording."""
        if self.reference is not None:
            return self.reference.carry(signal, rng)
        signal = scipy.signal.fftconvolve(signal, self.equalizer, mode="same")
        if self.noise is not None:
            signal = noises.add_at_random_place(signal, self.noise, self.snr_db, rng)
        if self.suppressor is not None:
            signal = self.suppressor.apply(signal)
        if self.band is not None:
            signal = self.band.apply(signal)
        return signal * self.gain


def draw(
    rng: Generator, recorded: Sequence[Path], talkers: Sequence[Path], references: Sequence[Path] = ()
) -> RecordingCondition:
    """Draw a recording condition.

    Args:
        rng: the random generator.
        recorded: recordings of noise to choose from; without any, coloured noise is generated.
        talkers: clips whose sum is babble; without any, there is none.
        references: clips of other corpora, to whose conditions a speaker may be carried over.

    Raises:
        AudioError: a drawn recording cannot be decoded.
    """
    tempo = None
    if rng.random() < TEMPO_SHARE:
        tempo = 1.0 + rng.uniform(*TEMPO_CHANGE) * rng.choice((-1.0, 1.0))
    room = rooms.draw_room(rng) if rng.random() < ROOM_SHARE else None
    frequencies = np.linspace(0.0, 1.0, _EQUALIZER_BANDS)
    gains_db = rng.normal(0.0, EQUALIZER_STD_DB, _EQUALIZER_BANDS)
    gains_db += rng.normal(0.0, TILT_STD_DB) * (frequencies - 0.5)
    noise = None
    if rng.random() < NOISE_SHARE:
        noise = noises.draw_noise(rng, recorded, talkers, BABBLE_SHARE)
    suppressor = None
    if rng.random() < SUPPRESSION_SHARE:
        suppressor = Suppressor(rng.uniform(*SUPPRESSION_FACTOR), rng.uniform(*SUPPRESSION_DB))
    band = None
    if rng.random() < BAND_SHARE:
        band = _band(rng)
    return RecordingCondition(
        tempo=tempo,
        room=room,
        equalizer=scipy.signal.firwin2(_EQUALIZER_TAPS, frequencies, 10 ** (gains_db / 20)),
        noise=noise,
        snr_db=rng.uniform(*SNR_DB),
        suppressor=suppressor,
        band=band,
        gain=10 ** (rng.uniform(*GAIN_DB) / 20),
        reference=_reference(rng, references),
        gain_control=_gain_control(rng),
        codec=_codec(rng),
    )


def _gain_control(rng: Generator) -> GainControl | None:
    if rng.random() >= GAIN_CONTROL_SHARE:
        return None
    return GainControl(rng.uniform(*GAIN_CONTROL_STRENGTH), rng.uniform(*GAIN_CONTROL_S))


def _codec(rng: Generator) -> Codec | None:
    if rng.random() >= CODEC_SHARE:
        return None
    muxer, name, bit_rates = CODECS[int(rng.integers(len(CODECS)))]
    return Codec(muxer, name, int(rng.uniform(*bit_rates)))


def _reference(rng: Generator, references: Sequence[Path]) -> Reference | None:
    if not references or rng.random() >= CARRIED_OVER_SHARE:
        return None
    y = audio.decode(references[int(rng.integers(len(references)))])
    return Reference.of(y) if len(y) >= carry_over.WINDOW and y.any() else None


def _band(rng: Generator) -> Band:
    telephone = rng.random() < TELEPHONE_SHARE
    return Band(
        low_hz=rng.uniform(*(TELEPHONE_LOW_HZ if telephone else BAND_LOW_HZ)),
        high_hz=rng.uniform(*(TELEPHONE_HIGH_HZ if telephone else BAND_HIGH_HZ)),
        perfect=rng.random() < PERFECT_SHARE,
        g711=telephone and rng.random() < G711_SHARE,
    )
