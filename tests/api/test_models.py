from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from clips import CLIPS, MODEL, PUBLISHED, copied_model
from ser.analysis import live
from ser.analysis.cutter import HOP_S, WINDOW_S
from ser.models import store
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory

GOOD = CLIPS[0].path.read_bytes()


def post(client: FlaskClient, **fields: str):
    return client.post("/predict", data={"file": (io.BytesIO(GOOD), "x"), **fields})


@pytest.fixture
def two_models(tmp_path: Path) -> Path:
    """A folder with two good models and a spoilt one."""
    for name in ("first", "second", "spoilt"):
        copied_model(tmp_path / name)
    (tmp_path / "spoilt" / "model.onnx").write_bytes(b"spoilt")
    return tmp_path


def test_the_shipped_models_are_listed(client: FlaskClient) -> None:
    body = client.get("/models").json
    assert body["default"] == MODEL.name
    models = {model["name"]: model for model in body["models"]}
    assert set(models) == set(store.names(MODEL.parent))
    four = ["Angry", "Happy", "Sad", "Disgust"]
    assert models["cremad-4"]["emotions"] == models["bilstm-cremad"]["emotions"] == four
    assert models["cremad-6"]["emotions"] == [*four, "Fear", "Neutral"]
    for model in models.values():
        if model["corpus"] != "CREMA-D":
            continue
        assert "ODbL" in model["licence"]
        assert model["unseen_speakers"] == 18
        assert 0 < model["uar"] < 1
        card = client.get(model["card_url"])
        assert card.content_type.startswith("text/markdown")
        assert f"{model['uar']:.3f}" in card.text


