"""The client for asyncio. Its methods are those of `Client`, and raise the same errors."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ser.client import calls
from ser.client.answers import Analysis, AnalysisLine, Baseline, Health, ModelDetails, Models, Prediction
from ser.client.calls import Call, TimelineFormat
from ser.client.errors import ApiError, ConnectionFailed, TimedOut, error_of
from ser.client.files import Audio, Uploads
from ser.client.live import Conversation, Cutter
from ser.client.messages import END, LineReader, Ready, StreamEvent
from ser.client.options import AnalyzeOptions, LearnOptions, PredictOptions, StreamOptions, config_of
from ser.client.server import Server, http_errors, stream_errors

T = TypeVar("T")


class AsyncClient:
    """A client of a server for asyncio; use it as a context manager, or await `close`.

    Args:
        base_url: as of `Client`.
        api_key: as of `Client`.
        timeout_s: as of `Client`.
        retries: as of `Client`.
        ssl_context: as of `Client`.

    Raises:
        ValueError: an argument cannot be used.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:5000",
        *,
        api_key: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 2,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._server = Server(
            base_url, api_key=api_key, timeout_s=timeout_s, retries=retries, ssl_context=ssl_context
        )
        self._http = httpx.AsyncClient(**self._server.http())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        """Return where the server is."""
        return f"{type(self).__name__}({str(self._server)!r})"

    async def close(self) -> None:
        """Close the connections that wait for further requests."""
        await self._http.aclose()

    async def predict(self, file: Audio, **options: Unpack[PredictOptions]) -> Prediction:
        """Return the emotion of a clip.

        Args:
            file: a path, bytes or a binary file.
            options: see `PredictOptions`.

        Returns:
            The prediction; with `adapt=True`, also the updated `baseline`.

        Raises:
            ClientError: see `Client`.
            OSError: the path cannot be opened.
        """
        return await self._answer(calls.predict(file, options))

    async def analyze(self, file: Audio, **options: Unpack[AnalyzeOptions]) -> Analysis:
        """Return the emotions of a recording over time.

        Args:
            file: a path, bytes or a binary file.
            options: see `AnalyzeOptions`.

        Returns:
            The analysis.

        Raises:
            ClientError: see `Client`.
            OSError: the path cannot be opened.
        """
        lines = LineReader()
        async for _ in self._lines(calls.analyze(file, options), lines):
            pass
        return lines.result

    def analyze_lines(
        self, file: Audio, **options: Unpack[AnalyzeOptions]
    ) -> AsyncGenerator[AnalysisLine, None]:
        """Analyse a recording, and yield what the server says meanwhile.

        Args:
            file: a path, bytes or a binary file.
            options: see `AnalyzeOptions`.

        Returns:
            `AnalysisStarted`, `Progress`, each `Window`, and others; last the `Analysis`.

        Raises:
            ClientError: see `Client`.
            OSError: the path cannot be opened.
        """
        return self._lines(calls.analyze(file, options), LineReader())

    async def learn(self, file: Audio, *more: Audio, **options: Unpack[LearnOptions]) -> Baseline:
        """Return the baseline of a speaker, to send along with requests.

        Args:
            file: 5 s or more of the speaker's ordinary speech: a path, bytes or a binary file.
            more: further files of the same speaker.
            options: see `LearnOptions`.

        Returns:
            The baseline.

        Raises:
            ClientError: see `Client`.
            OSError: the path cannot be opened.
        """
        return await self._answer(calls.learn([file, *more], options))

    async def timeline(self, analysis: Analysis, format: TimelineFormat = "csv") -> str:
        """Return an analysis as a file for another program.

        Args:
            analysis: of `analyze`.
            format: of the file.

        Returns:
            Its text.

        Raises:
            ClientError: see `Client`.
        """
        return await self._answer(calls.timeline(analysis, format))

    async def models(self) -> Models:
        """Return the models of the server.

        Returns:
            Each, and the name of the default one.

        Raises:
            ClientError: see `Client`.
        """
        return await self._answer(calls.models())

    async def model(self, name: str) -> ModelDetails:
        """Return what is known of one model.

        Args:
            name: of it.

        Returns:
            It, with where its figures come from.

        Raises:
            ClientError: see `Client`.
        """
        return await self._answer(calls.model(name))

    async def health(self) -> Health:
        """Return whether the server can predict.

        Returns:
            Also where it cannot (503).

        Raises:
            ClientError: see `Client`.
        """
        return await self._answer(calls.health())

    async def stream(
        self, sound: AsyncIterable[bytes] | Iterable[bytes] | bytes, **options: Unpack[StreamOptions]
    ) -> AsyncGenerator[StreamEvent, None]:
        """Send sound to a live stream, and yield what the server finds in it.

        A recording is sent as fast as it would be spoken. After each 0.1 s of sound, what has come is
        yielded. `open_stream` sends and receives in tasks of your own.

        Args:
            sound: raw mono samples, 16 kHz and 16-bit by default, in pieces of any length.
            options: see `StreamOptions`.

        Yields:
            `SpeechStarted`, `Result` and `SpeechEnded` of each utterance.

        Raises:
            ClientError: see `Client`.
        """
        async with self.open_stream(**options) as stream:
            cutter = Cutter(options)
            try:
                async for chunk in _chunks(sound):
                    for piece in cutter.feed(chunk):
                        await stream.send(piece)
                        async for event in stream.received(cutter.wait_s(piece)):
                            yield event
                await stream.send(cutter.rest())
                await stream.end()
            except ConnectionFailed:
                # What the server said before tells why; this raises it.
                async for event in stream:
                    yield event
                raise
            async for event in stream:
                yield event

    @asynccontextmanager
    async def open_stream(self, **options: Unpack[StreamOptions]) -> AsyncIterator[AsyncLiveStream]:
        """Open a live stream, to send and receive as you like; an asynchronous context manager.

        Args:
            options: see `StreamOptions`.

        Yields:
            The stream, which takes sound.

        Raises:
            ClientError: see `Client`.
        """
        config = config_of(options)
        async with AsyncExitStack() as held:
            stream = AsyncLiveStream(await self._connected(held))
            await stream.begin(config, timeout_s=self._server.timeout_s)
            yield stream

    async def _connected(self, held: AsyncExitStack) -> ClientConnection:
        retries = self._server.retries()
        while True:
            try:
                with stream_errors():
                    return await held.enter_async_context(connect(**self._server.stream()))
            except ApiError as error:
                await asyncio.sleep(retries.wait_s(error))

    async def _lines(self, call: Call[None], lines: LineReader) -> AsyncGenerator[AnalysisLine, None]:
        async with self._response(call) as response:
            async for part in response.aiter_bytes():
                for line in lines.feed(part):
                    yield line
            for line in lines.end():
                yield line

    async def _answer(self, call: Call[T]) -> T:
        async with self._response(call) as response:
            return call.result(response.status_code, await response.aread(), response.headers)

    @asynccontextmanager
    async def _response(self, call: Call[Any]) -> AsyncIterator[httpx.Response]:
        """Send a request until it is not refused for now, and yield the answer, whose body is unread."""
        # A path can lead to a pipe, which takes its time.
        uploads = await asyncio.to_thread(Uploads, call.files)
        retries = self._server.retries()
        try:
            with http_errors():
                while True:
                    request = self._http.build_request(**call.request(uploads.parts))
                    response = await self._http.send(request, stream=True)
                    try:
                        if call.takes(response.status_code):
                            yield response
                            return
                        error = error_of(response.status_code, await response.aread(), response.headers)
                    finally:
                        await response.aclose()
                    await asyncio.sleep(retries.wait_s(error))
        finally:
            uploads.close()


