"""GET /metrics of one process; tests/deploy has a server of several."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from clips import CLIPS, MODEL, copied_model, sound_file
from ser.analysis import timeline
from ser.api import errors
from ser.api.metrics import record
from ser.api.metrics.recent import REMEMBERED, RecentAnswers
from ser.models.baseline import Baseline
from ser.models.manifest import Manifest
from ser.models.predictor import EmotionPredictor

CLIP = CLIPS[0].path.read_bytes()
OPERATE = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()


def read(client: FlaskClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return all values by name and labels."""
    text = client.get("/metrics").text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Grown:
    """By how much values have grown since a moment: all applications of a process count together."""

    def __init__(self, client: FlaskClient) -> None:
        self._client, self._before = client, read(client)

    def __call__(self, name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return read(self._client)[key] - self._before.get(key, 0.0)

    def maybe(self, name: str, **labels: str) -> float:
        """Return the same, and 0 where there is no such value."""
        key = (name, frozenset(labels.items()))
        return read(self._client).get(key, 0.0) - self._before.get(key, 0.0)


def predict(client: FlaskClient, content: bytes = CLIP, **fields: str) -> Any:
    return client.post("/predict", data={"file": (io.BytesIO(content), "clip"), **fields})


def test_a_clip_is_counted(client: FlaskClient) -> None:
    grown = Grown(client)
    answer = predict(client).json
    labels = {"route": "/predict", "method": "POST", "status": "200"}
    assert grown("ser_http_requests_total", **labels) == 1
    assert grown("ser_http_request_duration_seconds_count", **labels) == 1
    seconds = grown("ser_http_request_duration_seconds_sum", **labels)
    stages = {
        name: grown("ser_stage_duration_seconds_sum", stage=name, route="/predict")
        for name in ("decode", "speech", "features", "network")
    }
    for name, lasted_s in stages.items():
        assert grown("ser_stage_duration_seconds_count", stage=name, route="/predict") == 1
        assert 0 < lasted_s < seconds
    assert grown("ser_audio_seconds_total", route="/predict") == pytest.approx(2.44, abs=0.01)
    known = {"model": "cremad-4", "emotion": answer["emotion"], "route": "/predict"}
    assert grown("ser_predictions_total", **known) == 1
    assert grown("ser_prediction_confidence_ratio_sum", model="cremad-4") == pytest.approx(
        answer["confidence"], abs=1e-4
    )
    assert grown("ser_low_information_total", model="cremad-4") == answer["low_information"]


def test_a_recording_is_counted_by_its_segments(client: FlaskClient) -> None:
    grown = Grown(client)
    answer = client.post("/analyze", data={"file": (io.BytesIO(CLIP), "clip")}).json
    (segment,) = answer["segments"]
    known = {"model": "cremad-4", "emotion": segment["emotion"], "route": "/analyze"}
    assert grown("ser_predictions_total", **known) == 1
    assert grown("ser_audio_seconds_total", route="/analyze") == pytest.approx(2.44, abs=0.01)
    for name in ("decode", "speech", "features", "network"):
        assert grown("ser_stage_duration_seconds_count", stage=name, route="/analyze") >= 1
    assert read(client)[("ser_recordings_running", frozenset())] == 0


def test_a_streamed_answer_counts_when_it_is_over(client: FlaskClient) -> None:
    grown = Grown(client)
    with client.post(
        "/analyze?format=ndjson", data={"file": (io.BytesIO(CLIP), "clip")}, buffered=False
    ) as answer:
        labels = {"route": "/analyze", "method": "POST", "status": "200"}
        assert not grown.maybe("ser_http_requests_total", **labels)
        assert json.loads(answer.text.splitlines()[-1])["type"] == "result"
    assert grown("ser_http_requests_total", **labels) == 1


def test_a_fault_within_a_streamed_answer_is_counted(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyze = timeline.analyze

    def failing(*args: Any, **known: Any) -> Iterator[Any]:
        yield from islice(analyze(*args, **known), 2)
        raise RuntimeError

    monkeypatch.setattr(timeline, "analyze", failing)
    grown = Grown(client)
    with client.post("/analyze?format=ndjson", data={"file": (io.BytesIO(CLIP), "clip")}) as answer:
        assert json.loads(answer.text.splitlines()[-1])["code"] == "internal_error"
    # The status is none of an error: `SerInternalErrors` goes by the other one.
    assert grown("ser_http_requests_total", route="/analyze", method="POST", status="200") == 1
    assert grown("ser_rejected_total", reason="internal_error") == 1


@pytest.mark.parametrize(("route", "status"), [("/predict", "422"), ("/analyze", "200")])
def test_silence_is_no_refusal(route: str, status: str, client: FlaskClient) -> None:
    grown = Grown(client)
    noise = sound_file(0.01 * np.random.default_rng(0).standard_normal(32_000))
    answer = client.post(route, data={"file": (io.BytesIO(noise), "clip")})
    assert answer.status_code == int(status)
    assert grown("ser_no_speech_total", route=route) == 1
    assert not any(grown("ser_rejected_total", reason=reason) for reason in errors.REASONS)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"nonsense", "unsupported_format"), (bytes(11 * 1024**2), "too_large"), (b"", "no_file")],
)
def test_refusals_are_counted_by_their_reason(content: bytes, reason: str, client: FlaskClient) -> None:
    grown = Grown(client)
    assert predict(client, content).status_code >= 400
    assert grown("ser_rejected_total", reason=reason) == 1


