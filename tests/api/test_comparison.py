"""GET /comparison: `comparison.json` of the folder of models, whatever is in that file."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from comparisons import EXAMPLE
from ser.models.comparison import COMPARISON, Comparison


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models, without a model."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def client(folder: Path, make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of a server with that folder."""
    return make_client(model_dir=folder)


@pytest.fixture
def file(folder: Path):
    """The file that the server reads."""
    file = folder / COMPARISON
    yield file
    file.unlink(missing_ok=True)


def changed(**fields: object) -> bytes:
    """The example, with other fields of its first row."""
    content = json.loads(EXAMPLE.read_text())
    content["rows"][0] |= fields
    return json.dumps(content).encode()


def test_the_comparison_is_that_of_the_file(file: Path, client: FlaskClient) -> None:
    file.write_bytes(EXAMPLE.read_bytes())
    answer = client.get("/comparison")
    assert answer.status_code == 200
    assert answer.json == json.loads(EXAMPLE.read_text())
    described = client.get("/openapi.json").json["components"]["schemas"]["Comparison"]
    assert set(answer.json) == set(described["properties"])


def test_a_new_file_is_read_without_a_new_start(file: Path, client: FlaskClient) -> None:
    assert client.get("/comparison").status_code == 404
    file.write_bytes(EXAMPLE.read_bytes())
    assert client.get("/comparison").json["seed"] == 1
    file.write_text(Comparison(command="ser", created="2026-11-23", seed=2, rows=[]).model_dump_json())
    assert client.get("/comparison").json == {
        "command": "ser",
        "created": "2026-11-23",
        "seed": 2,
        "rows": [],
    }


def test_without_a_file_it_is_not_there(client: FlaskClient) -> None:
    answer = client.get("/comparison")
    assert answer.status_code == 404
    assert answer.json == {
        "error": "No comparison available",
        "code": "no_comparison",
        "detail": "There is no comparison.json in the server's folder of models.",
    }


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(content, id=name)
        for name, content in {
            "empty": b"",
            "no JSON": b"no JSON",
            "no UTF-8": b'{"command": "\xff"}',
            "NUL": b"\0" * 1000,
            "cut": EXAMPLE.read_bytes()[:-20],
            "another shape": b"[]",
            "null": b"null",
            "nested deeply": b"[" * 100_000,
            "no field": b"{}",
            "a field more": changed(secret=1),
            "a field less": b'{"command": "", "created": "", "rows": []}',
            "NaN": changed(ms_per_clip=float("nan")),
            "infinite": changed(ms_per_clip=float("inf")),
            "NaN among shares": changed(false_emotion_rate=float("nan")),
            "more than all": changed(false_emotion_rate=1.5),
            "text for a number": changed(parameters="many"),
            "an endless number": changed(parameters=0).replace(
                b'"parameters": 0', b'"parameters": ' + b"9" * 9999
            ),
            "another task": changed(task="weather"),
            "half a character": EXAMPLE.read_bytes().replace(b'"cremad-6"', rb'"\ud800"'),
        }.items()
    ],
)
def test_what_is_no_comparison_is_only_logged(
    content: bytes,
    file: Path,
    client: FlaskClient,
    make_client: Callable[..., FlaskClient],
    caplog: pytest.LogCaptureFixture,
) -> None:
    file.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/comparison")
    assert answer.status_code == 404
    assert answer.json == {
        "error": "No comparison available",
        "code": "no_comparison",
        "detail": "comparison.json cannot be used; the server's log says why.",
    }
    assert str(file) in caplog.text
    assert make_client(model_dir=file.parent).get("/models").status_code == 200


def test_a_folder_of_its_name_is_no_comparison(
    folder: Path, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / COMPARISON).mkdir()
    with caplog.at_level(logging.ERROR):
        assert client.get("/comparison").json["code"] == "no_comparison"
    assert "cannot be read" in caplog.text
    (folder / COMPARISON).rmdir()
