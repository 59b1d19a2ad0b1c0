"""The published systems in the repository: whole, under their licence, and answering everywhere."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from clips import CLIPS, MODEL, sound_file
from ser.audio.decode import decode
from ser.corpora import CORPORA
from ser.models.manifest import CARD_FILE, KERAS_FILE, ONNX_FILE
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory, names
from ser.training.families.registry import FAMILIES

ROOT = MODEL.parent
SHIPPED = [
    name
    for name in names(ROOT)
    if name in FAMILIES and ModelDirectory(ROOT / name).manifest.task == "emotion"
]
# Numbers of the published networks.
PARAMETERS = {"dense-105": 230_791, "cnn-lstm-42": 69_480}
MOST_BYTES, MOST_BYTES_TOGETHER = 3_000_000, 20_000_000


@pytest.fixture(scope="module", params=SHIPPED)
def directory(request: pytest.FixtureRequest) -> Path:
    return ROOT / request.param


@pytest.fixture(scope="module")
def predictor(directory: Path) -> EmotionPredictor:
    return EmotionPredictor.load(directory)


def size_bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir())


def test_they_are_here_and_small() -> None:
    classical = {f"hindi-{kind}" for kind in ("svm", "random-forest", "decision-tree", "mlp", "knn")}
    neural = {"dense-105", "dense-105-8", "cnn-lstm-42", "cnn-lstm-voting", "hindi-lstm", "bert-tokens"}
    assert set(SHIPPED) == classical | neural
    assert all(size_bytes(ROOT / name) < MOST_BYTES for name in SHIPPED)
    assert sum(size_bytes(ROOT / name) for name in SHIPPED) < MOST_BYTES_TOGETHER


@pytest.mark.slow
def test_each_is_what_its_family_makes(directory: Path) -> None:
    manifest, family = ModelDirectory(directory).manifest, FAMILIES.get(directory.name)
    assert manifest.group == family.group == "published"
    assert manifest.labels == list(family.emotions)
    assert manifest.features.model_dump() == family.feature_set.describe()
    assert manifest.parameters == PARAMETERS.get(directory.name, manifest.parameters)


def test_its_licence_is_that_of_its_corpus(directory: Path) -> None:
    manifest = ModelDirectory(directory).manifest
    corpora = {corpus.facts.title: corpus for corpus in map(CORPORA.get, CORPORA) if corpus.facts}
    restricted = [title for title in manifest.trained_on if corpora[title].restricted]
    assert manifest.restricted == bool(restricted)
    for title in restricted:
        assert corpora[title].facts.licence in manifest.licence
    assert manifest.licence in (directory / CARD_FILE).read_text()


def test_no_default_model_has_such_a_licence() -> None:
    for name in ("cremad-4", "cremad-6"):
        assert not ModelDirectory(ROOT / name).manifest.restricted


def test_it_was_measured_on_speakers_that_were_not_in_training(predictor: EmotionPredictor) -> None:
    split = predictor.manifest.split
    trained_on = {speaker for part in ("fit", "stop", "calibrate") for speaker in split.get(part, [])}
    assert trained_on
    if split.get("method") == "leave-one-speaker-out":
        # Each is scored by a model without them, and the one here is trained on all.
        assert trained_on == set(split["dev"])
        assert predictor.manifest.metrics["dev"]["left_out_speakers"] == len(trained_on)
    else:
        assert not trained_on & set(split["dev"])
    assert set(predictor.manifest.metrics["dev"]["speakers"]) == set(split["dev"])


@pytest.mark.slow
def test_its_keras_file_answers_the_same(directory: Path, predictor: EmotionPredictor) -> None:
    if KERAS_FILE not in predictor.manifest.sha256:
        assert set(predictor.manifest.sha256) == {ONNX_FILE}
        return
    other = EmotionPredictor.load(directory, engine="keras")
    for clip in CLIPS[:4]:
        features = predictor.feature_set.extract(decode(clip.path))
        np.testing.assert_allclose(
            predictor.window_probabilities(features), other.window_probabilities(features), rtol=0, atol=1e-4
        )


def test_it_answers_a_clip_and_a_minute(directory: Path, client: FlaskClient) -> None:
    content = CLIPS[0].path.read_bytes()
    answer = client.post("/predict", data={"file": (io.BytesIO(content), "x"), "model": directory.name})
    assert answer.status_code == 200
    labels = ModelDirectory(directory).manifest.labels
    assert list(answer.json["probabilities"]) == labels
    assert sum(answer.json["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert answer.json["confidence"] == max(answer.json["probabilities"].values())
    minute = sound_file(np.resize(np.concatenate([decode(clip.path) for clip in CLIPS]), 60 * 16_000))
    analysis = client.post(
        "/analyze?format=json", data={"model": directory.name, "file": (io.BytesIO(minute), "minute.wav")}
    )
    assert analysis.status_code == 200
    assert analysis.json["emotion"] in labels
    assert len(analysis.json["segments"]) > 1


@pytest.mark.parametrize("duration_s", [0.05, 0.2])
def test_it_answers_or_refuses_the_shortest_clips(
    directory: Path, client: FlaskClient, duration_s: float
) -> None:
    y = decode(CLIPS[0].path)[16_000:][: int(duration_s * 16_000)]
    data = {"file": (io.BytesIO(sound_file(y)), "x.wav"), "model": directory.name}
    answer = client.post("/predict", data=data)
    assert (answer.status_code, answer.json.get("code")) in [
        (200, None),
        (422, "too_short"),
        (422, "no_speech"),
    ]


def test_a_syllable_tells_nothing_certain(predictor: EmotionPredictor) -> None:
    y = decode(CLIPS[0].path)
    assert predictor.predict_waveform(y[16_000:20_000], known_speech=True).low_information
    assert len(y) > 16_000
    least = predictor.manifest.min_confidence
    whole = predictor.predict_waveform(y)
    assert whole.low_information == (whole.confidence < least)