class AsyncLiveStream:
    """A live stream that is open; `AsyncClient.open_stream` opens it.

    One task may send while another receives.

    Args:
        connection: to the server.

    Attributes:
        ready: what the server answered to the options.
    """

    ready: Ready

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._conversation = Conversation()

    def __aiter__(self) -> Self:
        """Return this: it yields each event until the stream is over."""
        return self

    async def __anext__(self) -> StreamEvent:
        """Return the next event; raises as `receive`."""
        event = await self.receive()
        if event is None:
            raise StopAsyncIteration
        return event

    async def begin(self, config: str, *, timeout_s: float) -> None:
        """Send the first message; `open_stream` does.

        Args:
            config: it.
            timeout_s: how long the server may take to answer.

        Raises:
            ClientError: the stream was refused.
        """
        with suppress(ConnectionClosed):
            # A server that refuses at once may have closed already; its message says why.
            await self._connection.send(config)
        with stream_errors():
            async with asyncio.timeout(timeout_s):
                text = await self._connection.recv()
        self.ready = self._conversation.begin(text)

    async def send(self, sound: bytes) -> None:
        """Send sound, as it is recorded.

        Args:
            sound: whole samples, 1 s at most; 0.1 s suits well. Nothing is sent if it is empty.

        Raises:
            ConnectionFailed: the stream is over; `receive` says why.
        """
        if sound:
            with stream_errors():
                await self._connection.send(sound)

    async def end(self) -> None:
        """Ask for the last results; they are over once `receive` returns None.

        Raises:
            ConnectionFailed: the stream is over already; `receive` says why.
        """
        with stream_errors():
            await self._connection.send(END)

    async def receive(self, timeout_s: float | None = None) -> StreamEvent | None:
        """Return the next event.

        Args:
            timeout_s: how long to wait; without it, until there is one. While nobody speaks, there is none.

        Returns:
            The event; None once the stream is over.

        Raises:
            TimedOut: there was none in that time; the stream goes on.
            ApiError: the server refuses something. After `bad_frame`, the stream goes on.
            ConnectionFailed: the connection ended before the stream did.
            UnexpectedAnswer: the message is not documented.
        """
        event = None
        while event is None and not self._conversation.is_over:
            with stream_errors():
                try:
                    async with asyncio.timeout(timeout_s):
                        text = await self._connection.recv()
                except ConnectionClosed as error:
                    self._conversation.close(error)
                    return None
            event = self._conversation.event(text)
        return event

    async def received(self, wait_s: float = 0.0) -> AsyncIterator[StreamEvent]:
        """Yield the events that come within some time.

        Args:
            wait_s: how long; by default, only those that have come already.

        Yields:
            Each of them.

        Raises:
            ClientError: see `receive`.
        """
        over_at_s = time.monotonic() + wait_s
        while True:
            try:
                event = await self.receive(max(0.0, over_at_s - time.monotonic()))
            except TimedOut:
                return
            if event is None:
                return
            yield event


async def _chunks(sound: AsyncIterable[bytes] | Iterable[bytes] | bytes) -> AsyncIterator[bytes]:
    if isinstance(sound, AsyncIterable):
        async for chunk in sound:
            yield chunk
    else:
        for chunk in [sound] if isinstance(sound, bytes) else sound:
            yield chunk
