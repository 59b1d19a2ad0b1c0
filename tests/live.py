"""A client of live streams, whose every message is held against the AsyncAPI document."""

from __future__ import annotations

import base64
import json
import struct
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import yaml
from jsonschema import Draft7Validator
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from ser.audio.waveform import SAMPLE_RATE_HZ
from waiting import DEADLINE_S

DOCUMENT = yaml.safe_load((Path(__file__).parents[1] / "docs" / "asyncapi.yaml").read_text())
_SCHEMAS = {
    schema["properties"]["type"]["const"]: f"#/components/schemas/{name}"
    for name, schema in DOCUMENT["components"]["schemas"].items()
    if "type" in schema.get("properties", {})
}


# The request that opens a live stream.
HANDSHAKE = (
    b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n\r\n"
)


def check(message: dict[str, Any]) -> None:
    """Raise unless a message is as the document says."""
    Draft7Validator({"$ref": _SCHEMAS[message["type"]], **DOCUMENT}).validate(message)


def pcm(y: np.ndarray) -> bytes:
    """Return a waveform as 16-bit samples."""
    return np.round(y * 32767).astype("<i2").tobytes()


def frame(opcode: int, content: bytes, *, final: bool = True) -> bytes:
    """Return a masked frame, whose mask is zero."""
    size = len(content)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 2**16:
        length = b"\xfe" + struct.pack(">H", size)
    else:
        length = b"\xff" + struct.pack(">Q", size)
    return bytes([0x80 * final | opcode]) + length + bytes(4) + content


class Client:
    """A connection to WS /stream of a server, which is opened again while the server refuses it.

    The server may be unable to keep up, because of other work on the machine, and what held a place before
    may not have given it back yet. Who waits to be refused asks nothing, and hears.

    Args:
        url: of the server, http://...
        subprotocols: that the handshake offers.
        headers: of the handshake.
    """

    def __init__(self, url: str, *, subprotocols: Sequence[str] = (), **headers: str) -> None:
        address = url.replace("http", "ws", 1) + "/stream"
        self._opened = ExitStack()
        self._connect = partial(
            connect,
            address,
            additional_headers=headers,
            subprotocols=[Subprotocol(each) for each in subprotocols] or None,
            compression=None,
            open_timeout=DEADLINE_S,
            close_timeout=DEADLINE_S,
        )

    def __enter__(self) -> Self:
        self.line = self._opened.enter_context(self._connect())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def configure(self, **config: object) -> dict[str, Any]:
        """Send the configuration, and return the answer."""
        message = {"type": "config", **config}
        check(message)
        return self.ask_first(json.dumps(message))

    def ask_first(self, content: str | bytes) -> dict[str, Any]:
        """Send a first message, whatever it is, and return the answer."""
        over_s = time.monotonic() + DEADLINE_S
        while True:
            with suppress(ConnectionClosed):
                self.line.send(content)
            answer = self.receive()
            if answer.get("code") not in ("busy", "too_many_requests") or time.monotonic() > over_s:
                return answer
            self.line.close()
            time.sleep(0.05)
            self.line = self._opened.enter_context(self._connect())

    def tell(self, message: object) -> None:
        """Send a message as text."""
        self.line.send(json.dumps(message))

    def play(self, sound: bytes, piece: int = 2 * SAMPLE_RATE_HZ // 10) -> None:
        """Send sound in pieces of so many bytes, at once."""
        for i in range(0, len(sound), piece):
            self.line.send(sound[i : i + piece])

    def play_in_step(self, sound: bytes, piece: int = 2 * SAMPLE_RATE_HZ // 10) -> list[dict[str, Any]]:
        """Send each piece of sound when the server is done with the one before, and return the answers."""
        answers = []
        for i in range(0, len(sound), piece):
            self.line.send(sound[i : i + piece])
            # Is refused, and changes nothing: its answer shows that the piece before it was processed.
            self.line.send(b"odd")
            while (answer := self.receive()).get("code") != "bad_frame":
                answers.append(answer)
        return answers

    def receive(self, timeout_s: float = DEADLINE_S) -> dict[str, Any]:
        """Return the next message."""
        message = json.loads(self.line.recv(timeout_s))
        check(message)
        return message

    def hear_all(self, timeout_s: float = DEADLINE_S) -> list[dict[str, Any]]:
        """Return all messages until the server closes."""
        received = []
        try:
            while True:
                received.append(self.receive(timeout_s))
        except ConnectionClosed:
            return received

    @property
    def end(self) -> tuple[int | None, str | None]:
        """The code and the reason of the close."""
        return self.line.close_code, self.line.close_reason
