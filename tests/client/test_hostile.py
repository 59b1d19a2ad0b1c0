"""Both clients against servers that refuse, stall, vanish, or are no such server at all."""

from __future__ import annotations

import json
import pickle
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.sync.server import ServerConnection

from ser.api.errors import HTTP_STATUS
from ser.client import (
    AccessRefused,
    Analysis,
    AnalysisStarted,
    ApiError,
    AudioRefused,
    Busy,
    Client,
    ClientError,
    ConnectionFailed,
    ModelRefused,
    NoSpeech,
    Result,
    ServerFault,
    SpeechStarted,
    TimedOut,
    UnexpectedAnswer,
)
from ser.client.errors import error_in, error_of
from ser.client.messages import END

KEY = "a-key-of-a-client"
BUSY = {"error": "Server is busy", "code": "busy", "detail": "Try again."}
PREDICTION = {
    "emotion": "Sad",
    "confidence": 0.7,
    "probabilities": {"Sad": 0.7, "Happy": 0.3},
    "timestamp": "2026-11-22T12:04:45.034362",
}
ANALYSIS = {
    **dict.fromkeys(("emotion", "confidence", "probabilities", "window_vote")),
    "low_information": True, "mixed": False, "truncated": False, "baseline": "none", "model": "m",
    "duration_s": 2.0, "speech_s": 0.0, "silence_s": 2.0, "distribution": {}, "segments": [], "windows": [],
    "timestamp": "2026-11-22T12:04:45.034362",
}  # fmt: skip
START = {
    "type": "start",
    "model": "m",
    "emotions": ["Sad"],
    "baseline": "none",
    "passes": 1,
    "duration_s": 2.0,
}
READY = {
    "type": "ready",
    "model": "m",
    "emotions": ["Sad"],
    "sample_rate_hz": 16000,
    "hop_s": 0.5,
    "window_s": 3.0,
    "min_confidence": 0.4,
}
STARTED = {"type": "speech_started", "start_ms": 20}

Connect = Callable[..., Any]
Ask = Callable[[Any], Any]


def answer(status: int, body: object = b"", length: int | None = None, **headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Length": str(len(content) if length is None else length), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{head}\r\n".encode() + content


def lines_of(*lines: object) -> bytes:
    return b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )


def predict(client: Any) -> Any:
    return client.predict(b"sound", model="m")


def analyze(client: Any) -> list[Any]:
    return list(client.analyze_lines(b"sound"))


def test_a_busy_server_is_asked_again(connect: Connect, scripted: Connect) -> None:
    refused = answer(503, BUSY, Retry_After="0"), answer(429, b"", Retry_After="0")
    server = scripted(*refused, answer(200, PREDICTION))
    assert predict(connect(server.url)).emotion == "Sad"
    first, *others = (request.partition(b"\r\n\r\n")[2] for request in server.requests)
    # The boundary of a form is another each time.
    assert [len(other) for other in others] == [len(first)] * 2
    assert first.count(b"sound") == 1
    assert b'name="model"\r\n\r\nm' in first
    assert b'filename="audio"' in first


def test_the_wait_is_what_the_server_asks_for(
    connect: Connect, scripted: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)

    monkeypatch.setattr("ser.client.synchronous.time.sleep", waits.append)
    monkeypatch.setattr("ser.client.asynchronous.asyncio.sleep", sleep)
    past = format_datetime(datetime.now(UTC) - timedelta(days=1))
    server = scripted(
        answer(503, BUSY, Retry_After="7"), answer(503, BUSY, Retry_After=past), answer(200, PREDICTION)
    )
    predict(connect(server.url))
    assert waits == [7, 0]


