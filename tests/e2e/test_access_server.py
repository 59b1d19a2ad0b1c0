"""Keys and limits of a real server of two processes, and of two servers with one Redis."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from clips import CLIPS
from live import Client, pcm
from ser.api.access import keys
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from server import Server, with_ser_on_the_path
from waiting import DEADLINE_S, wait_until

CLIP = CLIPS[0].path.read_bytes()
FORM = (
    b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + CLIP + b"\r\n--cut--\r\n"
)
MULTIPART = {"Content-Type": "multipart/form-data; boundary=cut"}
REDIS = shutil.which("redis-server")


class Keys:
    """A file of keys with one of alice."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keys"
        self.alice = keys.add(self.path, "alice")


def ask(
    server: Server, path: str = "/models", *, key: str = "", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], dict[str, object]]:
    """Return status, headers and body of an answer."""
    sent = headers | ({"Authorization": f"Bearer {key}"} if key else {}) | (MULTIPART if body else {})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    connection.request("POST" if body else "GET", path, body=body, headers=sent)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    is_json = response.headers.get_content_type() == "application/json"
    return response.status, dict(response.headers), json.loads(content) if is_json else {}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def server(held: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of two processes, which asks for keys."""
    server = Server(
        tmp_path_factory.mktemp("server") / "log",
        SER_API_KEYS=str(held.path),
        SER_WORKERS="2",
        SER_LIMIT_STREAMS="2",
    )
    yield server
    assert server.stop() == 0


def test_all_processes_ask_for_the_key(server: Server, held: Keys) -> None:
    for _ in range(20):
        assert ask(server)[0] == 401
        assert ask(server, key=held.alice)[0] == 200
    assert ask(server, "/predict", key=held.alice, body=FORM)[0] == 200
    for path in ("/", "/health", "/health/ready", "/openapi.json"):
        assert ask(server, path)[0] == 200
    assert ask(server, "/metrics")[0] == 401
    assert ask(server, "/metrics", key=held.alice)[0] == 200


def test_an_upload_without_a_key_hears_so(server: Server) -> None:
    status, headers, body = ask(server, "/predict", body=FORM + bytes(5_000_000))
    assert (status, body["code"]) == (401, "no_key")
    assert headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_key_is_refused_by_all_processes_at_once(server: Server, held: Keys) -> None:
    carol = keys.add(held.path, "carol")
    assert [ask(server, key=carol)[0] for _ in range(20)] == [200] * 20
    keys.revoke(held.path, "carol")
    assert [ask(server, key=carol)[0] for _ in range(20)] == [401] * 20


def test_a_stream_without_its_configuration_ends_once_its_key_is_revoked(server: Server, held: Keys) -> None:
    carol = keys.add(held.path, "carol")
    with Client(server.url, Authorization=f"Bearer {carol}") as hers:
        keys.revoke(held.path, "carol")
        assert [each["code"] for each in hers.hear_all()] == ["wrong_key"]
        assert hers.end == (1008, "wrong_key")


@pytest.mark.parametrize("comes_back", [False, True], ids=["gone", "another_of_its_name"])
def test_a_stream_ends_once_its_key_is_revoked(comes_back: bool, server: Server, held: Keys) -> None:
    carol = keys.add(held.path, "carol")
    sound = pcm(decode(CLIPS[0].path))
    with (
        Client(server.url, Authorization=f"Bearer {carol}") as hers,
        Client(server.url, Authorization=f"Bearer {held.alice}") as other,
    ):
        for client in (hers, other):
            assert client.configure()["type"] == "ready"
        keys.revoke(held.path, "carol")
        if comes_back:
            keys.add(held.path, "carol")
        # Whether or not anything is sent.
        messages = hers.hear_all()
        assert (messages[-1]["type"], messages[-1]["code"]) == ("error", "wrong_key")
        assert hers.end == (1008, "wrong_key")
        other.play(sound)
        other.tell({"type": "end"})
        assert any(each["type"] == "result" for each in other.hear_all())
    if comes_back:
        keys.revoke(held.path, "carol")
    refused = [each for each in server.logged() if each["message"] == "access refused"]
    assert {"reason": "wrong_key", "route": "/stream", "key": "carol"}.items() <= refused[-1].items()


def test_a_process_that_takes_the_place_of_another_knows_the_newest_keys(tmp_path: Path) -> None:
    held = Keys(tmp_path)
    carol = keys.add(held.path, "carol")
    server = Server(tmp_path / "log", SER_API_KEYS=str(held.path), SER_WORKERS="1")
    try:
        keys.revoke(held.path, "carol")
        # By the first process: nobody has asked the other one yet.
        wait_until(lambda: any(each["message"] == "keys read" for each in server.logged()))
        held.path.write_bytes(b"broken")
        (worker,) = server.workers()
        worker.kill()
        wait_until(lambda: worker not in server.workers() and _answers(server))
        assert ask(server, key=carol)[0] == 401
        assert ask(server, key=held.alice)[0] == 200
    finally:
        server.stop()


def _answers(server: Server) -> bool:
    try:
        return ask(server, "/health")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


@pytest.mark.parametrize("way", ["header", "subprotocol"])
def test_a_stream_takes_the_key(way: str, server: Server, held: Keys) -> None:
    offered = ["ser.stream", f"ser.bearer.{held.alice}"]
    client = (
        Client(server.url, Authorization=f"Bearer {held.alice}")
        if way == "header"
        else Client(server.url, subprotocols=offered)
    )
    with client:
        # Not the key, which would come back to be logged.
        assert client.line.subprotocol == (None if way == "header" else "ser.stream")
        assert client.configure()["type"] == "ready"
        client.play(pcm(decode(CLIPS[0].path)))
        client.tell({"type": "end"})
        assert any(each["type"] == "result" for each in client.hear_all())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"subprotocols": ["ser.stream"]},
        {"subprotocols": ["ser.stream", "ser.bearer.wrong"]},
        {"subprotocols": ["ser.bearer."]},
    ],
    ids=str,
)
def test_a_stream_without_the_key_never_begins(options: dict[str, object], server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused, Client(server.url, **options):  # type: ignore[arg-type]
        pass
    response = refused.value.response
    assert response.status_code == 401
    assert json.loads(response.body)["code"] in ("no_key", "wrong_key")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_one_client_has_only_so_many_streams(server: Server, held: Keys) -> None:
    key = {"Authorization": f"Bearer {held.alice}"}
    with ExitStack() as streams:
        for _ in range(2):
            assert streams.enter_context(Client(server.url, **key)).configure()["type"] == "ready"
        with Client(server.url, **key) as third:
            (message,) = third.hear_all()
            assert message["code"] == "too_many_requests"
            assert message["retry_after_s"] >= 1
            assert third.end == (1013, "too_many_requests")
        bob = keys.add(held.path, "bob")
        with Client(server.url, Authorization=f"Bearer {bob}") as other:
            assert other.configure()["type"] == "ready"
        keys.revoke(held.path, "bob")
    refused = [each for each in server.logged() if each["message"] == "access refused"]
    (line,) = [each for each in refused if each["reason"] == "too_many_requests"]
    assert (line["route"], line["key"]) == ("/stream", "alice")


HOSTILE = [
    b"Authorization: Bearer {key}\r\nAuthorization: Bearer {key}\r\n",
    b"Authorization: Bearer \xff\xfe{key}\r\n",
    b"Authorization : Bearer {key}\r\n",
    b"Authorization: Bearer {key}\0\r\n",
    b"Authorization: Bearer {key}" + b"x" * 9_000 + b"\r\n",
    b"Authorization: Bearer {key}\r\n x\r\n",
    b"Author\xefzation: Bearer {key}\r\n",
    b"Bearer {key}\r\n",
    b"Sec-WebSocket-Protocol: ser.bearer.{key}\r\n",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ser.bearer.{key}\r\n",
]


@pytest.mark.parametrize("path", [b"/models", b"/stream", b"/predict"])
@pytest.mark.parametrize("header", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_headers_open_nothing_and_put_no_key_into_the_log(
    header: bytes, path: bytes, server: Server, held: Keys
) -> None:
    # Of the same form as a real one.
    key = ("ser_" + "Secret" * 10)[:47].encode()
    said = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + header.replace(b"{key}", key) + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        line.sendall(said)
        answer = line.recv(65_536)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    # gunicorn quotes to the sender what is no HTTP.
    assert key not in answer or b"Invalid HTTP Header" in answer
    assert ask(server, key=held.alice)[0] == 200
    log = server.log.read_text()
    assert key.decode() not in log
    assert held.alice not in log
    assert "SecretSecret" not in log


def test_no_key_is_in_the_log_of_ordinary_use(server: Server, held: Keys) -> None:
    ask(server, "/models?x=1", key=held.alice)
    ask(server, key="ser_" + "Wrong" * 8)
    log = server.log.read_text()
    assert held.alice not in log
    assert "WrongWrong" not in log
    assert keys.read(held.path)[0].sha256 not in log


def start_refused(**settings: str) -> str:
    """Return what a server says that does not start."""
    done = subprocess.run(
        [Path(sys.executable).with_name("ser"), "serve", "--port", "0"],
        env=with_ser_on_the_path() | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )
    assert done.returncode == 2
    return done.stderr


def test_a_server_without_its_file_of_keys_does_not_start(tmp_path: Path) -> None:
    said = start_refused(SER_API_KEYS=str(tmp_path / "none"))
    assert "none' cannot be read" in said
    assert "ser keys add" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("host", "with_keys", "warned"),
    [("0.0.0.0", False, True), ("0.0.0.0", True, False), ("127.0.0.1", False, False)],
)
def test_listening_to_the_world_without_keys_is_said(
    host: str, with_keys: bool, warned: bool, held: Keys, tmp_path: Path
) -> None:
    settings = {"SER_HOST": host} | ({"SER_API_KEYS": str(held.path)} if with_keys else {})
    server = Server(tmp_path / "log", **settings)
    assert server.stop() == 0
    said = [each for each in server.logged() if "SER_API_KEYS" in each["message"]]
    # Once, whatever the number of processes.
    assert len(said) == warned
    if warned:
        assert said[0]["level"] == "WARNING"
        assert "Whoever reaches" in said[0]["message"]


def statuses(*servers: Server, count: int, **options: str) -> list[int]:
    return [ask(servers[i % len(servers)], **options)[0] for i in range(count)]


def test_the_processes_of_a_server_count_together(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="2", SER_LIMIT_REQUESTS="20/day", SER_LIMIT_AUDIO_S="4")
    try:
        assert [ask(server, "/predict", body=FORM)[0] for _ in range(3)] == [200, 200, 429]
        # What is refused for its audio is not counted as a request.
        assert statuses(server, count=20) == [200] * 18 + [429] * 2
        status, headers, body = ask(server)
        assert (status, body["code"]) == (429, "too_many_requests")
        assert 0 < int(headers["Retry-After"]) <= 86_400
    finally:
        server.stop()


def test_the_sound_of_streams_counts(tmp_path: Path) -> None:
    server = Server(tmp_path / "log", SER_WORKERS="1", SER_LIMIT_AUDIO_S="5")
    sound = 8 * pcm(decode(CLIPS[0].path))
    at_once = 9 * 2 * SAMPLE_RATE_HZ
    piece = 2 * SAMPLE_RATE_HZ // 10
    try:
        with Client(server.url) as client:
            client.configure()
            client.play(sound[:at_once])
            with suppress(ConnectionClosed):
                for i in range(at_once, len(sound), piece):
                    # As fast as sound may come: the server looks each 10 s of it.
                    time.sleep(0.06)
                    client.line.send(sound[i : i + piece])
            messages = client.hear_all()
            assert messages[-1]["code"] == "too_many_requests"
            assert client.end == (1013, "too_many_requests")
        assert ask(server, "/predict", body=FORM)[0] == 429
        with Client(server.url) as client:
            assert [each["code"] for each in client.hear_all()] == ["too_many_requests"]
    finally:
        server.stop()


class Redis:
    """Debian's Redis, which keeps nothing on the disk."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        if not port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
        self.port = port
        self.url = f"redis://:a-password@127.0.0.1:{port}/0"
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
        self._process = subprocess.Popen(
            [str(REDIS), *options, "--requirepass", "a-password"], stdout=subprocess.DEVNULL
        )
        wait_until(self._answers)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(DEADLINE_S)

    def _answers(self) -> bool:
        assert self._process.poll() is None
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S):
                return True
        except OSError:
            return False


