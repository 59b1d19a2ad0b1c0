"""The client for programs that wait for each answer."""

from __future__ import annotations

import ssl
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

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


class Client:
    """A client of a server; use it as a context manager, or call `close`. Threads may share it.

    Every method raises `ClientError`: `ApiError` for what the server refuses, `ConnectionFailed` without a
    whole answer, `UnexpectedAnswer` for one that is not the API's. A request that is refused for now (429 or
    503 with `Retry-After`) is sent again.

    Args:
        base_url: `http://host:port`, or `https://host/prefix` behind a proxy.
        api_key: sent as `Authorization: Bearer`, where the server asks for one.
        timeout_s: for a connection, and for the next bytes of an answer; a whole answer may take longer. A
            longer `Retry-After` is not waited for, either.
        retries: how often a request is sent again that the server refuses for now.
        ssl_context: for a certificate that this machine does not know.

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
        self._http = httpx.Client(**self._server.http())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Return where the server is."""
        return f"{type(self).__name__}({str(self._server)!r})"

    def close(self) -> None:
        """Close the connections that wait for further requests."""
        self._http.close()

    def predict(self, file: Audio, **options: Unpack[PredictOptions]) -> Prediction:
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
        return self._answer(calls.predict(file, options))

    def analyze(self, file: Audio, **options: Unpack[AnalyzeOptions]) -> Analysis:
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
        for _ in self._lines(calls.analyze(file, options), lines):
            pass
        return lines.result

    def analyze_lines(
        self, file: Audio, **options: Unpack[AnalyzeOptions]
    ) -> Generator[AnalysisLine, None, None]:
        """Analyse a recording, and yield what the server says meanwhile.

        Args:
            file: a path, bytes or a binary file.
            options: see `AnalyzeOptions`.

        Yields:
            `AnalysisStarted`, `Progress`, each `Window`, and others; last the `Analysis`.

        Raises:
            ClientError: see `Client`.
            OSError: the path cannot be opened.
        """
        return self._lines(calls.analyze(file, options), LineReader())

    def learn(self, file: Audio, *more: Audio, **options: Unpack[LearnOptions]) -> Baseline:
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
        return self._answer(calls.learn([file, *more], options))

    def timeline(self, analysis: Analysis, format: TimelineFormat = "csv") -> str:
        """Return an analysis as a file for another program.

        Args:
            analysis: of `analyze`.
            format: of the file.

        Returns:
            Its text.

        Raises:
            ClientError: see `Client`.
        """
        return self._answer(calls.timeline(analysis, format))

    def models(self) -> Models:
        """Return the models of the server.

        Returns:
            Each, and the name of the default one.

        Raises:
            ClientError: see `Client`.
        """
        return self._answer(calls.models())

    def model(self, name: str) -> ModelDetails:
        """Return what is known of one model.

        Args:
            name: of it.

        Returns:
            It, with where its figures come from.

        Raises:
            ClientError: see `Client`.
        """
        return self._answer(calls.model(name))

    def health(self) -> Health:
        """Return whether the server can predict.

        Returns:
            Also where it cannot (503).

        Raises:
            ClientError: see `Client`.
        """
        return self._answer(calls.health())

    def stream(
        self, sound: Iterable[bytes] | bytes, **options: Unpack[StreamOptions]
    ) -> Generator[StreamEvent, None, None]:
        """Send sound to a live stream, and yield what the server finds in it.

        A recording is sent as fast as it would be spoken. After each 0.1 s of sound, what has come is
        yielded. `open_stream` sends and receives in threads of your own.

        Args:
            sound: raw mono samples, 16 kHz and 16-bit by default, in pieces of any length.
            options: see `StreamOptions`.

        Yields:
            `SpeechStarted`, `Result` and `SpeechEnded` of each utterance.

        Raises:
            ClientError: see `Client`.
        """
        with self.open_stream(**options) as stream:
            cutter = Cutter(options)
            try:
                for chunk in [sound] if isinstance(sound, bytes) else sound:
                    for piece in cutter.feed(chunk):
                        stream.send(piece)
                        yield from stream.received(cutter.wait_s(piece))
                stream.send(cutter.rest())
                stream.end()
            except ConnectionFailed:
                # What the server said before tells why; this raises it.
                yield from stream
                raise
            yield from stream

    @contextmanager
    def open_stream(self, **options: Unpack[StreamOptions]) -> Iterator[LiveStream]:
        """Open a live stream, to send and receive as you like; a context manager.

        Args:
            options: see `StreamOptions`.

        Yields:
            The stream, which takes sound.

        Raises:
            ClientError: see `Client`.
        """
        config = config_of(options)
        with ExitStack() as held:
            yield LiveStream(self._connected(held), config, timeout_s=self._server.timeout_s)

    def _connected(self, held: ExitStack) -> ClientConnection:
        retries = self._server.retries()
        while True:
            try:
                with stream_errors():
                    connection: ClientConnection = connect(**self._server.stream())
                    return held.enter_context(connection)
            except ApiError as error:
                time.sleep(retries.wait_s(error))

    def _lines(self, call: Call[None], lines: LineReader) -> Generator[AnalysisLine, None, None]:
        with self._response(call) as response:
            for part in response.iter_bytes():
                yield from lines.feed(part)
            yield from lines.end()

    def _answer(self, call: Call[T]) -> T:
        with self._response(call) as response:
            return call.result(response.status_code, response.read(), response.headers)

    @contextmanager
    def _response(self, call: Call[Any]) -> Iterator[httpx.Response]:
        """Send a request until it is not refused for now, and yield the answer, whose body is unread."""
        uploads = Uploads(call.files)
        retries = self._server.retries()
        try:
            with http_errors():
                while True:
                    request = self._http.build_request(**call.request(uploads.parts))
                    response = self._http.send(request, stream=True)
                    try:
                        if call.takes(response.status_code):
                            yield response
                            return
                        error = error_of(response.status_code, response.read(), response.headers)
                    finally:
                        response.close()
                    time.sleep(retries.wait_s(error))
        finally:
            uploads.close()