@pytest.mark.parametrize(
    ("retries", "headers", "asked"),
    [
        (0, {"Retry_After": "0"}, 1),
        (1, {"Retry_After": "0"}, 2),
        (9, {}, 1),
        (9, {"Retry_After": "121"}, 1),
        (9, {"Retry_After": "9" * 400}, 1),
        (9, {"Retry_After": "soon"}, 1),
        (9, {"Retry_After": "-1"}, 1),
        (9, {"Retry_After": "nan"}, 1),
    ],
)
def test_it_is_not_asked_for_ever(
    retries: int, headers: dict[str, str], asked: int, connect: Connect, scripted: Connect
) -> None:
    server = scripted(*[answer(503, BUSY, **headers)] * 10)
    with pytest.raises(Busy) as raised:
        predict(connect(server.url, retries=retries, timeout_s=120))
    assert len(server.requests) == asked
    assert raised.value.status == 503
    assert (raised.value.retry_after_s is None) == (headers.get("Retry_After") in (None, "soon", "-1", "nan"))


def test_a_model_that_is_not_there_is_not_waited_for(connect: Connect, scripted: Connect) -> None:
    server = scripted(answer(503, {"error": "Model not available", "code": "model_unavailable"}))
    with pytest.raises(ModelRefused, match="model_unavailable"):
        predict(connect(server.url))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("ask", "said", "error"),
    [
        (predict, answer(502, b"<html>nginx</html>"), ServerFault),
        (predict, answer(500, {"error": "Internal server error", "code": "internal_error"}), ServerFault),
        (predict, answer(413, b"<html>nginx</html>"), ApiError),
        (predict, answer(403, b""), AccessRefused),
        (predict, answer(401, {"error": "Key required", "code": "no_key"}), AccessRefused),
        (predict, answer(400, {"error": ["?"], "code": {}}), ApiError),
        (predict, answer(400, b"[" * 100_000), ApiError),
        (predict, answer(200, b"<html>another program</html>"), UnexpectedAnswer),
        (predict, answer(200, {"emotion": "Sad"}), UnexpectedAnswer),
        (predict, answer(200, [PREDICTION]), UnexpectedAnswer),
        (predict, answer(204), UnexpectedAnswer),
        (predict, answer(200, b"no gzip", Content_Encoding="gzip"), UnexpectedAnswer),
        (predict, answer(200, PREDICTION, length=9999), ConnectionFailed),
        (predict, b"", ConnectionFailed),
        (predict, b"what?\r\n\r\n", ConnectionFailed),
        (lambda client: client.learn(b"sound"), answer(200, {"baseline": "x"}), UnexpectedAnswer),
        (lambda client: client.learn(b"sound"), answer(200, {"speech_s": 3}), UnexpectedAnswer),
        (lambda client: client.models(), answer(200, {"default": "m", "models": [{}]}), UnexpectedAnswer),
        (lambda client: client.health(), answer(503, b"<html>nginx</html>"), Busy),
        (analyze, answer(200, lines_of(START)), UnexpectedAnswer),
        (analyze, answer(200, lines_of(START, b"nonsense")), UnexpectedAnswer),
        (analyze, answer(200, lines_of(START, [1])), UnexpectedAnswer),
        (analyze, answer(200, lines_of(START, {"type": "window"})), UnexpectedAnswer),
        (analyze, answer(200, lines_of(START), length=9999), ConnectionFailed),
        (analyze, answer(200, json.dumps(ANALYSIS).encode()), UnexpectedAnswer),
        (lambda client: client.analyze(b"sound"), answer(200, lines_of(START)), UnexpectedAnswer),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_an_error(
    ask: Ask, said: bytes, error: type[ClientError], connect: Connect, scripted: Connect
) -> None:
    server = scripted(said)
    with pytest.raises(error) as raised:
        ask(connect(server.url))
    assert str(raised.value)
    assert len(server.requests) == 1


def test_an_error_in_an_answer_that_has_begun(connect: Connect, scripted: Connect) -> None:
    error = {"type": "error", "error": "Audio could not be decoded", "code": "decode_failed"}
    server = scripted(answer(200, lines_of(START, error)))
    lines = connect(server.url).analyze_lines(b"sound")
    assert isinstance(next(lines), AnalysisStarted)
    with pytest.raises(AudioRefused) as raised:
        next(lines)
    assert (raised.value.code, raised.value.status) == ("decode_failed", None)


def test_a_newer_server_does_no_harm(connect: Connect, scripted: Connect) -> None:
    newer = [START, {"type": "weather"}, {"type": ["?"]}, b"", ANALYSIS | {"type": "result", "mood": "fine"}]
    server = scripted(
        answer(200, PREDICTION | {"emotion": "Bliss", "sentiment": "mixed", "added": {"deep": [1]}}),
        answer(200, lines_of(*newer)),
        answer(200, lines_of(*newer)[:-1]),
    )
    client = connect(server.url)
    prediction = predict(client)
    assert (prediction.sentiment, prediction.added) == ("mixed", {"deep": [1]})
    assert prediction.model_dump(mode="json")["added"] == {"deep": [1]}
    first, last = analyze(client)
    assert isinstance(first, AnalysisStarted)
    assert isinstance(last, Analysis)
    assert last.mood == "fine"
    # The last line break may be missing.
    assert len(analyze(client)) == 2


def test_a_redirect_says_where_to(connect: Connect, scripted: Connect) -> None:
    server = scripted(answer(301, b"", Location="https://voice.example/predict"))
    with pytest.raises(ApiError, match=r"https://voice\.example/predict"):
        predict(connect(server.url, api_key=KEY))


def test_an_unhealthy_server_answers(connect: Connect, scripted: Connect) -> None:
    said = {"status": "unhealthy", "model_loaded": False, "timestamp": PREDICTION["timestamp"]}
    assert connect(scripted(answer(503, said)).url).health().status == "unhealthy"


def test_a_server_that_does_not_answer_is_not_waited_for(connect: Connect, scripted: Connect) -> None:
    with pytest.raises(TimedOut):
        predict(connect(scripted().url, timeout_s=0.1))
    with pytest.raises(TimedOut):
        list(connect(scripted().url, timeout_s=0.1).stream(b""))


def test_where_nobody_listens(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    client = connect(url)
    for ask in (predict, analyze, lambda client: list(client.stream(b""))):
        with pytest.raises(ConnectionFailed):
            ask(client)


def test_the_key_is_sent_and_shown_nowhere(connect: Connect, scripted: Connect) -> None:
    server = scripted(answer(200, PREDICTION), answer(401), answer(401), answer(200, PREDICTION))
    client = connect(server.url + "/prefix/", api_key=KEY)
    assert KEY not in repr(client)
    assert server.url in repr(client)
    predict(client)
    with pytest.raises(AccessRefused) as raised:
        client.models()
    assert KEY not in str(raised.value)
    with pytest.raises(AccessRefused):
        list(client.stream(b""))
    predict(connect(server.url))
    *with_key, without = (request.lower() for request in server.requests)
    assert all(b"authorization: bearer " + KEY.encode() in request for request in with_key)
    assert [request.split()[1] for request in with_key] == [
        b"/prefix/predict", b"/prefix/models", b"/prefix/stream",
    ]  # fmt: skip
    assert b"authorization" not in without


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:5000", "ftp://x", "http://", "http://x:y", "ws://x", "file:///x"]
)
def test_what_is_no_address(url: str, connect: Connect) -> None:
    with pytest.raises(ValueError, match="no address"):
        connect(url)


@pytest.mark.parametrize("key", ["", "two\r\nlines", "schlüssel"])
def test_what_is_no_key(key: str, connect: Connect) -> None:
    with pytest.raises(ValueError, match="key") as raised:
        connect("http://x", api_key=key)
    assert not key or key not in str(raised.value)


def cut(line: ServerConnection) -> None:
    """End a connection as a broken network does."""
    line.socket.shutdown(socket.SHUT_RDWR)


def stay(line: ServerConnection) -> None:
    """Read until the client leaves: a connection that is cut may lose what was sent last."""
    for _ in line:
        pass


def wait_for_end(line: ServerConnection) -> None:
    """Read up to the message that ends a stream, and close as documented."""
    while line.recv() != END:
        pass
    line.close()


def begun(*messages: object, end: Callable[[ServerConnection], None]) -> Callable[[ServerConnection], None]:
    def talk(line: ServerConnection) -> None:
        line.recv()
        for message in messages:
            line.send(message if isinstance(message, str) else json.dumps(message))
        end(line)

    return talk


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (begun(end=cut), ConnectionFailed),
        (begun(READY, end=cut), ConnectionFailed),
        (begun(READY, STARTED, end=cut), ConnectionFailed),
        (begun(READY, end=lambda line: line.close(1001, "server_stops")), ConnectionFailed),
        (begun(READY, {"type": "error", **BUSY}, end=lambda line: line.close(1013, "busy")), Busy),
        (begun({"type": "error", **BUSY}, end=lambda line: line.close(1013, "busy")), Busy),
        (begun(READY, {"type": "error", "code": "x"}, end=stay), ApiError),
        (begun(READY, READY, end=stay), UnexpectedAnswer),
        (begun(STARTED, end=stay), UnexpectedAnswer),
        (begun(READY, "nonsense", end=stay), UnexpectedAnswer),
        (begun(READY, {"type": "result"}, end=stay), UnexpectedAnswer),
    ],
)
def test_a_stream_that_is_cut_is_an_error(
    talk: Callable[[ServerConnection], None], error: type[ClientError], connect: Connect, streaming: Connect
) -> None:
    def microphone() -> Any:
        while True:
            yield bytes(3200)

    with pytest.raises(error):
        list(connect(streaming(talk)).stream(microphone()))


