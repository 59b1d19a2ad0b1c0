"""Which pages may send requests, and what the browser lets a page do."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from clips import CLIPS

GOOD = CLIPS[0].path.read_bytes()
POSTS = ["/predict", "/baseline", "/analyze", "/timeline?format=csv"]


def post(client: FlaskClient, address: str = "/predict", **headers: str):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(address, data={"file": (io.BytesIO(GOOD), "x.webm")}, headers=names)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://evil.example", "Host": "evil.example.localhost"},
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "http://localhost:3000", "Sec_Fetch_Site": "same-site"},
        {"Origin": "https://voice.example:8443", "Host": "voice.example"},
        {"Origin": "file://localhost"},
        {"Origin": "http://[::1"},
        {"Origin": "http://localhost:port"},
        {"Origin": "http://localhost:99999999"},
        {"Origin": "http://\u20ac"},
        {"Origin": "x" * 8_000},
    ],
    ids=lambda headers: " ".join(headers.values())[:60],
)
def test_a_foreign_page_may_send_nothing(headers: dict[str, str], client: FlaskClient) -> None:
    for address in POSTS:
        answer = post(client, address, **headers)
        assert answer.status_code == 403
        assert answer.json["code"] == "foreign_origin"
        assert answer.json["error"] == "Origin not allowed"
        # Its body was not read, so nothing else may come on this connection.
        assert answer.headers["Connection"] == "close"
    assert client.get("/models", headers={"Origin": "https://evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Origin": "https://localhost"},
        {"Origin": "http://LOCALHOST"},
        {"Origin": "http://127.0.0.1:5000", "Host": "127.0.0.1:5000"},
        {"Origin": "http://[::1]:5000", "Host": "[::1]:5000"},
        # Behind a proxy: with the default port, without it, and with a host of the proxy's own.
        {"Origin": "https://voice.example", "Host": "voice.example:443"},
        {"Origin": "https://voice.example", "Host": "voice.example"},
        {"Origin": "https://voice.example:8443", "Host": "voice.example", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "https://voice.example", "Host": "backend:5000", "X_Forwarded_Host": "voice.example"},
        {"Origin": "https://a.example", "Host": "backend", "X_Forwarded_Host": "a.example, proxy.internal"},
        {"Origin": "http://localhost:5173", "Host": "127.0.0.1:5000", "Sec_Fetch_Site": "same-origin"},
    ],
    ids=lambda headers: " ".join(headers.values()) or "no origin",
)
def test_the_own_page_and_programs_may(headers: dict[str, str], client: FlaskClient) -> None:
    assert post(client, **headers).status_code == 200


@pytest.mark.parametrize(
    ("listed", "origin", "status"),
    [
        ("https://app.example", "https://app.example", 200),
        ("https://app.example", "https://APP.example", 200),
        ("https://app.example", "https://app.example.evil", 403),
        ("https://other.example,https://app.example", "https://app.example", 200),
        ("https://.*[.]example", "https://a.example", 200),
        ("https://.*[.]example", "https://a.example.evil", 403),
        ("https://app.example", "https://appXexample", 403),
        ("http://localhost:[0-9]+", "http://localhost:3000", 200),
        ("http://localhost:[0-9]+", "http://localhost:3000.evil.example", 403),
        ("http://a.example|http://b[.]example", "http://a.example.evil.example", 403),
        ("*", "https://anything.example", 200),
        ("*", "null", 200),
        ("null", "null", 200),
    ],
)
def test_listed_pages_may(
    listed: str, origin: str, status: int, make_client: Callable[..., FlaskClient]
) -> None:
    response = post(make_client(cors_origins=listed), Origin=origin)
    assert response.status_code == status
    # Who may not send may not read either.
    assert ("Access-Control-Allow-Origin" in response.headers) == (status == 200)


def test_only_listed_hosts_are_answered(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(allowed_hosts="localhost, voice.example")
    for host in ("localhost:5000", "voice.example"):
        assert client.get("/health", headers={"Host": host}).status_code == 200
    # A page of a name that leads here (DNS rebinding) counts as our own: its host and origin are the same.
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    for response in (client.get("/", headers=rebound), post(client, **rebound)):
        assert response.status_code == 400
        assert response.json["code"] == "invalid_request"
    assert post(make_client(), **rebound).status_code == 200


@pytest.mark.parametrize("address", ["/", "/assets/index-abc.js", "/health", "/nothing", "/docs/swagger"])
def test_every_answer_has_the_headers(address: str, client: FlaskClient) -> None:
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "microphone=(self)" in headers["Permissions-Policy"]
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == policy["default-src"] == "'none'"
    scripts = policy.get("script-src", "'none'")
    # Of the page, its threads included: they run models, which WebAssembly does.
    ours = "'self' 'wasm-unsafe-eval'"
    assert scripts == {"/": ours, "/docs/swagger": "'self' 'unsafe-inline'"}.get(
        address, ours if address.startswith("/assets") else "'none'"
    )
