"""What `ser.server` relies on in gunicorn's threaded worker, although gunicorn does not document it."""

from __future__ import annotations

import inspect
import logging
import re
import signal
import socket
import struct
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn import arbiter
from gunicorn.arbiter import Arbiter as GunicornArbiter
from gunicorn.config import Config
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

from ser.api.draining import Draining
from ser.api.live.streams import FINISHING_S
from ser.config import Settings
from ser.server.application import Server
from ser.server.arbiter import Arbiter
from ser.server.worker import Worker

VERSION = version("gunicorn")
READ_TIMEOUT_S = 7
REQUEST = b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n"


def changed(what: str) -> str:
    return (
        f"gunicorn {VERSION} {what}. ser.server and ser.api.routes.stream rely on it: keep gunicorn "
        "below this version in pyproject.toml, or change them."
    )


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    client, server = socket.socketpair()
    client.settimeout(10)
    client.sendall(REQUEST)
    yield client, server
    client.close()
    server.close()


def serve(server: socket.socket, app: Callable[..., Any]) -> tuple[Worker, TConn, Future[Any]]:
    """Let a worker handle the request that waits at a socket, as gunicorn does."""
    cfg = Config()
    owner = SimpleNamespace(read_timeout_s=READ_TIMEOUT_S, max_upload_bytes=2**20)
    worker = Worker(1, 1, [], owner, 30, cfg, Logger(cfg))
    worker.wsgi, worker.alive, worker.nr_conns = app, True, 1
    connection = TConn(cfg, server, ("127.0.0.1", 1), ("127.0.0.1", 2))
    done: Future[Any] = Future()
    done.set_result(worker.handle(connection))
    return worker, connection, done


def test_the_version_is_one_that_was_tried() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    (bound,) = (each for each in project["dependencies"] if each.startswith("gunicorn"))
    least, below = re.fullmatch(r"gunicorn>=(\d+),<(\d+)", bound).groups()  # type: ignore[union-attr]
    assert int(least) <= int(VERSION.partition(".")[0]) < int(below), changed(f"is not within {bound}")


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (ThreadWorker, "handle", ["self", "conn"]),
        (ThreadWorker, "finish_request", ["self", "conn", "fs"]),
        (ThreadWorker, "handle_exit", ["self", "sig", "frame"]),
        (ThreadWorker, "run", ["self"]),
        (ThreadWorker, "is_parent_alive", ["self"]),
        (ThreadWorker, "set_accept_enabled", ["self", "enabled"]),
        (ThreadWorker, "accept", ["self", "listener"]),
        (ThreadWorker, "get_thread_pool", ["self"]),
        (GunicornArbiter, "handle_hup", ["self"]),
        (GunicornArbiter, "spawn_worker", ["self"]),
        (GunicornArbiter, "spawn_workers", ["self"]),
        (GunicornArbiter, "reap_workers", ["self"]),
        (GunicornArbiter, "handle_term", ["self"]),
        (GunicornArbiter, "wait_for_signals", ["self", "timeout"]),
        (GunicornArbiter, "stop", ["self", "graceful"]),
    ],
)
def test_gunicorn_still_has_the_methods(owner: type, name: str, parameters: list[str]) -> None:
    method = getattr(owner, name, None)
    assert method is not None, changed(f"has no {owner.__name__}.{name}")
    assert list(inspect.signature(method).parameters) == parameters, changed(
        f"calls {owner.__name__}.{name} otherwise"
    )


