"""The WebSockets of live streams: one thread talks to all of them, another hears what they bring.

A stream lasts as long as somebody speaks; none may keep a thread from the other requests so long.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from json import dumps
from threading import Lock, Thread
from typing import Any, Literal, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
from websockets.frames import DATA_OPCODES, CloseCode, Frame
from websockets.protocol import Event as ProtocolEvent
from websockets.protocol import Protocol, Side

from ser.analysis.events import Event
from ser.analysis.live import Session
from ser.api import telemetry as request_log
from ser.api.live.pace import Pace
from ser.api.live.slots import Slots
from ser.api.schemas import StreamConfig
from ser.audio.pcm import MAX_PIECE_BYTES
from ser.config import Settings
from ser.errors import (
    INTERNAL,
    BadConfig,
    BadFrame,
    Busy,
    IdleTimeout,
    TooFast,
    TooLong,
    as_body,
    describe,
)
from ser.models.baseline import Baseline
from ser.models.pool import ModelPool

logger = logging.getLogger(__name__)

# More than any piece of sound that is taken, so that the refusal of a larger one can say why.
MAX_MESSAGE_BYTES = 2 * MAX_PIECE_BYTES
# What a message counts for as sound at least, and what a ping counts for.
_MESSAGE_S, _PING_S = 0.005, 0.1
_QUEUED_MESSAGES = 16
# A message that waited longer is caught up on: results are rather left out than late.
_MAX_WAIT_S = 0.1
# Answers that lie unread; a client that leaves more is taken for gone.
_MAX_UNREAD_BYTES = 64 * 1024
_CLOSING_S = 1.0
_STOPPING_S = 2.0

_P = ParamSpec("_P")
_T = TypeVar("_T")


class LiveStreams:
    """All streams of one process.

    Args:
        models: what they are heard with.
        settings: how long they may last, and be silent.
        slots: places for streams, shared by all processes.
    """

    def __init__(self, models: ModelPool, settings: Settings, slots: Slots) -> None:
        self.models = models
        self.settings = settings
        self._slots = slots
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        # One: a server has a process for each core that it is to use.
        self._ear = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-ear")

    def open(self, connection: socket.socket, handshake: bytes) -> None:
        """Take a connection over, whose object is left without it.

        Args:
            connection: a client's that asked for a WebSocket.
            handshake: the answer to that.
        """
        own = socket.socket(fileno=connection.detach())
        asyncio.run_coroutine_threadsafe(self._start(own, handshake), self._running_loop())

    def close(self) -> None:
        """Tell the clients that the server goes away, and wait a moment for them to hear it."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(_STOPPING_S + _CLOSING_S)

    async def hear(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do what takes the processor's time, beside the talking."""
        return await asyncio.get_running_loop().run_in_executor(self._ear, partial(work, *args, **kwargs))

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        # Not before it is needed: a thread does not survive the fork of the workers.
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=self._loop.run_forever, name="live-streams", daemon=True).start()
            return self._loop

    async def _start(self, own: socket.socket, handshake: bytes) -> None:
        task = asyncio.create_task(self._serve(own, handshake))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, own: socket.socket, handshake: bytes) -> None:
        own.setblocking(False)
        transport, line = await asyncio.get_running_loop().connect_accepted_socket(_Line, own)
        transport.write(handshake)
        give_back = self._slots.take()
        try:
            await _Stream(self, line, refused=give_back is None).run()
        finally:
            if give_back is not None:
                give_back()

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOPPING_S)


class _Line(Connection):
    """A connection, hung up on when its client pings without end or does not read what it is answered.

    Attributes:
        received_bytes: all that came.
        arrived_s: when the message came that was last given out, on the loop's clock.
    """

    def __init__(self) -> None:
        # Sound is sign of life enough: no pings of our own.
        super().__init__(
            Protocol(Side.SERVER, max_size=MAX_MESSAGE_BYTES),
            ping_interval=None,
            close_timeout=_CLOSING_S,
            max_queue=_QUEUED_MESSAGES,
        )
        self.received_bytes = 0
        self.arrived_s = 0.0
        self._arrivals: deque[float] = deque()
        self._pings = Pace(self.loop.time())

    async def next_message(self) -> str | bytes:
        """Return the next message, as soon as there is one; nothing is lost when that is cancelled."""
        message = await self.recv()
        self.arrived_s = self._arrivals.popleft()
        return message

    def data_received(self, data: bytes) -> None:
        self.received_bytes += len(data)
        super().data_received(data)
        if self.transport.get_write_buffer_size() > _MAX_UNREAD_BYTES:
            self.transport.abort()

    def process_event(self, event: ProtocolEvent) -> None:
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
            if event.fin:
                self._arrivals.append(self.loop.time())
        else:
            try:
                self._pings.spend(_PING_S, self.loop.time())
            except TooFast:
                self.transport.abort()
        super().process_event(event)