def test_every_reason_is_there_from_the_start(client: FlaskClient) -> None:
    found = {dict(labels)["reason"] for name, labels in read(client) if name == "ser_rejected_total"}
    assert found == set(errors.REASONS)
    assert "busy_streams" in found
    assert "busy" not in found
    assert "no_speech" not in found


def test_no_label_grows_with_what_clients_send(client: FlaskClient) -> None:
    predict(client)
    before = set(read(client))
    for number in range(30):
        client.get(f"/no/such/page/{number}")
        client.get(f"/models/{number}")
        client.get(f"/assets/{number}.js")
        client.open("/predict", method=f"BREW{number}")
        predict(client, model=f"model-{number}", prior=f"Emotion{number}=2")
        client.post(f"/analyze?format={number}")
    new = set(read(client)) - before
    # One series, or one histogram, for each kind.
    assert not [labels for _, labels in new if any(re.search(r"\d\.js|model-|BREW", v) for _, v in labels)]
    assert {dict(labels)["route"] for name, labels in new if "route" in dict(labels)} <= {
        "other",
        "/models/<name>",
        "/assets/<name>",
        "/predict",
        "/analyze",
    }
    for number in range(30, 60):
        client.get(f"/no/such/page/{number}")
        client.get(f"/models/{number}")
        client.get(f"/assets/{number}.js")
        client.open("/predict", method=f"BREW{number}")
        predict(client, model=f"model-{number}")
    assert set(read(client)) - before == new


