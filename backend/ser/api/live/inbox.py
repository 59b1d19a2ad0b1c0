"""The messages of a stream that wait to be worked on."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

# So much is read ahead of the work; then the client's own buffers fill.
MAX_BYTES = 1024 * 1024


class Message(NamedTuple):
    """A message of a client.

    Attributes:
        content: of it.
        arrived_s: when it arrived, on the loop's clock.
    """

    content: str | bytes
    arrived_s: float


class Inbox:
    """Takes messages in the loop's thread; the thread that works on them takes all that wait at once.

    So the newest sound is known when the work begins, however long the stream had to wait for its turn.
    """

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._messages)

    async def put(self, message: Message) -> None:
        """Add a message; wait while there are too many."""
        while self._bytes > MAX_BYTES:
            self._changed.clear()
            await self._changed.wait()
        self._messages.append(message)
        self._bytes += len(message.content)
        self._changed.set()

    def close(self) -> None:
        """No message will follow."""
        self._closed = True
        self._changed.set()

    async def wait(self) -> bool:
        """Wait until there are messages; return False once there are none and none will follow."""
        while not self._messages and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        return bool(self._messages)

    def take(self) -> list[Message]:
        """Return all messages that wait, in any thread; call `taken` in the loop's thread afterwards."""
        return [self._messages.popleft() for _ in range(len(self._messages))]

    def taken(self) -> None:
        """Let `put` go on."""
        self._bytes = sum(len(message.content) for message in self._messages)
        self._changed.set()
