"""A recording of any length -> mono float32 at 16 kHz, decoded as it is read: memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, thread_time
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer

from ser import stages
from ser.audio import completeness, mp4
from ser.audio.containers import HEAD_BYTES, Nameless, audio_packets, open_readable, open_seekable
from ser.audio.decode import NO_SOUND, NOT_FINITE, TOO_SLOW
from ser.audio.resampling import to_mono_16k, to_stereo_16k
from ser.audio.sources import Arriving, ChunkedFile, Readable, SeekableFile
from ser.audio.waveform import SAMPLE_RATE_HZ, Channels, Waveform
from ser.errors import DecodeError, SerError, TooLong
from ser.limits import MAX_DECODING_S

# For each second of sound, this share of the processor time is added. The slowest usual file, FLAC of 192 kHz
# with 8 channels, takes 0.027 s per second (docs/long-audio.md); CPUs five times slower still read it.
_MAX_DECODING_SHARE = 0.05
# A file that is shorter than it declares by no more than this is whole: encoders pad and trim.
_PADDING_S = 0.5
_STEP_BYTES = 64 * 1024


class AudioStream:
    """The first audio track of a recording of any length.

    Only of MP4, whose index may be at its end, are all bytes kept, unless `source` is a path.

    Args:
        source: the path of an audio file, or its bytes as they arrive.
        max_duration_s: decoding fails beyond this many seconds of sound.
        max_decoding_s: the same for seconds of processor time; 5 % of it more for each second of sound.

    Attributes:
        declared_s: how long the file declares to be; None where it does not.
        truncated: after the end, whether the file is cut off.

    Raises:
        UnsupportedFormat: the bytes are no container we read.
        DecodeError: no sound can be decoded.
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
            self._file = Arriving(reader, head_bytes=HEAD_BYTES, tail_bytes=completeness.TAIL_BYTES)
            seekable = self._seekable() if mp4.is_mp4(self._file.head) else None
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

        Samples beyond full scale are clipped: `decode` scales by the loudest one, which is known here only
        at the end.

        Yields:
            y [shape=(n,)], float32, 16 kHz mono, finite, within -1..1: about a second each.

        Raises:
            DecodeError: no sound can be decoded, or it holds NaN or Inf, or takes too long.
            TooLong: there are more than `max_duration_s` seconds.
        """
        yield from self._bounded(to_mono_16k(self._frames()))

    def channels(self) -> Iterator[Channels]:
        """Decode it, once, without mixing its two channels.

        Yields:
            y [shape=(2, n)], otherwise as of the recording itself.

        Raises:
            NotStereo: it has another number of channels. Otherwise as reading the recording itself.
        """
        yield from self._bounded(to_stereo_16k(self._frames()))

    def _bounded(self, chunks: Iterator[Waveform]) -> Iterator[Waveform]:
        """Yield chunks [shape=(..., n)] within -1..1, as long as they are within the limits."""
        spent_s, started_s = 0.0, thread_time()
        for chunk in chunks:
            # Not by the clock: part of that time goes by until the bytes arrive.
            decoding_s = thread_time() - started_s
            stages.ended("decode", perf_counter() - decoding_s, decoding_s)
            stages.decoded(chunk.shape[-1] / SAMPLE_RATE_HZ)
            spent_s += decoding_s
            self._decoded += chunk.shape[-1]
            if self.decoded_s > self._max_duration_s:
                raise TooLong(f"At most {self._max_duration_s:g} s of audio are taken.")
            if spent_s > self._max_decoding_s * (1 + _MAX_DECODING_SHARE * self.decoded_s):
                raise DecodeError(TOO_SLOW)
            if not np.isfinite(chunk).all():
                raise DecodeError(NOT_FINITE)
            yield chunk.clip(-1.0, 1.0)
            started_s = thread_time()
        self._file.raise_fault()
        if not self._decoded:
            raise DecodeError(NO_SOUND)
        self.truncated = self._is_short() or self._cut or self._lacks_last_page()

    def _is_short(self) -> bool:
        if completeness.is_riff(self._file.head):
            # FFmpeg stops reading at the end of the sound; other chunks may follow.
            while self._file.read(_STEP_BYTES):
                pass
            return completeness.lacks_riff_end(self._file.head, self._file.count)
        return self.declared_s is not None and self._end_s < self.declared_s - _PADDING_S

    def _lacks_last_page(self) -> bool:
        return completeness.lacks_last_ogg_page(self._file.head, self._file.tail)

    def _frames(self) -> Iterator[AudioFrame]:
        kind = self._container.format.name
        for packet in audio_packets(self._container):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                # Only the last one can be cut off; any other is damaged.
                self._cut = True
                continue
            if packet.size:
                # The last packet of a WAV of unknown length is always called corrupt.
                corrupt = packet.is_corrupt and kind != "wav"
                self._cut = corrupt or (kind == "mp3" and completeness.is_cut_mp3(bytes(packet)))
            for frame in frames:
                self._end_s = (frame.time or self._end_s) + frame.samples / frame.sample_rate
                yield frame

    def _seekable(self) -> SeekableFile:
        if self._opened:
            return Nameless(self._opened)
        return ChunkedFile(self._file, chunk_bytes=_STEP_BYTES)

    def _open(self, seekable: SeekableFile | None) -> InputContainer:
        try:
            return open_seekable(seekable) if seekable else open_readable(self._file, self._file.head)
        except SerError:
            self._file.raise_fault()
            raise

    def _declared(self) -> float | None:
        head = self._file.head
        if completeness.is_riff(head) and head[12:16] == b"fmt ":
            # FFmpeg tells the duration of whole files only.
            return completeness.riff_duration_s(head)
        track = self._container.streams.audio[0]
        if track.duration and track.time_base:
            return float(track.duration * track.time_base)
        return self._container.duration / av.time_base if self._container.duration else None
