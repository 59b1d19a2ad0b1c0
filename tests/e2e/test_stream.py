"""Live streams of a real server, with real speech and hostile clients."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from clips import CLIPS, MODEL, voice_model
from live import HANDSHAKE, Client, frame, pcm
from ser.analysis.live import Session
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor
from server import Server
from waiting import DEADLINE_S, wait_until

STREAMS = 4
MAX_S = 9
CONFIG = b'{"type":"config"}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of few streams; each process has a single thread for requests."""
    models = tmp_path_factory.mktemp("models")
    for shipped in MODEL.parent.iterdir():
        (models / shipped.name).symlink_to(shipped)
    voice_model(models / "voices")
    server = Server(
        tmp_path_factory.mktemp("server") / "log",
        SER_MODEL_DIR=str(models),
        SER_WORKERS="2",
        SER_THREADS="1",
        SER_MAX_STREAMS=str(STREAMS),
        SER_STREAM_IDLE_S="600",
        SER_CORS_ORIGINS="https://friend.example",
    )
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of few streams, which may be neither long nor silent for long."""
    server = Server(
        tmp_path_factory.mktemp("strict") / "log",
        SER_WORKERS="2",
        SER_THREADS="1",
        SER_MAX_STREAMS=str(STREAMS),
        SER_STREAM_IDLE_S="1",
        SER_STREAM_MAX_S=str(MAX_S),
    )
    yield server
    assert server.stop() == 0


@pytest.fixture(autouse=True)
def _no_stream_stays_taken(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in {"server", "strict_server"} & set(request.fixturenames):
        server = request.getfixturevalue(name)
        open_all(server, STREAMS)
        # gunicorn logs workers that were killed.
        assert not [
            line
            for line in server.logged()
            if line["level"] == "ERROR" and line["logger"] != "gunicorn.error"
        ]


@pytest.fixture(scope="module")
def voice() -> bytes:
    """A clip and a pause, as 16-bit samples."""
    return pcm(np.concatenate([decode(CLIPS[0].path), np.zeros(SAMPLE_RATE_HZ, np.float32)]))


def open_all(server: Server, count: int) -> None:
    """Make sure that so many streams can be open at once, when those before have given their places back."""
    with ExitStack() as stack:
        for _ in range(count):
            assert stack.enter_context(Client(server.url)).configure()["type"] == "ready"


def raw(server: Server) -> socket.socket:
    """Return a connection that has become a WebSocket, without a library to keep its rules."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
    line.sendall(HANDSHAKE)
    assert answered(line).startswith(b"HTTP/1.1 101")
    return line


