from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from clips import CLIPS, DATA, MODEL
from ser.audio.decode import decode
from ser.audio.waveform import Waveform
from ser.errors import ModelCorrupt, ModelError, ModelNotFound
from ser.features.mfcc import DEFINITION, MAX_FRAMES, N_FEATURES, extract
from ser.models import store as model_store
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor, Prediction, windows
from ser.models.store import KERAS_FILE, MANIFEST, ONNX_FILE, SCALER_FILE


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped model, to be spoilt."""
    return Path(shutil.copytree(MODEL, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, 1), (399, 1), (400, 1), (401, 2), (600, 2), (601, 3), (800, 3), (1000, 4), (30_000, 149)],
)
def test_windows_cover_every_frame(count: int, expected: int) -> None:
    frames = np.repeat(np.arange(count, dtype=np.float32)[:, np.newaxis], N_FEATURES, axis=1)
    covered = windows(frames)
    assert covered.shape == (expected, min(count, MAX_FRAMES), N_FEATURES)
    assert set(np.unique(covered)) == set(range(count))


def test_long_clips_are_averaged_not_cut(predictor: EmotionPredictor, speech: Waveform) -> None:
    other = decode(CLIPS[6].path)
    long = np.concatenate([np.tile(speech, 3), np.tile(other, 3)])
    frames = extract(long, predictor.definition)
    each = predictor.probabilities(frames)
    assert len(each) > 3
    heard = predictor.predict_waveform(long)
    np.testing.assert_allclose(list(heard.probabilities.values()), each.mean(axis=0), atol=1e-6)
    cut = predictor.predict_frames(frames[:MAX_FRAMES])
    assert dict(heard.probabilities) != pytest.approx(dict(cut.probabilities), abs=1e-3)


def test_a_prediction_is_told_as_published() -> None:
    heard = Baseline.of(np.zeros((7, N_FEATURES), np.float32))
    told = Prediction({"Angry": 0.123456, "Happy": 0.876544}, heard).as_dict()
    assert told["emotion"] == "Happy"
    assert told["confidence"] == 0.8765
    assert told["probabilities"] == {"Angry": 0.1235, "Happy": 0.8765}
    assert told["low_information"] is False


@pytest.mark.parametrize("file", [ONNX_FILE, KERAS_FILE, SCALER_FILE])
def test_one_changed_byte_is_refused(file: str, copy: Path) -> None:
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(content)
    with pytest.raises(ModelCorrupt, match=file):
        EmotionPredictor.load(copy, engine="onnx" if file == ONNX_FILE else "keras")


def test_a_pickle_is_not_opened_before_its_hash_is_known(copy: Path, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    (copy / SCALER_FILE).write_bytes(b"cos\nsystem\n(S'touch " + bytes(proof) + b"'\ntR.")
    with pytest.raises(ModelCorrupt):
        EmotionPredictor.load(copy, engine="keras")
    assert not proof.exists()
    assert EmotionPredictor.load(copy).predict(CLIPS[0].path)


@pytest.mark.parametrize("file", [ONNX_FILE, MANIFEST])
def test_a_missing_file_is_named(file: str, copy: Path) -> None:
    (copy / file).unlink()
    with pytest.raises(ModelError, match=file):
        EmotionPredictor.load(copy)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": []},
        {"sha256": {}},
        {"features": {**DEFINITION, "n_mfcc": 13}},
        {"surprise": 1},
        {"labels": ["Angry", "Angry", "Sad", "Disgust"]},
        {"labels": ["Angry", "Happy", "Sad", "Disgust", "Fear"]},
        {"corpus": {}},
    ],
    ids=[
        "no labels",
        "no hashes",
        "other features",
        "unknown field",
        "one label twice",
        "a label too many",
        "no corpus",
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(change: dict[str, object], copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps(manifest | change))
    with pytest.raises(ModelCorrupt):
        EmotionPredictor.load(copy)


def test_unfinished_models_are_not_listed(copy: Path) -> None:
    shutil.copytree(copy, copy.with_name(".copy.partial"))
    assert model_store.names(copy.parent) == ["copy"]


def test_models_are_found_by_name_and_by_path(copy: Path) -> None:
    root = copy.parent
    assert model_store.names(root) == ["copy"]
    assert model_store.find("copy", root).path == copy
    assert model_store.find(str(copy), Path("/nonexistent")).path == copy
    with pytest.raises(ModelNotFound, match=r"models in .+: copy"):
        model_store.find("none", root)


def test_the_clips_have_their_licence() -> None:
    assert "Open Database License" in (DATA / "LICENSE.txt").read_text()