@pytest.mark.skipif(REDIS is None, reason="no Redis: tests/install-servers.sh installs it")
def test_servers_with_one_redis_count_together_and_alone_while_it_is_away(tmp_path: Path) -> None:
    redis = Redis(tmp_path)
    settings = {
        "SER_LIMITS_STORAGE": redis.url,
        "SER_LIMIT_REQUESTS": "10/day",
        "SER_LIMIT_AUDIO_S": "1000",
        "SER_WORKERS": "2",
    }
    with ExitStack() as started:
        one, other = (Server(tmp_path / name, **settings) for name in ("one", "other"))
        for server in (one, other):
            started.callback(server.stop)
        started.callback(lambda: redis.stop())
        assert statuses(one, other, count=14) == [200] * 10 + [429] * 4
        redis.stop()
        # Nobody is refused because of it; each server counts for itself.
        assert [ask(one, "/predict", body=FORM)[0] for _ in range(3)] == [200] * 3
        assert statuses(one, count=10) == [200] * 7 + [429] * 3
        assert statuses(other, count=11) == [200] * 10 + [429]
        said = [each for each in one.logged() if "Redis does not answer" in each["message"]]
        # Once of each process.
        assert 1 <= len(said) <= 2
        redis = Redis(tmp_path, redis.port)
        # It has forgotten what it counted.
        wait_until(lambda: ask(one)[0] == 200)
        assert any("Redis counts the limits again" in each["message"] for each in one.logged())
        for server in (one, other):
            assert "a-password" not in server.log.read_text()
