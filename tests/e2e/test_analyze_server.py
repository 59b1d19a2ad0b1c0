"""What only a real server can show of POST /analyze."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest

from clips import CLIPS, sound_file, transcode
from ser.analysis.timeline import MAX_AT_ONCE
from ser.api.streamed_form import READ_AHEAD_BYTES
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from server import Server
from waiting import DEADLINE_S, wait_until

HEAD = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
TAIL = b"\r\n--cut--\r\n"
HEADERS = {"Content-Type": "multipart/form-data; boundary=cut"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "log", SER_READ_TIMEOUT_S="120", SER_WORKERS="1")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits a second for a client, and takes little."""
    server = Server(
        tmp_path_factory.mktemp("strict") / "log",
        SER_READ_TIMEOUT_S="1",
        SER_WORKERS="1",
        SER_MAX_ANALYZE_MB="8",
    )
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def minutes() -> Waveform:
    """Twelve speakers, over and over, for 20 minutes."""
    speech = np.concatenate([decode(clip.path) for clip in CLIPS])
    return np.resize(speech, 20 * 60 * SAMPLE_RATE_HZ)


@pytest.fixture(scope="module")
def call(minutes: Waveform) -> bytes:
    """The same as a WAV, which the server cannot take in at once."""
    return HEAD + sound_file(minutes) + TAIL


@pytest.fixture(scope="module")
def unfinished() -> bytes:
    """A recording whose analysis begins, and waits for the rest: silence of many bytes, without its end."""
    seconds = 1.1 * READ_AHEAD_BYTES / (4 * 192_000)
    return HEAD + sound_file(np.zeros((int(seconds * 192_000), 2), np.float32), rate_hz=192_000)[:-1000]


def endings(server: Server) -> list[dict[str, Any]]:
    """Return how each analysis so far ended, as the log has it."""
    return [line for line in server.logged() if line["message"] == "analysis ended"]


def request(path: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=cut\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def post(
    server: Server,
    body: bytes | Iterable[bytes],
    path: str = "/analyze",
    *,
    deadline_s: float = DEADLINE_S,
    **headers: str,
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=deadline_s)
    connection.request("POST", path, body=body, headers=HEADERS | headers)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def memory_kb(server: Server, what: str = "VmRSS") -> int:
    """Return the memory of the server's only worker."""
    (worker,) = server.workers()
    return int(re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{worker.pid}/status").read_text())[1])  # type: ignore[index]


def test_curl_sees_lines_while_the_work_goes_on(server: Server, minutes: Waveform, tmp_path: Path) -> None:
    file = tmp_path / "call.mp3"
    file.write_bytes(transcode(minutes[: 8 * 60 * SAMPLE_RATE_HZ], "mp3"))
    command = ["curl", "-sN", "-F", f"file=@{file}", "-H", "Accept: application/x-ndjson"]
    with subprocess.Popen([*command, f"{server.url}/analyze"], stdout=subprocess.PIPE) as curl:
        assert curl.stdout
        before = len(endings(server))
        kinds = []
        for line in curl.stdout:
            kinds.append(json.loads(line)["type"])
            if len(kinds) == 3:
                assert len(endings(server)) == before, "the first lines came with the last"
    assert kinds[0] == "start"
    assert kinds[-1] == "result"
    assert kinds.count("progress") > 4
    assert kinds.count("window") > 120


@pytest.mark.parametrize("path", ["/analyze", "/analyze?format=ndjson"])
@pytest.mark.parametrize("sent", [1.0, 0.5], ids=["all sent", "half sent"])
def test_the_work_stops_when_the_client_goes(path: str, sent: float, server: Server, call: bytes) -> None:
    before = len(endings(server))
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(request(path, len(call)) + call[: int(len(call) * sent)])
    wait_until(lambda: len(endings(server)) > before)
    ended = endings(server)[-1]
    assert ended["outcome"] in ("client_gone", "request_timeout")
    # Of 20 minutes, to be decoded once and then predicted.
    assert ended["decoded_s"] < 10 * 60
    assert ended["windows"] == 0


def test_two_clients_that_go_at_once_leave_room_for_others(server: Server, call: bytes) -> None:
    before = len(endings(server))
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda line: line.sendall(request("/analyze", len(call)) + call), lines))
    for line in lines:
        line.close()
    wait_until(lambda: len(endings(server)) == before + 2)
    status, body = post(server, HEAD + CLIPS[0].path.read_bytes() + TAIL)
    assert status == 200
    assert json.loads(body)["emotion"]


