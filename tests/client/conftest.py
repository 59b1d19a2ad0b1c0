"""Both clients behind one face, and servers that answer what a test says."""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from ser.client import AsyncClient, Client
from waiting import DEADLINE_S

Connect = Callable[..., Any]


class Waiting:
    """What is asynchronous, with methods that wait, so that one test serves both clients.

    Args:
        inner: a client or a stream.
        loop: runs what is asynchronous, and returns its result.
    """

    def __init__(self, inner: Any, loop: Callable[[Any], Any]) -> None:
        self._inner, self._loop = inner, loop

    def __repr__(self) -> str:
        return repr(self._inner)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._waiting(found) if callable(found) else found

    def __iter__(self) -> Iterator[Any]:
        return self._each(self._inner)

    def _waiting(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            answer = method(*args, **options)
            if inspect.isasyncgen(answer):
                return self._each(answer)
            if inspect.isawaitable(answer):
                return self._loop(answer)
            return self._entered(answer) if hasattr(answer, "__aenter__") else answer

        return call

    def _each(self, events: Any) -> Iterator[Any]:
        try:
            with suppress(StopAsyncIteration):
                while True:
                    yield self._loop(anext(events))
        finally:
            if inspect.isasyncgen(events):
                self._loop(events.aclose())

    @contextmanager
    def _entered(self, manager: Any) -> Iterator[Any]:
        inner = self._loop(manager.__aenter__())
        try:
            yield Waiting(inner, self._loop)
        finally:
            self._loop(manager.__aexit__(None, None, None))


@contextmanager
def loop_of_its_own() -> Iterator[Callable[[Any], Any]]:
    """Run what is asynchronous in another thread: a browser's loop may run in this one."""
    began, loops, ends = threading.Event(), [], []

    async def stay() -> None:
        loops.append(asyncio.get_running_loop())
        ends.append(asyncio.Event())
        began.set()
        await ends[0].wait()

    async def awaited(what: Any) -> Any:
        return await what

    thread = threading.Thread(target=lambda: asyncio.run(stay()))
    thread.start()
    assert began.wait(DEADLINE_S)
    try:
        yield lambda what: asyncio.run_coroutine_threadsafe(awaited(what), loops[0]).result(DEADLINE_S)
    finally:
        loops[0].call_soon_threadsafe(ends[0].set)
        thread.join()


@pytest.fixture(params=["Client", "AsyncClient"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Make a client, of each kind."""
    with ExitStack() as held:
        loop = held.enter_context(loop_of_its_own())

        def make(url: str, **options: Any) -> Any:
            options = {"timeout_s": DEADLINE_S} | options
            client = Client(url, **options)
            if request.param == "AsyncClient":
                client.close()
                client = Waiting(AsyncClient(url, **options), loop)
            held.callback(client.close)
            return client

        yield make


class Scripted:
    """A server that gives each connection the next of some answers, and hangs up.

    Args:
        answers: whole, as they are sent. None comes after the last one: then it stays silent.

    Attributes:
        requests: that came, each with its body.
    """

    def __init__(self, *answers: bytes) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._silent: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more connections."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for line in self._silent:
            line.close()
        self._thread.join(DEADLINE_S)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                line.settimeout(DEADLINE_S)
                self.requests.append(_request(line))
                if not self._answers:
                    self._silent.append(line)
                    continue
                with line:
                    line.sendall(self._answers.pop(0))


def _request(line: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += line.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    for header in head.lower().split(b"\r\n"):
        if header.startswith(b"content-length:"):
            while len(body) < int(header.partition(b":")[2]):
                body += line.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    """Start a server that answers what a test says."""
    with ExitStack() as held:

        def start(*answers: bytes) -> Scripted:
            server = Scripted(*answers)
            held.callback(server.close)
            return server

        yield start


Refusal = Callable[[ServerConnection, Request], Response | None]


@pytest.fixture
def streaming() -> Iterator[Callable[..., str]]:
    """Start a server whose every live stream is a function of a test, and return its address."""
    with ExitStack() as held:

        def start(talk: Callable[[ServerConnection], None], refuse: Refusal | None = None) -> str:
            opened: AbstractContextManager[Any] = serve(talk, "127.0.0.1", 0, process_request=refuse)
            server = held.enter_context(opened)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            held.callback(thread.join, DEADLINE_S)
            held.callback(server.shutdown)
            return f"http://127.0.0.1:{server.socket.getsockname()[1]}"

        yield start
