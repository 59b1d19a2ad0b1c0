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
from time import thread_time
from typing import BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from numpy.typing import NDArray

from ser.errors import DecodeError, TooLong, UnsupportedFormat
from ser.services import mp4_index
from ser.services.mp4_index import SeekableFile

SAMPLE_RATE_HZ = 16_000
MAX_DURATION_S = 300.0
MAX_DECODING_S = 1.0
FORMATS = "WAV, WebM, MP3, OGG, FLAC, M4A/MP4"

_DEMUXERS = "wav,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,flac"
_OPTIONS = {"format_whitelist": _DEMUXERS, "protocol_whitelist": ""}
# Beyond these, the resampler's filter bank alone would take gigabytes or minutes.
_MIN_RATE_HZ, _MAX_RATE_HZ = 2_000, 384_000
_MAX_CHANNELS = 64

Waveform = NDArray[np.float32]


def decode(
    source: bytes | Path,
    *,
    max_duration_s: float = MAX_DURATION_S,
    max_decoding_s: float | None = None,
) -> Waveform:
    """Decode the first audio track of `source` to a mono waveform, the mean of its channels.

    Damaged packets are skipped, so a file cut in the middle gives what is left of it. Samples louder
    than full scale (float files) are brought back to it.

    Args:
        source: the bytes of an audio file, or the path of one.
        max_duration_s: decoding stops, and fails, beyond this many seconds of sound. What the file itself
            says of its length is not relied on: it is often an estimate.
        max_decoding_s: the same for seconds of processor time; None for no bound.

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
            return _decode(_Nameless(file), max_duration_s, max_decoding_s)
    return _decode(io.BytesIO(source), max_duration_s, max_decoding_s)


class _Nameless:
    """A file without its name, whose extension would otherwise sway the probing."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


def _decode(file: SeekableFile, max_duration_s: float, max_decoding_s: float | None) -> Waveform:
    deadline = None if max_decoding_s is None else thread_time() + max_decoding_s
    with _open(file) as container:
        if not container.streams.audio:
            raise DecodeError("The file has no audio track.")
        chunks: list[Waveform] = []
        budget = int(max_duration_s * SAMPLE_RATE_HZ)
        for chunk in _resampled(_frames(container, deadline)):
            budget -= len(chunk)
            if budget < 0:
                raise TooLong(f"At most {max_duration_s:g} s of audio are taken.")
            chunks.append(chunk)
    if not chunks:
        raise DecodeError("The file holds no sound that could be decoded; it may be cut off.")
    return _checked(np.concatenate(chunks))


def _open(file: SeekableFile) -> InputContainer:
    head = file.read(64)
    if mp4_index.is_mp4(head):
        mp4_index.check(file)
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
        or mp4_index.is_mp4(head)
    )


def _frames(container: InputContainer, deadline: float | None) -> Iterator[AudioFrame]:
    packets = container.demux(container.streams.audio[0])
    while True:
        if deadline is not None and thread_time() > deadline:
            raise DecodeError("It takes too long to decode.")
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _resampled(frames: Iterator[AudioFrame]) -> Iterator[Waveform]:
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
    # Mixed down here: FFmpeg drops some channels, and knows no way for some counts of them.
    count = frame.layout.nb_channels
    if count > _MAX_CHANNELS:
        raise DecodeError(f"There are {count} channels; at most {_MAX_CHANNELS} are read.")
    samples = frame.to_ndarray()
    channels = samples if frame.format.is_planar else samples.reshape(-1, count).T
    mixed = channels[0] if count == 1 else channels.mean(axis=0)
    if samples.dtype == np.uint8:
        mixed = mixed / 128 - 1
    elif samples.dtype.kind == "i":
        mixed = mixed / 2.0 ** (8 * samples.dtype.itemsize - 1)
    waveform: Waveform = mixed.astype(np.float32)
    return waveform


def _checked(y: Waveform) -> Waveform:
    peak = float(np.abs(y).max(initial=0.0))
    if not np.isfinite(peak):
        raise DecodeError("The audio holds samples that are no finite numbers (NaN or Inf).")
    return y / np.float32(peak) if peak > 1.0 else y
