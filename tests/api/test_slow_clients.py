"""Clients that send and read byte by byte, or never hang up: on each route, a server is done with them.

A byte is sent more often than the timeout of a silence, so that no silence ends them.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from flask.testing import FlaskClient
from tests.fuzz.contract import fault_of_bytes
from tests.fuzz.wire import HANDSHAKE, frame

from ser.api.client_socket import STEP_BYTES, ClientSocket
from server import Server
from waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.slow

# Less than the second for which the server waits for a byte.
_PAUSE_S = 0.2
VALUES = {"name": "cremad-4", "filename": "swagger-ui.css"}
THREADS = 64


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is soon tired of waiting, and has a thread for each of the clients."""
    server = Server(
        tmp_path_factory.mktemp("server") / "log",
        SER_WORKERS="1",
        SER_THREADS=str(THREADS),
        SER_READ_TIMEOUT_S="1",
        SER_STREAM_IDLE_S="1",
    )
    yield server
    assert server.stop() == 0


@pytest.fixture(autouse=True)
def _the_next_request_works(server: Server) -> Iterator[None]:
    (worker,) = server.workers()
    yield
    with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as response:
        assert response.status == 200
    # It was not ended because it hung.
    assert server.workers() == [worker]
    assert not [line for line in server.logged() if line["level"] in ("ERROR", "CRITICAL")]


@pytest.fixture(scope="module")
def routes(make_client: Callable[..., FlaskClient]) -> list[tuple[str, str]]:
    """Each method and path that the application has."""
    app = make_client().application
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for argument in rule.arguments:
            start = path.index("<")
            path = path[:start] + VALUES.get(argument, "x") + path[path.index(">") + 1 :]
        found += [(method, path) for method in sorted(rule.methods or ())]
    assert {("POST", "/predict"), ("POST", "/timeline"), ("GET", "/models/cremad-4")} <= set(found)
    return found


def drip(server: Server, beginnings: list[bytes], byte: bytes = b"x") -> list[bytes]:
    """Send beginnings, then a byte again and again until the server hangs up; return what it said."""
    received: dict[socket.socket, bytes] = {}
    deadline_s = time.monotonic() + DEADLINE_S
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        for beginning in beginnings:
            line = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            line.sendall(beginning)
            selector.register(line, selectors.EVENT_READ)
            received[line] = b""
        while selector.get_map():
            assert time.monotonic() < deadline_s, "the server never hangs up"
            due_s = time.monotonic() + _PAUSE_S
            while (left_s := due_s - time.monotonic()) > 0:
                for key, _ in selector.select(left_s):
                    line = key.fileobj
                    try:
                        more = line.recv(65_536)
                    except ConnectionError:
                        more = b""
                    received[line] += more
                    if not more:
                        selector.unregister(line)
                if not selector.get_map():
                    break
            for key in list(selector.get_map().values()):
                try:
                    key.fileobj.send(byte)
                except OSError:
                    selector.unregister(key.fileobj)
    return list(received.values())


def test_who_never_ends_a_header_is_hung_up_on(server: Server, routes: list[tuple[str, str]]) -> None:
    said = drip(server, [f"{method} {path} HTTP/1.1\r\nX: ".encode() for method, path in routes])
    assert set(said) == {b""}


def test_who_never_ends_a_body_is_told_so(server: Server, routes: list[tuple[str, str]]) -> None:
    asked = [
        (method, path, kind)
        for method, path in routes
        for kind in ("application/json", "multipart/form-data; boundary=cut")
        if method != "HEAD"
    ]
    heads = [
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\nContent-Type: {kind}\r\n\r\n"
        for method, path, kind in asked
    ]
    said = drip(server, [head.encode() for head in heads])
    for (method, path, _), answer in zip(asked, said, strict=True):
        assert answer, path
        assert fault_of_bytes(answer) is None, (method, path)
        if method == "POST" and path in ("/predict", "/baseline", "/analyze"):
            assert answer.startswith(b"HTTP/1.1 4"), path


def test_who_never_ends_a_body_in_chunks_is_told_so(server: Server, routes: list[tuple[str, str]]) -> None:
    heads = [
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=cut\r\n"
        "Transfer-Encoding: chunked\r\n\r\nffff\r\n--cut\r\n".encode()
        for method, path in routes
        if method == "POST"
    ]
    for answer in drip(server, heads):
        assert fault_of_bytes(answer) is None
        assert answer.startswith(b"HTTP/1.1 4")


def test_who_never_reads_is_hung_up_on(server: Server, routes: list[tuple[str, str]]) -> None:
    with ExitStack() as stack:
        lines = {}
        for method, path in routes:
            if method == "GET":
                line = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                line.setblocking(False)
                lines[line] = 100 * f"GET {path} HTTP/1.1\r\nHost: x\r\nX: {'x' * 8_000}\r\n\r\n".encode()

        def is_rid_of_all() -> bool:
            for line, requests in lines.items():
                with suppress(OSError):
                    line.send(requests)
            (worker,) = server.workers()
            return all(each.status == psutil.CONN_LISTEN for each in worker.net_connections("tcp"))

        wait_until(is_rid_of_all)


def test_who_drips_a_message_of_a_stream_is_hung_up_on(server: Server) -> None:
    config = frame(1, b'{"type":"config"}')
    beginnings = [
        HANDSHAKE,
        HANDSHAKE + frame(2, bytes(30_000))[:8],
        HANDSHAKE + config + frame(2, bytes(30_000))[:8],
        HANDSHAKE + config + frame(1, b"", final=False) + frame(0, bytes(30_000), final=False)[:8],
        HANDSHAKE[:-2],
    ]
    for answer in drip(server, beginnings, b"\0"):
        assert fault_of_bytes(answer) is None


def test_who_leaves_connections_open_keeps_no_one_waiting(server: Server) -> None:
    """gunicorn waits 2 s for each of them in the thread that accepts, whose heartbeat would stop too long."""
    with ExitStack() as stack:
        for _ in range(THREADS):
            line = stack.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
            )
            line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as response:
            assert response.status == 200


def pair() -> tuple[ClientSocket, socket.socket]:
    ours, its = socket.socketpair()
    return ClientSocket(ours, 1, 2**30), its


def test_a_step_of_an_upload_may_take_as_long_as_the_timeout() -> None:
    ours, its = pair()
    with ours, its:
        its.sendall(bytes(3 * STEP_BYTES))
        assert sum(len(ours.recv(1024)) for _ in range(48)) == 3 * STEP_BYTES
        ours.begin_request()
        its.sendall(b"more")
        assert ours.recv(10) == b"more"
        # Nothing comes.
        with pytest.raises(ConnectionResetError):
            ours.recv(10)


def test_a_client_that_reads_nothing_fails_what_is_sent(tmp_path: Path) -> None:
    ours, its = pair()
    file = tmp_path / "file"
    file.write_bytes(bytes(5_000_000))
    with ours, its:
        with pytest.raises(ConnectionResetError):
            ours.sendall(bytes(5_000_000))
        with file.open("rb") as content, pytest.raises(ConnectionResetError):
            ours.sendfile(content)


def test_a_part_of_a_file_is_sent(tmp_path: Path) -> None:
    ours, its = pair()
    file = tmp_path / "file"
    file.write_bytes(bytes(range(200)) * 1000)
    with ours, its, file.open("rb") as content:
        assert ours.sendfile(content, 5, 60_000) == 60_000
        ours.close()
        assert b"".join(iter(lambda: its.recv(65_536), b"")) == file.read_bytes()[5:60_005]
