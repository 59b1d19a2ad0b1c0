"""Decoded frames of any rate, format and channel count -> mono float32 at 16 kHz."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import av
import numpy as np
from av.audio.frame import AudioFrame, format_dtypes
from av.audio.resampler import AudioResampler

from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import DecodeError

# Beyond these, the resampler's filter bank alone would take gigabytes or minutes.
_MIN_RATE_HZ, _MAX_RATE_HZ = 2_000, 384_000
_MAX_CHANNELS = 64


def to_mono_16k(frames: Iterator[AudioFrame]) -> Iterator[Waveform]:
    """Yield waveforms [shape=(n,)], float32, 16 kHz, the mean of all channels: about a second each.

    Samples may be beyond full scale, NaN or Inf, as float files may hold them.

    Raises:
        DecodeError: the rate or the channel count is out of bounds.
    """
    # A stream may change its rate on the way (chained Ogg, spliced MP3).
    for rate_hz, alike in groupby(frames, lambda frame: frame.sample_rate):
        if not _MIN_RATE_HZ <= rate_hz <= _MAX_RATE_HZ:
            raise DecodeError(f"The sample rate is {rate_hz} Hz; {_MIN_RATE_HZ} to {_MAX_RATE_HZ} are read.")
        resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
        for block in _blocks(map(_mono, alike), rate_hz):
            frame = AudioFrame.from_ndarray(block[np.newaxis], format="flt", layout="mono")
            frame.sample_rate = rate_hz
            yield from _resample(resampler, frame)
        yield from _resample(resampler, None)


def _resample(resampler: AudioResampler, frame: AudioFrame | None) -> list[Waveform]:
    try:
        return [out.to_ndarray()[0] for out in resampler.resample(frame)]
    except (av.FFmpegError, ValueError) as error:
        raise DecodeError("The sound could not be brought to 16 kHz.") from error


def _blocks(pieces: Iterator[Waveform], length: int) -> Iterator[Waveform]:
    # Codecs give 20 ms at a time; resampling each alone would take longer than decoding it.
    kept: list[Waveform] = []
    count = 0
    for piece in pieces:
        kept.append(piece)
        count += len(piece)
        if count >= length:
            yield np.concatenate(kept)
            kept, count = [], 0
    if kept:
        yield np.concatenate(kept)


def _mono(frame: AudioFrame) -> Waveform:
    # Mixed down here: FFmpeg drops some channels, and cannot mix some counts of them.
    count = frame.layout.nb_channels
    if count > _MAX_CHANNELS:
        raise DecodeError(f"There are {count} channels; at most {_MAX_CHANNELS} are read.")
    dtype = format_dtypes.get(frame.format.name)
    if count == 1 and dtype is not None:
        # Codecs give 50 frames a second: `to_ndarray` takes longer.
        samples = np.frombuffer(frame.planes[0], dtype, frame.samples)  # type: ignore[call-overload]
        mixed = samples
    else:
        samples = frame.to_ndarray()
        mixed = (samples if frame.format.is_planar else samples.reshape(-1, count).T).mean(axis=0)
    if samples.dtype == np.uint8:
        mixed = mixed / 128 - 1
    elif samples.dtype.kind == "i":
        mixed = mixed / 2.0 ** (8 * samples.dtype.itemsize - 1)
    waveform: Waveform = mixed.astype(np.float32, copy=False)
    return waveform