@pytest.mark.parametrize("name", ["bilstm-cremad", "cremad-4", "cremad-6"])
def test_one_model_is_described(name: str, client: FlaskClient) -> None:
    model = client.get(f"/models/{name}").json
    (listed,) = (each for each in client.get("/models").json["models"] if each["name"] == name)
    assert model.items() >= listed.items()
    schema = client.get("/openapi.json").json["components"]["schemas"]["ModelDetailsBody"]
    assert set(model) == set(schema["properties"]) == set(schema["required"])
    assert set(model["emotions"]) <= set(model["network_labels"])
    assert [corpus["title"] for corpus in model["corpora"]] == [
        model["corpus"],
        *(corpus["corpus"] for corpus in model["also_trained_on"]),
    ]
    assert model["corpora"][0]["licence_url"].startswith("https://")
    assert "Cao, H." in model["corpora"][0]["source"]
    assert model["split"]["by"] == "speaker"
    assert model["split"]["sizes"]["dev"] == model["unseen_speakers"]
    assert model["scores"]["uar"] == model["uar"]
    assert 0 < model["scores"]["macro_f1"] < 1
    group = "published" if name == "bilstm-cremad" else "recommended"
    assert (model["task"], model["group"], model["restricted"]) == ("emotion", group, False)
    assert model["weights_licence"].startswith("MIT; made from CREMA-D")
    assert "40 MFCC" in model["features"]
    file = MODEL.with_name(name if name == "bilstm-cremad" else "cremad-6") / "model.onnx"
    assert model["onnx_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["none", "..%2fcremad-4", "%F0%9F%98%80", "a" * 2000])
def test_an_unknown_model_is_not_described(name: str, client: FlaskClient) -> None:
    answer = client.get(f"/models/{name}")
    assert answer.status_code == 404
    assert answer.json["code"] in ("unknown_model", "not_found")
    if answer.json["code"] == "unknown_model":
        assert "there are: cremad-4" in answer.json["detail"]


def test_the_file_of_a_model_is_sent_once(client: FlaskClient) -> None:
    model = client.get("/models/cremad-4").json
    assert model["onnx_output"] == "core_probabilities"
    answer = client.get(model["onnx_url"])
    assert answer.data == MODEL.with_name("cremad-6").joinpath("model.onnx").read_bytes()
    assert hashlib.sha256(answer.data).hexdigest() == model["onnx_sha256"]
    assert "cremad-4.onnx" in answer.headers["Content-Disposition"]
    again = client.get(model["onnx_url"], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "no-cache" in answer.headers["Cache-Control"]
    part = client.get(model["onnx_url"], headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, answer.data[100:200])


def test_there_is_no_file_of_an_unknown_model(client: FlaskClient) -> None:
    assert client.get("/models/none/model.onnx").json["code"] == "unknown_model"


def test_a_spoilt_file_is_not_sent(tmp_path: Path, make_client: Callable[..., FlaskClient]) -> None:
    copied_model(tmp_path / "default")
    copied_model(tmp_path / "other", PUBLISHED)
    client = make_client(model_dir=tmp_path, model="default")
    before = {name: client.get(f"/models/{name}/model.onnx") for name in ("default", "other")}
    for name in before:
        file = tmp_path / name / "model.onnx"
        file.unlink()
        file.write_bytes(b"spoilt")
    answer = client.get("/models/other/model.onnx")
    assert (answer.status_code, answer.json["code"]) == (503, "model_unavailable")
    # The default one is in memory since the start.
    assert client.get("/models/default/model.onnx").data == before["default"].data


def test_a_restricted_model_says_so(client: FlaskClient) -> None:
    (listed,) = (each for each in client.get("/models").json["models"] if each["name"] == "dense-105")
    for model in (listed, client.get("/models/dense-105").json):
        assert (model["group"], model["restricted"]) == ("published", True)
        assert "CC BY-NC-SA 4.0" in model["weights_licence"]


def test_a_model_split_by_clip_was_not_measured_on_unseen_speakers(
    tmp_path: Path, make_client: Callable[..., FlaskClient]
) -> None:
    manifest = copied_model(tmp_path / "mine") / "model.json"
    known = json.loads(manifest.read_text())
    known["split"]["by"] = "clip"
    known["metrics"]["dev"] |= {"speakers": ["Angry/1.wav", "Sad/1.wav"], "uar": 0.9}
    manifest.write_text(json.dumps(known))
    client = make_client(model_dir=tmp_path, model="mine")
    (model,) = client.get("/models").json["models"]
    assert model["uar"] is None
    assert model["unseen_speakers"] is None
    model = client.get("/models/mine").json
    assert model["split"]["by"] == "clip"
    assert set(model["scores"].values()) == {None}


def test_a_spoilt_model_is_left_out_and_the_others_serve(
    two_models: Path, make_client: Callable[..., FlaskClient]
) -> None:
    client = make_client(model_dir=two_models, model="second")
    body = client.get("/models").json
    assert body["default"] == "second"
    assert {model["name"] for model in body["models"]} == {"first", "second"}
    assert client.get("/health").status_code == 200
    assert post(client).status_code == 200
    assert post(client, model="first").status_code == 200
    assert post(client, model="").status_code == 200


def test_a_listing_and_a_card_load_no_model(
    two_models: Path, make_client: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another file than the default's, whose session would be shared.
    copied_model(two_models / "third", PUBLISHED)
    client = make_client(model_dir=two_models, model="second")
    monkeypatch.setattr(EmotionPredictor, "load", lambda *_, **__: pytest.fail("loaded"))
    assert client.get("/models/third").json["description"] == "4 emotions, trained on CREMA-D"
    models = {model["name"]: model for model in client.get("/models").json["models"]}
    assert list(models) == ["second", "first", "third"]
    assert models["third"]["abstains_below_unknown"] >= models["third"]["abstains_below"]
    assert client.get(models["third"]["card_url"]).text.startswith("# bilstm-cremad")
    assert client.get("/health").status_code == 200


def test_the_setting_bounds_how_many_stay_loaded(
    make_client: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    names, load = [], EmotionPredictor.load

    def noting(directory: ModelDirectory, **options: Any) -> EmotionPredictor:
        names.append(directory.name)
        return load(directory, **options)

    monkeypatch.setattr(EmotionPredictor, "load", noting)
    client = make_client(model="bilstm-cremad", max_loaded_models=1)
    for name in ("cremad-4", "cremad-4", "cremad-6", "cremad-4", "bilstm-cremad", ""):
        assert post(client, model=name).status_code == 200
    assert names == ["bilstm-cremad", "cremad-4", "cremad-6", "cremad-4"]


def test_a_model_that_cannot_be_loaded_is_not_available_and_the_others_are(
    two_models: Path, make_client: Callable[..., FlaskClient]
) -> None:
    manifest = json.loads((two_models / "spoilt" / "model.json").read_text())
    manifest["sha256"] = {"model.onnx": hashlib.sha256(b"spoilt").hexdigest()}
    (two_models / "spoilt" / "model.json").write_text(json.dumps(manifest))
    client = make_client(model_dir=two_models, model="second")
    response = post(client, model="spoilt")
    assert response.status_code == 503
    assert response.json == {
        "error": "Model not available",
        "code": "model_unavailable",
        "detail": "'spoilt' cannot be loaded; the server's log says why.",
    }
    assert post(client, model="first").status_code == 200


def test_without_its_default_the_server_is_not_healthy(
    two_models: Path, make_client: Callable[..., FlaskClient]
) -> None:
    client = make_client(model_dir=two_models, model="spoilt")
    assert client.get("/health").status_code == 503
    assert post(client).json["code"] == "model_unavailable"
    assert post(client, model="first").status_code == 200


@pytest.mark.parametrize("name", ["none", "../bilstm-cremad", "/etc", "spoilt", "😀", "a" * 2000])
def test_an_unknown_model_is_refused(name: str, client: FlaskClient) -> None:
    response = post(client, model=name)
    assert response.status_code == 404
    assert response.json["code"] == "unknown_model"
    assert response.json["error"] == "Unknown model"


def test_the_card_of_an_unknown_model_is_not_found(client: FlaskClient) -> None:
    assert client.get("/models/none/card").status_code == 404
    assert client.get("/models/..%2fnone/card").status_code == 404


def test_the_default_may_be_a_path(two_models: Path, make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(model_dir=two_models / "none", model=str(two_models / "first"))
    assert client.get("/models").json["default"] == "first"
    assert post(client).status_code == 200


@pytest.mark.parametrize("name", ["cremad-4", "dense-105"])
def test_a_model_says_of_how_much_speech_its_answers_are(name: str, client: FlaskClient) -> None:
    found = client.get(f"/models/{name}").json
    assert found["file_windows"] == {"window_s": WINDOW_S, "hop_s": HOP_S}
    assert found["live_windows"]["hop_s"] == live.HOP_S
    assert 1 < found["live_windows"]["window_s"] <= live.WINDOW_S
