"""What only a real server can show of POST /analyze."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest

from clips import CLIPS, sound_file, transcode
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from server import Server

HEAD = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
TAIL = b"\r\n--cut--\r\n"
HEADERS = {"Content-Type": "multipart/form-data; boundary=cut"}
DEADLINE_S = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("server") / "log",
        SER_READ_TIMEOUT_S="1",
        SER_WORKERS="1",
        SER_MAX_ANALYZE_MB="300",
    )
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def minutes() -> Waveform:
    """Twelve voices, over and over, for 20 minutes."""
    voices = np.concatenate([decode(clip.path) for clip in CLIPS])
    return np.resize(voices, 20 * 60 * SAMPLE_RATE_HZ)


@pytest.fixture(scope="module")
def call(minutes: Waveform) -> bytes:
    """The same as a WAV, which the server cannot take in at once."""
    return HEAD + sound_file(minutes) + TAIL


def endings(server: Server) -> list[str]:
    """Return how each analysis so far ended."""
    return re.findall(r'"analysis ended".*?"outcome": "(\w+)"', server.log.read_text())


def wait_for(condition: Callable[[], bool], *, within_s: float = DEADLINE_S) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def request(path: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=cut\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def post(server: Server, body: bytes, path: str = "/analyze") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    connection.request("POST", path, body=body, headers=HEADERS)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def memory_kb(server: Server, what: str = "VmRSS") -> int:
    """Return the memory of the server's only worker."""
    pid = server.process.pid
    (worker,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(re.search(rf"{what}:\s+(\d+)", Path(f"/proc/{worker}/status").read_text())[1])  # type: ignore[index]


def test_curl_sees_lines_while_the_work_goes_on(server: Server, minutes: Waveform, tmp_path: Path) -> None:
    file = tmp_path / "call.mp3"
    file.write_bytes(transcode(minutes, "mp3"))
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
    assert kinds.count("window") > 300


@pytest.mark.parametrize("path", ["/analyze", "/analyze?format=ndjson"])
@pytest.mark.parametrize("sent", [1.0, 0.5], ids=["all sent", "half sent"])
def test_the_work_stops_when_the_client_goes(path: str, sent: float, server: Server, call: bytes) -> None:
    before = len(endings(server))
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(request(path, len(call)) + call[: int(len(call) * sent)])
    left = time.monotonic()
    wait_for(lambda: len(endings(server)) > before)
    assert endings(server)[-1] in ("client_gone", "request_timeout")
    assert time.monotonic() - left < 2


def test_two_clients_that_go_at_once_leave_room_for_others(server: Server, call: bytes) -> None:
    before = len(endings(server))
    lines = [socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda line: line.sendall(request("/analyze", len(call)) + call), lines))
    for line in lines:
        line.close()
    wait_for(lambda: len(endings(server)) == before + 2)
    status, body = post(server, HEAD + CLIPS[0].path.read_bytes() + TAIL)
    assert status == 200
    assert json.loads(body)["emotion"]


def test_chunks_without_a_length_are_taken_up_to_the_limit(server: Server) -> None:
    def sent(megabytes: int) -> tuple[int, dict[str, object]]:
        # Many bytes, but few minutes.
        body = HEAD + sound_file(np.zeros((megabytes * 2**18, 2)), rate_hz=192_000) + TAIL
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
        parts = (body[i : i + 2**20] for i in range(0, len(body), 2**20))
        connection.request("POST", "/analyze", body=parts, headers=HEADERS, encode_chunked=True)
        response = connection.getresponse()
        answer = response.status, json.loads(response.read())
        connection.close()
        return answer

    status, answer = sent(3)
    assert (status, answer["emotion"]) == (200, None)
    status, answer = sent(310)
    assert (status, answer["code"]) == (413, "too_large")


def test_an_upload_drop_by_drop_is_given_up(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(request("/analyze", 10**6) + HEAD)
        line.settimeout(0.1)
        heard = b""
        deadline = time.monotonic() + DEADLINE_S
        while not heard.endswith(b"}\n"):
            assert time.monotonic() < deadline, f"it was never given up: {heard!r}"
            try:
                if not heard:
                    line.send(b"R")
                heard += line.recv(65536)
            except TimeoutError:
                continue
    assert heard.startswith(b"HTTP/1.1 408")
    assert b"request_timeout" in heard


def test_others_are_served_meanwhile(server: Server, minutes: Waveform) -> None:
    call = HEAD + sound_file(minutes[: 3 * 60 * SAMPLE_RATE_HZ]) + TAIL
    before = len(endings(server))
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(post, server, call) for _ in range(8)]
        wait_for(lambda: "busy" in endings(server)[before:])
        with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as response:
            assert response.status == 200
        status, _ = post(server, HEAD + CLIPS[0].path.read_bytes() + TAIL, "/predict")
        assert status == 200
        answers = [json.loads(body).get("code") for _, body in (job.result() for job in jobs)]
    assert answers.count("busy") >= 1
    assert answers.count(None) >= 4


def test_two_hours_take_little_memory(server: Server, minutes: Waveform) -> None:
    two_hours = HEAD + sound_file(np.tile(minutes, 6)) + TAIL
    assert len(two_hours) > 230e6
    post(server, HEAD + CLIPS[0].path.read_bytes() + TAIL)
    before = memory_kb(server)
    status, body = post(server, two_hours)
    assert status == 200
    assert json.loads(body)["duration_s"] == pytest.approx(7200)
    assert (memory_kb(server, "VmHWM") - before) / 1024 < 200


def test_no_voice_and_no_name_gets_into_the_log(server: Server) -> None:
    post(server, HEAD.replace(b'"x"', b'"my secret call.wav"') + CLIPS[0].path.read_bytes() + TAIL)
    assert "secret" not in server.log.read_text()


def test_it_stops_soon_though_an_analysis_goes_on(tmp_path: Path, call: bytes) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1")
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(request("/analyze?format=ndjson", len(call)) + call)
        assert line.recv(100)
        assert server.stop(timeout_s=15) == 0
