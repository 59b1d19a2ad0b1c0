"""Sentiment, valence and arousal: what they are derived from, and which answers have them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from clips import CLIPS, MODEL, PUBLISHED, copied_model, sound_file
from live import check, pcm
from ser.analysis.live import Session
from ser.app import create_app
from ser.audio.decode import decode
from ser.cli.main import main
from ser.config import Settings
from ser.corpora.base import Clip
from ser.models.affect import RATINGS, UNKNOWN, Affect, derive_affect
from ser.models.manifest import MANIFEST
from ser.models.predictor import EmotionPredictor

FIELDS = ["sentiment", "valence", "arousal"]
SMOOTHED = [f"smoothed_{name}" for name in FIELDS]
DOCS = Path(__file__).parents[2] / "docs"


def derived(probabilities: dict[str, float]) -> dict[str, Any]:
    """Derive the fields as a client would that has an answer and the table of docs/api.md."""
    ratings = [RATINGS[emotion] for emotion in probabilities]
    weights = np.array(list(probabilities.values()))
    sums = {
        name: sum(p for p, rating in zip(weights, ratings, strict=True) if rating.sentiment == name)
        for name in ("negative", "neutral", "positive")
    }
    return {
        "sentiment": max(sums, key=lambda name: sums[name]),
        "valence": pytest.approx(np.average([each.valence for each in ratings], weights=weights), abs=1e-4),
        "arousal": pytest.approx(np.average([each.arousal for each in ratings], weights=weights), abs=1e-4),
    }


def affect_of(answer: dict[str, Any], names: list[str] = FIELDS) -> dict[str, Any]:
    """Return the derived fields of an answer, which all must be there."""
    return {name: answer[called] for name, called in zip(FIELDS, names, strict=True)}


@pytest.mark.parametrize("emotion", RATINGS)
def test_a_certain_emotion_has_its_own_rating(emotion: str) -> None:
    rating = RATINGS[emotion]
    others = dict.fromkeys(RATINGS, 0.0)
    assert derive_affect({**others, emotion: 1.0}) == (rating.sentiment, rating.valence, rating.arousal)


def test_ratings_are_points_of_the_circumplex() -> None:
    assert all(math.hypot(each.valence, each.arousal) <= 1 for each in RATINGS.values())


@pytest.mark.parametrize(
    ("emotion", "valence", "arousal"),
    [
        ("Happy", 1, 1),
        ("Excited", 1, 1),
        ("Angry", -1, 1),
        ("Fear", -1, 1),
        ("Frustrated", -1, 1),
        ("Disgust", -1, 1),
        ("Sad", -1, -1),
        ("Boredom", -1, -1),
        ("Calm", 1, -1),
        ("Neutral", 0, 0),
    ],
)
def test_emotions_are_in_the_quadrant_that_is_theirs(emotion: str, valence: int, arousal: int) -> None:
    assert np.sign(RATINGS[emotion].valence) == valence
    assert np.sign(RATINGS[emotion].arousal) == arousal


def test_sentiment_is_the_sign_of_valence_but_for_two() -> None:
    signs = {-1: "negative", 0: "neutral", 1: "positive"}
    other = {name for name, each in RATINGS.items() if each.sentiment != signs[int(np.sign(each.valence))]}
    assert other == {"Calm", "Surprise"}


def test_any_probabilities_give_numbers_in_range() -> None:
    rng = np.random.default_rng(1)
    for _ in range(500):
        emotions = rng.permutation(list(RATINGS))[: rng.integers(2, len(RATINGS) + 1)]
        probabilities = dict(zip(emotions, rng.dirichlet(np.full(len(emotions), 0.3)), strict=True))
        found = derive_affect(probabilities)
        for number, name in ((found.valence, "valence"), (found.arousal, "arousal")):
            ratings = [getattr(RATINGS[emotion], name) for emotion in emotions]
            assert min(ratings) - 1e-4 <= number <= max(ratings) + 1e-4
            assert -1 <= number <= 1
        top = max(probabilities, key=lambda emotion: probabilities[emotion])
        if probabilities[top] > 0.501:
            assert found.sentiment == RATINGS[top].sentiment


def uniform_over_sentiments() -> dict[str, float]:
    """Probabilities of all emotions, with a third for each sentiment."""
    sentiments = [each.sentiment for each in RATINGS.values()]
    return {name: 1 / 3 / sentiments.count(each.sentiment) for name, each in RATINGS.items()}


@pytest.mark.parametrize(
    ("probabilities", "sentiment"),
    [
        (uniform_over_sentiments(), "neutral"),
        (dict(reversed(uniform_over_sentiments().items())), "neutral"),
        ({"Angry": 1 / 3, "Neutral": 1 / 3, "Happy": 1 / 3}, "neutral"),
        # As likely positive as negative.
        ({"Happy": 0.5, "Sad": 0.5}, "neutral"),
        ({"Happy": 0.4, "Sad": 0.4, "Neutral": 0.2}, "neutral"),
        ({"Happy": 0.3, "Excited": 0.1, "Sad": 0.2, "Fear": 0.2, "Neutral": 0.2}, "neutral"),
        ({"Neutral": 0.4, "Sad": 0.4, "Happy": 0.2}, "neutral"),
        # The sum over the emotions of a sentiment counts, not the most probable emotion.
        ({"Happy": 0.4, "Angry": 0.3, "Sad": 0.3}, "negative"),
        ({"Sad": 0.4, "Happy": 0.3, "Excited": 0.3}, "positive"),
        ({"Happy": 0.4, "Neutral": 0.3, "Calm": 0.3}, "neutral"),
        ({"Sad": 0.45, "Happy": 0.46, "Neutral": 0.09}, "positive"),
    ],
)
def test_the_sentiment_is_the_most_probable(probabilities: dict[str, float], sentiment: str) -> None:
    assert derive_affect(probabilities).sentiment == sentiment


@pytest.mark.parametrize(
    "probabilities",
    [
        None,
        {},
        {"Cheerful": 0.3, "Sad": 0.7},
        # What a model may answer decides, not what it answers this time.
        {"Cheerful": 0.0, "Sad": 1.0},
        {"happy": 1.0},
        {"Happy": 0.0, "Sad": 0.0},
    ],
)
def test_nothing_is_derived_from_emotions_that_are_not_known(probabilities: dict[str, float] | None) -> None:
    assert derive_affect(probabilities) == UNKNOWN == (None, None, None)


def test_zero_is_not_written_with_a_minus() -> None:
    found = derive_affect({"Neutral": 1.0, "Sad": 0.00001})
    assert json.dumps(found) == '["neutral", 0.0, 0.0]'


def test_the_document_has_the_same_table() -> None:
    text = (DOCS / "api.md").read_text()
    rows = re.findall(r"^\| (\w+) \| (\w+) \| (-?[\d.]+) \| (-?[\d.]+) \| (.+) \|$", text, re.MULTILINE)
    documented = {
        emotion: (sentiment, float(valence), float(arousal))
        for emotion, sentiment, valence, arousal, _ in rows
    }
    assert documented == {
        name: (each.sentiment, each.valence, each.arousal) for name, each in RATINGS.items()
    }
    terms = {emotion: term for emotion, *_, term in rows}
    assert all((f'"{each.term}"' if each.term else "middle") in terms[name] for name, each in RATINGS.items())


def test_a_prediction_has_what_its_probabilities_say(clip: Clip, client: FlaskClient) -> None:
    with clip.path.open("rb") as file:
        answer = client.post("/predict", data={"file": (file, "x.webm"), "model": "cremad-6"}).json
    assert affect_of(answer) == derived(answer["probabilities"])


def test_clear_clips_are_where_they_belong(predictor: EmotionPredictor) -> None:
    found = {}
    for clip in CLIPS:
        prediction = predictor.predict(clip.path)
        if prediction.emotion == clip.emotion and prediction.confidence > 0.6:
            found[clip.emotion] = prediction.affect
    assert {"Angry", "Happy", "Sad"} <= set(found)
    assert [found[name].sentiment for name in ("Angry", "Happy", "Sad")] == [
        "negative",
        "positive",
        "negative",
    ]
    assert found["Happy"].valence > 0 > found["Angry"].valence
    assert found["Sad"].valence < 0
    assert found["Angry"].arousal > found["Sad"].arousal


def test_a_prior_moves_them_with_the_probabilities(predictor: EmotionPredictor) -> None:
    path = CLIPS[0].path
    plain, gloomy = predictor.predict(path), predictor.with_prior("Happy=0.01,Sad=100").predict(path)
    assert gloomy.affect.valence < plain.affect.valence
    assert gloomy.affect.arousal < plain.affect.arousal


def test_the_command_line_has_them() -> None:
    run = CliRunner().invoke(main, ["predict", *(str(clip.path) for clip in CLIPS[:3])])
    for line in run.stdout.splitlines():
        answer = json.loads(line)
        assert affect_of(answer) == derived(answer["probabilities"])


@pytest.fixture(scope="module")
def talk() -> bytes:
    """Four sentences, one after another."""
    return sound_file(np.concatenate([decode(clip.path) for clip in CLIPS[:4]]))


def analyzed(client: FlaskClient, talk: bytes, form: str, **fields: str) -> str:
    answer = client.post(f"/analyze?format={form}", data={"file": (io.BytesIO(talk), "x.wav"), **fields})
    assert answer.status_code == 200
    return answer.text


def test_an_analysis_has_them_for_the_whole_and_for_each_segment(client: FlaskClient, talk: bytes) -> None:
    answer = json.loads(analyzed(client, talk, "json", model="cremad-6"))
    assert len(answer["segments"]) > 1
    for each in (answer, *answer["segments"]):
        assert affect_of(each) == derived(each["probabilities"])


def test_windows_do_not_have_them(client: FlaskClient, talk: bytes) -> None:
    lines = [json.loads(line) for line in analyzed(client, talk, "ndjson").splitlines()]
    windows = [line for line in lines if line["type"] == "window"] + lines[-1]["windows"]
    assert len(windows) > 4
    assert not any(set(FIELDS) & set(window) for window in windows)


def test_without_speech_they_are_null(client: FlaskClient) -> None:
    answer = json.loads(analyzed(client, sound_file(np.zeros(48_000, np.float32)), "json"))
    assert affect_of(answer) == dict.fromkeys(FIELDS)


def test_the_command_line_analyses_with_them(tmp_path: Path, talk: bytes) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(talk)
    run = CliRunner().invoke(main, ["analyze", str(file)])
    answer = json.loads(run.stdout)
    for each in (answer, *answer["segments"]):
        assert affect_of(each) == derived(each["probabilities"])


def test_a_table_of_segments_has_a_column_for_each(client: FlaskClient, talk: bytes) -> None:
    answer = json.loads(analyzed(client, talk, "json"))
    expected = [{name: str(value) for name, value in affect_of(each).items()} for each in answer["segments"]]
    older = {**answer, "segments": [dict(each) for each in answer["segments"]]}
    for each in older["segments"]:
        for name in FIELDS:
            del each[name]
    for body in (answer, older):
        text = client.post("/timeline?format=csv", json=body).text
        assert text.partition("\n")[0].endswith(",Disgust,sentiment,valence,arousal,intensity")
        assert [affect_of(row) for row in csv.DictReader(text.splitlines())] == expected
    assert analyzed(client, talk, "csv") == text


@pytest.mark.parametrize("probabilities", [{}, {"Sad": 0.0}, {"Joyous": 1.0}])
def test_a_table_of_somebody_elses_segments_may_have_empty_cells(
    probabilities: dict[str, float], client: FlaskClient
) -> None:
    span = {"start_s": 0.0, "end_s": 1.0, "emotion": "Sad", "confidence": 0.5, "low_information": False}
    body = {
        "duration_s": 1.0,
        "distribution": {"Sad": 1.0},
        "segments": [{**span, "probabilities": probabilities}],
    }
    (row,) = csv.DictReader(client.post("/timeline?format=csv", json=body).text.splitlines())
    assert affect_of(row) == dict.fromkeys(FIELDS, "")


@pytest.mark.parametrize("change", [{"sentiment": "bad"}, {"valence": 1.5}, {"arousal": "calm"}])
def test_a_timeline_with_others_is_refused(change: dict[str, Any], client: FlaskClient, talk: bytes) -> None:
    body = json.loads(analyzed(client, talk, "json"))
    body["segments"][0] |= change
    answer = client.post("/timeline?format=csv", json=body)
    assert answer.status_code == 400
    assert next(iter(change)) in answer.json["detail"]


def live_messages(predictor: EmotionPredictor) -> list[dict[str, Any]]:
    """What a stream answers to three sentences."""
    y = np.concatenate([*(decode(clip.path) for clip in CLIPS[:3]), np.zeros(24_000, np.float32)])
    session = Session(predictor)
    pieces = np.split(y, range(8_000, len(y), 8_000))
    lines = [line for piece in pieces for line in session.feed(pcm(piece))]
    messages = [line.as_dict() for line in (*lines, *session.finish())]
    for message in messages:
        check(message)
    return messages


def test_a_stream_has_them_for_results_and_utterances(predictor: EmotionPredictor) -> None:
    messages = live_messages(predictor)
    results = [each for each in messages if each["type"] == "result"]
    ended = [each for each in messages if each["type"] == "speech_ended"]
    assert len(results) > 3
    assert ended
    for each in results + ended:
        assert affect_of(each) == derived(each["probabilities"])
    for each in results:
        assert affect_of(each, SMOOTHED) == derived(each["smoothed"])
    assert any(affect_of(each) != affect_of(each, SMOOTHED) for each in results)


def changed_model(folder: Path, **changes: object) -> Path:
    """Copy a shipped model, and change what its manifest says."""
    copied_model(folder, PUBLISHED)
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"name": folder.name} | changes))
    return folder


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models: one with a label of its own, and one whose labels are no emotions."""
    root = tmp_path_factory.mktemp("models")
    changed_model(root / "own", labels=["Angry", "Happy", "Sad", "Cheerful"])
    changed_model(root / "voice", labels=["Female", "Male", "Child", "Other"], task="voice_gender")
    return root


