"""The degradations of sound that a model is tested with. Each makes a file, which is decoded again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions import noises
from ser.conditions.codecs import TELEPHONE_RATE_HZ, encode, wav
from ser.conditions.filters import keep_band
from ser.conditions.mixes import NoiseMix

TELEPHONE_HZ = (300, 3_400)
CLIPPED_SHARE = 0.05
GAIN_DB = 12
CARRIED_OVER = "carried_over"
SPEED = 0.1
# Of clips that are carried over: how many are cut to about one word, and how long it is.
WORD_SHARE = 0.6
WORD_S = (0.6, 1.5)


@dataclass(frozen=True)
class Degradation:
    """One degradation of sound.

    Attributes:
        name: for machines.
        title: for people.
        apply: makes an audio file of a waveform [shape=(n,)] and its noise mix.
        needs: which part of the noise mix it takes; None where it takes none.
    """

    name: str
    title: str
    apply: Callable[[Waveform, NoiseMix], bytes]
    needs: Literal["babble", "noise", "reference"] | None = None


def _opus(y: Waveform, _: NoiseMix) -> bytes:
    return encode(y, muxer="ogg", codec="libopus", rate_hz=48_000, bit_rate=24_000)


def _mp3(y: Waveform, _: NoiseMix) -> bytes:
    return encode(y, muxer="mp3", codec="libmp3lame", rate_hz=44_100, bit_rate=64_000)


def _telephone(y: Waveform, _: NoiseMix) -> bytes:
    telephone = keep_band(y, *TELEPHONE_HZ).astype(np.float32)
    return encode(telephone, muxer="wav", codec="pcm_mulaw", rate_hz=TELEPHONE_RATE_HZ)


def _babble(y: Waveform, mix: NoiseMix) -> bytes:
    return wav(noises.add(y, mix.babble, 10))


def _white(snr_db: float) -> Callable[[Waveform, NoiseMix], bytes]:
    def apply(y: Waveform, mix: NoiseMix) -> bytes:
        noise = np.random.default_rng(mix.seed).standard_normal(len(y), np.float32)
        return wav(noises.add(y, noise, snr_db))

    return apply


def _noise(snr_db: float) -> Callable[[Waveform, NoiseMix], bytes]:
    return lambda y, mix: wav(noises.add(y, mix.noise, snr_db))


def _gain(gain_db: float) -> Callable[[Waveform, NoiseMix], bytes]:
    return lambda y, _: wav(y * np.float32(10 ** (gain_db / 20)))


def _clipped(y: Waveform, _: NoiseMix) -> bytes:
    most = np.quantile(np.abs(y), 1 - CLIPPED_SHARE)
    return wav(np.clip(y, -most, most))


def _speed(factor: float) -> Callable[[Waveform, NoiseMix], bytes]:
    # The decoder resamples it, which changes speed and pitch.
    return lambda y, _: wav(y, rate_hz=round(SAMPLE_RATE_HZ * factor))


def _carried_over(y: Waveform, mix: NoiseMix) -> bytes:
    rng = np.random.default_rng(mix.seed)
    if rng.random() < WORD_SHARE:
        y = _loudest(y, round(rng.uniform(*WORD_S) * SAMPLE_RATE_HZ))
    return wav(y if mix.reference is None else mix.reference.carry(y, rng).astype(np.float32))


def _loudest(y: Waveform, length: int) -> Waveform:
    """Return the part of so many samples with the most energy."""
    if len(y) <= length:
        return y
    energy = np.cumsum(np.square(y, dtype=np.float64))
    start = int((energy[length:] - energy[:-length]).argmax())
    return y[start : start + length]


_ALL = (
    Degradation("opus_24k", "Opus, 24 kbit/s", _opus),
    Degradation("mp3_64k", "MP3, 64 kbit/s", _mp3),
    Degradation("telephone", "telephone (300-3400 Hz, G.711)", _telephone),
    Degradation("babble_10db", f"babble of {noises.TALKERS} other voices, 10 dB", _babble, "babble"),
    Degradation("white_20db", "white noise, 20 dB", _white(20)),
    Degradation("white_10db", "white noise, 10 dB", _white(10)),
    Degradation("noise_20db", "recorded noise, 20 dB", _noise(20), "noise"),
    Degradation("noise_10db", "recorded noise, 10 dB", _noise(10), "noise"),
    Degradation("gain_up", f"{GAIN_DB} dB louder, cut off at full scale", _gain(GAIN_DB)),
    Degradation("gain_down", f"{GAIN_DB} dB quieter", _gain(-GAIN_DB)),
    Degradation("clipped", f"the loudest {CLIPPED_SHARE:.0%} of samples clipped", _clipped),
    Degradation("faster", f"{SPEED:.0%} faster and higher", _speed(1 + SPEED)),
    Degradation("slower", f"{SPEED:.0%} slower and deeper", _speed(1 - SPEED)),
    Degradation(
        CARRIED_OVER,
        f"carried over to the conditions of ordinary recordings, {WORD_SHARE:.0%} cut to one word",
        _carried_over,
        "reference",
    ),
)

DEGRADATIONS = {degradation.name: degradation for degradation in _ALL}
