"""Any container or codec -> mono float32 at 16 kHz, in memory, bounded.

PyAV carries FFmpeg in its wheels, so no program has to be installed. The content decides what a file
is: names never reach the decoder, and neither does any protocol, so that a playlist or a concat script
cannot make it open other files or addresses.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from numpy.typing import NDArray

from ser.errors import DecodeError, TooLong, UnsupportedFormat

SAMPLE_RATE_HZ = 16_000
MAX_DURATION_S = 300.0
FORMATS = "WAV, WebM, MP3, OGG, FLAC, M4A/MP4"

_DEMUXERS = "wav,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,flac"
_OPTIONS = {"format_whitelist": _DEMUXERS, "protocol_whitelist": ""}
# Beyond these, swresample's filter bank alone would take gigabytes or minutes.
_MIN_RATE_HZ, _MAX_RATE_HZ = 2_000, 768_000
_MAX_CHANNELS = 64

Waveform = NDArray[np.float32]


def decode(source: bytes | Path, *, max_duration_s: float = MAX_DURATION_S) -> Waveform:
    """Decode the first audio track of `source` to a mono waveform.

    Damaged packets are skipped, so a file cut in the middle gives what is left of it. Samples louder
    than full scale (float files) are brought back to it.

    Args:
        source: the bytes of an audio file, or the path of one.
        max_duration_s: decoding stops, and fails, beyond this many seconds.

    Returns:
        y [shape=(n,)], float32, 16 kHz mono, finite, within -1..1.

    Raises:
        UnsupportedFormat: the bytes are no container we read.
        DecodeError: no sound could be taken out of them, or it holds NaN or Inf.
        TooLong: there are more than `max_duration_s` seconds.
        OSError: the path cannot be read.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            return _decode(_Nameless(file), max_duration_s)
    return _decode(io.BytesIO(source), max_duration_s)


class _Nameless:
    """A file without its name, whose extension would otherwise sway the probing."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


def _decode(file: io.BytesIO | _Nameless, max_duration_s: float) -> Waveform:
    with _open(file) as container:
        if not container.streams.audio:
            raise DecodeError("The file has no audio track.")
        declared_s = (container.duration or 0) / av.time_base
        if declared_s > max_duration_s:
            raise _too_long(max_duration_s)
        chunks: list[Waveform] = []
        budget = int(max_duration_s * SAMPLE_RATE_HZ)
        for chunk in _resampled(_frames(container)):
            budget -= len(chunk)
            if budget < 0:
                raise _too_long(max_duration_s)
            chunks.append(chunk)
    if not chunks:
        raise DecodeError("The file holds no sound that could be decoded; it may be cut off.")
    return _checked(np.concatenate(chunks))


def _open(file: io.BytesIO | _Nameless) -> InputContainer:
    head = file.read(64)
    file.seek(0)
    try:
        return av.open(file, mode="r", options=_OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        if _is_known_container(head):
            raise DecodeError("The file begins like audio, but is damaged or cut off.") from error
        raise UnsupportedFormat(f"The content is none of {FORMATS}.") from error


def _is_known_container(head: bytes) -> bool:
    return (
        (head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE")
        or head[:4] in (b"\x1aE\xdf\xa3", b"OggS", b"fLaC")
        or head[:3] == b"ID3"
        or head[4:8] == b"ftyp"
    )


def _frames(container: InputContainer) -> Iterator[AudioFrame]:
    stream = container.streams.audio[0]
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.FFmpegError:
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _resampled(frames: Iterator[AudioFrame]) -> Iterator[Waveform]:
    # A stream may change its rate or channels on the way (chained Ogg, spliced MP3).
    for _, alike in groupby(frames, lambda f: (f.format.name, f.layout.name, f.sample_rate)):
        resampler: AudioResampler | None = None
        for frame in alike:
            resampler = resampler or _resampler(frame)
            frame.pts = None
            yield from _guarded(resampler, frame)
        if resampler is not None:
            yield from _guarded(resampler, None)


def _resampler(frame: AudioFrame) -> AudioResampler:
    if not _MIN_RATE_HZ <= frame.sample_rate <= _MAX_RATE_HZ:
        raise DecodeError(
            f"The sample rate is {frame.sample_rate} Hz; {_MIN_RATE_HZ} to {_MAX_RATE_HZ} are read."
        )
    if frame.layout.nb_channels > _MAX_CHANNELS:
        raise DecodeError(f"There are {frame.layout.nb_channels} channels; at most {_MAX_CHANNELS} are read.")
    return AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)


def _guarded(resampler: AudioResampler, frame: AudioFrame | None) -> list[Waveform]:
    try:
        return [out.to_ndarray()[0] for out in resampler.resample(frame)]
    except (av.FFmpegError, ValueError) as error:
        raise DecodeError("The sound could not be brought to 16 kHz mono.") from error


def _too_long(max_duration_s: float) -> TooLong:
    return TooLong(f"At most {max_duration_s:g} s of audio are taken.")


def _checked(y: Waveform) -> Waveform:
    peak = float(np.abs(y).max(initial=0.0))
    if not np.isfinite(peak):
        raise DecodeError("The audio holds samples that are no finite numbers (NaN or Inf).")
    return y / np.float32(peak) if peak > 1.0 else y
