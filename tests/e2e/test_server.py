"""What only a real server on a real socket can show."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from clips import CLIPS
from server import Server
from waiting import DEADLINE_S

GOOD = CLIPS[0].path.read_bytes()
HEAD = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
FORM = HEAD + GOOD + b"\r\n--cut--\r\n"
HEADERS = {"Content-Type": "multipart/form-data; boundary=cut"}
REQUEST = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=cut\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is soon tired of waiting."""
    server = Server(tmp_path_factory.mktemp("server") / "log", SER_READ_TIMEOUT_S="1")
    yield server
    assert server.stop() == 0


@pytest.fixture(autouse=True)
def _the_next_request_works(server: Server) -> Iterator[None]:
    yield
    assert post(server, FORM)[0] == 200


def post(server: Server, body: object, **more: object) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    connection.request("POST", "/predict", body=body, headers=HEADERS, **more)  # type: ignore[arg-type]
    response = connection.getresponse()
    answer = response.status, json.loads(response.read())
    connection.close()
    return answer


def converse(server: Server, said: bytes) -> bytes:
    """Say something, and return all that is answered until the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(said)
        answer = b""
        while part := line.recv(65536):
            answer += part
            if b"\r\n\r\n" in answer and answer.rstrip().endswith(b"}"):
                break
        return answer


def test_a_body_in_chunks_is_taken(server: Server) -> None:
    parts = (FORM[i : i + 1000] for i in range(0, len(FORM), 1000))
    assert post(server, parts, encode_chunked=True)[0] == 200


def test_malformed_chunks_are_a_bad_request(server: Server) -> None:
    answer = converse(server, REQUEST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nnonsense")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"code":"invalid_request"' in answer.replace(b": ", b":")
    assert "nonsense" not in server.log.read_text()


@pytest.mark.parametrize("megabytes", [11, 15, 30])
def test_an_upload_that_is_too_large_hears_so(megabytes: int, server: Server) -> None:
    status, body = post(server, HEAD + bytes(megabytes * 1024**2))
    assert status == 413
    assert body["code"] == "too_large"


def test_a_body_that_stops_arriving_is_given_up(server: Server) -> None:
    answer = converse(server, REQUEST + b"Content-Length: 9999\r\n\r\n" + FORM[:500])
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"request_timeout" in answer


def test_silent_clients_do_not_keep_others_out(server: Server) -> None:
    with ExitStack() as lines:
        for _ in range(100):
            line = lines.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
            )
            line.sendall(REQUEST)
        with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as response:
            assert response.status == 200


def test_who_does_not_read_the_answers_is_given_up(server: Server) -> None:
    # As long as headers may be, so that the server takes in one request at a time.
    request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 8_000 + b"\r\n\r\n"
    line = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
    with line, pytest.raises(ConnectionError):
        line.sendall(2_000 * request)


@pytest.mark.parametrize("field", ["file", "model"])
@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 5_000, "null", "true", '{"a": 1}'])
def test_text_fields_are_never_read_as_json(field: str, text: str, server: Server) -> None:
    part = f'--cut\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'.encode()
    status, body = post(server, part + FORM)
    assert (status, body.get("code")) == ((200, None) if field == "file" else (404, "unknown_model"))


def test_too_many_parts_are_an_invalid_request(server: Server) -> None:
    part = b'--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    assert post(server, part * 50 + FORM)[1]["code"] == "invalid_request"


def test_every_line_of_the_log_is_json_but_the_greeting(server: Server) -> None:
    lines = server.log_lines()
    greeting = [line for line in lines if not line.startswith("{")]
    assert greeting == [f"Speech emotion recognition on {server.url} (Ctrl-C stops it)"]
    requests = [r for r in map(json.loads, set(lines) - set(greeting)) if r["message"] == "request"]
    assert requests
    assert all({"method", "path", "status", "ms", "bytes"} <= set(r) for r in requests)


def test_curl_gets_the_json_of_the_readme(server: Server) -> None:
    clip = CLIPS[0].path
    command = ["curl", "-s", "-F", f"file=@{clip}", f"{server.url}/predict"]
    answer = subprocess.run(command, capture_output=True, check=True).stdout
    assert json.loads(answer)["emotion"]


def test_curl_learns_a_voice_and_has_it_heard(server: Server, tmp_path: Path) -> None:
    def curl(path: str, *fields: str) -> dict[str, object]:
        options = [word for field in fields for word in ("-F", field)]
        command = ["curl", "-s", *options, f"{server.url}{path}"]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    recordings = [f"file=@{clip.path}" for clip in CLIPS[:6]]
    learnt = curl("/baseline", *recordings)
    token = tmp_path / "token"
    token.write_text(f"{learnt['baseline']}\n")
    answer = curl("/predict", recordings[0], f"baseline=<{token}", "adapt=true")
    assert answer["baseline_speech_s"] > learnt["speech_s"] > 5
    assert answer["probabilities"] != curl("/predict", recordings[0])["probabilities"]
    damaged = curl("/predict", recordings[0], f"baseline={str(learnt['baseline'])[:-1]}")
    assert damaged["code"] == "bad_baseline"


def test_it_stops_though_a_client_hangs(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_READ_TIMEOUT_S="600")
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(REQUEST + b"Content-Length: 9999\r\n\r\n" + FORM[:500])
        with urlopen(f"{server.url}/health", timeout=DEADLINE_S):
            pass
        assert server.stop() == 0
