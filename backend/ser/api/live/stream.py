"""One client's live stream: configuration, sound, events, end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from json import dumps
from typing import Any, Literal, ParamSpec, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK
from websockets.frames import CloseCode

from ser.analysis.events import LiveLine, Result, SpeechEnded
from ser.analysis.live import Session
from ser.api import telemetry
from ser.api.access.limits import AudioAccount
from ser.api.errors import count, foreseen, status_of
from ser.api.live.connection import LiveConnection
from ser.api.live.inbox import Inbox, Message
from ser.api.live.lag import MAX_LAG_S, Lag
from ser.api.live.pace import Pace
from ser.api.metrics import record
from ser.api.schemas import StreamConfig
from ser.config import Settings
from ser.errors import (
    BadConfig,
    BadFrame,
    Busy,
    IdleTimeout,
    SerError,
    TooLong,
    TooManyRequests,
    as_body,
)
from ser.models.baseline import Baseline
from ser.models.pool import ModelPool
from ser.models.predictor import EmotionPredictor

logger = logging.getLogger(__name__)

# A message counts as at least this much sound.
_MESSAGE_S = 0.005
# Sound that waited longer gives no result: results are left out rather than late.
_MAX_WAIT_S = 0.1
# Sound that waited longer for its turn is not even searched for speech, while the process cannot keep up.
_MAX_DELAY_S = 1.0
# How often a stream whose time is over looks whether its sound is still worked on.
_POLL_S = 0.05
_SERVER_STOPS = "server_stops"
_CANNOT_KEEP_UP = "The server cannot keep up with its streams; try again later."

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _End(BaseModel):
    """The message that ends a stream."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Literal["end"]