def test_messages_of_a_newer_server_are_left_out(connect: Connect, streaming: Connect) -> None:
    result = {"type": "result", "start_ms": 0, "end_ms": 900, "emotion": "Sad", "confidence": 1.0}
    result |= {"probabilities": {"Sad": 1.0}, "smoothed": {"Sad": 1.0}, "low_information": False, "new": 7}
    talk = begun(READY, {"type": "weather"}, STARTED, result, end=wait_for_end)
    started, heard = connect(streaming(talk)).stream(b"")
    assert isinstance(started, SpeechStarted)
    assert isinstance(heard, Result)
    assert heard.new == 7


def test_a_stream_is_opened_again_where_the_server_asks_for_it(connect: Connect, streaming: Connect) -> None:
    left = [503, 429]

    def refuse(line: ServerConnection, _: object) -> Response | None:
        if not left:
            return None
        refused = line.respond(HTTPStatus(left.pop()), json.dumps(BUSY))
        refused.headers["Retry-After"] = "0"
        return refused

    url = streaming(begun(READY, STARTED, end=wait_for_end), refuse)
    with pytest.raises(Busy) as raised:
        list(connect(url, retries=0).stream(b""))
    assert raised.value.status == 429
    assert len(list(connect(url).stream(b""))) == 1
    assert left == []


