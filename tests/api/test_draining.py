"""A real server that is asked to stop: it says so first, finishes what is running, and cuts nothing."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import numpy as np
import pytest

from clips import CLIPS, sound_file
from live import Client, pcm
from ser.audio.decode import decode
from server import Server
from waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.slow

CUT = "cut"
HEAD = f'--{CUT}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'.encode()
TAIL = f"\r\n--{CUT}--\r\n".encode()
# Far more than anything here takes, also on a slow machine.
GRACE_S = "100"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers, which are killed if they still run at the end."""
    servers: list[Server] = []

    def begin(**settings: str) -> Server:
        servers.append(Server(tmp_path / f"log{len(servers)}", **{"SER_GRACE_S": GRACE_S} | settings))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.kill()


@pytest.fixture(scope="module")
def voice() -> bytes:
    return pcm(decode(CLIPS[0].path))


def ready(server: Server) -> int | None:
    """Return the status of the probe; None where nobody listens any more."""
    try:
        with urlopen(f"{server.url}/health/ready", timeout=DEADLINE_S) as answer:
            return answer.status
    except HTTPError as error:
        return error.code
    except (URLError, ConnectionError):
        return None


def test_it_goes_on_to_answer_while_load_balancers_notice(start: Callable[..., Server]) -> None:
    server = start(SER_DRAIN_DELAY_S="600")
    assert ready(server) == 200
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: ready(server) == 503)
    # All processes say so, and requests are still answered.
    assert {ready(server) for _ in range(20)} == {503}
    with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as answer:
        assert json.load(answer)["status"] == "healthy"
    with urlopen(f"{server.url}/metrics", timeout=DEADLINE_S) as answer:
        assert "ser_draining 1.0" in answer.read().decode()
    # Ten minutes are not waited for: Ctrl-C ends it at once.
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.process.wait(DEADLINE_S) == 0


def test_a_signal_to_all_processes_at_once_waits_as_well(start: Callable[..., Server]) -> None:
    server = start(SER_DRAIN_DELAY_S="600", SER_WORKERS="2")
    wait_until(lambda: len(server.workers()) == 2)
    before = {each.pid for each in server.workers()}
    # As systemd does without KillMode=mixed.
    os.killpg(server.process.pid, signal.SIGTERM)
    wait_until(lambda: ready(server) == 503)
    assert {ready(server) for _ in range(20)} == {503}
    assert {each.pid for each in server.workers()} == before
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.process.wait(DEADLINE_S) == 0


def test_the_delay_ends(start: Callable[..., Server]) -> None:
    server = start(SER_DRAIN_DELAY_S="0.5")
    server.process.send_signal(signal.SIGTERM)
    # A second one changes nothing.
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE_S) == 0
    assert ready(server) is None