def test_chunks_without_a_length_are_taken_up_to_the_limit(strict_server: Server) -> None:
    def sent(megabytes: int) -> tuple[int, dict[str, object]]:
        # Many bytes, but few minutes.
        body = HEAD + sound_file(np.zeros((megabytes * 2**18, 2)), rate_hz=192_000) + TAIL
        connection = http.client.HTTPConnection("127.0.0.1", strict_server.port, timeout=DEADLINE_S)
        parts = (body[i : i + 2**20] for i in range(0, len(body), 2**20))
        connection.request("POST", "/analyze", body=parts, headers=HEADERS, encode_chunked=True)
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    status, answer = sent(3)
    assert (status, answer["emotion"]) == (200, None)
    status, answer = sent(10)
    assert (status, answer["code"]) == (413, "too_large")


def test_what_is_between_the_bytes_of_chunks_is_bounded(strict_server: Server) -> None:
    # Fast enough, but a byte of a file for each 8 kB. Twice 8 MB are taken, and the kernels hold some more.
    most, before = 100 * 1024**2, len(endings(strict_server))
    chunk = b"1;" + b"a" * 8_000 + b"\r\nR\r\n"
    head = request("/analyze", 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    with socket.create_connection(("127.0.0.1", strict_server.port), timeout=DEADLINE_S) as line:
        line.sendall(head + f"{len(HEAD):x}\r\n".encode() + HEAD + b"\r\n")
        sent = 0
        with suppress(ConnectionError):
            while sent < most:
                line.sendall(chunk)
                sent += len(chunk)
    assert sent < most
    wait_until(lambda: len(endings(strict_server)) > before)
    assert endings(strict_server)[-1]["outcome"] == "request_timeout"


def test_an_upload_drop_by_drop_is_given_up(strict_server: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict_server.port), timeout=DEADLINE_S) as line:
        line.sendall(request("/analyze", 10**6) + HEAD)
        line.settimeout(0.1)
        answer = b""

        def is_given_up() -> bool:
            nonlocal answer
            try:
                if not answer:
                    line.send(b"R")
                answer += line.recv(65536)
            except TimeoutError:
                pass
            return answer.endswith(b"}\n")

        wait_until(is_given_up)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"request_timeout" in answer


def test_others_are_served_meanwhile(server: Server, unfinished: bytes) -> None:
    length = len(unfinished) + 1000 + len(TAIL)
    clip = HEAD + CLIPS[0].path.read_bytes() + TAIL

    def is_busy() -> bool:
        return json.loads(post(server, clip)[1]).get("code") == "busy"

    def begin(lines: list[socket.socket]) -> bool:
        """Begin one more analysis; what a test before this one gave up may not be over yet."""
        line = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
        answer = b""
        with suppress(ConnectionError):
            line.sendall(request("/analyze?format=ndjson", length) + unfinished)
            answer = line.recv(65536)
        if answer.startswith(b"HTTP/1.1 200"):
            lines.append(line)
        else:
            line.close()
        return len(lines) == MAX_AT_ONCE

    with ExitStack() as held:
        lines: list[socket.socket] = []
        wait_until(lambda: begin(lines))
        for line in lines:
            held.enter_context(line)
        assert is_busy()
        with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as response:
            assert response.status == 200
        assert post(server, clip, "/predict")[0] == 200
        assert is_busy()
        for line in lines:
            line.sendall(bytes(1000) + TAIL)
            answer = b""
            while b'"type":"result"' not in answer.replace(b" ", b""):
                answer += line.recv(65536)
    wait_until(lambda: not is_busy())


def test_half_an_hour_takes_little_memory(server: Server, minutes: Waveform) -> None:
    peaks_mb = []
    for duration_s in (600, 1800):
        y = np.resize(minutes, duration_s * SAMPLE_RATE_HZ)
        status, answer = post(server, HEAD + sound_file(y) + TAIL, deadline_s=30 * DEADLINE_S)
        assert status == 200
        assert json.loads(answer)["duration_s"] == pytest.approx(duration_s)
        peaks_mb.append(memory_kb(server, "VmHWM") / 1024)
    # Twenty minutes more have 73 MB when decoded; of them, a byte per feature and the answer may be kept.
    assert peaks_mb[1] - peaks_mb[0] < 73


def test_no_voice_and_no_name_gets_into_the_log(server: Server) -> None:
    post(server, HEAD.replace(b'"x"', b'"my secret call.wav"') + CLIPS[0].path.read_bytes() + TAIL)
    assert "secret" not in server.log.read_text()


def test_it_stops_though_an_analysis_goes_on(tmp_path: Path, call: bytes) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1", SER_READ_TIMEOUT_S="600")
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        # It cannot end: the last of it never comes.
        line.sendall(request("/analyze?format=ndjson", len(call)) + call[:-100_000])
        assert line.recv(100)
        assert server.stop() == 0
