"""Any bytes, any form, any JSON, any messages: an answer of the contract, and nothing is held afterwards."""

from __future__ import annotations

import gc
import http.client
import json
from collections.abc import Iterator
from functools import cache
from random import Random

import psutil
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.contract import fault_of_answer
from tests.fuzz.mutations import mutated
from tests.fuzz.profiles import few
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import Decoding, Requests, Streams
from tests.fuzz.wire import damaged_request, form

from clips import CLIPS
from live import HANDSHAKE, frame
from ser.analysis.exports import FORMATS
from server import Server
from waiting import wait_until

pytestmark = pytest.mark.slow

THREADS = 8
MAGIC = (b"RIFF\0\0\0\0WAVEfmt ", b"OggS\0\2", b"fLaC\0\0\0\x22", b"ID3\4\0\0", b"\x1a\x45\xdf\xa3",
         b"\0\0\0\x1cftypisom", b"\xff\xfb\x90\x64", b"")  # fmt: skip


@cache
def whole() -> dict[str, bytes]:
    return seeds()


def damaged(number: int) -> bytes:
    contents, rng = list(whole().values()), Random(number)
    return mutated(rng.choice(contents), contents, rng)


def damaged_form(number: int) -> bytes:
    return mutated(form(("a", b"b", True)), [b"--cut"], Random(number))


FILES = (
    st.builds(damaged, st.integers(0, 2**32))
    | st.builds(lambda magic, rest: magic + rest, st.sampled_from(MAGIC), st.binary(max_size=3_000))
    | st.builds(
        lambda name: whole()[name], st.sampled_from(["wav", "webm", "mp4", "mp3", "ogg-opus", "flac"])
    )
)
NAMES = st.sampled_from(
    ["file", "model", "baseline", "prior", "adapt", "voice_gender", "channels", "speakers"]
)
PARTS = st.tuples(
    NAMES | st.text(st.characters(exclude_characters='"\r\n', codec="utf-8"), max_size=20),
    st.binary(max_size=200)
    | st.text(max_size=50).map(str.encode)
    | st.sampled_from([b"true", b"2", b"split"]),
    st.booleans(),
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=20,
)
SEGMENTS = st.fixed_dictionaries(
    {
        "start_s": st.floats(0, 10) | ANYTHING,
        "end_s": st.floats(10, 20) | ANYTHING,
        "emotion": st.text(max_size=20) | ANYTHING,
        "confidence": st.floats(0, 1) | ANYTHING,
        "probabilities": st.dictionaries(st.text(max_size=10), st.floats(0, 1)) | ANYTHING,
        "low_information": st.booleans() | ANYTHING,
    },
    optional={
        "voice": st.integers(1, 2) | ANYTHING,
        "intensity": st.floats(0, 100) | ANYTHING,
        "more": ANYTHING,
    },
)
TIMELINES = st.fixed_dictionaries(
    {
        "duration_s": st.floats(0, 100) | ANYTHING,
        "distribution": st.dictionaries(st.text(max_size=10), st.floats(0, 100)) | ANYTHING,
        "segments": st.lists(SEGMENTS, max_size=3) | ANYTHING,
    }
)
TEXTS = st.sampled_from(
    ['{"type":"config"}', '{"type":"config","adapt":false,"hop_s":0.25}', '{"type":"end"}', "{", "",
     '{"type":"config","encoding":"f32le","sample_rate_hz":48000}']
)  # fmt: skip
MESSAGES = st.lists(
    st.builds(lambda text: frame(1, text.encode("utf-8", "replace")), TEXTS | st.text(max_size=50))
    | st.builds(lambda content: frame(2, content), st.binary(max_size=200))
    | st.builds(lambda number: frame(2, whole()["wav"][44 : 44 + 2 * number]), st.integers(1, 8_000))
    | st.builds(lambda kind, content: frame(kind, content), st.integers(0, 15), st.binary(max_size=125)),
    max_size=15,
)


