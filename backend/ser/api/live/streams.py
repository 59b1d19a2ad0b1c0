"""All live streams of one process: one thread for their messages, another for inference.

A stream can last an hour, so it must not hold one of the server's threads.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from math import ceil
from threading import Lock, Thread
from typing import NamedTuple

from ser.api.access.clients import Client
from ser.api.access.guard import NO_SUCH_KEY, Guard
from ser.api.access.limits import AudioAccount
from ser.api.live.connection import CLOSING_S, LiveConnection
from ser.api.live.lag import CHECK_EVERY_S, Lag
from ser.api.live.slots import Slots
from ser.api.live.stream import LiveStream
from ser.api.metrics import record
from ser.api.metrics.instruments import STREAMS_OPEN
from ser.config import Settings
from ser.errors import Busy, SerError, TooManyRequests, WrongKey
from ser.models.pool import ModelPool

# So many of the newest streams of a process that cannot keep up are ended at once.
_SHED_SHARE = 1 / 3
# How often it is looked whether the keys of the streams still count.
_CHECK_KEYS_EVERY_S = 1.0
# How long the streams may take to end when the server stops at once.
_STOPPING_S = 2.0
# And how long for their last answers, when it stops with some grace.
FINISHING_S = 4.0


class _Running(NamedTuple):
    """What serves a stream, and for whom."""

    task: asyncio.Task[None]
    client: Client


class LiveStreams:
    """All streams of one process.

    Args:
        models: the models that clients can choose from.
        settings: how long a stream may last, and how long it may be silent.
        slots: places for streams, shared by all processes.
        guard: which limits one client has.
    """

    def __init__(self, models: ModelPool, settings: Settings, slots: Slots, guard: Guard) -> None:
        self._models = models
        self._settings = settings
        self._slots = slots
        self._guard = guard
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        # In the order in which they began.
        self._running: dict[LiveStream, _Running] = {}
        self._lag = Lag()
        self._checks_keys: asyncio.Task[None] | None = None
        # One thread: a server has one process for each core that it uses.
        self._executor = ThreadPoolExecutor(
            max_workers=1,
            thread_name_prefix="live-inference",
            initializer=partial(record.start_route, record.STREAM),
        )

    @property
    def limit(self) -> int:
        """How many streams there may be at once, over all processes."""
        return self._slots.count

    @property
    def open_count(self) -> int:
        """How many streams of this process are open."""
        return len(self._tasks)

    def open(self, connection: socket.socket, handshake: bytes, client: Client) -> None:
        """Take over a connection; the caller's object is detached from it.

        Args:
            connection: of a client that asked for a WebSocket.
            handshake: the answer to send first.
            client: who it is.
        """
        own = socket.socket(fileno=connection.detach())
        asyncio.run_coroutine_threadsafe(self._start(own, handshake, client), self._running_loop())

    def close(self) -> None:
        """Tell the clients that the server stops, and wait a moment for the messages to go out."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(_STOPPING_S + CLOSING_S)

    def finish(self) -> None:
        """End all streams, each with its last answers, and wait for that."""
        if self._loop is not None:
            done = asyncio.run_coroutine_threadsafe(self._finish(), self._loop)
            # Whoever is still there is told by `close`.
            with suppress(TimeoutError):
                done.result(FINISHING_S)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        # Started only when needed: a thread does not survive the fork of the workers.
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.call_soon(self._check_lag)
                if self._guard.asks_for_keys:
                    # Kept, as the loop alone would forget it.
                    self._checks_keys = self._loop.create_task(self._check_keys())
                Thread(target=self._loop.run_forever, name="live-streams", daemon=True).start()
            return self._loop

    async def _start(self, own: socket.socket, handshake: bytes, client: Client) -> None:
        task = asyncio.create_task(self._serve(own, handshake, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, own: socket.socket, handshake: bytes, client: Client) -> None:
        own.setblocking(False)
        transport, connection = await asyncio.get_running_loop().connect_accepted_socket(LiveConnection, own)
        transport.write(handshake)
        account = self._guard.limits.account(client)
        take = partial(self._take_place, client, account)
        # In another thread where it may wait for Redis.
        give_back, refusal = await asyncio.to_thread(take) if account.is_limited else take()
        stream = LiveStream(
            connection,
            models=self._models,
            settings=self._settings,
            executor=self._executor,
            lag=self._lag,
            account=account,
            refusal=refusal,
        )
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._running[stream] = _Running(task, client)
        try:
            with nullcontext() if give_back is None else record.during(STREAMS_OPEN):
                await stream.run()
        finally:
            self._running.pop(stream, None)
            if give_back is not None:
                give_back()

    def _take_place(
        self, client: Client, account: AudioAccount
    ) -> tuple[Callable[[], None] | None, SerError | None]:
        """Return the function that gives a place back, or why there is none."""
        try:
            account.require_rest()
            give_back = self._slots.take(client.identity, self._guard.limits.streams)
        except TooManyRequests as error:
            self._guard.refused(error, client, method="GET", route=record.STREAM)
            return None, error
        if give_back is None:
            return None, Busy(f"All {self.limit} streams are taken; try again later.", what="streams")
        return give_back, None

    def _check_lag(self) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(CHECK_EVERY_S, self._check_lag)
        self._lag.check(loop.time())
        if self._lag.sheds:
            self._lag.forget_checks()
            # The oldest goes on, whatever the cause.
            newest = list(self._running)[:0:-1]
            for stream in newest[: ceil(_SHED_SHARE * len(newest))]:
                del self._running[stream]
                stream.shed()

    async def _check_keys(self) -> None:
        while True:
            await asyncio.sleep(_CHECK_KEYS_EVERY_S)
            # In another thread where it may wait for a disk.
            await asyncio.to_thread(self._guard.refresh_keys)
            refused = [
                (stream, running.client)
                for stream, running in self._running.items()
                if not self._guard.admits(running.client)
            ]
            for stream, client in refused:
                del self._running[stream]
                error = WrongKey(NO_SUCH_KEY)
                self._guard.refused(error, client, method="GET", route=record.STREAM)
                stream.end_with(error)

    async def _finish(self) -> None:
        finishing = [running.task for stream, running in self._running.items() if stream.stop()]
        if finishing:
            await asyncio.wait(finishing, timeout=FINISHING_S)

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOPPING_S)
