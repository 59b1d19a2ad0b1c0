"""Decodes in decoder processes: what crashes, hangs or takes too much memory there costs one file."""

from __future__ import annotations

import errno
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from time import monotonic, perf_counter
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from ser import stages
from ser.audio.decode import TOO_SLOW
from ser.audio.decoders import Decoded
from ser.audio.isolation.launcher import Launcher
from ser.audio.isolation.messages import Broken, Connection, Message
from ser.audio.sources import Readable
from ser.audio.waveform import SAMPLE_RATE_HZ, Channels, Waveform
from ser.errors import AudioError, Busy, DecodeError
from ser.limits import MAX_DECODING_S, MAX_DURATION_S
from ser.processors import usable_processors
from ser.stages import stage

logger = logging.getLogger("ser.decoder")

CRASHED = "The file crashes the decoder."
_FAULTS = {fault.code: fault for fault in AudioError.__subclasses__()}
# What decoding may take beside the file itself and its samples.
_MEMORY_BYTES = 256 * 1024**2
_SAMPLE_BYTES = 4
# Of a recording, a second at a time comes; this is far more.
_MAX_CHUNK_BYTES = 64 * 1024**2
_MAX_STEP_BYTES = 1024**2
# FFmpeg asks a few times.
_MAX_NEEDS_AFTER_END = 1000
_MAX_NUMBER = 1e15
_MAX_DETAIL = 200
# The clock of the wall may go on so many times faster than that of a busy processor.
_WAIT_FACTOR, LEAST_WAIT_S = 10, 10.0
_START_S = 30.0
# Then it makes room for a new one, which has forgotten all of them.
_FILES_EACH = 1000