def test_the_first_process_stops_after_the_delay_and_gives_the_grace() -> None:
    """What the order of signals is; tests/api/test_draining.py has real servers."""
    now_s = 100.0
    kept = SimpleNamespace(keep_running=lambda: None)
    owner = SimpleNamespace(
        draining=Draining(),
        metrics=None,
        grace_s=7,
        drain_delay_s=30.0,
        launcher=kept,
        access=SimpleNamespace(keys=None),
    )
    arbiter = Arbiter.__new__(Arbiter)
    arbiter.app, arbiter.cfg, arbiter.SIG_QUEUE = owner, Config(), SimpleQueue()
    arbiter.SIG_QUEUE.put(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ser.server.arbiter.monotonic", lambda: now_s)
        assert arbiter.wait_for_signals(0.01) == [signal.SIGTERM]
        assert not owner.draining.begun
        arbiter.handle_term()
        assert owner.draining.begun
        now_s += 29.99
        assert arbiter.wait_for_signals(0.01) == []
        # A second signal does not begin anew.
        arbiter.handle_term()
        now_s += 0.01
        with pytest.raises(StopIteration):
            arbiter.wait_for_signals(0.01)
        patch.setattr(GunicornArbiter, "stop", lambda self, graceful: None)
        arbiter.stop()
        assert arbiter.cfg.graceful_timeout > 7 + FINISHING_S
        arbiter.stop(False)
        assert arbiter.cfg.graceful_timeout == 3


def test_no_clock_of_the_day_measures_the_grace_time() -> None:
    used = set(re.findall(r"\btime\.(\w+)\(", Path(arbiter.__file__).read_text()))
    assert used == {"time", "monotonic", "sleep"}, changed("uses other functions of `time`")
    assert arbiter.time.time is time.monotonic


@pytest.mark.parametrize("living", [0, 1])
def test_processes_that_cannot_begin_end_the_server_only_if_none_is_left(
    living: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gunicorn leaves off at the first of those that ended in the same moment."""
    arbiter = Arbiter.__new__(Arbiter)
    arbiter.app = SimpleNamespace(metrics=None)
    arbiter.log = logging.getLogger("test")
    arbiter.WORKERS = dict.fromkeys(range(3), None)

    def reap_one(self: GunicornArbiter) -> None:
        if len(self.WORKERS) > living:
            self.WORKERS.popitem()
            raise HaltServer("Worker failed to boot.", 3)

    monkeypatch.setattr(GunicornArbiter, "reap_workers", reap_one)
    if living:
        arbiter.reap_workers()
    else:
        with pytest.raises(HaltServer):
            arbiter.reap_workers()
    assert len(arbiter.WORKERS) == living


def test_an_application_can_take_the_connection_over(pair: tuple[socket.socket, socket.socket]) -> None:
    client, server = pair
    taken: list[socket.socket] = []

    def app(environ: dict[str, Any], _: Any) -> Any:
        assert "gunicorn.socket" in environ, changed("does not pass 'gunicorn.socket' to the application")
        taken.append(socket.socket(fileno=environ["gunicorn.socket"].detach()))
        raise StopIteration

    worker, connection, done = serve(server, app)
    assert done.result() is False, changed("does not take StopIteration for the end of a connection")
    worker.finish_request(connection, done)
    assert worker.nr_conns == 0, changed("counts connections otherwise")
    with taken[0] as own:
        own.sendall(b"mine")
        assert client.recv(100) == b"mine", changed("writes to a connection that was taken over")


def test_the_read_timeout_outlives_what_gunicorn_does_to_the_socket(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    client, server = pair
    found: list[bytes] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        connection = environ["gunicorn.socket"]
        found.append(connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16))
        found.append(connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16))
        assert connection.getblocking(), changed("does not set a connection to wait while it is served")
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    _, _, done = serve(server, app)
    assert done.result() is True, changed("does not keep a connection alive")
    assert client.recv(1000).endswith(b"ok")
    expected = struct.pack("ll", READ_TIMEOUT_S, 0)
    assert found == [expected, expected], changed("resets the timeouts of a connection")


def test_the_server_uses_the_worker_and_its_hooks() -> None:
    server = Server(Settings(port=0))
    assert server.cfg.worker_class is Worker, changed("chooses the worker otherwise")
    assert server.read_timeout_s == 10