class _End(BaseModel):
    """The message that asks for the end."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["end"]


class _Stream:
    """One client's stream, from the configuration to the reason of its end."""

    def __init__(self, streams: LiveStreams, line: _Line, *, refused: bool) -> None:
        self._streams = streams
        self._settings = streams.settings
        self._line = line
        self._refused = refused
        self._loop = asyncio.get_running_loop()
        self._started_s = self._loop.time()
        self._sound_s = 0.0

    async def run(self) -> None:
        """Talk to the end, close with a code and a reason, and log one line."""
        reason = "end"
        try:
            await self._talk()
            await self._line.close(CloseCode.NORMAL_CLOSURE, reason)
        except ConnectionClosed as error:
            reason = "closed" if isinstance(error, ConnectionClosedOK) else "gone"
        except asyncio.CancelledError:
            reason = "server_stops"
            await self._line.close(CloseCode.GOING_AWAY, reason)
        except Exception as error:  # noqa: BLE001
            reason = await self._give_up(error)
        finally:
            self._line.transport.abort()
            request_log.log_stream(
                reason=reason,
                close_code=self._line.close_code,
                ms=1e3 * (self._loop.time() - self._started_s),
                received_bytes=self._line.received_bytes,
                sound_s=self._sound_s,
            )

    async def _give_up(self, error: Exception) -> str:
        entry = describe(error)
        if entry is INTERNAL:
            logger.error("unforeseen error", exc_info=error)
        try:
            await self._send([as_body(error) | {"type": "error"}])
            await self._line.close(_close_code(entry.status), entry.code)
        except ConnectionClosed:
            pass
        return entry.code

    async def _talk(self) -> None:
        if self._refused:
            raise Busy(f"All {self._settings.max_streams} streams are taken; try again later.")
        session = await self._configure()
        try:
            await self._listen(session)
        except (IdleTimeout, TooLong):
            await self._tell(await self._streams.hear(session.finish))
            raise
        await self._tell(await self._streams.hear(session.finish))

    async def _configure(self) -> Session:
        message = await self._receive(self._started_s + self._settings.stream_idle_s)
        if not isinstance(message, str):
            raise BadConfig("Sound came first; send the configuration before it, as a text message.")
        try:
            config = StreamConfig.model_validate_json(message)
        except ValidationError as error:
            raise BadConfig(_first_fault(error)) from None
        predictor = self._streams.models.get(config.model)
        baseline = Baseline.from_token(config.baseline, predictor.definition) if config.baseline else None
        session = await self._streams.hear(
            Session,
            predictor,
            sample_rate_hz=config.sample_rate_hz,
            encoding=config.encoding,
            hop_s=config.hop_s,
            window_s=config.window_s,
            baseline=baseline,
            adapt=config.adapt,
        )
        ready = {
            "type": "ready",
            "model": config.model or self._streams.models.default,
            "emotions": predictor.manifest.labels,
            "sample_rate_hz": config.sample_rate_hz,
            "hop_s": config.hop_s,
            "window_s": config.window_s,
            "min_confidence": predictor.manifest.min_confidence,
        }
        await self._send([ready])
        return session

    async def _listen(self, session: Session) -> None:
        pace = Pace(self._loop.time())
        heard_at_s = self._loop.time()
        while True:
            message = await self._receive(heard_at_s + self._settings.stream_idle_s)
            sound_s = session.lasts_s(message) if isinstance(message, bytes) else 0.0
            pace.spend(max(sound_s, _MESSAGE_S), self._loop.time())
            try:
                if isinstance(message, str):
                    _require_end(message)
                    return
                events = await self._streams.hear(self._feed, session, message, self._line.arrived_s)
            except BadFrame as error:
                await self._send([as_body(error) | {"type": "error"}])
                continue
            await self._tell(events)
            self._sound_s, heard_at_s = session.duration_s, self._loop.time()
            if self._sound_s > self._settings.stream_max_s:
                raise self._too_long()

    def _feed(self, session: Session, piece: bytes, arrived_s: float) -> list[Event]:
        waited_s = self._loop.time() - arrived_s
        return session.feed(piece, hurried=waited_s > _MAX_WAIT_S)

    async def _receive(self, idle_at_s: float) -> str | bytes:
        over_at_s = self._started_s + self._settings.stream_max_s
        try:
            async with asyncio.timeout_at(min(idle_at_s, over_at_s)):
                return await self._line.next_message()
        except TimeoutError:
            if over_at_s <= idle_at_s:
                raise self._too_long() from None
            idle_s = self._settings.stream_idle_s
            raise IdleTimeout(f"No sound came for {idle_s:g} s; send silence as samples, too.") from None

    def _too_long(self) -> TooLong:
        return TooLong(f"A stream lasts {self._settings.stream_max_s:g} s at most; begin another.")

    async def _tell(self, events: Iterable[Event]) -> None:
        await self._send([event.as_dict() for event in events])

    async def _send(self, messages: Iterable[dict[str, Any]]) -> None:
        try:
            async with asyncio.timeout(self._settings.stream_idle_s):
                for message in messages:
                    await self._line.send(dumps(message))
        except TimeoutError:
            self._line.transport.abort()


def _require_end(message: str) -> None:
    try:
        _End.model_validate_json(message)
    except ValidationError:
        raise BadFrame('After the configuration, send sound, or {"type": "end"} as text.') from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'The message'}: {fault['msg']}."


def _close_code(status: int) -> CloseCode:
    if status < 500:
        return CloseCode.POLICY_VIOLATION
    return CloseCode.TRY_AGAIN_LATER if status == 503 else CloseCode.INTERNAL_ERROR
