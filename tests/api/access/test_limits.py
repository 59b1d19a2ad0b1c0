"""How much one client may ask for."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable

import numpy as np
import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError

from clips import sound_file
from ser.api.access import counters as of_counters
from ser.api.access.counters import Counters, SharedCounters
from ser.api.access.guard import Guard
from ser.api.access.limits import Limits
from ser.api.access.shared import Shared
from ser.config import Settings, load_settings
from ser.errors import ConfigError

from .conftest import KeyFile, bearer, predict


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time that limits count by."""
    clock = Clock()
    monkeypatch.setattr(of_counters.time, "time", clock)
    monkeypatch.setattr(of_counters.time, "monotonic", clock)
    return clock


def require_refused(answer, retry_after_s: int) -> None:
    assert answer.status_code == 429
    assert answer.json["code"] == "too_many_requests"
    assert answer.json["error"] == "Too many requests"
    assert int(answer.headers["Retry-After"]) == retry_after_s


def test_one_request_too_many_is_told_when_to_come_back(
    make_client: Callable[..., FlaskClient], clock: Clock
) -> None:
    client = make_client(limit_requests="3/minute")
    assert [client.get("/models").status_code for _ in range(3)] == [200] * 3
    clock.now_s += 18
    require_refused(client.get("/models"), 42)
    # All routes together.
    require_refused(predict(client), 42)
    clock.now_s += 42
    assert client.get("/models").status_code == 200


def test_the_strictest_of_several_limits_counts(
    make_client: Callable[..., FlaskClient], clock: Clock
) -> None:
    client = make_client(limit_requests="2/second, 3/hour")
    assert [client.get("/models").status_code for _ in range(3)] == [200, 200, 429]
    clock.now_s += 1
    assert client.get("/models").status_code == 200
    assert "2/second, 3/hour" in client.get("/models").json["detail"]


