"""The bytes or the path of an audio file -> mono float32 at 16 kHz, in memory, bounded."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from time import thread_time

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer

from ser import stages
from ser.audio.containers import Nameless, audio_packets, open_seekable
from ser.audio.resampling import to_mono_16k
from ser.audio.sources import SeekableFile
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import DecodeError, TooLong
from ser.limits import MAX_DURATION_S
from ser.stages import stage

NO_SOUND = "The file holds no sound that could be decoded; it may be cut off."
NOT_FINITE = "The audio holds samples that are no finite numbers (NaN or Inf)."
TOO_SLOW = "It takes too long to decode."


def decode(
    source: bytes | Path,
    *,
    max_duration_s: float = MAX_DURATION_S,
    max_decoding_s: float | None = None,
) -> Waveform:
    """Decode the first audio track of `source` to a mono waveform, the mean of its channels.

    Damaged packets are skipped, so a file cut in the middle gives what is left of it. Samples beyond full
    scale (float files) are scaled down to it.

    Args:
        source: the bytes of an audio file, or the path of one.
        max_duration_s: decoding stops, and fails, beyond this many seconds of sound. The duration that the
            file declares is not relied on: it is often an estimate.
        max_decoding_s: the same for seconds of processor time; None for no bound.

    Returns:
        y [shape=(n,)], float32, 16 kHz mono, finite, within -1..1.

    Raises:
        UnsupportedFormat: the bytes are no container we read.
        DecodeError: no sound can be decoded, or it holds NaN or Inf, or takes too long.
        TooLong: there are more than `max_duration_s` seconds.
        OSError: the path cannot be read.
    """
    with stage("decode"):
        if isinstance(source, Path):
            with source.open("rb") as file:
                y = _decode(Nameless(file), max_duration_s, max_decoding_s)
        else:
            y = _decode(io.BytesIO(source), max_duration_s, max_decoding_s)
    stages.decoded(len(y) / SAMPLE_RATE_HZ)
    return y


def _decode(file: SeekableFile, max_duration_s: float, max_decoding_s: float | None) -> Waveform:
    deadline = None if max_decoding_s is None else thread_time() + max_decoding_s
    with open_seekable(file) as container:
        chunks: list[Waveform] = []
        budget = int(max_duration_s * SAMPLE_RATE_HZ)
        for chunk in to_mono_16k(_frames(container, deadline)):
            budget -= len(chunk)
            if budget < 0:
                raise TooLong(f"At most {max_duration_s:g} s of audio are taken.")
            chunks.append(chunk)
    if not chunks:
        raise DecodeError(NO_SOUND)
    return _within_full_scale(np.concatenate(chunks))


def _frames(container: InputContainer, deadline: float | None) -> Iterator[AudioFrame]:
    for packet in audio_packets(container):
        if deadline is not None and thread_time() > deadline:
            raise DecodeError(TOO_SLOW)
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _within_full_scale(y: Waveform) -> Waveform:
    peak = float(np.abs(y).max(initial=0.0))
    if not np.isfinite(peak):
        raise DecodeError(NOT_FINITE)
    return y / np.float32(peak) if peak > 1.0 else y
