"""Messages between a process and a decoder process: a few values as JSON, and bytes after them."""

from __future__ import annotations

import json
import select
import socket
import struct
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Bytes of the JSON, and bytes after it.
_SIZES = struct.Struct("!II")
_MAX_JSON_BYTES = 4096
# One is read in as few steps as possible: a second of sound is 64 kB.
_BUFFER_BYTES = 1024 * 1024


class Broken(Exception):
    """The other side is gone, or sends what no message is."""


@dataclass(frozen=True)
class Message:
    """What one side tells the other.

    Attributes:
        kind: of message.
        values: what it says.
        content: the bytes after it [shape=(n,)], uint8.
    """

    kind: str
    values: dict[str, Any]
    content: NDArray[np.uint8]


class Connection:
    """Sends and receives messages.

    Args:
        connected: one end of a socket pair.
        max_content_bytes: a message with more is not received.

    Attributes:
        max_content_bytes: that.
    """

    def __init__(self, connected: socket.socket, *, max_content_bytes: int) -> None:
        self._socket = connected
        self.max_content_bytes = max_content_bytes
        self._timeout_s: float | None = None
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            connected.setsockopt(socket.SOL_SOCKET, buffer, _BUFFER_BYTES)

    def set_timeout(self, seconds: float | None) -> None:
        """Wait no longer than that for each whole message; None waits for ever."""
        self._timeout_s = seconds
        self._socket.settimeout(seconds)

    @property
    def is_quiet(self) -> bool:
        """Whether the other side is there, and says nothing."""
        return not select.select([self._socket], [], [], 0)[0]

    def send(self, kind: str, content: bytes | memoryview = b"", **values: Any) -> None:
        """Send a message.

        Raises:
            Broken: the other side is gone.
            TimeoutError: it does not read.
        """
        head = json.dumps({"kind": kind, **values}).encode()
        try:
            if self._timeout_s is not None:
                self._socket.settimeout(self._timeout_s)
            self._socket.sendall(_SIZES.pack(len(head), len(content)) + head)
            if content:
                self._socket.sendall(content)
        except TimeoutError:
            raise
        except OSError as error:
            raise Broken("The other side is gone.") from error

    def receive(self) -> Message:
        """Wait for a message.

        Raises:
            Broken: the other side is gone, or what it sends is no message.
            TimeoutError: it sends nothing.
        """
        deadline_s = None if self._timeout_s is None else monotonic() + self._timeout_s
        json_bytes, content_bytes = _SIZES.unpack(self._exactly(_SIZES.size, deadline_s).data)
        if json_bytes > _MAX_JSON_BYTES or content_bytes > self.max_content_bytes:
            raise Broken(f"A message of {json_bytes} + {content_bytes} bytes is too large.")
        try:
            values = json.loads(bytes(self._exactly(json_bytes, deadline_s)))
            kind = values.pop("kind")
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
            raise Broken("What was sent is no message.") from error
        return Message(kind, values, self._exactly(content_bytes, deadline_s))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _exactly(self, size: int, deadline_s: float | None) -> NDArray[np.uint8]:
        # Not zeroed first, and aligned for any type of sample.
        content = np.empty(size, dtype=np.uint8)
        left = content.data
        while left:
            try:
                if deadline_s is not None:
                    # At least so much: 0 would not wait at all.
                    self._socket.settimeout(max(deadline_s - monotonic(), 0.001))
                count = self._socket.recv_into(left)
            except TimeoutError:
                raise
            except OSError as error:
                raise Broken("The other side is gone.") from error
            if not count:
                raise Broken("The other side hung up.")
            left = left[count:]
        return content