class LiveStream:
    """One client's stream, from its configuration to its close.

    Args:
        connection: to the client.
        models: the models that a client can choose from.
        settings: how long a stream may last, and how long it may be silent.
        executor: the thread that runs inference.
        lag: of the process, which this stream adds to.
        account: of the client's audio.
        refusal: why there is no place for it; None if it has one.
    """

    def __init__(
        self,
        connection: LiveConnection,
        *,
        models: ModelPool,
        settings: Settings,
        executor: Executor,
        lag: Lag,
        account: AudioAccount,
        refusal: SerError | None,
    ) -> None:
        self._connection = connection
        self._models = models
        self._settings = settings
        self._executor = executor
        self._lag = lag
        self._account = account
        self._refusal = refusal
        self._loop = asyncio.get_running_loop()
        self._started_s = self._last_sound_s = self._loop.time()
        self._sound_s = 0.0
        self._inbox = Inbox()
        self._server_stops = False
        self._cause: SerError | None = None
        self._configuring: asyncio.Task[Session] | None = None
        # Of the last result of the utterance that goes on.
        self._statistics: Baseline | None = None
        self._predictor: EmotionPredictor
        self._with_prior = False
        self._reading: asyncio.Task[None] | None = None

    def end_with(self, error: SerError) -> None:
        """End the stream without its last answers, for a cause that is not its own."""
        self._cause = error
        self._inbox.close()
        if self._configuring is not None:
            self._configuring.cancel()

    def shed(self) -> None:
        """End the stream, because the server cannot keep up with all of them."""
        self.end_with(Busy(_CANNOT_KEEP_UP, what="processors"))

    def stop(self) -> bool:
        """End the stream with its last answers, because the server stops; False if it has not begun."""
        self._server_stops = self._reading is not None
        if self._reading is not None:
            # What has come is still worked on.
            self._reading.cancel()
        return self._server_stops

    async def run(self) -> None:
        """Serve the stream to its end, close with a code and a reason, and log one line."""
        reason = "end"
        try:
            await self._converse()
            code = CloseCode.NORMAL_CLOSURE
            if self._server_stops:
                reason, code = _SERVER_STOPS, CloseCode.GOING_AWAY
            await self._connection.close(code, reason)
        except ConnectionClosed as error:
            reason = "closed" if isinstance(error, ConnectionClosedOK) else "gone"
        except asyncio.CancelledError:
            reason = _SERVER_STOPS
            await self._connection.close(CloseCode.GOING_AWAY, reason)
        except Exception as error:  # noqa: BLE001
            reason = await self._close_with_error(error)
        finally:
            self._connection.transport.abort()
            # Nobody waits for it.
            self._loop.run_in_executor(None, self._account.settle)
            record.stream_ended(reason)
            telemetry.log_stream(
                reason=reason,
                close_code=self._connection.close_code,
                ms=1e3 * (self._loop.time() - self._started_s),
                received_bytes=self._connection.received_bytes,
                sound_s=self._sound_s,
            )

    async def _close_with_error(self, error: Exception) -> str:
        if not isinstance(error, SerError):
            error = foreseen(error)
        count(error, record.STREAM)
        body, status = as_body(error), status_of(error)
        try:
            await self._send([_message(error)])
            await self._connection.close(_close_code(status, body["code"]), body["code"])
        except ConnectionClosed:
            pass
        return body["code"]

    async def _converse(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        if self._lag.refuses:
            raise Busy(_CANNOT_KEEP_UP, what="processors")
        self._configuring = asyncio.create_task(self._configure())
        try:
            session = await self._configuring
        except asyncio.CancelledError:
            if self._cause is None:
                raise
            raise self._cause from None
        self._reading = reading = asyncio.create_task(self._read(session))
        try:
            await self._answer(session)
            if not self._server_stops:
                await reading
        except (IdleTimeout, TooLong, TooManyRequests):
            await self._finish(session)
            raise
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        await self._finish(session)

    async def _configure(self) -> Session:
        message = await self._receive()
        if not isinstance(message, str):
            raise BadConfig("Sound came first; send the configuration before it, as a text message.")
        try:
            config = StreamConfig.model_validate_json(message)
        except ValidationError as error:
            raise BadConfig(_first_fault(error)) from None
        # In another thread, and not in that of inference: loading a model must not stop the other streams.
        model = await asyncio.to_thread(self._models.for_emotions, config.model)
        predictor = model.with_prior(config.prior)
        self._predictor, self._with_prior = predictor, bool(config.prior)
        baseline = Baseline.from_token(config.baseline, predictor.feature_set) if config.baseline else None
        session = await self._infer(
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
            "model": config.model or self._models.default,
            "emotions": predictor.manifest.labels,
            "sample_rate_hz": config.sample_rate_hz,
            "hop_s": config.hop_s,
            "window_s": config.window_s,
            "min_confidence": predictor.manifest.min_confidence,
        }
        await self._send([ready])
        return session

    async def _read(self, session: Session) -> None:
        """Put what comes into the inbox, up to the message that ends the stream."""
        pace = Pace(self._loop.time())
        self._last_sound_s = self._loop.time()
        try:
            while True:
                content = await self._receive()
                sound_s = session.lasts_s(content) if isinstance(content, bytes) else 0.0
                pace.spend(max(sound_s, _MESSAGE_S), self._loop.time())
                if isinstance(content, str) and _is_end(content):
                    return
                await self._inbox.put(Message(content, self._connection.arrived_s))
        finally:
            self._inbox.close()

    async def _answer(self, session: Session) -> None:
        """Work on what is in the inbox until it is closed, and send what follows from it."""
        while self._cause is None and await self._inbox.wait():
            await self._send(await self._infer(self._feed, session))
            self._inbox.taken()
            if session.duration_s > self._sound_s:
                new_s = session.duration_s - self._sound_s
                record.audio(record.STREAM, new_s)
                if self._account.note(new_s):
                    await asyncio.to_thread(self._settle)
                self._sound_s, self._last_sound_s = session.duration_s, self._loop.time()
            if self._sound_s > self._settings.stream_max_s:
                raise self._too_long()
        if self._cause is not None:
            raise self._cause

    def _settle(self) -> None:
        """Count the sound for the client; refuse more of it where it has used up its audio."""
        self._account.settle()
        self._account.require_rest()

    async def _finish(self, session: Session) -> None:
        await self._send(self._taken_note(await self._infer(session.finish)))

    def _taken_note(self, lines: Sequence[LiveLine]) -> list[dict[str, Any]]:
        """Return lines as they are sent, once they are counted."""
        for line in lines:
            if isinstance(line, Result):
                self._statistics = line.prediction.statistics
            elif isinstance(line, SpeechEnded):
                record.utterance(self._predictor, line, self._statistics, with_prior=self._with_prior)
                self._statistics = None
        return [line.as_dict() for line in lines]

    async def _infer(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await self._loop.run_in_executor(self._executor, partial(work, *args, **kwargs))

    def _feed(self, session: Session) -> list[dict[str, Any]]:
        """Take the messages of the inbox, and return what is to be sent."""
        messages = self._inbox.take()
        if self._cause is not None or not messages:
            return []
        taken_s = self._loop.time()
        behind_s = taken_s - messages[0].arrived_s
        self._lag.note(behind_s, taken_s)
        found: list[dict[str, Any]] = []
        for content, arrived_s in messages:
            waited_s = self._loop.time() - arrived_s
            try:
                sound = _sound_of(content)
                if self._lag.refuses and taken_s - arrived_s > _MAX_DELAY_S:
                    lines = session.skip(sound)
                else:
                    hurried = behind_s > MAX_LAG_S or waited_s > _MAX_WAIT_S
                    lines = session.feed(sound, hurried=hurried)
            except BadFrame as error:
                found.append(as_body(error) | {"type": "error"})
                continue
            found += self._taken_note(lines)
            if session.duration_s > self._settings.stream_max_s:
                break
        return found

    async def _receive(self) -> str | bytes:
        over_at_s = self._started_s + self._settings.stream_max_s
        while True:
            idle_at_s = self._last_sound_s + self._settings.stream_idle_s
            try:
                async with asyncio.timeout_at(min(idle_at_s, over_at_s)):
                    return await self._connection.next_message()
            except TimeoutError:
                if over_at_s <= self._loop.time():
                    raise self._too_long() from None
                if self._inbox or self._last_sound_s + self._settings.stream_idle_s > self._loop.time():
                    # What came last is still worked on.
                    await asyncio.sleep(_POLL_S)
                    continue
                idle_s = self._settings.stream_idle_s
                raise IdleTimeout(f"No sound came for {idle_s:g} s; send silence as samples, too.") from None

    def _too_long(self) -> TooLong:
        return TooLong(f"A stream lasts {self._settings.stream_max_s:g} s at most; begin another.")

    async def _send(self, messages: Iterable[dict[str, Any]]) -> None:
        try:
            async with asyncio.timeout(self._settings.stream_idle_s):
                for message in messages:
                    await self._connection.send(dumps(message))
        except TimeoutError:
            self._connection.transport.abort()


def _is_end(text: str) -> bool:
    try:
        _End.model_validate_json(text)
    except ValidationError:
        return False
    return True


def _sound_of(content: str | bytes) -> bytes:
    if isinstance(content, str):
        raise BadFrame('After the configuration, send sound, or {"type": "end"} as text.')
    return content


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'The message'}: {fault['msg']}."


def _message(error: Exception) -> dict[str, Any]:
    """Return the message that tells a client of an error."""
    message: dict[str, Any] = as_body(error) | {"type": "error"}
    if isinstance(error, TooManyRequests):
        message["retry_after_s"] = error.retry_after_s
    return message


def _close_code(status: int, code: str) -> CloseCode:
    if status == 503 or code == TooManyRequests.code:
        return CloseCode.TRY_AGAIN_LATER
    return CloseCode.POLICY_VIOLATION if status < 500 else CloseCode.INTERNAL_ERROR
