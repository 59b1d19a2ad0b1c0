"""Who gets an answer where keys are asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ser.api.access import keys
from ser.app import create_app
from ser.config import Settings
from ser.errors import ConfigError

from .conftest import KeyFile, bearer, predict

# What everybody gets: the page, the documents of the API, and the probes.
OPEN = {
    "/",
    "/health",
    "/health/live",
    "/health/ready",
    "/openapi.json",
    "/asyncapi.yaml",
    "/docs",
    "/docs/swagger",
    "/docs/oauth2-redirect.html",
}
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def test_all_but_the_page_the_documents_and_the_probes_needs_a_key(
    guarded: FlaskClient, key_file: KeyFile
) -> None:
    rules = list(guarded.application.url_map.iter_rules())
    assert {rule.rule for rule in rules} >= OPEN
    for rule in rules:
        path = rule.rule.replace("<name>", "cremad-4")
        if "<" in path:
            # Files of the page, and of the page with the API's description.
            assert rule.endpoint in ("page.asset", "page.page_file", "swagger.static")
            continue
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        headers = HANDSHAKE if rule.websocket else {}
        answer = guarded.open(path, method=method, headers=headers)
        if rule.rule in OPEN:
            assert answer.status_code in (200, 302), rule
            continue
        assert answer.status_code == 401, rule
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json["code"] == "no_key"
        assert answer.json["error"] == "Key required"
        if rule.websocket:
            # Needs a connection of a real server: test_access_server.py.
            continue
        right = guarded.open(path, method=method, headers=headers | bearer(key_file.alice))
        assert right.status_code != 401, rule


@pytest.mark.parametrize("path", ["/nothing", "/models/", "/predict/x", "//models"])
def test_what_has_no_route_needs_one_too(path: str, guarded: FlaskClient, key_file: KeyFile) -> None:
    assert guarded.get(path).status_code == 401
    assert guarded.get(path, headers=bearer(key_file.alice)).status_code in (404, 308)


def test_each_key_opens_and_a_wrong_one_does_not(guarded: FlaskClient, key_file: KeyFile) -> None:
    for key in (key_file.alice, key_file.bob):
        assert predict(guarded, headers=bearer(key)).status_code == 200
    answer = predict(guarded, headers=bearer("ser_" + "x" * 43))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert answer.json["code"] == "wrong_key"
    # Its body was not read.
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "{key}",
        "Basic {key}",
        "Bearer {key} {key}",
        "Bearer {key}, Bearer {key}",
        "Bearer {key}x",
        "Bearer " + "x" * 100_000,
        "Bearer \xe4\xff",
        "Bearer ser_\x80\x81",
        "Bearer,{key}",
        "Digest username={key}",
    ],
    ids=lambda header: repr(header[:30]),
)
def test_what_is_no_key_is_refused(header: str, guarded: FlaskClient, key_file: KeyFile) -> None:
    answer = guarded.get("/models", headers={"Authorization": header.format(key=key_file.alice)})
    assert answer.status_code == 401
    assert answer.json["code"] in ("no_key", "wrong_key")
    assert key_file.alice not in answer.text


@pytest.mark.parametrize("header", ["Bearer {key}", "bearer {key}", "BEARER  {key} "])
def test_the_scheme_is_read_as_the_standard_says(
    header: str, guarded: FlaskClient, key_file: KeyFile
) -> None:
    sent = {"Authorization": header.format(key=key_file.alice)}
    assert guarded.get("/models", headers=sent).status_code == 200


def test_a_key_in_the_address_or_a_cookie_is_none(guarded: FlaskClient, key_file: KeyFile) -> None:
    guarded.set_cookie("key", key_file.alice)
    for query in ("key", "token", "access_token", "api_key"):
        assert guarded.get(f"/models?{query}={key_file.alice}").status_code == 401


def test_a_subprotocol_counts_for_live_streams_alone(guarded: FlaskClient, key_file: KeyFile) -> None:
    offered = {"Sec-WebSocket-Protocol": f"ser.stream, ser.bearer.{key_file.alice}"}
    assert guarded.get("/models", headers=offered).status_code == 401


def test_keys_come_and_go_while_the_application_runs(guarded: FlaskClient, key_file: KeyFile) -> None:
    carol = keys.add(key_file.path, "carol")
    assert guarded.get("/models", headers=bearer(carol)).status_code == 200
    keys.revoke(key_file.path, "alice")
    assert guarded.get("/models", headers=bearer(key_file.alice)).json["code"] == "wrong_key"
    assert guarded.get("/models", headers=bearer(carol)).status_code == 200


def test_without_the_setting_no_key_is_asked_for_and_any_is_taken(client: FlaskClient) -> None:
    assert client.get("/models").status_code == 200
    assert client.get("/models", headers=bearer("anything")).status_code == 200


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read.*ser keys add"):
        create_app(Settings(api_keys=tmp_path / "none"))


def test_a_preflight_needs_no_key(make_client: Callable[..., FlaskClient], key_file: KeyFile) -> None:
    page = "https://app.example"
    client = make_client(api_keys=key_file.path, cors_origins=page)
    asked = {
        "Origin": page,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = client.options("/predict", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == page
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    # And the refusal can be read by the page, which then asks for a key.
    assert predict(client, headers={"Origin": page}).headers["Access-Control-Allow-Origin"] == page
    sent = {"Origin": page, **bearer(key_file.alice)}
    assert predict(client, headers=sent).headers["Access-Control-Allow-Origin"] == page


def test_no_page_of_another_origin_may_read_by_default(guarded: FlaskClient, key_file: KeyFile) -> None:
    headers = {"Origin": "https://evil.example", **bearer(key_file.alice)}
    assert "Access-Control-Allow-Origin" not in guarded.get("/models", headers=headers).headers
    assert predict(guarded, headers=headers).status_code == 403


def test_the_document_describes_the_key(guarded: FlaskClient) -> None:
    document = guarded.get("/openapi.json").json
    scheme = document["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            # Also without a key: most servers ask for none.
            wanted = None if path.startswith("/health") else [{"key": []}, {}]
            assert operation.get("security") == wanted, path
            assert ({"401", "429"} <= set(operation["responses"])) == (wanted is not None), path


def test_each_refusal_is_a_line_without_a_key(
    make_client: Callable[..., FlaskClient], key_file: KeyFile, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(api_keys=key_file.path, limit_requests="1/hour")
    wrong = "ser_" + "w" * 43
    caplog.set_level(logging.DEBUG)
    client.get("/models/cremad-4?x=1")
    client.get("/models/cremad-4", headers=bearer(wrong))
    predict(client, headers={"Origin": "https://evil.example"})
    for _ in range(2):
        client.get("/models", headers=bearer(key_file.bob))
    lines = [each.__dict__ for each in caplog.records if each.name == "ser.access"]
    found = [(each["reason"], each["method"], each["route"], each.get("key")) for each in lines]
    assert found == [
        ("no_key", "GET", "/models/<name>", None),
        ("wrong_key", "GET", "/models/<name>", None),
        ("foreign_origin", "POST", "/predict", None),
        ("too_many_requests", "GET", "/models", "bob"),
    ]
    assert {each["address"] for each in lines} == {"127.0.0.1"}
    for secret in (wrong, key_file.bob, key_file.alice):
        assert secret not in "".join(str(each.__dict__) for each in caplog.records)


def test_an_attack_does_not_fill_the_log(
    guarded: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ser.api.access import audit

    now_s = 1000.0
    monkeypatch.setattr(audit, "monotonic", lambda: now_s)

    def lines() -> list[logging.LogRecord]:
        return [each for each in caplog.records if each.name == "ser.access"]

    for _ in range(250):
        guarded.get("/models")
    assert len(lines()) == 100
    now_s += 60
    guarded.get("/models")
    *_, counted, last = lines()
    assert counted.__dict__["requests"] == 150
    assert last.getMessage() == "access refused"
    assert len(lines()) == 102