def test_what_is_no_stream(connect: Connect, scripted: Connect) -> None:
    ok = Response(200, "OK", Headers({"Content-Length": "0"})).serialize()
    with pytest.raises(ClientError):
        list(connect(scripted(ok).url).stream(b""))


@pytest.mark.parametrize("code", HTTP_STATUS)
def test_every_code_of_the_server_has_an_error(code: str) -> None:
    status = HTTP_STATUS[code]
    error = error_of(status, json.dumps({"error": "No", "code": code}).encode(), {})
    assert type(error) is not ApiError
    assert (error.code, error.status, error.sentence) == (code, status, "No")
    assert isinstance(error, NoSpeech) == (code == "no_speech")
    assert error_in({"code": code}).code == code


def test_an_error_can_be_handed_to_another_process() -> None:
    error = error_of(503, json.dumps(BUSY).encode(), {"Retry-After": "3"})
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied), copied.retry_after_s) == (Busy, str(error), 3)


def test_a_client_can_be_shared_among_threads(scripted: Connect) -> None:
    server = scripted(*[answer(200, PREDICTION)] * 8)
    with Client(server.url) as client, ThreadPoolExecutor(4) as pool:
        assert {each.emotion for each in pool.map(lambda _: predict(client), range(8))} == {"Sad"}
