"""Every error has one code, one sentence and one status, and all of them are documented."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from ser.api.errors import HTTP_STATUS
from ser.errors import SerError

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
# What Werkzeug raises itself.
OTHERS = {
    "not_found": "Not Found",
    "method_not_allowed": "Method Not Allowed",
    "requested_range_not_satisfiable": "Requested Range Not Satisfiable",
}


def kinds(root: type[SerError] = SerError) -> Iterator[type[SerError]]:
    yield root
    for kind in root.__subclasses__():
        # A test that ran before may have imported what the API knows nothing of.
        if not kind.__module__.startswith("ser.batch"):
            yield from kinds(kind)


SENTENCES = {kind.code: kind.sentence for kind in kinds()} | OTHERS


def test_every_code_has_a_status_and_every_status_a_code() -> None:
    assert set(HTTP_STATUS) == set(SENTENCES)


def test_a_code_has_one_sentence() -> None:
    assert all(SENTENCES[kind.code] == kind.sentence for kind in kinds())


def test_the_document_lists_them_all() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| (.+?) \| .+ \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert {code: (int(status), sentence) for status, code, sentence in rows} == {
        code: (status, SENTENCES[code]) for code, status in HTTP_STATUS.items()
    }
    assert len(rows) == len(HTTP_STATUS)


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda client: client.get("/nothing"), "not_found"),
        (lambda client: client.get("/assets/nothing.js"), "not_found"),
        (lambda client: client.put("/predict"), "method_not_allowed"),
        (
            lambda client: client.get("/assets/index-abc.js", headers={"Range": "bytes=99-"}),
            "requested_range_not_satisfiable",
        ),
        (lambda client: client.get("/stream"), "upgrade_required"),
        (lambda client: client.post("/timeline", data="{"), "invalid_request"),
    ],
)
def test_what_no_route_takes(send: Callable, code: str, client: FlaskClient) -> None:
    answer = send(client)
    assert answer.status_code == HTTP_STATUS[code]
    assert answer.json["code"] == code
    assert answer.json["error"] == SENTENCES[code]


def test_a_method_that_is_not_allowed_is_told_which_are(client: FlaskClient) -> None:
    assert "POST" in client.put("/predict").headers["Allow"]


def test_json_that_is_too_large_is_no_audio_file(client: FlaskClient) -> None:
    body = b'{"segments": []' + b" " * 11 * 1024**2 + b"}"
    answer = client.post("/timeline?format=csv", data=body, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json["code"] == "request_too_large"
    assert "10 MB" in answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"\xff", "application/json"),
        (b"{}", "text/plain"),
        (b"[]", "application/json"),
    ],
)
def test_what_is_no_json_object_is_told_so(body: bytes, content_type: str, client: FlaskClient) -> None:
    answer = client.post("/timeline?format=csv", data=body, content_type=content_type)
    assert answer.json["code"] == "invalid_request"
    assert "application/json" in answer.json["detail"]
