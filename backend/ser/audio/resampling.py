"""Decoded frames of any rate, format and channel count -> mono float32 at 16 kHz, or two channels of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame, format_dtypes
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from ser.audio.rate import Resampler, to_16k
from ser.audio.waveform import Channels, Waveform
from ser.errors import DecodeError, NotStereo

# Beyond these, the resampler's filter bank alone would take gigabytes or minutes.
_MIN_RATE_HZ, _MAX_RATE_HZ = 2_000, 384_000
_MAX_CHANNELS = 64
# PyAV looks for the end of a list of planes that has none beyond so many, and reads whatever memory is there.
_MOST_PLANES = 7


def to_mono_16k(frames: Iterator[AudioFrame]) -> Iterator[Waveform]:
    """Yield waveforms [shape=(n,)], float32, 16 kHz, the mean of all channels: about a second each.

    Samples may be beyond full scale, NaN or Inf, as float files may hold them.

    Raises:
        DecodeError: the rate or the channel count is out of bounds.
    """
    for (block,) in _to_16k(frames, lambda frame: [_mono(frame)]):
        yield block


def to_stereo_16k(frames: Iterator[AudioFrame]) -> Iterator[Channels]:
    """Yield the two channels as waveforms [shape=(2, n)], otherwise as `to_mono_16k` does.

    Raises:
        NotStereo: there is another number of channels.
        DecodeError: the rate is out of bounds.
    """
    for blocks in _to_16k(frames, _two_channels):
        yield np.stack(blocks)


def _to_16k(
    frames: Iterator[AudioFrame], of_frame: Callable[[AudioFrame], list[Waveform]]
) -> Iterator[list[Waveform]]:
    """Yield the waveforms that `of_frame` makes of each frame, at 16 kHz: about a second each."""
    # A stream may change its rate on the way (chained Ogg, spliced MP3).
    for rate_hz, alike in groupby(frames, lambda frame: frame.sample_rate):
        if not _MIN_RATE_HZ <= rate_hz <= _MAX_RATE_HZ:
            raise DecodeError(f"The sample rate is {rate_hz} Hz; {_MIN_RATE_HZ} to {_MAX_RATE_HZ} are read.")
        resamplers: list[Resampler] = []
        for blocks in _blocks(map(of_frame, alike), rate_hz):
            while len(resamplers) < len(blocks):
                resamplers.append(to_16k(rate_hz))
            yield from _some(partial(each.resample, y) for each, y in zip(resamplers, blocks, strict=True))
        yield from _some(each.flush for each in resamplers)


def _some(resampling: Iterable[Callable[[], Waveform]]) -> Iterator[list[Waveform]]:
    """Yield what each channel's resampler gives, if that is anything: all give as many samples."""
    try:
        resampled = [each() for each in resampling]
    except (av.FFmpegError, ValueError) as error:
        raise DecodeError("The sound could not be brought to 16 kHz.") from error
    if any(map(len, resampled)):
        yield resampled


def _blocks(pieces: Iterator[list[Waveform]], length: int) -> Iterator[list[Waveform]]:
    # Codecs give 20 ms at a time; resampling each alone would take longer than decoding it.
    kept: list[list[Waveform]] = []
    count = 0
    for piece in pieces:
        kept.append(piece)
        count += len(piece[0])
        if count >= length:
            yield [np.concatenate(each) for each in zip(*kept, strict=True)]
            kept, count = [], 0
    if kept:
        yield [np.concatenate(each) for each in zip(*kept, strict=True)]


def _mono(frame: AudioFrame) -> Waveform:
    # Mixed down here: FFmpeg drops some channels, and cannot mix some counts of them.
    count = frame.layout.nb_channels
    if count > _MAX_CHANNELS:
        raise DecodeError(f"There are {count} channels; at most {_MAX_CHANNELS} are read.")
    dtype = format_dtypes.get(frame.format.name)
    if count == 1 and dtype is not None:
        # Codecs give 50 frames a second: `to_ndarray` takes longer.
        samples = np.frombuffer(frame.planes[0], dtype, frame.samples)  # type: ignore[call-overload]
        return _scaled(samples, samples.dtype)
    samples = _channels(frame)
    return _scaled(samples.mean(axis=0), samples.dtype)


def _two_channels(frame: AudioFrame) -> list[Waveform]:
    count = frame.layout.nb_channels
    if count != 2:
        raise NotStereo(f"The recording has {count} channel{'s' if count > 1 else ''}; two are needed.")
    samples = _channels(frame)
    return [_scaled(each, samples.dtype) for each in samples]


def _channels(frame: AudioFrame) -> NDArray[Any]:
    """Return the samples [shape=(C, n)] as they were decoded."""
    if frame.format.is_planar and frame.layout.nb_channels > _MOST_PLANES:
        frame = _packed(frame)
    samples = frame.to_ndarray()
    return samples if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels).T


def _packed(frame: AudioFrame) -> AudioFrame:
    """Return a frame with its channels in one plane."""
    resampler = AudioResampler(format=frame.format.packed, layout=frame.layout, rate=frame.sample_rate)
    try:
        (packed,) = resampler.resample(frame)
    except (av.FFmpegError, ValueError) as error:
        raise DecodeError(f"{frame.layout.nb_channels} channels could not be read.") from error
    return packed


def _scaled(samples: NDArray[Any], dtype: np.dtype[Any]) -> Waveform:
    """Return samples [shape=(n,)], decoded as `dtype`, as float32 of full scale 1."""
    if dtype == np.uint8:
        samples = samples / 128 - 1
    elif dtype.kind == "i":
        samples = samples / 2.0 ** (8 * dtype.itemsize - 1)
    waveform: Waveform = samples.astype(np.float32, copy=False)
    return waveform
