"""A connection to a client that must keep a least speed: the kernel's timeouts begin anew with each byte."""

from __future__ import annotations

import socket
import struct
from errno import ECONNRESET
from time import monotonic
from typing import Any

# So much must be sent, or read, within the timeout.
STEP_BYTES = 16 * 1024


class ClientSocket(socket.socket):
    """A connection that fails where its client is slower than `STEP_BYTES` in `timeout_s`, or sends too much.

    Only the time counts in which the server waits for the client.

    Args:
        connection: to the client; it is detached from this object.
        timeout_s: how long one step may take.
        max_request_bytes: the most that a request may have on the line. Limits of its body do not see what a
            chunked one has between its bytes, which may be a thousand times as much.
    """

    def __init__(self, connection: socket.socket, timeout_s: int, max_request_bytes: int) -> None:
        super().__init__(fileno=connection.detach())
        # A timeout of the kernel: before each request, gunicorn removes the one of Python.
        for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.setsockopt(socket.SOL_SOCKET, direction, struct.pack("ll", timeout_s, 0))
        self._timeout_s, self._max_request_bytes = timeout_s, max_request_bytes
        self.begin_request()

    def begin_request(self) -> None:
        """Count from here on."""
        self._request_bytes = 0
        self._begin_step()

    def _begin_step(self) -> None:
        self._waited_s, self._step_bytes = 0.0, 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Return up to `size` bytes.

        Raises:
            ConnectionResetError: the client is too slow, or has sent too much.
        """
        if flags:
            return super().recv(size, flags)
        started_s = monotonic()
        try:
            content = super().recv(size)
        except BlockingIOError as error:
            if self.gettimeout() == 0:
                raise
            raise _too_slow() from error
        self._waited_s += monotonic() - started_s
        self._request_bytes += len(content)
        if self._request_bytes > self._max_request_bytes:
            raise _too_much()
        self._step_bytes += len(content)
        if self._step_bytes >= STEP_BYTES:
            self._begin_step()
        elif content and self._waited_s > self._timeout_s:
            raise _too_slow()
        return content

    def sendall(self, content: Any, flags: int = 0, /) -> None:
        """Send all bytes.

        Raises:
            ConnectionResetError: the client reads too slowly.
        """
        if flags or self.gettimeout() is not None:
            super().sendall(content, flags)
            return
        left = memoryview(content).cast("B")
        while left:
            started_s = monotonic()
            try:
                # Waits no longer than the kernel's timeout until all are taken.
                sent = self.send(left[:STEP_BYTES])
            except BlockingIOError as error:
                raise _too_slow() from error
            if sent < len(left[:STEP_BYTES]) and monotonic() - started_s >= self._timeout_s:
                raise _too_slow()
            left = left[sent:]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a file, or `count` bytes of it, and return how many were sent. Raises as `sendall`."""
        file.seek(offset)
        sent = 0
        while content := file.read(STEP_BYTES if count is None else min(STEP_BYTES, count - sent)):
            self.sendall(content)
            sent += len(content)
        return sent


def _too_slow() -> ConnectionResetError:
    # gunicorn takes it for a client that is gone, and Werkzeug for a body that stopped arriving.
    return ConnectionResetError(ECONNRESET, "The client is too slow.")


def _too_much() -> ConnectionResetError:
    return ConnectionResetError(ECONNRESET, "The client sends too much.")