@pytest.fixture(scope="module")
def own_client(client: FlaskClient) -> Iterator[FlaskClient]:
    """A client; at the end, this process has no more descriptors and threads than at first."""
    for path in ("/predict", "/baseline", "/analyze"):
        sent(client, path, form(("file", CLIPS[0].path.read_bytes(), True)))
    process = psutil.Process()
    before = process.num_fds(), process.num_threads()
    yield client
    gc.collect()
    assert (process.num_fds(), process.num_threads()) <= before


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server; at the end, it holds no more than at first, and has said nothing of faults."""
    server = Server(
        tmp_path_factory.mktemp("server") / "log",
        SER_WORKERS="1",
        SER_THREADS=str(THREADS),
        SER_READ_TIMEOUT_S="1",
        SER_STREAM_IDLE_S="0.5",
        SER_MAX_STREAMS="4",
    )
    Streams(server.port).fault(HANDSHAKE + frame(1, b'{"type":"config"}') + frame(1, b'{"type":"end"}'))
    rng = Random(1)
    for _ in range(10):
        Requests(server.port).fault(damaged_request(whole(), rng))
    before = holdings(server)
    (worker,) = server.workers()
    yield server
    # A decoder process that is kept, and its connection: as many as there are processors.
    wait_until(lambda: holdings(server)[0] <= before[0] + 2 * (psutil.cpu_count() or 1))
    assert holdings(server)[1] <= before[1] + THREADS
    wait_until(lambda: len(server.decoders()) <= (psutil.cpu_count() or 1))
    assert server.workers() == [worker]
    assert not [line for line in server.logged() if line["level"] in ("ERROR", "CRITICAL")]
    assert server.stop() == 0


def holdings(server: Server) -> tuple[int, int]:
    (worker,) = server.workers()
    return worker.num_fds(), worker.num_threads()


def sent(
    client: FlaskClient, path: str, body: bytes, content_type: str = "multipart/form-data; boundary=cut"
) -> int:
    """Send a body, and return the status of the answer, which is one of the contract."""
    answer = client.post(path, data=body, content_type=content_type)
    assert fault_of_answer(answer.status_code, answer.content_type, answer.data) is None, answer.text
    return answer.status_code


@given(content=FILES)
@few(25)
def test_any_file_is_sound_or_an_error(content: bytes, decoding: Decoding) -> None:
    assert decoding.fault(content) is None


@pytest.fixture(scope="module")
def decoding() -> Iterator[Decoding]:
    decoding = Decoding()
    yield decoding
    decoding.close()


@given(
    path=st.sampled_from(["/predict", "/baseline", "/analyze"]),
    content=FILES,
    parts=st.lists(PARTS, max_size=5),
)
@few(40)
def test_any_form_has_an_answer(
    path: str, content: bytes, parts: list[tuple[str, bytes, bool]], own_client: FlaskClient
) -> None:
    sent(own_client, path, form(*parts, ("file", content, True)))


@given(
    path=st.sampled_from(["/predict", "/baseline", "/analyze", "/timeline?format=csv"]),
    body=st.binary(max_size=500) | st.builds(damaged_form, st.integers(0, 2**32)),
    content_type=st.sampled_from(
        ["multipart/form-data; boundary=cut", "multipart/form-data", "application/json", "text/plain", ""]
    ),
)  # fmt: skip
@few(60)
def test_any_body_has_an_answer(path: str, body: bytes, content_type: str, own_client: FlaskClient) -> None:
    sent(own_client, path, body, content_type)


@given(timeline=TIMELINES | ANYTHING, name=st.sampled_from(list(FORMATS)) | st.text(max_size=5))
@few(100)
def test_any_json_is_a_timeline_or_an_error(timeline: object, name: str, own_client: FlaskClient) -> None:
    answer = own_client.post("/timeline", query_string={"format": name}, json=timeline)
    assert fault_of_answer(answer.status_code, answer.content_type, answer.data) is None, answer.text
    assert answer.status_code in (200, 400)


@given(
    path=st.text(max_size=30),
    query=st.text(max_size=30),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
)
@few(60)
def test_any_address_has_an_answer(path: str, query: str, method: str, own_client: FlaskClient) -> None:
    answer = own_client.open("/" + path.lstrip("/"), query_string=query, method=method)
    assert fault_of_answer(answer.status_code, answer.content_type, answer.data) is None, answer.text


@given(number=st.integers(0, 2**32))
@few(30)
def test_any_request_has_an_answer(number: int, server: Server) -> None:
    assert Requests(server.port).fault(damaged_request(whole(), Random(number))) is None


@given(messages=MESSAGES, ends=st.booleans())
@few(8)
def test_any_messages_are_a_stream_that_ends(messages: list[bytes], ends: bool, server: Server) -> None:
    last = frame(1, b'{"type":"end"}') if ends else frame(8, b"\x03\xe8")
    assert Streams(server.port).fault(HANDSHAKE + b"".join(messages) + last) is None


@given(headers=st.dictionaries(
    st.sampled_from(["Accept", "Origin", "Range", "If-None-Match", "Authorization", "X-Forwarded-For",
                     "Sec-Fetch-Site", "Content-Length", "Transfer-Encoding", "Cookie", "Accept-Encoding"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)),
    path=st.sampled_from(["/", "/predict", "/models", "/metrics", "/models/cremad-4/model.onnx", "/stream"]),
)  # fmt: skip
@few(30)
def test_any_headers_have_an_answer(headers: dict[str, str], path: str, server: Server) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n".encode("latin-1")
    assert Requests(server.port).fault(request) is None


def test_the_server_still_answers(server: Server) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.port)
    line.request("GET", "/health")
    assert json.loads(line.getresponse().read())["model_loaded"]
    line.close()