@pytest.fixture(scope="module")
def client_of_others(others: Path, page_folder: Path) -> FlaskClient:
    return create_app(Settings(model_dir=others, model="own", frontend_dir=page_folder)).test_client()


def test_other_labels_give_null(others: Path, client_of_others: FlaskClient, talk: bytes) -> None:
    clip, model = CLIPS[0].path, "own"
    with clip.open("rb") as file:
        prediction = client_of_others.post("/predict", data={"file": (file, "x.webm"), "model": model}).json
    analysis = json.loads(analyzed(client_of_others, talk, "json", model=model))
    printed = CliRunner().invoke(main, ["predict", str(clip), "--model", str(others / model)])
    messages = live_messages(EmotionPredictor.load(others / model))
    spoken = [each for each in messages if each["type"] in ("result", "speech_ended")]
    assert len(spoken) > 3
    answers = [prediction, analysis, *analysis["segments"], json.loads(printed.stdout), *spoken]
    for answer in answers:
        assert {name: answer[name] for name in FIELDS if name in answer} == dict.fromkeys(FIELDS)
    for each in spoken:
        if each["type"] == "result":
            assert {name: each[name] for name in SMOOTHED if name in each} == dict.fromkeys(SMOOTHED)
    header, *_ = analyzed(client_of_others, talk, "csv", model=model).splitlines()
    assert header.split(",") == [
        "start_s",
        "end_s",
        "emotion",
        "confidence",
        "low_information",
        *analysis["distribution"],
    ]


def test_the_shipped_models_have_only_known_labels() -> None:
    for folder in MODEL.parent.iterdir():
        if (folder / MANIFEST).exists():
            manifest = json.loads((folder / MANIFEST).read_text())
            assert manifest.get("task", "emotion") != "emotion" or set(manifest["labels"]) <= set(RATINGS)


def test_a_model_of_another_task_derives_nothing(others: Path) -> None:
    assert EmotionPredictor.load(others / "voice").affect({"Happy": 1.0}) is None
    assert EmotionPredictor.load(others / "own").affect({"Happy": 1.0}) == Affect("positive", 0.81, 0.51)
