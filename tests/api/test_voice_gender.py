"""Whether a voice sounds female or male: only where it is asked for, and right for both."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from clips import CLIPS, MODEL, SEX, SYNTHESISED, VOICE, copied_model, sound_file, transcode
from ser.api import streamed_form
from ser.api.schemas import AnalysisBody, PredictionBody
from ser.audio.decode import decode
from ser.audio.waveform import Waveform
from ser.corpora.base import Clip
from ser.features.served import ServedFeatures
from ser.models.predictor import EmotionPredictor

GOOD = CLIPS[0].path.read_bytes()
PAUSE = np.zeros(16_000, np.float32)
ADDRESSES = ["/predict", "/analyze"]


def post(client: FlaskClient, address: str, content: bytes = GOOD, **fields: Any) -> TestResponse:
    data = {"file": (io.BytesIO(content), "x"), **fields}
    return client.post(address, data=data, content_type="multipart/form-data")


def ask(client: FlaskClient, address: str, content: bytes = GOOD, **fields: Any) -> dict[str, Any]:
    answer = post(client, address, content, voice_gender="true", **fields)
    assert answer.status_code == 200, answer.text
    return answer.json["voice_gender"]


def talk(*sexes: str) -> bytes:
    """The speech of four actors of each sex, one sex after the other."""
    parts: list[Waveform] = []
    for sex in sexes:
        for clip in [clip for clip in CLIPS if SEX[clip.speaker] == sex][:4]:
            parts += [decode(clip.path), PAUSE]
    return transcode(np.concatenate(parts), "webm")


@pytest.fixture(scope="module")
def voice() -> EmotionPredictor:
    return EmotionPredictor.load(VOICE)


def test_there_are_voices_of_both() -> None:
    for known in ([SEX[clip.speaker] for clip in CLIPS], list(SYNTHESISED.values())):
        assert min(known.count("Female"), known.count("Male")) >= 3


def test_real_voices(clip: Clip, client: FlaskClient) -> None:
    found = ask(client, "/predict", clip.path.read_bytes())
    assert list(found) == ["label", "confidence", "low_information"]
    assert found["label"] == SEX[clip.speaker]
    assert 0.5 < found["confidence"] <= 1
    assert round(found["confidence"], 4) == found["confidence"]


@pytest.mark.parametrize("path", SYNTHESISED, ids=lambda path: path.stem)
def test_synthesised_voices(path: Path, client: FlaskClient) -> None:
    assert ask(client, "/predict", path.read_bytes())["label"] == SYNTHESISED[path]


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_an_answer_of_its_own(address: str, client: FlaskClient) -> None:
    plain = post(client, address).json
    assert "voice_gender" not in plain
    assert "voice_gender" not in post(client, address, voice_gender="false").json
    answer = post(client, address, voice_gender="true").json
    (AnalysisBody if address == "/analyze" else PredictionBody).model_validate(answer)
    assert answer.pop("voice_gender")
    assert answer.pop("timestamp")
    assert answer == {name: value for name, value in plain.items() if name != "timestamp"}


@pytest.mark.parametrize("model", ["cremad-4", "cremad-6", "bilstm-cremad"])
def test_it_is_the_same_beside_every_model(model: str, client: FlaskClient, voice: EmotionPredictor) -> None:
    expected = voice.predict(CLIPS[0].path)
    found = ask(client, "/predict", model=model)
    assert found["label"] == expected.emotion
    assert found["confidence"] == pytest.approx(expected.confidence, abs=1e-4)
    assert found["low_information"] == expected.low_information


def test_what_is_known_of_the_speaker_does_not_change_it(client: FlaskClient) -> None:
    data = {"file": [(io.BytesIO(clip.path.read_bytes()), "x") for clip in CLIPS[:4]]}
    token = client.post("/baseline", data=data).json["baseline"]
    answer = post(client, "/predict", baseline=token, adapt="true", prior="Angry=3", voice_gender="true").json
    assert answer["voice_gender"] == ask(client, "/predict")
    assert answer["baseline"]


@pytest.mark.parametrize(("model", "times"), [("cremad-4", 1), ("bilstm-cremad", 2)])
def test_shared_features_are_extracted_once(
    model: str, times: int, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    real = ServedFeatures.extract
    monkeypatch.setattr(ServedFeatures, "extract", lambda self, y: (made.append(self), real(self, y))[1])
    ask(client, "/predict", model=model)
    assert len(made) == times


def test_half_a_syllable_is_uncertain(client: FlaskClient, voice: EmotionPredictor) -> None:
    y = decode(CLIPS[0].path)
    loudest = int(np.convolve(y**2, np.ones(6_400), "valid").argmax())
    assert ask(client, "/predict", sound_file(y[loudest : loudest + 6_400]))["low_information"]
    assert voice.manifest.min_speech_s > 0.4


@pytest.mark.parametrize("sex", ["Female", "Male"])
@pytest.mark.parametrize("model", ["cremad-4", "bilstm-cremad"])
def test_a_recording_gets_one_answer(
    sex: str, model: str, client: FlaskClient, voice: EmotionPredictor
) -> None:
    content = talk(sex)
    found = ask(client, "/analyze", content, model=model)
    assert list(found) == ["label", "confidence", "share", "low_information"]
    assert found["label"] == sex
    assert found["confidence"] > 0.7
    assert found["share"] > 0.8
    assert found["low_information"] == (found["confidence"] < voice.manifest.min_confidence)
    # The voice is read of the sound as it is, whatever emotions are normalised with.
    assert ask(client, "/analyze", content, model=model, baseline="none") == found


def test_two_voices_in_a_recording_show_in_share_and_confidence(client: FlaskClient) -> None:
    one, both = (ask(client, "/analyze", talk(*sexes)) for sexes in (["Female"], ["Female", "Male"]))
    assert both["share"] < 0.8 < one["share"]
    assert both["confidence"] < one["confidence"]


def test_silence_has_no_voice(client: FlaskClient) -> None:
    found = ask(client, "/analyze", sound_file(np.zeros(160_000)))
    assert found == {"label": None, "confidence": None, "share": None, "low_information": True}
    refused = post(client, "/predict", sound_file(np.zeros(160_000)), voice_gender="true")
    assert (refused.status_code, refused.json["code"]) == (422, "no_speech")


def test_lines_end_with_it(client: FlaskClient) -> None:
    lines = post(client, "/analyze?format=ndjson", voice_gender="true").text.splitlines()
    assert "voice_gender" in json.loads(lines[-1])
    assert not any("voice_gender" in line for line in lines[:-1])


def test_an_answer_with_it_can_be_sent_back(client: FlaskClient) -> None:
    answer = post(client, "/analyze", voice_gender="true").json
    assert client.post("/timeline?format=csv", json=answer).status_code == 200


def test_the_query_asks_too_and_the_form_wins(client: FlaskClient) -> None:
    assert "voice_gender" in post(client, "/analyze?voice_gender=true").json
    assert "voice_gender" in post(client, "/analyze?voice_gender=true", voice_gender="").json
    assert "voice_gender" not in post(client, "/analyze?voice_gender=true", voice_gender="false").json


@pytest.mark.parametrize("address", ADDRESSES)
def test_twice_the_same_is_taken(address: str, client: FlaskClient) -> None:
    assert "voice_gender" in post(client, address, voice_gender=["true", "true"]).json


def assert_invalid(answer: TestResponse, told: str) -> None:
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request"), answer.text
    assert told in answer.json["detail"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "value",
    ["maybe", "True", "1", "on", "true ", "true\x00", "\N{GREEK SMALL LETTER TAU}rue", "t" * 9_000],
)
def test_only_true_and_false_are_taken(value: str, address: str, client: FlaskClient) -> None:
    assert_invalid(post(client, address, voice_gender=value), "'voice_gender' must be 'true' or 'false'")


@pytest.mark.parametrize("value", ["maybe", "", "True"])
def test_so_it_is_in_the_query(value: str, client: FlaskClient) -> None:
    assert_invalid(post(client, f"/analyze?voice_gender={value}"), "voice_gender")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("values", [["true", "false"], ["false", "true"], ["true", "maybe"]])
def test_twice_must_not_contradict(values: Sequence[str], address: str, client: FlaskClient) -> None:
    assert_invalid(post(client, address, voice_gender=values), "'voice_gender'")


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_is_no_file(address: str, client: FlaskClient) -> None:
    assert_invalid(
        post(client, address, voice_gender=(io.BytesIO(b"true"), "x")), "Send 'voice_gender' as text"
    )


@pytest.mark.parametrize("name", ["csv", "vtt", "audacity", "textgrid", "rttm"])
def test_formats_without_a_place_for_it_are_refused(name: str, client: FlaskClient) -> None:
    assert_invalid(post(client, f"/analyze?format={name}", voice_gender="true"), f"'{name}' has no place")
    assert post(client, f"/analyze?format={name}", voice_gender="false").status_code == 200


def test_behind_a_large_file_it_comes_too_late(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_form, "READ_AHEAD_BYTES", 1)
    head = '--cut\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = head.format("file", '; filename="x"').encode() + sound_file(np.tile(decode(CLIPS[0].path), 8))
    body += b"\r\n" + head.format("voice_gender", "").encode() + b"true\r\n--cut--\r\n"
    answer = client.post("/analyze", data=body, content_type="multipart/form-data; boundary=cut")
    assert_invalid(answer, "before it, or in the query")


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_such_a_model_it_is_an_error(
    address: str, tmp_path: Path, make_client: Callable[..., FlaskClient]
) -> None:
    copied_model(tmp_path / MODEL.name)
    client = make_client(model_dir=tmp_path)
    answer = post(client, address, voice_gender="true")
    assert (answer.status_code, answer.json["code"]) == (503, "model_unavailable")
    assert "ser train --family voice-gender" in answer.json["detail"]
    assert post(client, address).status_code == 200


def test_the_document_describes_it(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    for address in ADDRESSES:
        operation = document["paths"][address]["post"]
        form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert form["properties"]["voice_gender"]["default"] is False
        assert "biometric categorisation" in form["properties"]["voice_gender"]["description"]
    assert "voice_gender" not in document["components"]["schemas"]["PredictionBody"]["required"]
    assert "voice_gender" not in document["components"]["schemas"]["AnalysisBody"]["required"]
