"""A model that predicts something else than emotions is listed, and asked for no emotion."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from clips import CLIPS, MODEL, voice_model
from ser.cli.main import main

NAME = "voices"
GOOD = CLIPS[0].path.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one such model."""
    folder = tmp_path_factory.mktemp("models")
    voice_model(folder / NAME)
    return folder


@pytest.fixture(scope="module")
def client(folder: Path, make_client: Callable[..., FlaskClient]) -> FlaskClient:
    """A client of a server that has it beside its default model."""
    return make_client(model_dir=folder, model=str(MODEL))


def test_it_is_listed_with_its_task(client: FlaskClient) -> None:
    tasks = {model["name"]: model["task"] for model in client.get("/models").json["models"]}
    assert tasks == {MODEL.name: "emotion", NAME: "voice_gender"}
    assert client.get(f"/models/{NAME}").json["task"] == "voice_gender"
    assert client.get(f"/models/{NAME}/card").status_code == 200


@pytest.mark.parametrize("path", ["/predict", "/analyze", "/analyze?format=ndjson", "/baseline"])
def test_it_is_not_asked_for_an_emotion(path: str, client: FlaskClient) -> None:
    answer = client.post(path, data={"model": NAME, "file": (io.BytesIO(GOOD), "x")})
    assert answer.status_code == 422
    assert answer.json == {
        "error": "Model predicts no emotion",
        "code": "wrong_task",
        "detail": "The task of 'voices' is 'voice_gender', not 'emotion'; choose another.",
    }


def test_it_is_no_default(
    folder: Path, make_client: Callable[..., FlaskClient], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        client = make_client(model_dir=folder, model=NAME)
    assert "'voices' is 'voice_gender'" in caplog.text
    assert client.get("/health").status_code == 503
    answer = client.post("/predict", data={"file": (io.BytesIO(GOOD), "x")})
    assert (answer.status_code, answer.json["code"]) == (503, "model_unavailable")


@pytest.mark.parametrize("command", ["predict", "analyze"])
def test_the_command_line_refuses_it(command: str, folder: Path) -> None:
    result = CliRunner().invoke(main, [command, str(CLIPS[0].path), "--model", str(folder / NAME)])
    assert result.exit_code == 2
    assert "The task of 'voices' is 'voice_gender'" in " ".join(result.stderr.split())
    assert result.stdout == ""