def test_the_page_the_probes_and_preflights_do_not_count(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(limit_requests="1/day")
    for _ in range(3):
        for path in ("/", "/health", "/health/ready", "/openapi.json", "/assets/index-abc.js"):
            assert client.get(path).status_code == 200
        assert client.options("/predict").status_code == 200
    assert client.get("/models").status_code == 200
    assert client.get("/models").status_code == 429


def test_each_key_has_its_own(make_client: Callable[..., FlaskClient], key_file: KeyFile) -> None:
    client = make_client(api_keys=key_file.path, limit_requests="2/hour")
    # Nobody can use up what others have, without their key.
    for _ in range(5):
        assert client.get("/models", headers=bearer("wrong")).status_code == 401
    for key in (key_file.alice, key_file.bob):
        for status in (200, 200, 429):
            # From wherever it is used.
            place = {"REMOTE_ADDR": "192.0.2.1"}
            assert client.get("/models", headers=bearer(key), environ_base=place).status_code == status
            assert client.get("/health", environ_base=place).status_code == 200


def test_each_address_has_its_own_and_none_can_be_invented(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(limit_requests="2/hour", trusted_proxies="10.0.0.0/8")

    def ask(peer: str, passed_on: str = "") -> int:
        headers = {"X-Forwarded-For": passed_on} if passed_on else {}
        return client.get("/models", headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code

    assert [ask("203.0.113.5", f"192.0.2.{i}") for i in range(3)] == [200, 200, 429]
    assert [ask("10.0.0.1", f"198.51.100.{i}, 203.0.113.6") for i in range(3)] == [200, 200, 429]
    assert ask("203.0.113.6") == 429
    assert ask("10.0.0.1", "203.0.113.7") == 200


def test_audio_counts_by_its_length(make_client: Callable[..., FlaskClient], clock: Clock) -> None:
    client = make_client(limit_audio_s=6)
    # About 2.4 s each: what begins within the limit is finished.
    assert [predict(client).status_code for _ in range(3)] == [200] * 3
    for path in ("/predict", "/baseline", "/analyze", "/analyze?format=ndjson"):
        require_refused(predict(client, path), 3600)
    # What has no audio goes on.
    assert client.get("/models").status_code == 200
    clock.now_s += 3600
    assert predict(client).status_code == 200


@pytest.mark.parametrize("path", ["/analyze", "/analyze?format=ndjson", "/predict"])
def test_audio_of_every_route_counts(path: str, make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(limit_audio_s=2)
    first = predict(client, path)
    assert first.status_code == 200
    # To its end.
    assert first.data
    assert predict(client).status_code == 429


def test_audio_without_speech_counts_too(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(limit_audio_s=2)
    noise = sound_file(0.01 * np.random.default_rng(0).standard_normal(48_000).astype(np.float32))
    answer = client.post("/predict", data={"file": (io.BytesIO(noise), "x.wav")})
    assert answer.json["code"] == "no_speech"
    assert predict(client).status_code == 429


def test_audio_of_one_client_does_not_count_for_the_next(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(limit_audio_s=2)
    for i in range(3):
        place = {"REMOTE_ADDR": f"192.0.2.{i}"}
        assert predict(client, environ_base=place).status_code == 200
        assert predict(client, environ_base=place).status_code == 429


def test_nothing_is_limited_by_default(client: FlaskClient) -> None:
    assert {client.get("/models").status_code for _ in range(200)} == {200}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SER_LIMIT_REQUESTS", "60"),
        ("SER_LIMIT_REQUESTS", "0/minute"),
        ("SER_LIMIT_REQUESTS", "60 per minute; 1/day"),
        ("SER_LIMIT_REQUESTS", "60/minute,"),
        ("SER_LIMIT_AUDIO_S", "-1"),
        ("SER_LIMIT_STREAMS", "many"),
        ("SER_LIMITS_STORAGE", "http://a:secret@b"),
        ("SER_LIMITS_STORAGE", "memcached://b"),
        ("SER_TRUSTED_PROXIES", "proxy.example"),
        ("SER_TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_a_wrong_setting_stops_the_start(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name) as refused:
        load_settings()
    assert "secret" not in str(refused.value)


def test_a_password_of_redis_is_never_shown() -> None:
    settings = Settings(limits_storage="redis://:secret@127.0.0.1:1/0")
    assert "secret" not in f"{settings!r} {settings}"
    with pytest.raises(ValidationError):
        Settings(limits_storage="secret")


def test_an_address_that_is_none_stops_the_start() -> None:
    settings = Settings(limits_storage="redis://:secret@host:port/x", limit_requests="1/minute")
    with pytest.raises(ConfigError) as refused:
        Guard(settings, Shared.of(settings))
    assert "secret" not in str(refused.value)


def test_without_the_client_of_redis_the_start_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match="extra 'redis'"):
        Shared.of(Settings(limits_storage="redis://127.0.0.1:1/0"))
    Shared.of(Settings())


def test_a_server_without_limits_imports_nothing_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] in ("flask_limiter", "limits", "redis")]:
        monkeypatch.delitem(sys.modules, name)
    settings = Settings()
    Guard(settings, Shared.of(settings))
    assert not {"flask_limiter", "limits", "redis"} & set(sys.modules)


def test_counters_end(clock: Clock) -> None:
    counters = SharedCounters()
    assert [counters.add("a", 2, 60) for _ in range(3)] == [2, 4, 6]
    assert counters.get("a") == (6, 60)
    assert counters.get("b") == (0, 0)
    clock.now_s += 60
    assert counters.get("a")[0] == 0
    assert counters.add("a", 1, 60) == 1


def test_counters_are_shared_by_processes() -> None:
    counters = SharedCounters()
    children = []
    for _ in range(4):
        child = os.fork()
        if not child:
            for _ in range(500):
                counters.add("a", 1, 3600)
            os._exit(0)
        children.append(child)
    for _ in range(500):
        counters.add("a", 1, 3600)
    for child in children:
        os.waitpid(child, 0)
    assert counters.get("a")[0] == 2500


def test_many_clients_take_no_more_memory(clock: Clock) -> None:
    counters = SharedCounters()
    counters.add("long", 5, 86_400)
    for i in range(200_000):
        counters.add(f"client {i}", 1, 60)
    # Those that end soon made room.
    assert counters.get("long")[0] == 5
    assert counters.add("new", 1, 60) == 1


def test_a_redis_that_is_away_stops_nobody(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    # Nobody listens there.
    counters = Counters(SharedCounters(), "redis://:secret@127.0.0.1:1/0")
    for i in range(100):
        assert counters.add("a", 1, 3600) == i + 1
        clock.now_s += 1
    said = [each for each in caplog.records if "Redis" in each.getMessage()]
    # Once a minute.
    assert len(said) == 2
    assert "secret" not in "".join(str(each.__dict__) for each in said)


def test_limits_go_on_without_redis(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(limit_requests="2/hour", limits_storage="redis://127.0.0.1:1/0")
    assert [client.get("/models").status_code for _ in range(3)] == [200, 200, 429]


def test_streams_alone_need_no_counters() -> None:
    limits = Limits(Settings(limit_streams=3), SharedCounters())
    assert limits.streams == 3


def test_a_clock_that_is_set_anew_changes_no_limit(
    make_client: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(limit_requests="1/minute", limit_audio_s=1)
    assert predict(client).status_code == 200
    real = of_counters.time.time
    for jump_s in (-86_400, 86_400):
        monkeypatch.setattr(of_counters.time, "time", lambda jump_s=jump_s: real() + jump_s)
        for answer, most_s in ((predict(client), 3600), (client.get("/models"), 60)):
            assert answer.status_code == 429
            assert 0 < int(answer.headers["Retry-After"]) <= most_s