class LiveStream:
    """A live stream that is open; `Client.open_stream` opens it. One thread may send while another receives.

    Args:
        connection: to the server.
        config: the first message.
        timeout_s: how long the server may take to begin.

    Attributes:
        ready: what the server answered to the options.

    Raises:
        ClientError: it was refused.
    """

    def __init__(self, connection: ClientConnection, config: str, *, timeout_s: float) -> None:
        self._connection = connection
        self._conversation = Conversation()
        with suppress(ConnectionFailed):
            # A server that refuses at once may have closed already; its message says why.
            self._send(config)
        with stream_errors():
            self.ready: Ready = self._conversation.begin(connection.recv(timeout_s))

    def __iter__(self) -> Self:
        """Return this: it yields each event until the stream is over."""
        return self

    def __next__(self) -> StreamEvent:
        """Return the next event; raises as `receive`."""
        event = self.receive()
        if event is None:
            raise StopIteration
        return event

    def send(self, sound: bytes) -> None:
        """Send sound, as it is recorded.

        Args:
            sound: whole samples, 1 s at most; 0.1 s suits well. Nothing is sent if it is empty.

        Raises:
            ConnectionFailed: the stream is over; `receive` says why.
        """
        if sound:
            self._send(sound)

    def end(self) -> None:
        """Ask for the last results; they are over once `receive` returns None.

        Raises:
            ConnectionFailed: the stream is over already; `receive` says why.
        """
        self._send(END)

    def receive(self, timeout_s: float | None = None) -> StreamEvent | None:
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
                    text = self._connection.recv(timeout_s)
                except ConnectionClosed as error:
                    self._conversation.close(error)
                    return None
            event = self._conversation.event(text)
        return event

    def received(self, wait_s: float = 0.0) -> Iterator[StreamEvent]:
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
                event = self.receive(max(0.0, over_at_s - time.monotonic()))
            except TimedOut:
                return
            if event is None:
                return
            yield event

    def _send(self, message: str | bytes) -> None:
        with stream_errors():
            self._connection.send(message)
