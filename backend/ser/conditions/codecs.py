"""Codecs: a waveform as a file in one of FFmpeg's formats, and G.711 without a file."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import scipy.signal
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import AudioError

TELEPHONE_RATE_HZ = 8_000

Signal = NDArray[np.float64]


def mu_law(signal: Signal) -> Signal:
    """Return a signal [shape=(n,)] at 16 kHz after 8,000 samples a second of 8 bits (G.711, mu-law)."""
    ratio = SAMPLE_RATE_HZ // TELEPHONE_RATE_HZ
    narrow = np.clip(scipy.signal.resample_poly(signal, 1, ratio), -1.0, 1.0)
    steps = np.sign(narrow) * np.round(127 * np.log1p(255 * np.abs(narrow)) / np.log(256))
    narrow = np.sign(steps) * np.expm1(np.abs(steps) / 127 * np.log(256)) / 255
    wide: Signal = scipy.signal.resample_poly(narrow, ratio, 1)
    return wide[: len(signal)]


def wav(y: Waveform, *, rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """Return a 16-bit WAV file of a waveform, clipped to full scale."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(y, -1.0, 1.0) * 32_767).astype("<i2").tobytes())
    return out.getvalue()


def encode(y: Waveform, *, muxer: str, codec: str, rate_hz: int, bit_rate: int | None = None) -> bytes:
    """Return a file of a waveform in one of FFmpeg's codecs.

    Args:
        y: waveform [shape=(n,)], float32, 16 kHz mono.
        muxer: FFmpeg's name of the container.
        codec: FFmpeg's name of the encoder.
        rate_hz: the file's sampling rate.
        bit_rate: bits a second; None for the encoder's default.
    """
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


@dataclass(frozen=True)
class Codec:
    """A lossy codec, as calls and voice messages have.

    Attributes:
        muxer: FFmpeg's name of the container.
        name: FFmpeg's name of the encoder.
        bit_rate: bits a second.
    """

    muxer: str
    name: str
    bit_rate: int

    def apply(self, signal: Signal) -> Signal:
        """Return a signal [shape=(n,)] at 16 kHz, encoded and decoded; as it is where that fails."""
        y = np.clip(signal, -1.0, 1.0).astype(np.float32)
        try:
            content = encode(
                y, muxer=self.muxer, codec=self.name, rate_hz=SAMPLE_RATE_HZ, bit_rate=self.bit_rate
            )
            decoded = decode(content)
        except (av.FFmpegError, AudioError):
            return signal
        padded: Signal = np.zeros(len(signal))
        padded[: len(decoded)] = decoded[: len(signal)]
        return padded
