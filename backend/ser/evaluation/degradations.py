"""What happens to sound on its way: codecs, telephones, noise, levels. Each gives a file to decode anew."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions.chains import BABBLERS
from ser.conditions.filters import TELEPHONE_RATE_HZ, between

TELEPHONE_HZ = (300, 3_400)
CLIPPED_SHARE = 0.05
GAIN_DB = 12
SPEED = 0.1


@dataclass(frozen=True)
class Surroundings:
    """What is heard around one clip.

    Attributes:
        seed: of everything random about it.
        babble: other speakers at once [shape=(n,)]; repeated where the clip is longer.
        noise: a stretch of a recording of noise, likewise.
    """

    seed: int
    babble: Waveform | None = None
    noise: Waveform | None = None


@dataclass(frozen=True)
class Degradation:
    """One thing that happens to sound.

    Attributes:
        name: for machines.
        title: for people.
        apply: makes an audio file of a waveform.
        needs: which of the surroundings it takes; None where it takes none.
    """

    name: str
    title: str
    apply: Callable[[Waveform, Surroundings], bytes]
    needs: Literal["babble", "noise"] | None = None


def wav(y: Waveform, *, rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """Return a 16-bit WAV file of a waveform; what is beyond full scale is cut off, as recorders do."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(y, -1.0, 1.0) * 32_767).astype("<i2").tobytes())
    return out.getvalue()


def encoded(y: Waveform, *, muxer: str, codec: str, rate_hz: int, bit_rate: int | None = None) -> bytes:
    """Return a file of a waveform in one of FFmpeg's codecs."""
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as target:
        stream = target.add_stream(codec, rate=rate_hz)
        assert isinstance(stream, AudioStream)  # noqa: S101
        stream.layout = "mono"
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        frame = AudioFrame.from_ndarray(y[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts, frame.time_base = 0, Fraction(1, SAMPLE_RATE_HZ)
        resampler = AudioResampler(stream.format.name, "mono", rate_hz)
        for source in (frame, None):
            for resampled in resampler.resample(source):
                target.mux(stream.encode(resampled))
        target.mux(stream.encode(None))
    return out.getvalue()


def mixed(y: Waveform, other: Waveform | None, snr_db: float) -> Waveform:
    """Add another sound, repeated if it is shorter, so many dB below the waveform's mean power."""
    other = np.zeros_like(y) if other is None else np.resize(other, y.shape)
    power = float(np.mean(np.square(other)))
    if power == 0:
        return y
    gain = np.sqrt(np.mean(np.square(y)) / power / 10 ** (snr_db / 10))
    total: Waveform = y + np.float32(gain) * other
    # Quieter as a whole rather than clipped.
    return total / np.float32(max(1.0, float(np.abs(total).max())))


def babble_of(talkers: Sequence[Waveform]) -> Waveform:
    """Return several speakers at once, equally loud, as long as the longest; none may be silent."""
    longest = max(map(len, talkers))
    parts = [np.resize(each / np.sqrt(np.mean(np.square(each))), longest) for each in talkers]
    together: Waveform = np.sum(parts, axis=0, dtype=np.float32)
    return together


def _opus(y: Waveform, _: Surroundings) -> bytes:
    return encoded(y, muxer="ogg", codec="libopus", rate_hz=48_000, bit_rate=24_000)


def _mp3(y: Waveform, _: Surroundings) -> bytes:
    return encoded(y, muxer="mp3", codec="libmp3lame", rate_hz=44_100, bit_rate=64_000)


def _telephone(y: Waveform, _: Surroundings) -> bytes:
    telephone = between(y, *TELEPHONE_HZ).astype(np.float32)
    return encoded(telephone, muxer="wav", codec="pcm_mulaw", rate_hz=TELEPHONE_RATE_HZ)


def _babble(y: Waveform, around: Surroundings) -> bytes:
    return wav(mixed(y, around.babble, 10))


def _white(snr_db: float) -> Callable[[Waveform, Surroundings], bytes]:
    def apply(y: Waveform, around: Surroundings) -> bytes:
        noise = np.random.default_rng(around.seed).standard_normal(len(y), np.float32)
        return wav(mixed(y, noise, snr_db))

    return apply


def _noise(snr_db: float) -> Callable[[Waveform, Surroundings], bytes]:
    return lambda y, around: wav(mixed(y, around.noise, snr_db))


def _gain(gain_db: float) -> Callable[[Waveform, Surroundings], bytes]:
    return lambda y, _: wav(y * np.float32(10 ** (gain_db / 20)))


def _clipped(y: Waveform, _: Surroundings) -> bytes:
    most = np.quantile(np.abs(y), 1 - CLIPPED_SHARE)
    return wav(np.clip(y, -most, most))


def _speed(factor: float) -> Callable[[Waveform, Surroundings], bytes]:
    # The decoder resamples it, and so changes its speed and pitch.
    return lambda y, _: wav(y, rate_hz=round(SAMPLE_RATE_HZ * factor))


_ALL = (
    Degradation("opus_24k", "Opus, 24 kbit/s", _opus),
    Degradation("mp3_64k", "MP3, 64 kbit/s", _mp3),
    Degradation("telephone", "telephone (300-3400 Hz, G.711)", _telephone),
    Degradation("babble_10db", f"babble of {BABBLERS} other voices, 10 dB", _babble, "babble"),
    Degradation("white_20db", "white noise, 20 dB", _white(20)),
    Degradation("white_10db", "white noise, 10 dB", _white(10)),
    Degradation("noise_20db", "recorded noise, 20 dB", _noise(20), "noise"),
    Degradation("noise_10db", "recorded noise, 10 dB", _noise(10), "noise"),
    Degradation("gain_up", f"{GAIN_DB} dB louder, cut off at full scale", _gain(GAIN_DB)),
    Degradation("gain_down", f"{GAIN_DB} dB quieter", _gain(-GAIN_DB)),
    Degradation("clipped", f"the loudest {CLIPPED_SHARE:.0%} of samples clipped", _clipped),
    Degradation("faster", f"{SPEED:.0%} faster and higher", _speed(1 + SPEED)),
    Degradation("slower", f"{SPEED:.0%} slower and deeper", _speed(1 - SPEED)),
)

DEGRADATIONS = {degradation.name: degradation for degradation in _ALL}