def test_pages_of_other_origins_may_not_read_them(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(cors_origins=["*"])
    assert client.get("/metrics").status_code == 200
    own = {"Origin": "http://localhost", "Host": "localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.get("/metrics", headers=own).status_code == 200
    for headers in (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == 403
        assert "ser_" not in answer.text
        assert "Access-Control-Allow-Origin" not in answer.headers
    # Only there: pages may go on to read the rest.
    headers = {"Origin": "https://elsewhere.example"}
    assert client.get("/models", headers=headers).headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Origin" not in client.options("/metrics", headers=headers).headers


def test_hosts_that_are_not_allowed_do_not_get_them(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(allowed_hosts=["voice.example"])
    assert client.get("/metrics", headers={"Host": "voice.example"}).status_code == 200
    assert client.get("/metrics", headers={"Host": "10.0.0.7:5000"}).status_code == 400


def test_a_setting_switches_them_off(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(metrics=False)
    assert client.get("/metrics").status_code == 404
    assert predict(client).status_code == 200


def test_the_format_is_the_one_that_is_asked_for(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.content_type.startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
    assert client.get("/metrics").content_type.startswith("text/plain")


def test_every_metric_is_documented(client: FlaskClient) -> None:
    predict(client)
    found = {family.name for family in text_string_to_metric_families(client.get("/metrics").text)}
    documented = set(re.findall(r"`((?:ser|process)_\w+)", OPERATE))
    assert {name for name in found if name not in documented and f"{name}_total" not in documented} == set()


def test_the_models_and_the_reference_are_told(client: FlaskClient) -> None:
    values = read(client)
    info = [dict(labels) for name, labels in values if name == "ser_model_info"]
    (default,) = (each for each in info if each["default"] == "true")
    manifest = client.get("/models/cremad-4").json
    assert default["model"] == "cremad-4"
    assert default["sha256"] == manifest["onnx_sha256"]
    shares = [value for (name, labels), value in values.items()
              if name == "ser_reference_emotion_ratio" and ("model", "cremad-4") in labels]  # fmt: skip
    assert len(shares) == 4
    assert sum(shares) == pytest.approx(1)


def test_a_copied_model_counts_by_the_name_of_its_directory(
    make_client: Callable[..., FlaskClient], tmp_path: Path
) -> None:
    for name in ("first", "copy"):
        copied_model(tmp_path / name)
    client = make_client(model_dir=tmp_path, model="first")
    grown = Grown(client)
    for name in ("first", "copy", "copy"):
        assert predict(client, model=name).status_code == 200
    names = {each["name"] for each in client.get("/models").json["models"]}
    assert names == {"first", "copy"}
    assert grown("ser_prediction_confidence_ratio_count", model="first") == 1
    assert grown("ser_prediction_confidence_ratio_count", model="copy") == 2
    samples = [
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    ]
    assert len(set(samples)) == len(samples)
    for metric in ("ser_recent_answers", "ser_reference_confidence_ratio", "ser_model_info"):
        assert {dict(labels)["model"] for name, labels in samples if name == metric} == names


def test_what_a_client_says_of_emotions_is_no_drift(client: FlaskClient) -> None:
    def answers() -> float:
        return read(client).get(("ser_recent_answers", frozenset({("model", "cremad-4")})), 0.0)

    predict(client)
    before, grown = answers(), Grown(client)
    predict(client, prior="Happy=100")
    assert answers() == before
    assert grown("ser_prediction_confidence_ratio_count", model="cremad-4") == 1
    predict(client)
    assert answers() > before


@pytest.fixture
def manifest(predictor: EmotionPredictor) -> Manifest:
    return predictor.manifest


def test_answers_of_late_are_averaged(manifest: Manifest) -> None:
    recent = RecentAnswers()
    assert recent.of("m", manifest) is None
    for emotion, confidence in (("Angry", 0.9), ("Angry", 0.7), ("Sad", 0.5), ("Happy", 0.7)):
        recent.add_answer("m", manifest, emotion, confidence, emotion == "Sad")
    found = recent.of("m", manifest)
    assert found is not None
    assert found.answers == pytest.approx(4, rel=0.01)
    assert found.emotions == pytest.approx({"Angry": 0.5, "Happy": 0.25, "Sad": 0.25, "Disgust": 0}, abs=0.01)
    assert found.confidence == pytest.approx(0.7, abs=0.01)
    assert found.low_information == pytest.approx(0.25, abs=0.01)
    assert found.features is None


def test_old_answers_are_forgotten(manifest: Manifest) -> None:
    recent = RecentAnswers()
    for _ in range(5 * REMEMBERED):
        recent.add_answer("m", manifest, "Angry", 0.9, False)
    for _ in range(5 * REMEMBERED):
        recent.add_answer("m", manifest, "Sad", 0.5, True)
    found = recent.of("m", manifest)
    assert found is not None
    assert found.answers == pytest.approx(REMEMBERED, rel=0.01)
    assert found.emotions["Sad"] > 0.99
    assert found.confidence == pytest.approx(0.5, abs=0.01)


def test_features_are_compared_with_those_of_the_training(client: FlaskClient, manifest: Manifest) -> None:
    assert manifest.scaling is not None
    mean, scale = np.array(manifest.scaling.mean), np.array(manifest.scaling.scale)
    # Three deviations too loud, and all else as in training.
    shifted = mean.copy()
    shifted[0] += 3 * scale[0]
    # So many that no answer of another test counts any more.
    for _ in range(20 * REMEMBERED):
        statistics = Baseline(100, 100 * shifted, 100 * shifted**2)
        record.recent_answers().add_features(MODEL.name, manifest, statistics)
    predict(client)
    values = read(client)
    found = {
        group: values[
            ("ser_recent_feature_deviation", frozenset({"model": "cremad-4", "group": group}.items()))
        ]
        for group in ("level", "spectrum", "change", "pitch")
    }
    assert found["level"] == pytest.approx(3, abs=0.05)
    assert max(found["spectrum"], found["change"], found["pitch"]) < 0.05


def test_the_probes(client: FlaskClient, make_client: Callable[..., FlaskClient], tmp_path: Path) -> None:
    assert client.get("/health/live").json == {"status": "alive"}
    assert (client.get("/health/ready").status_code, client.get("/health/ready").json) == (
        200,
        {"status": "ready"},
    )
    empty = make_client(model_dir=tmp_path)
    assert empty.get("/health/live").status_code == 200
    assert empty.get("/health/ready").status_code == 503
    assert empty.get("/health/ready").json == {"status": "no_model"}
    own = make_client()
    own.application.extensions["ser"]["draining"].begin()
    assert own.get("/health/ready").status_code == 503
    assert own.get("/health/ready").json == {"status": "draining"}
    # The contract stays as it is.
    assert own.get("/health").status_code == 200
