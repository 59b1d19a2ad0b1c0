"""What a decoder process runs: it decodes one file after the other for whoever started it."""

from __future__ import annotations

import io
import os
import socket
import wave
from collections.abc import Callable
from contextlib import suppress
from time import process_time

import numpy as np

from ser import stages
from ser.audio import decode as audio
from ser.audio.isolation import sandbox
from ser.audio.isolation.messages import Broken, Connection, Message
from ser.audio.stream import AudioStream
from ser.audio.waveform import Waveform
from ser.errors import AudioError, DecodeError, SerError
from ser.stages import Stage

TOO_MUCH_MEMORY = "It takes too much memory to decode."
# The kernel ends a process that computes for so many times what its own clock allows.
_SLACK = 2.0
# A form's file: more than `/predict` and `/baseline` take is refused before.
MAX_CONTENT_BYTES = 2**31
# FFmpeg reads less at a time, and each time that the other side is asked takes a fifth of a millisecond.
_ASKED_BYTES = 128 * 1024


def load_all() -> None:
    """Load what is loaded only when a file is decoded: a decoder process can open no file for it."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    for content in (whole.getvalue(), whole.getvalue()[:40], b"no sound"):
        with suppress(AudioError):
            audio.decode(content)
        with suppress(AudioError), AudioStream(io.BytesIO(content), max_duration_s=1) as recording:
            list(recording.channels())


def serve(connected: socket.socket, decode: Callable[..., Waveform] = audio.decode) -> None:
    """Decode what comes, until the other side hangs up.

    Args:
        connected: the connection to it.
        decode: what decodes a file; tests give one that crashes.
    """
    connection = Connection(connected, max_content_bytes=MAX_CONTENT_BYTES)
    spent = _Spent()
    stages.subscribe(spent)
    sandbox.enter()
    try:
        connection.send("ready", pid=os.getpid())
        while True:
            job = connection.receive()
            try:
                sandbox.allow(memory_bytes=job.values["memory_bytes"])
                if job.kind == "decode":
                    _decode(connection, job, decode)
                else:
                    _read(connection, job, spent)
            except SerError as error:
                connection.send("error", code=error.code, detail=str(error))
            except MemoryError:
                connection.send("error", code=DecodeError.code, detail=TOO_MUCH_MEMORY)
            finally:
                # The next file may be larger.
                del job
                sandbox.lift_memory_limit()
    except Broken:
        return


class _Spent:
    """Adds up the processor time of decoding."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def stage_ended(self, name: Stage, started_s: float, seconds: float) -> None:  # noqa: ARG002
        self._seconds += seconds

    def audio_decoded(self, seconds: float) -> None:
        pass

    def take(self) -> float:
        """Return it, and begin anew."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds


class _Asked:
    """A recording's bytes, which the other side is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._left = b""

    def read(self, size: int, /) -> bytes:
        if not self._left:
            self._connection.send("need", size=max(size, _ASKED_BYTES))
            self._left = self._connection.receive().content.tobytes()
        content, self._left = self._left[:size], self._left[size:]
        return content


def _decode(connection: Connection, job: Message, decode: Callable[..., Waveform]) -> None:
    started_s, max_decoding_s = process_time(), job.values["max_decoding_s"]
    sandbox.allow(processor_s=None if max_decoding_s is None else _SLACK * max_decoding_s)
    y = decode(
        job.content.tobytes(), max_duration_s=job.values["max_duration_s"], max_decoding_s=max_decoding_s
    )
    connection.send("samples", _bytes(y), channels=1, decoding_s=process_time() - started_s)


def _read(connection: Connection, job: Message, spent: _Spent) -> None:
    max_decoding_s = job.values["max_decoding_s"]
    # Clips before it are none of its business.
    spent.take()
    sandbox.allow(processor_s=_SLACK * max_decoding_s)
    with AudioStream(
        _Asked(connection), max_duration_s=job.values["max_duration_s"], max_decoding_s=max_decoding_s
    ) as recording:
        connection.send("opened", declared_s=recording.declared_s)
        stereo = connection.receive().values["stereo"]
        chunks = recording.channels() if stereo else iter(recording)
        for y in chunks:
            connection.send(
                "samples",
                _bytes(y),
                channels=2 if stereo else 1,
                decoding_s=spent.take(),
                # More was asked for than FFmpeg has read.
                read_bytes=recording.read_bytes,
            )
            sandbox.allow(processor_s=_SLACK * max_decoding_s)
    connection.send("end", truncated=recording.truncated, read_bytes=recording.read_bytes)


def _bytes(y: Waveform) -> memoryview:
    return np.ascontiguousarray(y, dtype=np.float32).data.cast("B")
