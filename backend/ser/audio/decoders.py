"""Who decodes: this process, or processes of their own that a damaged file cannot take others down with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import thread_time
from types import TracebackType
from typing import Protocol, Self

from ser.audio import decode
from ser.audio.sources import Readable
from ser.audio.stream import AudioStream
from ser.audio.waveform import Channels, Waveform
from ser.limits import MAX_DECODING_S, MAX_DURATION_S


@dataclass(frozen=True)
class Decoded:
    """A decoded file.

    Attributes:
        y: waveform [shape=(n,)], float32, 16 kHz mono, finite, within -1..1.
        decoding_s: processor time that it took.
    """

    y: Waveform
    decoding_s: float


class Recording(Protocol):
    """A recording of any length, decoded as it is read; see `AudioStream`."""

    @property
    def declared_s(self) -> float | None:
        """How long the file declares to be; None where it does not."""

    @property
    def truncated(self) -> bool:
        """After the end, whether the file is cut off."""

    @property
    def decoded_s(self) -> float:
        """How many seconds were decoded so far."""

    @property
    def read_bytes(self) -> int:
        """How many bytes of the file were read so far."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __iter__(self) -> Iterator[Waveform]:
        """Decode it, once; raises as `AudioStream`."""

    def channels(self) -> Iterator[Channels]:
        """Decode it, once, without mixing its two channels; raises as `AudioStream`."""


class Decoder(Protocol):
    """Whoever decodes."""

    def decode(
        self,
        source: bytes | Path,
        *,
        max_duration_s: float = MAX_DURATION_S,
        max_decoding_s: float | None = None,
    ) -> Decoded:
        """Decode a file; see `ser.audio.decode.decode`, also for what it raises."""

    def open(
        self, source: Path | Readable, *, max_duration_s: float, max_decoding_s: float = MAX_DECODING_S
    ) -> Recording:
        """Open a recording; see `AudioStream`, also for what it raises."""


class OwnProcess:
    """Decodes in this process."""

    def decode(
        self,
        source: bytes | Path,
        *,
        max_duration_s: float = MAX_DURATION_S,
        max_decoding_s: float | None = None,
    ) -> Decoded:
        """Decode a file; see `Decoder`."""
        started_s = thread_time()
        y = decode.decode(source, max_duration_s=max_duration_s, max_decoding_s=max_decoding_s)
        return Decoded(y, thread_time() - started_s)

    def open(
        self, source: Path | Readable, *, max_duration_s: float, max_decoding_s: float = MAX_DECODING_S
    ) -> Recording:
        """Open a recording; see `Decoder`."""
        return AudioStream(source, max_duration_s=max_duration_s, max_decoding_s=max_decoding_s)


OWN_PROCESS: Decoder = OwnProcess()
