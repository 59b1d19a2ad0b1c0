from __future__ import annotations

import builtins
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from clips import CLIPS, CONTAINERS, transcode
from ser.audio.decode import decode
from ser.corpora.base import Clip
from ser.models.predictor import EmotionPredictor

GOOD = CLIPS[0].path.read_bytes()


def post(client: FlaskClient, content: bytes, name: str = "clip.webm", **more):
    return client.post("/predict", data={"file": (io.BytesIO(content), name)}, **more)


def test_the_contract(clip: Clip, client: FlaskClient, predictor: EmotionPredictor) -> None:
    response = post(client, clip.path.read_bytes())
    assert response.status_code == 200
    assert response.content_type == "application/json"
    body = response.json
    published = ["emotion", "confidence", "probabilities", "timestamp"]
    assert list(body) == [*published, "low_information", "sentiment", "valence", "arousal", "intensity"]
    assert list(body["probabilities"]) == ["Angry", "Happy", "Sad", "Disgust"]
    assert sum(body["probabilities"].values()) == pytest.approx(1, abs=3e-4)
    assert body["confidence"] == max(body["probabilities"].values())
    assert body["probabilities"][body["emotion"]] == body["confidence"]
    assert all(round(p, 4) == p for p in body["probabilities"].values())
    assert datetime.strptime(body["timestamp"], "%Y-%m-%dT%H:%M:%S.%f")
    expected = predictor.predict(clip.path)
    assert body["probabilities"] == pytest.approx(dict(expected.probabilities), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_prediction(container: str, clip: Clip, client: FlaskClient) -> None:
    lossless = post(client, transcode(decode(clip.path), "wav")).json
    response = post(client, transcode(decode(clip.path), container), "misleading.name")
    assert response.status_code == 200
    exact = container in ("wav", "flac")
    for emotion, p in response.json["probabilities"].items():
        assert p == pytest.approx(lossless["probabilities"][emotion], abs=1e-3 if exact else 0.2)


def test_many_at_once_are_answered_as_one_by_one(client: FlaskClient) -> None:
    contents = [clip.path.read_bytes() for clip in CLIPS]
    app = client.application
    serial = [post(app.test_client(), content).json["probabilities"] for content in contents]
    with ThreadPoolExecutor(8) as pool:
        parallel = list(pool.map(lambda c: post(app.test_client(), c).json["probabilities"], contents * 3))
    assert parallel == serial * 3


def test_health(client: FlaskClient) -> None:
    response = client.get("/health")
    assert response.status_code == 200
    assert list(response.json) == ["status", "model_loaded", "timestamp"]
    assert response.json["status"] == "healthy"
    assert response.json["model_loaded"] is True
    assert datetime.strptime(response.json["timestamp"], "%Y-%m-%dT%H:%M:%S.%f")


@pytest.mark.parametrize("folder", ["empty", "broken"])
def test_without_a_model_the_server_says_so(
    folder: str, tmp_path: Path, make_client: Callable[..., FlaskClient]
) -> None:
    if folder == "broken":
        (tmp_path / "bilstm-cremad").mkdir()
        (tmp_path / "bilstm-cremad" / "model.json").write_text("{")
    client = make_client(model_dir=tmp_path)
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json["status"] == "unhealthy"
    assert response.json["model_loaded"] is False
    response = post(client, GOOD)
    assert response.status_code == 503
    assert response.json["code"] == "model_unavailable"


def test_an_unforeseen_error_says_nothing_of_the_inside(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(EmotionPredictor, "predict", fail)
    response = post(client, GOOD)
    assert response.status_code == 500
    assert response.json == {"error": "Internal server error", "code": "internal_error"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/predict", 405, "method_not_allowed"),
        ("DELETE", "/health", 405, "method_not_allowed"),
        ("GET", "/none", 404, "not_found"),
        ("GET", "/../model/bilstm-cremad/model.json", 404, "not_found"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "not_found"),
    ],
)
def test_other_errors_have_the_same_shape(
    method: str, path: str, status: int, code: str, client: FlaskClient
) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.json["code"] == code
    assert response.json["error"]


def test_other_origins_are_let_in_only_when_named(make_client: Callable[..., FlaskClient]) -> None:
    allow = "Access-Control-Allow-Origin"
    stranger = {"Origin": "https://stranger.example"}
    friend = {"Origin": "https://friend.example"}
    closed = make_client()
    assert allow not in closed.get("/health", headers=stranger).headers
    named = make_client(cors_origins="https://friend.example, https://other.example")
    assert named.get("/health", headers=friend).headers[allow] == "https://friend.example"
    assert allow not in named.get("/health", headers=stranger).headers
    refused = named.post("/predict", headers=friend)
    assert refused.status_code == 400
    assert refused.headers[allow] == "https://friend.example"
    assert refused.headers["Access-Control-Expose-Headers"] == "Retry-After"
    preflight = named.options("/predict", headers={**friend, "Access-Control-Request-Method": "POST"})
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    everyone = make_client(cors_origins="*")
    assert everyone.get("/health", headers=stranger).headers[allow] in ("*", stranger["Origin"])


def test_one_log_line_per_request_without_names(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ser.request"):
        post(client, GOOD, "my-secret-diary.webm")
    (record,) = caplog.records
    assert record.method == "POST"
    assert record.path == "/predict"
    assert record.status == 200
    assert record.ms > 0
    assert record.bytes > len(GOOD)
    assert "secret" not in json.dumps(record.__dict__, default=str)


@pytest.mark.parametrize("path", ["/predict", "/baseline"])
def test_nothing_of_a_voice_touches_the_disk(
    path: str, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Large enough for Werkzeug to spool it to a temporary file, were it allowed to.
    content = transcode(np.tile(decode(CLIPS[0].path), 20), "wav")
    assert len(content) > 1_000_000
    # Made by hand: the test client would itself spool it.
    head = (
        b'--cut\r\nContent-Disposition: form-data; name="adapt"\r\n\r\ntrue\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    )
    body = head + content + b"\r\n--cut--\r\n"
    written: list[object] = []
    real_open, real_os_open = builtins.open, os.open

    def spy(file, mode="r", *args, **kwargs):
        if set(mode) & set("wax+"):
            written.append(file)
        return real_open(file, mode, *args, **kwargs)

    def os_spy(path, flags, *args, **kwargs):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.append(path)
        return real_os_open(path, flags, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", spy)
    monkeypatch.setattr(io, "open", spy)
    monkeypatch.setattr(os, "open", os_spy)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    response = client.post(path, data=body, content_type="multipart/form-data; boundary=cut")
    assert response.status_code == 200
    assert response.json["baseline"]
    assert written == []
    assert list(tmp_path.iterdir()) == []


def test_the_spy_would_notice_a_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda p, f, *a, **k: (written.append(p), real(p, f, *a, **k))[1])
    with tempfile.TemporaryFile():
        pass
    assert written


@pytest.mark.slow
def test_serving_needs_neither_tensorflow_nor_librosa() -> None:
    program = """
import io, sys
for name in ("tensorflow", "keras", "onnx", "tf2onnx", "librosa", "numba", "scipy", "sklearn", "matplotlib"):
    sys.modules[name] = None
from ser.app import create_app
client = create_app().test_client()
file = open(sys.argv[1], "rb").read()
assert client.post("/predict", data={"file": (io.BytesIO(file), "x")}).status_code == 200
"""
    subprocess.run([sys.executable, "-c", program, CLIPS[0].path], check=True)


def test_nothing_is_left_running(client: FlaskClient) -> None:
    post(client, GOOD)
    before = threading.active_count()
    for _ in range(5):
        post(client, GOOD)
    assert threading.active_count() == before


@pytest.mark.parametrize("model", ["cremad-6", "cremad-4", "bilstm-cremad"])
def test_a_prior_reweights_the_probabilities(model: str, client: FlaskClient) -> None:
    def ask(**fields: str):
        return client.post("/predict", data={"file": (io.BytesIO(GOOD), "x"), "model": model, **fields}).json

    plain, weighed = ask(), ask(prior="Angry=0.25, Sad = 4")
    weights = {"Angry": 0.25, "Sad": 4.0}
    expected = {name: p * weights.get(name, 1.0) for name, p in plain["probabilities"].items()}
    total = sum(expected.values())
    assert weighed["probabilities"] == pytest.approx(
        {name: p / total for name, p in expected.items()}, abs=2e-3
    )
    assert weighed["confidence"] == max(weighed["probabilities"].values())
    for field in ({}, {"prior": ""}):
        assert ask(**field)["probabilities"] == plain["probabilities"]


@pytest.mark.parametrize(
    ("prior", "told"),
    [
        ("Neutral", "Expected EMOTION=WEIGHT"),
        ("=2", "Expected"),
        ("Angry=", "Expected"),
        ("Angry=two", "Expected"),
        ("Angry=nan", "Expected"),
        (",", "Expected"),
        ("Angry=1,", "Expected"),
        ("Angry=inf", "0.01 to 100"),
        ("Angry=-1", "0.01 to 100"),
        ("Angry=0", "0.01 to 100"),
        ("Angry=1e9", "0.01 to 100"),
        ("Boredom=2", "none of the model's emotions: Angry, Happy, Sad, Disgust, Fear, Neutral"),
        ("angry=2", "none of the model's emotions"),
        ("Angry=2,Angry=2", "named twice"),
        ("Angry=" + "9" * 5_000, "0.01 to 100"),
        ("\U0001f600=2", "none of the model's emotions"),
        ("Angry=\u0662\u0000", "Expected"),
    ],
)
def test_a_prior_that_cannot_be_used_is_refused(prior: str, told: str, client: FlaskClient) -> None:
    form = {"file": (io.BytesIO(GOOD), "x"), "model": "cremad-6", "prior": prior}
    answer = client.post("/predict", data=form)
    assert (answer.status_code, answer.json["code"]) == (400, "bad_prior")
    assert told in answer.json["detail"]
