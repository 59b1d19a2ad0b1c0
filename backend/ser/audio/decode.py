"""Any container or codec -> mono float32 at 16 kHz, in memory, bounded.

PyAV carries FFmpeg in its wheels, so no program has to be installed. The content decides what a file
is: names never reach the decoder, and neither does any protocol, so that a playlist or a concat script
cannot make it open other files or addresses.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from time import thread_time
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream as AudioTrack
from av.container import InputContainer
from av.packet import Packet

from ser.audio import mp4 as mp4_index
from ser.audio.mp4 import SeekableFile
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import DecodeError, SerError, TooLong, UnsupportedFormat
from ser.limits import MAX_DECODING_S, MAX_DURATION_S

FORMATS = "WAV, WebM, MP3, OGG, FLAC, M4A/MP4"

_HEAD_BYTES = 64
_DEMUXERS = "wav,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,flac"
_OPTIONS = {"format_whitelist": _DEMUXERS, "protocol_whitelist": ""}
# Beyond these, the resampler's filter bank alone would take gigabytes or minutes.
_MIN_RATE_HZ, _MAX_RATE_HZ = 2_000, 384_000
_MAX_CHANNELS = 64
# For each second of sound, this share of the processor time is added: ten times what most streams take.
_MAX_DECODING_SHARE = 0.03
_WAV_HEADER_BYTES = 36
# The size that a program writes into a WAV whose end it does not know yet.
_UNKNOWN_WAV_BYTES = 0x7FFF_F000
# An Ogg page has 65,307 bytes at most, and says in its flags whether it is the last.
_OGG_PAGE_BYTES = 65_307
_OGG_LAST = 4
# Bit rates by their index in a header, of MPEG 1 and of MPEG 2 and 2.5.
_MP3_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
# A file shorter than it says by no more than this is whole: encoders pad and trim.
_PADDING_S = 0.5


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


class Readable(Protocol):
    """Bytes that arrive in order."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, waiting for at least one; none at the end."""


class AudioStream:
    """The first audio track of a recording of any length, decoded as it is read: memory stays flat.

    Only of MP4, whose index may stand at its end, are all bytes kept, unless `source` is a path.

    Args:
        source: the path of an audio file, or its bytes as they arrive.
        max_duration_s: decoding fails beyond this many seconds of sound.
        max_decoding_s: the same for seconds of processor time; 3 % of it more for each second of sound.

    Attributes:
        declared_s: how long the file says it lasts; None where it does not.
        truncated: after the end, whether the file ended before its end.

    Raises:
        UnsupportedFormat: the bytes are no container we read.
        DecodeError: no sound could be taken out of them.
        OSError: the path cannot be read.
    """

    def __init__(
        self, source: Path | Readable, *, max_duration_s: float, max_decoding_s: float = MAX_DECODING_S
    ) -> None:
        self._decoded = 0
        self.truncated = False
        self._end_s = 0.0
        self._cut = False
        self._max_duration_s = max_duration_s
        self._max_decoding_s = max_decoding_s
        self._opened = source.open("rb") if isinstance(source, Path) else None
        # A path is whole, and the only source that can be read anywhere.
        reader: Readable = self._opened or source  # type: ignore[assignment]
        try:
            self._file = _Arriving(reader)
            seekable = self._seekable() if mp4_index.is_mp4(self._file.head) else None
            self._container = self._open(seekable)
        except BaseException:
            if self._opened:
                self._opened.close()
            raise
        self.declared_s = self._declared()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()
        if self._opened:
            self._opened.close()

    @property
    def decoded_s(self) -> float:
        """How many seconds were decoded so far."""
        return self._decoded / SAMPLE_RATE_HZ

    @property
    def read_bytes(self) -> int:
        """How many bytes of the file were read so far."""
        return self._file.count

    def __iter__(self) -> Iterator[Waveform]:
        """Decode it, once.

        Samples louder than full scale are clipped: `decode` scales by the loudest, which is known here
        only at the end.

        Yields:
            y [shape=(n,)], float32, 16 kHz mono, finite, within -1..1: about a second each.

        Raises:
            DecodeError: no sound could be decoded, or it holds NaN or Inf, or takes too long.
            TooLong: there are more than `max_duration_s` seconds.
        """
        spent_s, started_s = 0.0, thread_time()
        for chunk in _resampled(self._frames()):
            spent_s += thread_time() - started_s
            self._decoded += len(chunk)
            if self.decoded_s > self._max_duration_s:
                raise TooLong(f"At most {self._max_duration_s:g} s of audio are taken.")
            if spent_s > self._max_decoding_s * (1 + _MAX_DECODING_SHARE * self.decoded_s):
                raise DecodeError("It takes too long to decode.")
            if not np.isfinite(chunk).all():
                raise _not_finite()
            yield chunk.clip(-1.0, 1.0)
            started_s = thread_time()
        self._file.raise_fault()
        if not self._decoded:
            raise _no_sound()
        if self._file.is_riff:
            short = self._file.lacks_riff_end()
        else:
            short = self.declared_s is not None and self._end_s < self.declared_s - _PADDING_S
        self.truncated = short or self._cut or self._file.lacks_last_page()

    def _frames(self) -> Iterator[AudioFrame]:
        kind = self._container.format.name
        for packet in _packets(self._container):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                # Only the last one can be cut off; any other is damaged.
                self._cut = True
                continue
            if packet.size:
                # The last of a WAV of unknown length is always called corrupt.
                corrupt = packet.is_corrupt and kind != "wav"
                self._cut = corrupt or (kind == "mp3" and _is_cut_mp3(bytes(packet)))
            for frame in frames:
                self._end_s = (frame.time or self._end_s) + frame.samples / frame.sample_rate
                yield frame

    def _seekable(self) -> SeekableFile:
        if self._opened:
            return _Nameless(self._opened)
        rest = iter(lambda: self._file.read(_OGG_PAGE_BYTES), b"")
        return io.BytesIO(b"".join(rest))

    def _open(self, seekable: SeekableFile | None) -> InputContainer:
        try:
            container = _open(seekable) if seekable else _opened(self._file, self._file.head)
        except SerError:
            self._file.raise_fault()
            raise
        if not container.streams.audio:
            container.close()
            raise _no_track()
        return container

    def _declared(self) -> float | None:
        stream = self._container.streams.audio[0]
        head = self._file.head
        if self._file.is_riff and head[12:16] == b"fmt " and len(head) >= 32:
            # FFmpeg tells it of whole files only.
            size, (rate,) = self._file.riff_bytes, struct.unpack("<I", head[28:32])
            return size / rate if rate and size else None
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return self._container.duration / av.time_base if self._container.duration else None


