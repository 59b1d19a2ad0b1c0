"""A network that knows more labels than the model answers with."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from clips import CLIPS, MODEL, NEUTRAL_CLIP, PUBLISHED, copied_model, sound_file
from live import pcm
from ser.analysis.events import Result, SpeechEnded
from ser.analysis.live import Session
from ser.audio.decode import decode
from ser.cli.main import main
from ser.config import EngineName
from ser.models.manifest import MANIFEST
from ser.models.predictor import EmotionPredictor

SIX = MODEL.with_name("cremad-6")


@pytest.fixture(scope="module", params=["onnx", pytest.param("keras", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> EngineName:
    return request.param


@pytest.fixture(scope="module")
def four(engine: EngineName) -> EmotionPredictor:
    return EmotionPredictor.load(MODEL, engine=engine)


@pytest.fixture(scope="module")
def six(engine: EngineName) -> EmotionPredictor:
    return EmotionPredictor.load(SIX, engine=engine)


def test_neutral_speech_tells_nothing_of_four_emotions(four: EmotionPredictor, six: EmotionPredictor) -> None:
    assert six.predict(NEUTRAL_CLIP).emotion == "Neutral"
    # Only the network's Neutral makes it so; the four emotions are what they are without it.
    always_sure = copy.copy(four)
    always_sure.manifest = four.manifest.model_copy(update={"min_confidence": 0.0})
    found = always_sure.predict(NEUTRAL_CLIP)
    assert found.low_information
    assert list(found.probabilities) == four.manifest.labels
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_four_emotions_are_uncertain_where_six_have_another_answer(
    four: EmotionPredictor, six: EmotionPredictor
) -> None:
    y = np.concatenate([decode(clip.path) for clip in CLIPS])
    long = [y[start : start + 96_000] for start in range(0, len(y) - 96_000, 64_000)]
    assert len(long) > 3
    for each in [*(decode(clip.path) for clip in CLIPS), decode(NEUTRAL_CLIP), *long]:
        wide, narrow = six.predict_waveform(each), four.predict_waveform(each)
        assert narrow.network == pytest.approx(list(wide.probabilities.values()), abs=1e-5)
        other = wide.emotion not in narrow.probabilities
        weak = narrow.confidence < four.manifest.min_confidence
        assert narrow.low_information == (other or weak)


def test_the_engines_agree_on_all_labels() -> None:
    onnx, keras = (EmotionPredictor.load(MODEL, engine=each) for each in ("onnx", "keras"))
    for path in (NEUTRAL_CLIP, *(clip.path for clip in CLIPS[:4])):
        assert onnx.predict(path).network == pytest.approx(keras.predict(path).network, abs=1e-4)


def test_a_model_that_answers_with_all_labels_stays_as_it_is(six: EmotionPredictor) -> None:
    found = six.predict(NEUTRAL_CLIP)
    assert not found.low_information
    assert found.network == pytest.approx(list(found.probabilities.values()))


def test_a_manifest_without_network_labels_stays_as_it_is(tmp_path: Path) -> None:
    narrow = copied_model(tmp_path / "copy")
    manifest = json.loads((narrow / MANIFEST).read_text()) | {"min_confidence": 0.0}
    del manifest["network_labels"]
    (narrow / MANIFEST).write_text(json.dumps(manifest))
    found = EmotionPredictor.load(narrow).predict(NEUTRAL_CLIP)
    assert dict(found.probabilities) == pytest.approx(
        dict(EmotionPredictor.load(MODEL).predict(NEUTRAL_CLIP).probabilities)
    )
    assert not found.low_information


def test_a_graph_without_the_other_labels_stays_as_it_is(tmp_path: Path) -> None:
    narrow = copied_model(tmp_path / "copy", PUBLISHED)
    manifest = json.loads((narrow / MANIFEST).read_text())
    manifest["network_labels"] = [*manifest["labels"], "Neutral"]
    (narrow / MANIFEST).write_text(json.dumps(manifest))
    found = EmotionPredictor.load(narrow).predict(NEUTRAL_CLIP)
    assert len(found.network) == 4
    assert found.low_information == EmotionPredictor.load(PUBLISHED).predict(NEUTRAL_CLIP).low_information


def test_it_holds_over_http_and_on_the_command_line(client: FlaskClient) -> None:
    y = np.tile(decode(NEUTRAL_CLIP), 3)
    for model, uncertain in (("cremad-4", True), ("cremad-6", False)):
        with NEUTRAL_CLIP.open("rb") as file:
            answer = client.post("/predict", data={"file": (file, "x.webm"), "model": model}).json
        assert answer["low_information"] is uncertain
        form = {"file": (io.BytesIO(sound_file(y)), "x.wav"), "model": model, "baseline": "none"}
        found = client.post("/analyze", data=form).json
        assert found["low_information"] is uncertain
        for each in found["segments"] + found["windows"]:
            assert each["low_information"] is uncertain
        run = CliRunner().invoke(main, ["predict", str(NEUTRAL_CLIP), "--model", str(MODEL.with_name(model))])
        assert json.loads(run.stdout)["low_information"] is uncertain


def test_it_holds_live(four: EmotionPredictor, six: EmotionPredictor) -> None:
    y = np.concatenate([decode(NEUTRAL_CLIP), np.zeros(24_000, np.float32)])
    for model, uncertain in ((four, True), (six, False)):
        session = Session(model)
        lines = [
            line for piece in np.split(y, range(8_000, len(y), 8_000)) for line in session.feed(pcm(piece))
        ]
        lines += session.finish()
        results = [line for line in lines if isinstance(line, Result)]
        (ended,) = [line for line in lines if isinstance(line, SpeechEnded)]
        assert results[-1].body()["low_information"] is uncertain
        assert ended.body()["low_information"] is uncertain