class IsolatedDecoder:
    """Decodes in decoder processes, of which it keeps as many as there are processors; see `Decoder`.

    Args:
        launcher: starts them.
        max_source_bytes: the largest recording that is read.
    """

    def __init__(self, launcher: Launcher, *, max_source_bytes: int) -> None:
        self._launcher = launcher
        self._max_source_bytes = max_source_bytes
        self._lock = Lock()
        self._idle: list[_Process] = []
        self._idle_limit = usable_processors()

    def warm_up(self) -> None:
        """Start one process, so that no request has to wait for it."""
        self._keep(_Process(self._launcher))

    def decode(
        self,
        source: bytes | Path,
        *,
        max_duration_s: float = MAX_DURATION_S,
        max_decoding_s: float | None = None,
    ) -> Decoded:
        """Decode a file; see `Decoder`.

        Raises:
            Busy: no decoder process can be started.
        """
        content = source if isinstance(source, bytes) else source.read_bytes()
        limit_s = MAX_DECODING_S if max_decoding_s is None else max_decoding_s
        sample_bytes = int(max_duration_s * SAMPLE_RATE_HZ) * _SAMPLE_BYTES
        with stage("decode"):
            for is_last in (False, True):
                process = self._process(max_content_bytes=sample_bytes, anew=is_last)
                process.connection.set_timeout(_wait_s(limit_s))
                started_s = monotonic()
                try:
                    process.connection.send(
                        "decode",
                        content,
                        max_duration_s=max_duration_s,
                        max_decoding_s=max_decoding_s,
                        # Chunks and the whole at once, and a copy within full scale.
                        memory_bytes=_MEMORY_BYTES + 2 * len(content) + 4 * sample_bytes,
                    )
                    decoded = _decoded(process.connection.receive())
                except AudioError:
                    self._keep(process)
                    raise
                except TimeoutError as error:
                    process.kill()
                    raise _lost(TOO_SLOW) from error
                except Broken as error:
                    process.kill()
                    fault = _lost(CRASHED)
                    # Whoever killed it may have meant another file; but what took long takes long again.
                    if is_last or monotonic() - started_s > limit_s:
                        raise fault from error
                except BaseException:
                    process.kill()
                    raise
                else:
                    self._keep(process)
                    break
        stages.decoded(len(decoded.y) / SAMPLE_RATE_HZ)
        return decoded

    def open(
        self, source: Path | Readable, *, max_duration_s: float, max_decoding_s: float = MAX_DECODING_S
    ) -> IsolatedRecording:
        """Open a recording; see `Decoder`.

        Raises:
            Busy: no decoder process can be started.
        """
        opened = source.open("rb") if isinstance(source, Path) else None
        return IsolatedRecording(
            self._process(max_content_bytes=_MAX_CHUNK_BYTES),
            source,
            opened,
            max_duration_s=max_duration_s,
            max_decoding_s=max_decoding_s,
            memory_bytes=_MEMORY_BYTES + 2 * self._max_source_bytes,
        )

    def close(self) -> None:
        """End the processes that wait for work."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.kill()

    def _process(self, *, max_content_bytes: int, anew: bool = False) -> _Process:
        process = None if anew else self._idle_process()
        if process is None:
            process = _Process(self._launcher)
        process.connection.max_content_bytes = max_content_bytes
        return process

    def _idle_process(self) -> _Process | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                process = self._idle.pop()
            # Not one that is gone, nor one that says something unasked.
            if process.connection.is_quiet:
                return process
            process.kill()

    def _keep(self, process: _Process) -> None:
        process.files += 1
        with self._lock:
            has_room = process.files < _FILES_EACH and len(self._idle) < self._idle_limit
            if has_room and process.connection.is_quiet:
                self._idle.append(process)
                return
        process.kill()


class _Process:
    """A decoder process.

    Args:
        launcher: starts it.

    Attributes:
        connection: to it.
        files: how many it has decoded.
    """

    def __init__(self, launcher: Launcher) -> None:
        self.files = 0
        try:
            self.connection = Connection(launcher.ask(), max_content_bytes=0)
        except OSError as error:
            raise _no_process() from error
        self.connection.set_timeout(_START_S)
        try:
            pid = int(self.connection.receive().values["pid"])
            self._handle = _handle_of(pid)
        except (Broken, OSError, KeyError, ValueError) as error:
            self.connection.close()
            raise _no_process() from error
        self._pid = pid

    def kill(self) -> None:
        """End it, whatever it does."""
        self.connection.close()
        with suppress(ProcessLookupError):
            if self._handle is None:
                os.kill(self._pid, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        if self._handle is not None:
            os.close(self._handle)


class IsolatedRecording:
    """A recording of any length that a decoder process decodes; see `AudioStream`."""

    def __init__(
        self,
        process: _Process,
        source: Path | Readable,
        opened: BinaryIO | None,
        *,
        max_duration_s: float,
        max_decoding_s: float,
        memory_bytes: int,
    ) -> None:
        self.declared_s: float | None = None
        self.truncated = False
        self.read_bytes = self._given_bytes = 0
        self._decoded = 0
        self._max_samples = max_duration_s * SAMPLE_RATE_HZ
        self._process = process
        self._opened = opened
        self._source: Readable = opened or source  # type: ignore[assignment]
        self._needs_after_end = 0
        process.connection.set_timeout(_wait_s(max_decoding_s))
        try:
            self._send(
                "read",
                max_duration_s=max_duration_s,
                max_decoding_s=max_decoding_s,
                memory_bytes=memory_bytes,
            )
            message = self._next("opened")
            if message.values.get("declared_s") is not None:
                with _broken_is_crashed():
                    self.declared_s = _number(message, "declared_s")
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def decoded_s(self) -> float:
        """How many seconds were decoded so far."""
        return self._decoded / SAMPLE_RATE_HZ

    def __iter__(self) -> Iterator[Waveform]:
        """Decode it, once; see `AudioStream`."""
        return self._chunks(stereo=False)

    def channels(self) -> Iterator[Channels]:
        """Decode it, once, without mixing its two channels; see `AudioStream`."""
        return self._chunks(stereo=True)

    def _chunks(self, *, stereo: bool) -> Iterator[Waveform]:
        self._send("go", stereo=stereo)
        while (message := self._next("samples", "end")).kind == "samples":
            with _broken_is_crashed():
                y = _samples(message, channels=2 if stereo else 1)
                decoding_s = _number(message, "decoding_s")
                self._note_read(message)
            stages.ended("decode", perf_counter() - decoding_s, decoding_s)
            stages.decoded(y.shape[-1] / SAMPLE_RATE_HZ)
            self._decoded += y.shape[-1]
            if self._decoded > self._max_samples:
                # It would have said so itself.
                raise _lost(CRASHED)
            yield y
        with _broken_is_crashed():
            self._note_read(message)
        self.truncated = bool(message.values.get("truncated"))

    def _note_read(self, message: Message) -> None:
        # Somebody relies on it: at least one byte, and none that it was not given.
        self.read_bytes = max(1, min(int(_number(message, "read_bytes")), self._given_bytes))

    def _next(self, *kinds: str) -> Message:
        """Return the next message of these kinds; until then, hand over the bytes that are asked for."""
        while True:
            with _broken_is_crashed():
                message = self._process.connection.receive()
                if message.kind in kinds:
                    return message
                if message.kind != "need":
                    raise _fault(message)
                size = max(1, min(int(_number(message, "size")), _MAX_STEP_BYTES))
            # What this raises is said as it is.
            content = self._source.read(size)
            self._given_bytes += len(content)
            self._needs_after_end += not content
            if self._needs_after_end > _MAX_NEEDS_AFTER_END:
                raise _lost(CRASHED)
            self._send("bytes", content)

    def _send(self, kind: str, content: bytes = b"", **values: object) -> None:
        with _broken_is_crashed():
            self._process.connection.send(kind, content, **values)

    def _end(self) -> None:
        # Not kept for another: a new one is there at once, beside what a recording takes.
        self._process.kill()
        if self._opened:
            self._opened.close()


def _wait_s(max_decoding_s: float) -> float:
    """Return how long to wait for a process that may compute for so long."""
    return max(_WAIT_FACTOR * max_decoding_s, LEAST_WAIT_S)


def _handle_of(pid: int) -> int | None:
    """Return what stands for this process alone, also after its end; None where the system has no such."""
    try:
        return os.pidfd_open(pid)
    except AttributeError:
        return None
    except OSError as error:
        # Old kernels do not have it, and some containers forbid it.
        if error.errno in (errno.ENOSYS, errno.EPERM, errno.EINVAL):
            return None
        raise


@contextmanager
def _broken_is_crashed() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise _lost(TOO_SLOW) from error
    except Broken as error:
        raise _lost(CRASHED) from error


def _lost(reason: str) -> DecodeError:
    logger.warning("a decoder process was lost", extra={"reason": reason})
    return DecodeError(reason)


def _no_process() -> Busy:
    return Busy("No decoder process could be started; try again in a moment.", what="processors")


def _decoded(message: Message) -> Decoded:
    if message.kind != "samples":
        raise _fault(message)
    return Decoded(_samples(message, channels=1), _number(message, "decoding_s"))


def _samples(message: Message, *, channels: int) -> Waveform:
    """Return samples [shape=(n,)] or [shape=(2, n)], checked: a file may have taken over what decodes it."""
    content: NDArray[np.uint8] = message.content
    if len(content) % (_SAMPLE_BYTES * channels) or message.values.get("channels") != channels:
        raise Broken("These are no samples.")
    y = content.view(np.float32)
    if not (len(y) == 0 or float(np.abs(y).max()) <= 1.0):
        raise Broken("The samples are beyond full scale.")
    return y if channels == 1 else y.reshape(channels, -1)


def _number(message: Message, name: str) -> float:
    value = message.values.get(name)
    if not isinstance(value, int | float) or not 0 <= value <= _MAX_NUMBER:
        raise Broken(f"'{name}' is no number.")
    return float(value)


def _fault(message: Message) -> AudioError:
    """Return the error that a decoder process reports."""
    code, detail = message.values.get("code"), message.values.get("detail")
    if message.kind != "error" or not isinstance(code, str) or code not in _FAULTS:
        raise Broken("This was not asked for.")
    # A sentence, and not the memory of the process.
    if not isinstance(detail, str) or len(detail) > _MAX_DETAIL or not detail.isprintable():
        raise Broken("This is no sentence.")
    return _FAULTS[code](detail)