class SlowUpload:
    """An /analyze whose file arrives slowly: it is analysed while it arrives."""

    def __init__(self, server: Server, content: bytes) -> None:
        self._rest = content[len(content) // 2 :] + TAIL
        self.line = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
        length = len(HEAD) + len(content) + len(TAIL)
        self.line.sendall(
            b"POST /analyze?format=ndjson HTTP/1.1\r\nHost: x\r\n"
            + f"Content-Type: multipart/form-data; boundary={CUT}\r\n".encode()
            + f"Content-Length: {length}\r\n\r\n".encode()
            + HEAD
            + content[: len(content) // 2]
        )

    def finish(self) -> tuple[int, list[dict[str, Any]]]:
        """Send the rest, and return the status and the lines of the answer."""
        self.line.sendall(self._rest)
        response = http.client.HTTPResponse(self.line)
        response.begin()
        return response.status, [json.loads(line) for line in response.read().splitlines()]


def test_a_running_analysis_is_finished(start: Callable[..., Server]) -> None:
    server = start(SER_WORKERS="2", SER_READ_TIMEOUT_S="600")
    whole = np.concatenate([decode(clip.path) for clip in CLIPS])
    upload = SlowUpload(server, sound_file(whole))
    server.process.send_signal(signal.SIGTERM)
    # Nobody listens any more; who is there already is still served.
    wait_until(lambda: ready(server) is None)
    assert server.process.poll() is None
    status, lines = upload.finish()
    assert status == 200
    assert lines[-1]["type"] == "result"
    assert lines[-1]["duration_s"] == pytest.approx(len(whole) / 16_000, abs=0.01)
    assert server.process.wait(DEADLINE_S) == 0


def test_a_live_stream_ends_when_its_client_is_done(start: Callable[..., Server], voice: bytes) -> None:
    server = start()
    with Client(server.url) as client:
        client.configure()
        client.play(voice[: len(voice) // 2])
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: ready(server) is None)
        client.play(voice[len(voice) // 2 :])
        client.tell({"type": "end"})
        lines = client.hear_all()
        assert lines[-1]["type"] == "speech_ended"
        assert lines[-1]["emotion"]
        assert client.end == (1000, "end")
    assert server.process.wait(DEADLINE_S) == 0


def test_a_live_stream_gets_its_last_answer_when_the_grace_is_over(
    start: Callable[..., Server], voice: bytes
) -> None:
    server = start(SER_GRACE_S="1", SER_STREAM_IDLE_S="600")
    with Client(server.url) as client:
        client.configure()
        # In step: all of it has been worked on, so that nothing is left to chance.
        before = client.play_in_step(voice[: len(voice) // 2])
        assert "speech_ended" not in {line["type"] for line in before}
        server.process.send_signal(signal.SIGTERM)
        last = client.hear_all()[-1]
        assert last["type"] == "speech_ended"
        assert last["emotion"]
        assert client.end == (1001, "server_stops")
    assert server.process.wait(DEADLINE_S) == 0


def test_a_stream_that_has_not_begun_hears_so(start: Callable[..., Server]) -> None:
    server = start(SER_GRACE_S="1", SER_STREAM_IDLE_S="600")
    with Client(server.url) as client:
        server.process.send_signal(signal.SIGTERM)
        assert client.hear_all() == []
        assert client.end == (1001, "server_stops")
    assert server.process.wait(DEADLINE_S) == 0


def test_ctrl_c_does_not_wait_for_anybody(start: Callable[..., Server], voice: bytes) -> None:
    server = start(SER_GRACE_S="86400", SER_READ_TIMEOUT_S="600", SER_STREAM_IDLE_S="600")
    with Client(server.url) as client:
        client.configure()
        client.play(voice)
        upload = SlowUpload(server, CLIPS[0].path.read_bytes())
        # As a terminal does: to all processes.
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(DEADLINE_S) == 0
        upload.line.close()


def test_ctrl_c_ends_a_server_that_drains(start: Callable[..., Server], voice: bytes) -> None:
    server = start(SER_GRACE_S="86400", SER_STREAM_IDLE_S="600")
    with Client(server.url) as client:
        client.configure()
        client.play(voice)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: ready(server) is None)
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(DEADLINE_S) == 0


def test_no_request_is_lost(start: Callable[..., Server]) -> None:
    """Requests that come until the very end are answered, or refused: none is cut."""
    server = start(SER_DRAIN_DELAY_S="1")
    cut: list[Exception] = []
    answered = [0, 0]

    def ask(number: int) -> None:
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
            try:
                connection.connect()
            except (ConnectionRefusedError, ConnectionResetError):
                # Before anything was sent.
                return
            try:
                connection.request("GET", "/health")
                assert connection.getresponse().read()
                answered[number] += 1
            except (OSError, http.client.HTTPException) as error:
                cut.append(error)
                return
            finally:
                connection.close()
            time.sleep(0.01)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: min(answered) > 10)
    server.process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(DEADLINE_S)
    assert cut == []
    assert server.process.wait(DEADLINE_S) == 0
