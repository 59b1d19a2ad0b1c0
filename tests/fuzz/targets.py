"""What damaged bytes are given to, and what counts as a fault."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from tests.fuzz import contract, wire

from ser.audio.decode import TOO_SLOW
from ser.audio.decoders import OWN_PROCESS, Decoder
from ser.audio.isolation.decoder import CRASHED, IsolatedDecoder
from ser.audio.isolation.decoder_process import TOO_MUCH_MEMORY
from ser.audio.isolation.launcher import Launcher
from ser.errors import AudioError
from ser.limits import MAX_DECODING_S
from waiting import DEADLINE_S

# Beyond it, a file takes too much of the process that decodes it.
MEMORY_BYTES = 2 * 1024**3
_MAX_S = 300.0
_READ_BYTES = 1 << 16


class Target(Protocol):
    """What takes damaged bytes."""

    def fault(self, content: bytes) -> str | None:
        """Return what went wrong with these bytes; None if nothing did."""


class Decoding:
    """Decoding in this process and in a decoder process: only known errors, and the same of both.

    Make it in a process of one thread.
    """

    def __init__(self) -> None:
        self._launcher = Launcher()
        self._launcher.keep_running()
        self._isolated = IsolatedDecoder(self._launcher, max_source_bytes=100_000_000)

    def fault(self, content: bytes) -> str | None:
        """Return what went wrong with a file."""
        for way in (_decoded, _read, _read_apart):
            here, there = way(OWN_PROCESS, content), way(self._isolated, content)
            for said in (here, there):
                if said.startswith("unforeseen"):
                    return f"{way.__name__[1:]}: {said}"
            for said in (CRASHED, TOO_MUCH_MEMORY, TOO_SLOW):
                # Where it takes too long in both, the limit has done its work.
                if there.endswith(said) and here != there:
                    return f"{way.__name__[1:]}: {said} Here: {here[:80]}"
            if here != there:
                return f"{way.__name__[1:]}: {here[:80]} here, {there[:80]} there"
        return None

    def close(self) -> None:
        """End its processes."""
        self._isolated.close()
        self._launcher.close()


def bound_memory() -> None:
    """Let this process fail where it takes too much."""
    own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (own + MEMORY_BYTES, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _outcome(work: Callable[[], bytes]) -> str:
    try:
        return hashlib.sha256(work()).hexdigest()
    except AudioError as error:
        return f"{error.code}: {error}"
    except Exception as error:  # noqa: BLE001
        return f"unforeseen {type(error).__name__}: {error}"


def _decoded(decoder: Decoder, content: bytes) -> str:
    def work() -> bytes:
        y = decoder.decode(content, max_duration_s=_MAX_S, max_decoding_s=MAX_DECODING_S).y
        _require_sound(y)
        return y.tobytes()

    return _outcome(work)


def _read(decoder: Decoder, content: bytes, *, stereo: bool = False) -> str:
    def work() -> bytes:
        with decoder.open(io.BytesIO(content), max_duration_s=_MAX_S) as recording:
            declared_s = recording.declared_s
            digest = hashlib.sha256()
            for y in recording.channels() if stereo else recording:
                _require_sound(y)
                digest.update(y.tobytes())
            facts = (declared_s, recording.truncated, recording.decoded_s, recording.read_bytes)
        return digest.digest() + repr(facts).encode()

    return _outcome(work)


def _read_apart(decoder: Decoder, content: bytes) -> str:
    return _read(decoder, content, stereo=True)


def _require_sound(y: np.ndarray) -> None:
    if y.dtype != np.float32 or not np.isfinite(y).all() or float(np.abs(y).max(initial=0.0)) > 1.0:
        raise ArithmeticError("samples that are none")


class Requests:
    """Requests to a server, byte by byte: an answer of the contract, or the end of the connection.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def fault(self, content: bytes) -> str | None:
        """Return what went wrong with a request."""
        try:
            received = exchanged(self._port, content)
        except TimeoutError:
            return "no answer"
        if not received and wire.is_whole(content):
            return "hung up without an answer"
        return contract.fault_of_bytes(received)

    def close(self) -> None:
        """There is nothing to end."""


class Streams(Requests):
    """Live streams of a server: messages of the document, and an end."""

    def fault(self, content: bytes) -> str | None:
        """Return what went wrong with a stream."""
        try:
            received = exchanged(self._port, content)
        except TimeoutError:
            return "no end"
        return contract.fault_of_bytes(received)


def exchanged(port: int, content: bytes) -> bytes:
    """Send bytes, and return all that comes back until the server hangs up."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as line:
        try:
            line.sendall(content)
            while part := line.recv(_READ_BYTES):
                received += part
        except ConnectionError:
            # It was ended at once; what came before is judged.
            pass
    return bytes(received)


def crashes(content: bytes) -> bool:
    """Return whether to decode these bytes in a process ends it."""
    child = os.fork()
    if child == 0:
        bound_memory()
        for way in (_decoded, _read, _read_apart):
            way(OWN_PROCESS, content)
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0
