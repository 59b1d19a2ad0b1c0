"""How strongly an emotion is expressed: in every answer of a model that tells, and in no other."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from clips import CLIPS, MODEL, NEUTRAL_CLIP, PUBLISHED, sound_file
from ser.analysis.live import Session
from ser.api.schemas import AnalysisBody, PredictionBody
from ser.audio.decode import decode
from ser.cli.main import main
from ser.corpora.base import Clip
from ser.models.predictor import EmotionPredictor

PAUSE = np.zeros(16_000, np.float32)


@pytest.fixture(scope="module")
def talk() -> bytes:
    return sound_file(np.concatenate([part for clip in CLIPS[:4] for part in (decode(clip.path), PAUSE)]))


def predict(client: FlaskClient, content: bytes, **fields: str) -> dict[str, Any]:
    return client.post("/predict", data={"file": (io.BytesIO(content), "x"), **fields}).json


def analyze(client: FlaskClient, content: bytes, form: str = "json", **fields: str) -> str:
    return client.post(f"/analyze?format={form}", data={"file": (io.BytesIO(content), "x"), **fields}).text


def is_percent(number: object) -> bool:
    return isinstance(number, float) and 0 <= number <= 100 and round(number, 1) == number


def test_a_prediction_has_it(clip: Clip, client: FlaskClient) -> None:
    answer = predict(client, clip.path.read_bytes())
    assert is_percent(answer["intensity"])
    PredictionBody.model_validate(answer)


def test_both_label_subsets_tell_the_same(client: FlaskClient) -> None:
    content = CLIPS[0].path.read_bytes()
    four, six = (predict(client, content, model=model)["intensity"] for model in ("cremad-4", "cremad-6"))
    assert four == six


def test_calm_speech_is_weaker_than_what_was_to_be_played_strongly(predictor: EmotionPredictor) -> None:
    [strong] = [clip for clip in CLIPS if clip.intensity == "high"]
    calm, loud = (predictor.predict(path).intensity for path in (NEUTRAL_CLIP, strong.path))
    assert calm + 20 < loud


def test_both_engines_tell_the_same(predictor: EmotionPredictor) -> None:
    pytest.importorskip("keras")
    keras = EmotionPredictor.load(MODEL, engine="keras")
    for clip in CLIPS[:3]:
        expected = predictor.predict(clip.path).intensity
        assert keras.predict(clip.path).intensity == pytest.approx(expected, abs=0.11)


def test_a_prior_does_not_change_it(client: FlaskClient) -> None:
    content = CLIPS[1].path.read_bytes()
    assert predict(client, content, prior="Happy=9")["intensity"] == predict(client, content)["intensity"]


def test_every_part_of_an_analysis_has_it(client: FlaskClient, talk: bytes) -> None:
    answer = json.loads(analyze(client, talk))
    AnalysisBody.model_validate(answer)
    for each in (answer, *answer["segments"], *answer["windows"]):
        assert is_percent(each["intensity"])
    mean = np.mean([window["intensity"] for window in answer["windows"]])
    assert answer["intensity"] == pytest.approx(mean, abs=0.1)
    told = [window["intensity"] for window in answer["windows"]]
    assert all(min(told) - 0.1 <= each["intensity"] <= max(told) + 0.1 for each in answer["segments"])


def test_a_table_of_segments_has_a_column_for_it(client: FlaskClient, talk: bytes) -> None:
    answer = json.loads(analyze(client, talk))
    text = analyze(client, talk, "csv")
    told = [row["intensity"] for row in csv.DictReader(text.splitlines())]
    assert told == [str(each["intensity"]) for each in answer["segments"]]
    assert client.post("/timeline?format=csv", json=answer).text == text
    for each in answer["segments"]:
        del each["intensity"]
    older = client.post("/timeline?format=csv", json=answer).text
    assert "intensity" not in older
    assert older.count("\n") == text.count("\n")


@pytest.mark.parametrize("wrong", [-0.1, 100.1, "much", [1]])
def test_an_impossible_one_is_refused(wrong: object, client: FlaskClient, talk: bytes) -> None:
    answer = json.loads(analyze(client, talk))
    answer["segments"][0]["intensity"] = wrong
    assert client.post("/timeline?format=csv", json=answer).status_code == 400


def test_without_speech_there_is_none(client: FlaskClient) -> None:
    assert "intensity" not in json.loads(analyze(client, sound_file(np.zeros(48_000, np.float32))))


def test_a_live_stream_has_it(predictor: EmotionPredictor) -> None:
    session = Session(predictor)
    y = np.concatenate([decode(clip.path) for clip in CLIPS[:3]] + [PAUSE, PAUSE])
    pieces = np.array_split((y * 32_767).astype("<i2"), len(y) // 8_000)
    lines = [line for piece in pieces for line in session.feed(piece.tobytes())] + session.finish()
    bodies = [line.as_dict() for line in lines]
    results = [body for body in bodies if body["type"] == "result"]
    [*_, ended] = [body for body in bodies if body["type"] == "speech_ended"]
    assert results
    assert all(is_percent(body["intensity"]) for body in (*results, ended))
    told = [body["intensity"] for body in results]
    assert min(told) <= ended["intensity"] <= max(told)


def test_a_model_that_does_not_tell_has_no_such_field(client: FlaskClient, talk: bytes) -> None:
    name = PUBLISHED.name
    assert "intensity" not in predict(client, CLIPS[0].path.read_bytes(), model=name)
    answer = json.loads(analyze(client, talk, model=name))
    assert not any("intensity" in each for each in (answer, *answer["segments"], *answer["windows"]))
    assert "intensity" not in analyze(client, talk, "csv", model=name)


def test_the_list_of_models_says_who_tells(client: FlaskClient) -> None:
    tells = {each["name"]: each["tells_intensity"] for each in client.get("/models").json["models"]}
    assert tells["cremad-4"]
    assert tells["cremad-6"]
    assert not tells[PUBLISHED.name]
    assert not tells["voice-gender"]


def test_the_command_line_has_it() -> None:
    run = CliRunner().invoke(main, ["predict", str(CLIPS[0].path)])
    assert is_percent(json.loads(run.stdout)["intensity"])
