"""A feature set is one file and one registry line: a toy one, from waveform to answers of every kind."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import numpy as np
import onnx
import pytest
from flask.testing import FlaskClient
from onnx import helper, numpy_helper

from clips import CLIPS, MODEL, sound_file
from ser.analysis.live import Session
from ser.analysis.timeline import analyze
from ser.app import create_app
from ser.audio.decode import decode
from ser.audio.stream import AudioStream
from ser.audio.waveform import Waveform
from ser.config import Settings
from ser.errors import BadBaseline, ModelCorrupt, ModelError, TooShort
from ser.evaluation.report import evaluate_model
from ser.features.mfcc import MFCC
from ser.features.registry import FEATURE_SETS, FeatureSet, Parameters
from ser.models.baseline import Baseline
from ser.models.engines import FRAMES_INPUT
from ser.models.manifest import MANIFEST, ONNX_FILE
from ser.models.predictor import EmotionPredictor


class BandLevels(FeatureSet):
    """The level of four bands, in dB: one vector per clip."""

    name = "band-levels"
    version = 1
    description = "the level of 4 bands"
    parameters: Parameters = MappingProxyType({"bands": 4})
    shape = (4,)

    def extract(self, y: Waveform) -> np.ndarray:
        if len(y) < 1_000:
            raise TooShort("less than 1,000 samples")
        bands = np.array_split(np.abs(np.fft.rfft(y)) ** 2, 4)
        return np.array([10 * np.log10(band.mean() + 1e-9) for band in bands], np.float32)


BAND_LEVELS = BandLevels()


@pytest.fixture(scope="module")
def registered() -> Iterator[None]:
    FEATURE_SETS.add("band-levels", f"{__name__}:BAND_LEVELS")
    yield
    FEATURE_SETS.remove("band-levels")


@pytest.fixture(scope="module")
def toy(registered: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that reads them: three emotions from a random matrix."""
    folder = tmp_path_factory.mktemp("models") / "toy"
    folder.mkdir()
    weights = np.random.default_rng(1).normal(0, 0.1, (4, 3)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", [FRAMES_INPUT, "weights"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
        ],
        "toy",
        [helper.make_tensor_value_info(FRAMES_INPUT, onnx.TensorProto.FLOAT, ("batch", 4))],
        [helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, ("batch", 3))],
        [numpy_helper.from_array(weights, "weights")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10),
        folder / ONNX_FILE,
    )
    manifest = json.loads((MODEL / MANIFEST).read_text())
    for name in ("scaling", "network_labels", "weights_of", "window", "output", "min_speech_s"):
        del manifest[name]
    manifest |= {
        "name": "toy",
        "labels": ["Calm", "Happy", "Sad"],
        "features": BAND_LEVELS.describe(),
        "sha256": {ONNX_FILE: hashlib.sha256((folder / ONNX_FILE).read_bytes()).hexdigest()},
        "metrics": {},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def predictor_of_toy(toy: Path) -> EmotionPredictor:
    predictor = EmotionPredictor.load(toy)
    predictor.warm_up()
    return predictor


def test_a_clip_is_predicted_from_its_vector(predictor_of_toy: EmotionPredictor) -> None:
    y = decode(CLIPS[0].path)
    prediction = predictor_of_toy.predict(CLIPS[0].path)
    expected = predictor_of_toy.window_probabilities(BAND_LEVELS.extract(y))[0]
    assert list(prediction.probabilities) == ["Calm", "Happy", "Sad"]
    assert list(prediction.probabilities.values()) == pytest.approx(expected.tolist(), abs=1e-6)
    assert prediction.statistics is None


def test_a_recording_is_analysed_window_by_window(predictor_of_toy: EmotionPredictor, tmp_path: Path) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(sound_file(np.concatenate([decode(clip.path) for clip in CLIPS[:4]])))
    with AudioStream(file, max_duration_s=60) as recording:
        *lines, last = analyze(recording, predictor_of_toy)
    answer = last.as_dict()
    assert answer["baseline"] == "none"
    assert answer["emotion"] in ("Calm", "Happy", "Sad")
    assert sum(line.as_dict()["type"] == "window" for line in lines) > 3


def test_a_live_voice_is_predicted_too(predictor_of_toy: EmotionPredictor) -> None:
    y = np.concatenate([decode(clip.path) for clip in CLIPS[:3]])
    session = Session(predictor_of_toy, sample_rate_hz=16_000, encoding="f32le", adapt=True)
    lines = [line for piece in np.array_split(y, 40) for line in session.feed(piece.astype("<f4").tobytes())]
    kinds = [line.as_dict()["type"] for line in (*lines, *session.finish())]
    assert "result" in kinds
    assert session.baseline is None


def test_it_takes_no_baseline(predictor_of_toy: EmotionPredictor) -> None:
    assert not predictor_of_toy.takes_baseline
    with pytest.raises(BadBaseline, match="takes no baseline"):
        predictor_of_toy.predict(CLIPS[0].path, Baseline(1, np.zeros(4), np.ones(4)))


def test_it_is_evaluated_without_baselines(predictor_of_toy: EmotionPredictor) -> None:
    report = evaluate_model(predictor_of_toy, CLIPS[:6], corpus="cremad")
    assert [each.name for each in report.conditions] == ["none"]
    assert report.curve == []
    assert report.clips == sum(clip.emotion in ("Calm", "Happy", "Sad") for clip in CLIPS[:6])


def test_the_server_answers_with_it(toy: Path, page_folder: Path) -> None:
    settings = Settings(model_dir=toy.parent, model="toy", frontend_dir=page_folder)
    client: FlaskClient = create_app(settings).test_client()
    answer = client.post("/predict", data={"file": (CLIPS[0].path.open("rb"), "a.webm"), "adapt": "true"})
    assert answer.status_code == 200, answer.text
    assert "baseline" not in answer.json
    assert client.get("/models").json["models"][0]["emotions"] == ["Calm", "Happy", "Sad"]
    answer = client.post("/baseline", data={"file": [(clip.path.open("rb"), "a.webm") for clip in CLIPS[:6]]})
    assert (answer.status_code, answer.json["code"]) == (422, "bad_baseline")


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(ModelCorrupt, match=r"No feature set 'none' is known; there are: mfcc-delta, "):
        FEATURE_SETS.get("none")


def test_statistics_of_another_version_are_of_another_kind() -> None:
    later = BandLevels()
    later.version = 2
    assert later.kind != BAND_LEVELS.kind
    token = Baseline(9, np.ones(4), np.full(4, 2.0)).token(BAND_LEVELS)
    assert Baseline.from_token(token, BAND_LEVELS).count == 9
    with pytest.raises(BadBaseline, match="other features"):
        Baseline.from_token(token, later)


def test_no_name_is_taken_twice(registered: None) -> None:
    with pytest.raises(ValueError, match="already"):
        FEATURE_SETS.add("mfcc-delta", "somewhere:ELSE")


def test_a_model_whose_network_reads_other_shapes_is_left_out(
    toy: Path, tmp_path: Path, page_folder: Path
) -> None:
    wrong = tmp_path / "wrong"
    shutil.copytree(toy, wrong)
    manifest = json.loads((wrong / MANIFEST).read_text())
    (wrong / MANIFEST).write_text(json.dumps(manifest | {"features": MFCC.describe()}))
    with pytest.raises(ModelError, match="cannot read features"):
        EmotionPredictor.load(wrong).warm_up()
    shutil.copytree(toy, tmp_path / "toy")
    settings = Settings(model_dir=tmp_path, model="toy", frontend_dir=page_folder)
    assert [each["name"] for each in create_app(settings).test_client().get("/models").json["models"]] == [
        "toy"
    ]
