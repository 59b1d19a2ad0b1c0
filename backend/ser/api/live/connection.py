"""The WebSocket of one live stream, with bounds on what its client may send and leave unread."""

from __future__ import annotations

from collections import deque

from websockets.asyncio.connection import Connection
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import Event, Protocol, Side

from ser.api.live.pace import Pace
from ser.audio.pcm import MAX_PIECE_BYTES
from ser.errors import TooFast

# Twice the largest piece of sound: the refusal of a piece that is too large can then say why.
MAX_MESSAGE_BYTES = 2 * MAX_PIECE_BYTES
# How long the closing handshake may take.
CLOSING_S = 1.0
# A ping counts as this much sound.
_PING_S = 0.1
_QUEUED_MESSAGES = 16
# A client that leaves more answers unread is taken for gone.
_MAX_UNREAD_BYTES = 64 * 1024


class LiveConnection(Connection):
    """A WebSocket, closed when its client sends pings without end or does not read the answers.

    Attributes:
        received_bytes: how many bytes arrived.
        arrived_s: when the message that was last returned arrived, on the loop's clock.
    """

    def __init__(self) -> None:
        # The sound shows that the client is alive: we send no pings.
        super().__init__(
            Protocol(Side.SERVER, max_size=MAX_MESSAGE_BYTES),
            ping_interval=None,
            close_timeout=CLOSING_S,
            max_queue=_QUEUED_MESSAGES,
        )
        self.received_bytes = 0
        self.arrived_s = 0.0
        self._arrivals: deque[float] = deque()
        self._pings = Pace(self.loop.time())

    async def next_message(self) -> str | bytes:
        """Wait for the next message and return it. Cancelling this call loses no message."""
        message = await self.recv()
        self.arrived_s = self._arrivals.popleft()
        return message

    def data_received(self, data: bytes) -> None:
        """Take in bytes; hang up if too many answers are unread."""
        self.received_bytes += len(data)
        super().data_received(data)
        if self.transport.get_write_buffer_size() > _MAX_UNREAD_BYTES:
            self.transport.abort()

    def process_event(self, event: Event) -> None:
        """Note when a message arrived; hang up if pings come too fast."""
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
            if event.fin:
                self._arrivals.append(self.loop.time())
        else:
            try:
                self._pings.spend(_PING_S, self.loop.time())
            except TooFast:
                self.transport.abort()
        super().process_event(event)
