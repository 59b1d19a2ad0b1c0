"""What both clients know of a live stream, and how they cut and time the sound for it; nothing here sends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from math import ceil

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from ser.client.errors import ApiError, UnexpectedAnswer
from ser.client.messages import Ready, StreamEvent, message_of

# Sound is sent in pieces of this length: the server counts very short ones as longer than they are.
_PIECE_S = 0.1
# A recording is sent as fast as it would be spoken, but for this much: where more waits in the server,
# results come late, or not at all.
_AHEAD_S = 0.5
_BYTES_PER_SAMPLE = {"s16le": 2, "f32le": 4}
_RATE_HZ = 16_000


class Conversation:
    """What the server has said so far.

    Attributes:
        is_over: whether it says no more.
    """

    def __init__(self) -> None:
        self.is_over = False

    def begin(self, text: str | bytes) -> Ready:
        """Read the first message.

        Args:
            text: JSON.

        Returns:
            It.

        Raises:
            ApiError: it is an error.
            UnexpectedAnswer: it is something else.
        """
        message = self._read(text)
        if not isinstance(message, Ready):
            raise UnexpectedAnswer("The live stream did not begin as documented.")
        return message

    def event(self, text: str | bytes) -> StreamEvent | None:
        """Read a later message.

        Args:
            text: JSON.

        Returns:
            The event; None for one that this client does not know.

        Raises:
            ApiError: it is an error.
            UnexpectedAnswer: it is something else.
        """
        message = self._read(text)
        if isinstance(message, Ready):
            raise UnexpectedAnswer("The live stream began twice.")
        return message

    def close(self, error: ConnectionClosed) -> None:
        """Take note of the end.

        Args:
            error: that tells of it.

        Raises:
            ConnectionClosed: the error, unless the stream was over.
        """
        self.is_over = True
        if error.rcvd is None or error.rcvd.code != CloseCode.NORMAL_CLOSURE:
            raise error

    def _read(self, text: str | bytes) -> Ready | StreamEvent | None:
        try:
            return message_of(text)
        except ApiError as error:
            # After any other one, the server closes the connection, which tells no more.
            self.is_over = error.code != "bad_frame"
            raise


class Cutter:
    """Cuts sound of any length into pieces as a live stream takes them, and says when to send them.

    Args:
        options: of the stream.
    """

    def __init__(self, options: Mapping[str, object]) -> None:
        rate_hz = options.get("sample_rate_hz")
        # The server refuses what is none.
        self._rate_hz = rate_hz if isinstance(rate_hz, int) and rate_hz > 0 else _RATE_HZ
        self._sample_bytes = _BYTES_PER_SAMPLE.get(str(options.get("encoding")), 2)
        self._piece_bytes = self._sample_bytes * ceil(_PIECE_S * self._rate_hz)
        self._held = b""
        self._sent_s = 0.0
        self._started_s: float | None = None

    def feed(self, sound: bytes) -> Iterator[bytes]:
        """Yield the pieces that are whole now.

        Args:
            sound: the next bytes of it.

        Yields:
            Each piece; what is left at the end is held back.
        """
        sound = self._held + sound
        whole = len(sound) - len(sound) % self._piece_bytes
        self._held = sound[whole:]
        for start in range(0, whole, self._piece_bytes):
            yield sound[start : start + self._piece_bytes]

    def rest(self) -> bytes:
        """Return what was held back, without half a sample at the end."""
        return self._held[: len(self._held) - len(self._held) % self._sample_bytes]

    def wait_s(self, piece: bytes) -> float:
        """Return how long to wait after a piece was sent; 0 where sound comes as it is spoken.

        Args:
            piece: it.

        Returns:
            Seconds.
        """
        now_s = time.monotonic()
        if self._started_s is None:
            self._started_s = now_s
        self._sent_s += len(piece) / self._sample_bytes / self._rate_hz
        return max(0.0, self._sent_s - _AHEAD_S - (now_s - self._started_s))
