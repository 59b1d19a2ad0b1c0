from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

FRONTEND = Path(__file__).parents[2] / "frontend"


def test_the_document_describes_the_contract(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    assert document["openapi"].startswith("3.")
    predict = document["paths"]["/predict"]["post"]
    assert "multipart/form-data" in predict["requestBody"]["content"]
    assert {"200", "400", "403", "413", "422", "503", "500"} <= set(predict["responses"])
    assert {"200", "503"} <= set(document["paths"]["/health"]["get"]["responses"])
    body = document["components"]["schemas"]["PredictionBody"]
    published = {"emotion", "confidence", "probabilities", "timestamp"}
    more = {"low_information", "baseline", "baseline_speech_s", "voice_gender", "intensity"}
    derived = {"sentiment", "valence", "arousal"}
    assert set(body["properties"]) == published | more | derived
    assert set(body["required"]) == published | {"low_information"}
    baseline = document["paths"]["/baseline"]["post"]
    assert baseline["requestBody"]["content"]["multipart/form-data"]["schema"]["required"] == ["file"]
    assert {"200", "400", "404", "413", "422", "503", "500"} <= set(baseline["responses"])
    error = document["components"]["schemas"]["ErrorBody"]
    assert set(error["required"]) == {"error", "code"}


def test_the_answers_are_as_documented(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    refused = document["paths"]["/predict"]["post"]["responses"]["422"]["content"]
    assert refused["application/json"]["schema"]["$ref"].endswith("/ErrorBody")


def test_the_pages_copy_of_the_document_is_up_to_date(client: FlaskClient) -> None:
    copy = json.loads((FRONTEND / "openapi.json").read_text())
    assert copy == client.get("/openapi.json").json, "run `make openapi`"


def test_the_docs_work_offline(client: FlaskClient) -> None:
    page = client.get("/docs", follow_redirects=True)
    assert page.status_code == 200
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    for link in links:
        assert not link.startswith(("http:", "https:", "//"))
        assert client.get(f"/docs/{link}").status_code == 200
    assert "/openapi.json" in page.text


def test_the_page_and_its_assets(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "<title>" in page.text
    assert page.headers["Cache-Control"] == "no-cache"
    asset = client.get("/assets/index-abc.js")
    assert asset.status_code == 200
    assert "max-age=31536000" in asset.headers["Cache-Control"]
    assert "immutable" in asset.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_a_browser_gets_the_smallest_copy_that_it_can_read(
    accepted: str, sent: str | None, make_client: Callable[..., FlaskClient], tmp_path: Path
) -> None:
    (tmp_path / "assets").mkdir()
    for name, content in {"x.wasm": b"all", "x.wasm.br": b"br", "x.wasm.gz": b"gzip"}.items():
        (tmp_path / "assets" / name).write_bytes(content)
    client = make_client(frontend_dir=tmp_path)
    asset = client.get("/assets/x.wasm", headers={"Accept-Encoding": accepted})
    assert asset.headers.get("Content-Encoding") == sent
    assert asset.data == (sent or "all").encode()
    assert asset.mimetype == "application/wasm"
    assert "max-age=31536000" in asset.headers["Cache-Control"]
    assert "immutable" in asset.headers["Cache-Control"]
    assert "Accept-Encoding" in asset.headers["Vary"]
    for name in ("a" * 300, "../model.json", "%2e%2e/model.json", "none.wasm"):
        assert client.get(f"/assets/{name}", headers={"Accept-Encoding": "br"}).status_code == 404


def test_an_unbuilt_page_says_what_to_do(make_client: Callable[..., FlaskClient], tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        response = make_client(frontend_dir=folder).get("/")
        assert response.status_code == 404
        assert "make frontend" in response.json["detail"]