class _Arriving:
    """Bytes that cannot be read again: what was read of them to know their kind is read once more."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.count = 0
        self._fault: Exception | None = None
        self._tail = b""
        self.head = self._rest = b""
        while len(self.head) < _HEAD_BYTES and (more := source.read(_HEAD_BYTES - len(self.head))):
            self.head += more
        self._rest = self.head

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes."""
        if self._rest:
            content, self._rest = self._rest[:size], self._rest[size:]
        else:
            try:
                content = self._source.read(size)
            except Exception as error:
                # FFmpeg would only know that there is no more.
                self._fault = error
                raise
        self.count += len(content)
        self._tail = (self._tail + content)[-_OGG_PAGE_BYTES:]
        return content

    def raise_fault(self) -> None:
        """Raise what the source raised while it was read."""
        if self._fault:
            raise self._fault

    @property
    def is_riff(self) -> bool:
        """Whether it is WAV, and long enough to say so."""
        return self.head[:4] == b"RIFF" and len(self.head) >= _WAV_HEADER_BYTES

    @property
    def riff_bytes(self) -> int:
        """How many bytes a WAV says that it has after its first eight; 0 where it was written as a stream."""
        (size,) = struct.unpack("<I", self.head[4:8])
        return size if _WAV_HEADER_BYTES <= size < _UNKNOWN_WAV_BYTES else 0

    def lacks_riff_end(self) -> bool:
        """Return whether a WAV says that it has more bytes than came; reads what follows its sound."""
        while self.read(_OGG_PAGE_BYTES):
            pass
        # A last chunk of odd length is padded by most programs, not by all.
        return self.count < self.riff_bytes + 7

    def lacks_last_page(self) -> bool:
        """Return whether it is Ogg without its end."""
        if self.head[:4] != b"OggS":
            return False
        flags = self._tail.rfind(b"OggS") + 5
        return flags >= len(self._tail) or not self._tail[flags] & _OGG_LAST


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
            raise _no_track()
        chunks: list[Waveform] = []
        budget = int(max_duration_s * SAMPLE_RATE_HZ)
        for chunk in _resampled(_frames(container, deadline)):
            budget -= len(chunk)
            if budget < 0:
                raise TooLong(f"At most {max_duration_s:g} s of audio are taken.")
            chunks.append(chunk)
    if not chunks:
        raise _no_sound()
    return _checked(np.concatenate(chunks))


def _open(file: SeekableFile) -> InputContainer:
    head = file.read(_HEAD_BYTES)
    if mp4_index.is_mp4(head):
        mp4_index.check(file)
    file.seek(0)
    return _opened(file, head)


def _opened(file: Readable, head: bytes) -> InputContainer:
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
    for packet in _packets(container):
        if deadline is not None and thread_time() > deadline:
            raise DecodeError("It takes too long to decode.")
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _is_cut_mp3(packet: bytes) -> bool:
    # MPEG audio layer III: its header says how long a frame is.
    if len(packet) < 4 or packet[0] != 0xFF or packet[1] & 0xE6 != 0xE2:
        return False
    version, rate, kbps = packet[1] >> 3 & 3, packet[2] >> 2 & 3, packet[2] >> 4
    if rate == 3 or kbps in (0, 15):
        return False
    first = version == 3
    rate_hz = (44_100, 48_000, 32_000)[rate] // (1 if first else 2 if version == 2 else 4)
    bits = 1000 * (_MP3_KBPS_1 if first else _MP3_KBPS_2)[kbps]
    return len(packet) < (144 if first else 72) * bits // rate_hz


def _packets(container: InputContainer) -> Iterator[Packet[AudioTrack]]:
    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        yield packet


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
        raise _not_finite()
    return y / np.float32(peak) if peak > 1.0 else y


def _no_track() -> DecodeError:
    return DecodeError("The file has no audio track.")


def _no_sound() -> DecodeError:
    return DecodeError("The file holds no sound that could be decoded; it may be cut off.")


def _not_finite() -> DecodeError:
    return DecodeError("The audio holds samples that are no finite numbers (NaN or Inf).")