def answered(line: socket.socket) -> bytes:
    """Return an HTTP response, byte by byte: what follows it is somebody else's."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += line.recv(1)
    length = re.search(rb"Content-Length: (\d+)", answer)
    return answer + (line.recv(int(length[1]), socket.MSG_WAITALL) if length else b"")


def flood(line: socket.socket, content: bytes) -> None:
    """Send bytes without end, and read nothing."""
    while True:
        line.sendall(content)


def test_a_voice_is_heard_as_a_session_hears_it(
    server: Server, voice: bytes, predictor: EmotionPredictor
) -> None:
    session = Session(predictor)
    expected = [e.as_dict() for i in range(0, len(voice), 3200) for e in session.feed(voice[i : i + 3200])]
    with Client(server.url) as client:
        ready = client.configure()
        # Of what comes all at once, a busy server leaves results out.
        answers = client.play_in_step(voice)
        client.tell({"type": "end"})
        answers += client.hear_all()
        assert client.end == (1000, "end")
    assert ready == {
        "type": "ready",
        "model": "cremad-4",
        "emotions": predictor.manifest.labels,
        "sample_rate_hz": 16_000,
        "hop_s": 0.5,
        "window_s": 3.0,
        "min_confidence": predictor.manifest.min_confidence,
    }
    assert answers[0] == expected[0]
    assert answers[-1]["type"] == "speech_ended"
    assert [answers[-1][key] for key in ("start_ms", "end_ms")] == [
        expected[-1][key] for key in ("start_ms", "end_ms")
    ]
    # One that a busy server left for later is of another moment.
    of_moment = {each["end_ms"]: each for each in expected if each["type"] == "result"}
    results = [each for each in answers if each["type"] == "result"]
    same = [result for result in results if result["end_ms"] in of_moment]
    assert 0 < len(same) <= len(results) <= len(of_moment)
    for result in same:
        expected_ones = of_moment[result["end_ms"]]["probabilities"]
        assert result["probabilities"] == pytest.approx(expected_ones, abs=2e-4)


def test_what_is_left_is_said_at_the_end(server: Server, voice: bytes) -> None:
    with Client(server.url) as client:
        client.configure(model="cremad-6", hop_s=0.25, window_s=2)
        client.play(voice[: 2 * 2 * SAMPLE_RATE_HZ])
        client.tell({"type": "end"})
        answers = client.hear_all()
    assert answers[-1]["type"] == "speech_ended"
    assert len(answers[-1]["probabilities"]) == 6


def test_the_grown_baseline_is_of_use_everywhere(
    server: Server, voice: bytes, predictor: EmotionPredictor
) -> None:
    given = Baseline.of(predictor.speech_features(decode(CLIPS[1].path)))
    with Client(server.url) as client:
        client.configure(baseline=given.token(predictor.feature_set))
        client.play(voice)
        client.tell({"type": "end"})
        (ended,) = [each for each in client.hear_all() if each["type"] == "speech_ended"]
    assert ended["baseline_speech_s"] > given.speech_s
    clip = CLIPS[0].path.read_bytes()
    body = "".join(
        f'--cut\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{{}}\r\n'
        for name, more in (("baseline", ""), ("file", '; filename="x"'))
    ).split("{}")
    form = body[0].encode() + ended["baseline"].encode() + body[1].encode() + clip + b"\r\n--cut--\r\n"
    request = Request(f"{server.url}/predict", form, {"Content-Type": "multipart/form-data; boundary=cut"})
    with urlopen(request, timeout=DEADLINE_S) as response:
        assert json.loads(response.read())["emotion"]


def test_without_adapting_there_is_no_token(server: Server, voice: bytes) -> None:
    with Client(server.url) as client:
        client.configure(adapt=False)
        client.play(voice)
        client.tell({"type": "end"})
        assert "baseline" not in client.hear_all()[-1]


def test_a_browsers_rate_is_heard(server: Server, speech: Waveform) -> None:
    faster = np.repeat(np.concatenate([speech, np.zeros(16_000, np.float32)]), 3).astype("<f4")
    with Client(server.url) as client:
        client.configure(sample_rate_hz=48_000, encoding="f32le")
        client.play(faster.tobytes(), piece=4 * 128)
        client.tell({"type": "end"})
        assert client.hear_all()[-1]["type"] == "speech_ended"


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(text, id=text[:60])
        for text in (
            "",
            "not json",
            "null",
            "[]",
            "{}",
            '{"type":"end"}',
            '{"type":"config"',
            '{"type":"config","sample_rate_hz":"16000"}',
            '{"type":"config","sample_rate_hz":7999}',
            '{"type":"config","sample_rate_hz":48001}',
            '{"type":"config","sample_rate_hz":16000.5}',
            '{"type":"config","sample_rate_hz":1e999}',
            '{"type":"config","sample_rate_hz":' + "1" * 5000 + "}",
            '{"type":"config","sample_rate_hz":true}',
            '{"type":"config","sample_rate_hz":null}',
            '{"type":"config","encoding":"mp3"}',
            '{"type":"config","hop_s":0.1}',
            '{"type":"config","hop_s":NaN}',
            '{"type":"config","hop_s":-1e308}',
            '{"type":"config","window_s":5}',
            '{"type":"config","window_s":[3]}',
            '{"type":"config","adapt":"yes"}',
            '{"type":"config","model":7}',
            '{"type":"config","model":"' + "m" * 1000 + '"}',
            '{"type":"config","hop":1}',
            "[" * 100_000,
            '{"type":' * 10_000,
        )
    ],
)
def test_a_bad_configuration_is_refused(message: str, server: Server) -> None:
    with Client(server.url) as client:
        answer = client.ask_first(message)
        assert client.hear_all() == []
        assert (answer["code"], client.end) == ("bad_config", (1008, "bad_config"))
        assert 10 < len(answer["detail"]) < 300


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"model": "none-such"}, "unknown_model"),
        ({"model": "../cremad-4"}, "unknown_model"),
        ({"model": "voices"}, "wrong_task"),
        ({"baseline": "ser-baseline-1.AAAA"}, "bad_baseline"),
        ({"baseline": "x" * 60_000}, "bad_baseline"),
        ({"model": "bilstm-cremad", "baseline": "OF ANOTHER KIND"}, "bad_baseline"),
        ({"prior": "Neutral"}, "bad_prior"),
        ({"model": "cremad-4", "prior": "Neutral=1000"}, "bad_prior"),
    ],
)
def test_what_cannot_be_used_is_refused(
    config: dict[str, str], code: str, server: Server, predictor: EmotionPredictor, speech: Waveform
) -> None:
    if config.get("baseline") == "OF ANOTHER KIND":
        token = Baseline.of(predictor.speech_features(speech)).token(predictor.feature_set)
        config = config | {"baseline": token}
    with Client(server.url) as client:
        assert client.configure(**config)["code"] == code
        assert client.hear_all() == []
        assert client.end == (1008, code)


def test_sound_before_the_configuration_is_refused(server: Server, voice: bytes) -> None:
    with Client(server.url) as client:
        assert client.ask_first(voice[:3200])["code"] == "bad_config"
        assert client.hear_all() == []


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"odd", id="half a sample"),
        pytest.param(bytes(2 * 16_001), id="over 1 s"),
        pytest.param(CONFIG.decode(), id="a second configuration"),
        pytest.param("{", id="broken JSON"),
        pytest.param('{"type":"end","now":true}', id="an end with more"),
        pytest.param("[" * 100_000, id="deep JSON"),
    ],
)
def test_after_a_bad_frame_it_goes_on(message: bytes | str, server: Server, voice: bytes) -> None:
    with Client(server.url) as client:
        client.configure()
        client.line.send(message)
        assert client.receive()["code"] == "bad_frame"
        client.play(voice)
        client.tell({"type": "end"})
        assert client.hear_all()[-1]["type"] == "speech_ended"
        assert client.end == (1000, "end")


def test_what_is_no_number_is_a_bad_frame(server: Server) -> None:
    with Client(server.url) as client:
        client.configure(encoding="f32le")
        client.line.send(np.array([0, np.nan, np.inf], "<f4").tobytes())
        assert client.receive()["code"] == "bad_frame"


def test_a_message_larger_than_any_ends_it(server: Server) -> None:
    with Client(server.url) as client:
        client.configure()
        client.line.send(bytes(500_000))
        assert client.hear_all() == []
        assert client.end[0] == 1009


def test_who_sends_too_fast_is_told_so(server: Server) -> None:
    with Client(server.url) as client:
        client.configure()
        answer = {"code": "bad_frame"}
        while answer["code"] == "bad_frame":
            client.line.send(bytes(2 * SAMPLE_RATE_HZ))
            # Its answer shows that the server is done with the second before: more would lie there unread.
            # The server may have ended the stream by then; what it said is still to be read.
            with suppress(ConnectionClosed):
                client.line.send(b"odd")
            answer = client.receive()
        assert answer["code"] == "too_fast"
        assert client.hear_all() == []
        assert client.end == (1008, "too_fast")


def test_what_lasts_too_long_ends_with_what_was_said(strict_server: Server) -> None:
    sound = pcm(np.concatenate([decode(clip.path) for clip in CLIPS[:6]])[: (MAX_S + 1) * SAMPLE_RATE_HZ])
    with Client(strict_server.url) as client:
        client.configure()
        client.play(sound)
        *answers, error = client.hear_all()
        assert (error["code"], client.end) == ("too_long", (1008, "too_long"))
    ends = [each["type"] for each in answers].count("speech_ended")
    assert ends == [each["type"] for each in answers].count("speech_started") > 0


def test_who_falls_silent_is_told_so_and_keeps_what_was_learnt(strict_server: Server, voice: bytes) -> None:
    with Client(strict_server.url) as client:
        client.configure()
        client.play(voice[: 2 * 2 * SAMPLE_RATE_HZ])
        *answers, error = client.hear_all()
        assert (error["code"], client.end) == ("idle_timeout", (1008, "idle_timeout"))
    assert answers[-1]["type"] == "speech_ended"
    assert answers[-1]["baseline"]


def test_who_never_says_a_word_is_told_so(strict_server: Server) -> None:
    with Client(strict_server.url) as client:
        assert client.receive()["code"] == "idle_timeout"


def test_garbage_is_no_sign_of_life(strict_server: Server) -> None:
    with Client(strict_server.url) as client:
        client.configure()
        codes = []
        with suppress(ConnectionClosed):
            while True:
                client.line.send(b"odd")
                codes.append(client.receive()["code"])
                # Slower than what is too fast.
                time.sleep(0.02)
        codes += [each["code"] for each in client.hear_all()]
        assert set(codes[:-1]) == {"bad_frame"}
        assert codes[-1] == "idle_timeout"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(frame(1, CONFIG)[:9], id="half a frame"),
        pytest.param(frame(1, CONFIG) + frame(2, bytes(3200))[:100], id="half a frame of sound"),
        pytest.param(frame(1, CONFIG[:5], final=False), id="half a message"),
        pytest.param(frame(1, CONFIG) + b"\x82\xff" + struct.pack(">Q", 2**62), id="an endless frame"),
        pytest.param(frame(1, CONFIG) + b"\x82\x04abcd", id="no mask"),
        pytest.param(frame(1, CONFIG) + frame(0xB, b""), id="an unknown kind"),
        pytest.param(frame(1, b"\xff\xfe\xfd"), id="no UTF-8"),
        pytest.param(frame(1, b"", final=False) + frame(0, b"", final=False) * 5_000, id="fragments"),
        pytest.param(frame(0, b"abc"), id="the rest of nothing"),
        pytest.param(frame(9, b"ping") * 5_000, id="pings"),
        pytest.param(frame(8, b"\x03"), id="half a code"),
        pytest.param(os.urandom(100_000), id="noise"),
    ],
)
@pytest.mark.parametrize("leaves", ["silently", "politely", "rudely"])
def test_a_hostile_client_is_got_rid_of(content: bytes, leaves: str, strict_server: Server) -> None:
    lines = [raw(strict_server) for _ in range(STREAMS)]
    for line in lines:
        try:
            line.sendall(content)
            if leaves == "politely":
                line.shutdown(socket.SHUT_WR)
            elif leaves == "rudely":
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                line.close()
        except OSError:
            pass
    open_all(strict_server, STREAMS)
    for line in lines:
        line.close()


def test_who_does_not_read_is_got_rid_of(strict_server: Server) -> None:
    line = raw(strict_server)
    line.settimeout(DEADLINE_S)
    with line:
        line.sendall(frame(1, CONFIG))
        with pytest.raises(ConnectionError):
            flood(line, frame(2, b"odd") * 10_000)


def test_no_more_streams_than_set_over_all_processes(server: Server) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(server.url)) for _ in range(STREAMS)]
        for client in clients:
            assert client.configure()["type"] == "ready"
        with Client(server.url) as late:
            (answer,) = late.hear_all()
            assert (answer["code"], late.end) == ("busy", (1013, "busy"))
        clients[0].tell({"type": "end"})
        clients[0].hear_all()
        open_all(server, 1)


def test_streams_keep_no_request_waiting(server: Server, voice: bytes) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(server.url)) for _ in range(STREAMS)]
        for client in clients:
            assert client.configure()["type"] == "ready"
            client.play(voice)
        for _ in range(10):
            with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as response:
                assert response.status == 200
        for client in clients:
            client.tell({"type": "end"})
            assert client.hear_all()[-1]["type"] == "speech_ended"


def test_what_a_killed_process_held_is_free_again(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(STREAMS):
            assert stack.enter_context(Client(server.url)).configure()["type"] == "ready"
        for worker in server.workers():
            worker.send_signal(signal.SIGKILL)
    wait_until(lambda: _answers(server))
    open_all(server, STREAMS)


def _answers(server: Server) -> bool:
    try:
        with urlopen(f"{server.url}/health", timeout=DEADLINE_S) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, None, True),
        ("http://127.0.0.1:{port}", None, True),
        ("https://ser.example", "ser.example", True),
        ("https://SER.example:8443", "ser.example:8443", True),
        ("https://friend.example", None, True),
        ("https://friend.example.evil.example", None, False),
        ("http://friend.example", None, False),
        ("http://127.0.0.1:1", None, False),
        ("https://evil.example", None, False),
        ("null", None, False),
        ("file://127.0.0.1:{port}", None, False),
        ("http://[", None, False),
        ("", None, False),
    ],
)
def test_pages_from_elsewhere_may_not_stream(
    origin: str | None, host: str | None, allowed: bool, server: Server
) -> None:
    lines = HANDSHAKE.replace(b"Host: x", f"Host: {host or f'127.0.0.1:{server.port}'}".encode())
    if origin is not None:
        said = f"Origin: {origin.format(port=server.port)}\r\n\r\n".encode()
        lines = lines.removesuffix(b"\r\n") + said
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(lines)
        answer = answered(line)
    if allowed:
        assert answer.startswith(b"HTTP/1.1 101")
    else:
        assert answer.startswith(b"HTTP/1.1 403")
        assert b'"code":"foreign_origin"' in answer


def test_a_browser_told_of_a_refusal(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused, Client(server.url, Origin="https://evil.example"):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Connection": "Upgrade", "Upgrade": "h2c"}, {"Upgrade": "websocket"}],
)
def test_who_asks_for_no_websocket_is_told_to(headers: dict[str, str], server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    connection.request("GET", "/stream", headers=headers)
    response = connection.getresponse()
    assert response.status == 426
    assert response.headers["Upgrade"] == "websocket"
    assert json.loads(response.read())["code"] == "upgrade_required"
    connection.close()


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (b"Sec-WebSocket-Version: 13\r\n", b""),
        (b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 8"),
        (base64.b64encode(bytes(16)), b"short"),
        (b"Sec-WebSocket-Key: ", b"X-Key: "),
    ],
)
def test_a_broken_handshake_is_a_bad_request(what: bytes, instead: bytes, server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(HANDSHAKE.replace(what, instead))
        answer = answered(line)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"code":"invalid_request"' in answer


def test_the_log_tells_of_each_stream_and_of_no_voice(server: Server, voice: bytes) -> None:
    with Client(server.url) as client:
        client.configure()
        client.play(voice)
        client.tell({"type": "end"})
        client.hear_all()

    def logged() -> list[dict[str, object]]:
        return [line for line in server.logged() if line["message"] == "stream"]

    wait_until(lambda: any(line["reason"] == "end" and line["bytes"] > len(voice) for line in logged()))
    known = {"level", "logger", "message", "timestamp", "reason", "close_code", "ms", "bytes", "sound_s"}
    assert all(set(line) == known for line in logged())


def test_a_server_that_stops_says_goodbye(tmp_path: Path, voice: bytes) -> None:
    server = Server(tmp_path / "log")
    with Client(server.url) as client:
        client.configure()
        client.play(voice)
        server.process.send_signal(signal.SIGTERM)
        client.hear_all()
        assert client.end == (1001, "server_stops")
    assert server.stop() == 0


def test_a_stream_outlives_what_ends_a_hung_request(tmp_path: Path) -> None:
    # gunicorn kills a worker that does nothing else for 30 s.
    server = Server(tmp_path / "log", SER_WORKERS="1", SER_THREADS="1")
    try:
        with Client(server.url) as client:
            client.configure()
            for _ in range(33):
                client.line.send(bytes(2 * SAMPLE_RATE_HZ))
                time.sleep(1)
            client.tell({"type": "end"})
            assert client.hear_all() == []
            assert client.end == (1000, "end")
    finally:
        assert server.stop() == 0
